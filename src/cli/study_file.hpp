#pragma once

#include <string>
#include <vector>

#include "howship/study/data_folder.hpp"
#include "howship/study/study.hpp"

namespace howship::cli {

/// A study by path or id, with everything the run checks before it needs the vertebra: all faults at once.
study::Study read_study_file(const std::string& path_or_id, const std::vector<std::string>& overrides,
                             const study::DataFolder& data, const UnitSystem& units);

}  // namespace howship::cli
