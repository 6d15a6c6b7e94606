#pragma once

#include <set>
#include <string>
#include <string_view>

namespace howship::output {

/// The entries of a BibTeX text whose keys are wanted, in the order of the text, as they stand. A wanted key that has
/// no entry is named in a comment line at the end, so that nothing that was used goes unmentioned.
std::string select_citations(std::string_view bibtex, const std::set<std::string>& keys);

}  // namespace howship::output
