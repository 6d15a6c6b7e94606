#pragma once

#include <string>
#include <vector>

#include "toml_reader.hpp"

namespace howship::study {

/// Applies "section.key=value" of --set to a parsed study. The value is read as TOML, else as a text; a key without a
/// dot that is no key of the study is a parameter. Paths of images are taken from the working folder.
void apply_overrides(toml::table& study, const std::vector<std::string>& overrides, const ReadingContext& context);

}  // namespace howship::study
