#pragma once

#include <string_view>

namespace howship::model {

/// Letters, digits and _, beginning with a letter or _.
bool is_identifier(std::string_view text);

/// Names that formulas give another meaning.
bool is_reserved(std::string_view id);

}  // namespace howship::model
