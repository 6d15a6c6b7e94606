#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "howship/study/data_folder.hpp"
#include "howship/study/simulation.hpp"
#include "howship/study/study.hpp"

namespace howship::study {

/// Virtual patients as a file gives them: CSV with a column "patient" and one column per parameter, headed "name
/// [unit]", or "name" where it has no unit; a row each. Lines before the header may be comments, which begin with #.
struct PatientTable {
  struct Column {
    std::string parameter;
    std::string unit;      ///< as written; empty: none
    SourceLocation where;  ///< of the heading
  };
  SourceText source;
  std::string text;  ///< the whole file
  std::vector<Column> columns;
  std::vector<std::string> patients;
  std::vector<int> lines;      ///< in which line each patient stands
  std::vector<double> values;  ///< patient after patient, one per column, in its unit

  double value(std::size_t patient, std::size_t column) const { return values[patient * columns.size() + column]; }
  /// Where a value stands.
  SourceLocation where(std::size_t patient, std::size_t column) const;
};

/// Reads a table of patients. What is wrong becomes faults: a missing or repeated heading, a row of another length, a
/// patient without a name or with that of another, a cell that is no finite number.
PatientTable read_patients(const std::string& text, const std::string& file, Diagnostics& faults);

/// Runs every arm of a 0-D study for every patient, on all threads, and writes patients.csv, patients_given.csv and
/// what every run folder has. No model is compiled twice; rows come in the order of the table and are the same for any
/// number of threads. A patient's parameter counts where --set would: below what an arm itself sets. What an arm of a
/// patient's cannot be solved for is listed in run.json, the others go on, and the run ends as failed.
/// @throws InputError before anything is written, for a study with space, or values that models do not take
/// @throws OutputError, NumericalError, Interrupted
RunResult run_patients(const Study& study, const PatientTable& table, const DataFolder& data, const UnitSystem& units,
                       const RunOptions& options);

}  // namespace howship::study
