#pragma once

#include <string>
#include <vector>

#include "howship/papers/reproduce.hpp"

namespace howship::papers {

/// A value with as many digits as its tolerance can tell, and one more.
std::string value_text(double value, const Result& result);
/// "0.01" in the claim's unit or, relative, "1e-05".
std::string tolerance_text(const Claim& claim);

/// "published 3 of 4, recomputed 5 of 5": how many hold of each basis, which are never added up.
std::string bases_text(const std::vector<Result>& results);

/// The same with how many fail, and how many are not met and explained.
std::string summary_text(const std::vector<Result>& results);

/// Claim against result in lines of at most 100 columns, with what is to be said of those that do not hold, a
/// summary by basis, and no line end.
std::string table_text(const Report& report, bool colour);

/// The report in one line.
std::string line_text(const Report& report, std::size_t name_width, bool colour);

}  // namespace howship::papers
