#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "howship/core/ranks.hpp"
#include "howship/core/worker_team.hpp"
#include "howship/study/data_folder.hpp"
#include "howship/study/study.hpp"

namespace howship::study {

struct RunOptions {
  std::filesystem::path folder;            ///< of the results; empty: out/<study id>
  bool force = false;                      ///< replace an earlier run
  bool quiet = false;                      ///< no talk on stderr
  bool dry_run = false;                    ///< say what it would take, and stop
  Threads threads = Threads::available();  ///< of all arms together
  int arms_at_once = 1;                    ///< arms solved side by side, each with its share of the threads
  /// Wall time between checkpoints of a spatial arm; not finite: none. A checkpoint is never let take more than a
  /// twentieth of the time.
  double checkpoint_seconds = 600.0;
  /// Processes that share the voxels of a study in space, null: this one alone. All of them call the same; the first
  /// one talks and writes, and of frames each its part. The folder must be one that all see.
  Ranks* ranks = nullptr;
};

/// What a run would take, known before it starts.
struct Plan {
  std::size_t patients = 0;  ///< of a table; 0: there is none
  std::size_t arms = 0, voxels = 0, unknowns = 0, rows = 0, frames = 0, doses = 0;
  std::uintmax_t memory = 0, output = 0;  ///< bytes; memory of one rank
  std::optional<double> seconds;          ///< of solving; absent where it was not estimated
  int ranks = 1;
  std::string time_unit = "day";  ///< of the models
  std::string text(const Study& study) const;
};

struct RunResult {
  Plan plan;
  std::filesystem::path folder;
  double seconds = 0.0;
};

/// Runs every arm of a study and writes the run folder.
/// Nothing is created before everything has been checked. An arm that cannot be solved does not stop the others. When a
/// run fails or is interrupted, run.json says so.
/// @throws InputError, OutputError, NumericalError, Interrupted
RunResult run_study(const Study& study, const DataFolder& data, const UnitSystem& units, const RunOptions& options);

/// Goes on with a run that was interrupted, was killed or failed, from the last checkpoint of each arm that is not
/// complete, or from its start where there is none. The results are those of a run that was never interrupted, bit by
/// bit.
/// @param study       what resolved.toml of that folder says
/// @param from_start  leave checkpoints aside
/// @throws InputError if the folder holds no run, or if what was run, the vertebra or the program has changed since;
///         otherwise as run_study
RunResult resume_study(const Study& study, const DataFolder& data, const UnitSystem& units, const RunOptions& options,
                       bool from_start);

}  // namespace howship::study
