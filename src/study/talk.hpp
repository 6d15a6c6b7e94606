#pragma once

#include <filesystem>
#include <string>

#include "howship/study/simulation.hpp"

namespace howship::study {

/// A line on stderr, unless the user wants none; of several ranks the first one speaks.
void say(const RunOptions& options, const std::string& text);

/// The command that goes on with a run, as one can paste it into a shell.
std::string how_to_go_on(const std::filesystem::path& folder);

}  // namespace howship::study
