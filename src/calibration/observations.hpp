#pragma once

#include <optional>
#include <string>
#include <vector>

#include "howship/core/diagnostics.hpp"
#include "howship/core/units.hpp"

namespace howship::calibration {

/// A row of a file of observations, in base units.
struct Observation {
  double time = 0.0;   ///< day, as the file counts; where a window begins
  double until = 0.0;  ///< where it ends; the same as `time` without a window
  double value = 0.0;  ///< of a censored one the assay's limit
  double error = 0.0;  ///< standard deviation; of logarithms where these are compared
  bool censored = false;
  SourceLocation where;
};

struct ObservationTable {
  std::vector<Observation> rows;
  Unit unit;  ///< of the value
};

/// Reads a CSV with the columns `time [unit]`, `value [unit]`, `error [unit]` or `relative_error [%]`, and optionally
/// `censored` (1: the value is a limit, and what was measured lies below it). Lines that begin with # are skipped, and
/// a column `note` says what it likes. Faults are added with file, line and column.
/// @param windows      there is a column `until [unit]` too: values are extremes from `time` to then
/// @param series       a name in the column `series`: only these rows count; empty if there is no such column
/// @param logarithmic  errors are relative and become standard deviations of natural logarithms
ObservationTable read_observations(const std::string& text, const std::string& file, const UnitSystem& units,
                                   const std::string& series, bool windows, bool logarithmic, Diagnostics& faults);

}  // namespace howship::calibration
