#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "time_series.hpp"

namespace howship::visualization {

/// A file of density fields and the day it shows.
struct Frame {
  double day = 0.0;
  std::filesystem::path file;
};

struct Arm {
  std::string id;
  std::string title;
  std::string status;
  std::optional<double> treatment_start;  ///< day
  std::vector<Frame> frames;              ///< by day; empty for a 0-D study
  TimeSeries series;                      ///< empty when the arm has not begun
};

/// A column of the tables, as run.json explains it.
struct ColumnTitle {
  std::string name, title;
};

/// What a run folder says of itself; the fields themselves are read later, see volume.hpp.
struct Run {
  std::filesystem::path folder;
  std::string id;
  std::string title;
  std::vector<Arm> arms;
  std::vector<ColumnTitle> columns;  ///< empty in runs of an earlier program
  std::vector<std::string> charts;   ///< columns that the study wants drawn, or none
  std::vector<std::string> notes;    ///< what the user should know: the run did not end, an arm has nothing yet
};

/// @param arms  ids of the arms to read; empty: all of them
/// @throws InputError for a missing folder, a folder that is no run, an unknown arm, a damaged file
Run read_run(const std::filesystem::path& folder, const std::vector<std::string>& arms = {});

/// The day on which the first treatment of any arm starts.
std::optional<double> treatment_start(const Run& run);

}  // namespace howship::visualization
