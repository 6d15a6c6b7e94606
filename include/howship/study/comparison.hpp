#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/study/data_folder.hpp"
#include "howship/study/prepare.hpp"

namespace howship::study {

/// One measure of one quantity, an entry per arm.
struct ComparedMeasure {
  std::string name;  ///< "nadir", "change on day 365"
  std::string unit;
  std::vector<std::optional<double>> values;  ///< in the unit; nothing where there is none
  std::vector<std::string> why_not;           ///< a few words where there is none
};

/// All measures of one quantity.
struct ComparedQuantity {
  std::string id, title, unit;
  std::vector<ComparedMeasure> measures;
};

/// The arms of a study against each other. params/README.md defines the measures.
struct Comparison {
  std::string study, time_unit;
  std::vector<std::string> arms;
  std::size_t control = 0;      ///< the arm that the others are held against
  double from = 0.0, to = 0.0;  ///< day
  std::vector<ComparedQuantity> quantities;
  std::vector<std::string> failures;  ///< arms that could not be solved, a sentence each
};

struct ComparingOptions {
  const InterruptGuard* interrupt = nullptr;  ///< asked after every step
  ProgressLine* progress = nullptr;
};

/// Checks a study's [compare] against the models of its arms. Faults are added.
void check_compare(const Study& study, const std::vector<PreparedArm>& arms, Diagnostics& faults);

/// Runs every arm of a study without space, in memory, and measures what its [compare] asks for.
/// @throws InputError with all faults, or for a study with space, which takes too long to be run for a table;
///         Interrupted
Comparison compare_study(const Study& study, const DataFolder& data, const UnitSystem& units,
                         const ComparingOptions& options);

/// Measures the tables of a complete run.
/// @param study   what resolved.toml of that folder says
/// @throws InputError if the folder holds no complete run, or tables that do not fit the study
Comparison compare_run(const Study& study, const std::filesystem::path& folder, const DataFolder& data,
                       const UnitSystem& units);

/// A table per quantity: a line per measure, a column per arm with the difference from the control beside it, in lines
/// of at most 100 columns. No line end.
std::string comparison_text(const Comparison& comparison);

/// A row per quantity, measure and arm, numbers to 15 digits.
std::string comparison_csv(const Comparison& comparison);

}  // namespace howship::study
