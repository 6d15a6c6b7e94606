#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "render.hpp"

namespace howship::visualization {

std::string_view usage();

/// @returns nullopt when help is asked for
/// @throws InputError for anything that is no option, with the closest one
std::optional<RenderOptions> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace howship::visualization
