#pragma once

#include <filesystem>
#include <string>

#include "howship/core/units.hpp"

namespace howship::study {

/// Runs one case of the SBML Test Suite as the suite's runner asks for it: reads FOLDER/NUMBER/NUMBER-settings.txt and
/// the model of that level and version beside it, and writes OUTPUT/NUMBER.csv.
/// @throws UnsupportedError for what is not solved here; nothing is written then
void run_sbml_case(const std::filesystem::path& folder, const std::string& number, const std::filesystem::path& output,
                   int level, int version, const UnitSystem& units);

}  // namespace howship::study
