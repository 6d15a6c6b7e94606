#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "howship/output/csv_file.hpp"

namespace howship::output {

/// What one column of a table holds.
struct Column {
  std::string name;
  std::string unit;
  std::string title = {};
  bool operator==(const Column&) const = default;
};

/// "name [unit]" as a CSV field.
std::string csv_header(const Column& column);

/// A table over time as CSV: header "time [day],name [unit],..." (or the model's time unit), one row per call, numbers
/// to ten digits.
class TimeSeriesWriter {
 public:
  /// @throws as CsvFile
  TimeSeriesWriter(std::filesystem::path path, std::span<const Column> columns, const std::string& time_unit = "day",
                   CsvFile::Opening opening = CsvFile::Opening::anew);

  /// @param time    day
  /// @param values  one per column, in the column's unit
  /// @throws OutputError when the disk is full; the file then ends with the last whole row
  void row(double time, std::span<const double> values);

  /// How far the table is: see CsvFile.
  void exchange(simulation::Archive& archive) { file_.exchange(archive); }

 private:
  CsvFile file_;
  std::size_t columns_;
};

}  // namespace howship::output
