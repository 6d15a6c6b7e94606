#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace howship::visualization {

/// One column of a run's table, "lesion_volume [mm^3]" say.
struct Column {
  std::string name;
  std::string unit;
  std::vector<double> values;
};

/// A run's timeseries.csv. Two rows of one time are the values before and after a dose.
struct TimeSeries {
  std::vector<double> days;
  std::vector<Column> columns;
  std::string time_unit = "day";  ///< of `days`: a model whose units are labels has a time unit of its own

  const Column* find(std::string_view name) const;
};

/// @param may_be_cut  the run did not end: a last line without its end is left out
/// @param first       what the first column is called: curves may be over something else than time
/// @throws InputError with file, line and column when the table is not one
TimeSeries read_time_series(const std::filesystem::path& path, bool may_be_cut, const std::string& first = "time");

/// A unit as it is printed: "mm^3" becomes "mm³", "ug/mL" becomes "µg/mL".
std::string printed_unit(std::string unit);

}  // namespace howship::visualization
