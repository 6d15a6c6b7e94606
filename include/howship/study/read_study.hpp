#pragma once

#include <string>
#include <vector>

#include "howship/study/data_folder.hpp"
#include "howship/study/study.hpp"

namespace howship::study {

/// What reading does about a [branch]: it looks into the run that is left, or leaves the section alone, for a study
/// that was resolved and holds all the rest itself.
enum class Branches { followed, left_alone };

/// Reads a study file (the language is in params/README.md): TOML, with the overrides of --set applied, regimens
/// expanded from params/regimens and the dimensions of a built-in vertebra taken from params/vertebrae.
/// @param file       the name to show in messages; relative paths inside start from its folder
/// @param overrides  "section.key=value", or "parameter=value"
/// @param faults     receives every fault found; the study is only usable if none was added
Study read_study(const std::string& text, const std::string& file, const std::vector<std::string>& overrides,
                 const DataFolder& data, const UnitSystem& units, Diagnostics& faults,
                 Branches branches = Branches::followed);

/// The built-in vertebrae: "L1", "L2", ...
std::vector<std::string> vertebra_levels(const DataFolder& data);

/// The study as a file that needs no other (but a CT): overrides applied, regimens expanded, defaults written out, the
/// given model texts and the vertebra's dimensions inside. Running it gives the same bits.
std::string resolved_text(const Study& study, const std::map<std::string, std::string>& models,
                          const std::string& citations);

}  // namespace howship::study
