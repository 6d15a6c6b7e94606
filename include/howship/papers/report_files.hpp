#pragma once

#include <filesystem>
#include <vector>

#include "howship/papers/reproduce.hpp"

namespace howship::papers {

/// Whether a report may be written into the folder: it does not exist, is empty, or holds an earlier report.
/// Touches nothing. @throws InputError naming what is in the way
void check_report_folder(const std::filesystem::path& folder);

/// Writes result.json, claims.csv, claims.md and, in figures/, a recipe and its tables for each figure. Of an earlier
/// report it removes exactly the files that its result.json names, pictures too.
/// @returns the recipes, for howship-render, which puts the picture x.png beside x.json
/// @throws InputError as check_report_folder, OutputError
std::vector<std::filesystem::path> write_report(const Report& report, const std::filesystem::path& folder);

/// The claims as a Markdown table.
std::string markdown(const Report& report);

}  // namespace howship::papers
