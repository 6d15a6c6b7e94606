#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "howship/core/error.hpp"

namespace howship {

/// The first place of a text that must not come before toml++ (3.3), if there is one: a letter that is not plain ASCII
/// outside of quotes and comments, of which its table of blanks is undefined, and a key of so many parts that it ends
/// the stack. TOML has neither, for all practical purposes. Whether the text is TOML is not judged.
/// @param file  the name to show in messages
std::optional<Diagnostic> unfit_for_toml(std::string_view text, const std::string& file);

}  // namespace howship
