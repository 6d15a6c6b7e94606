#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace howship::output {

/// What one column of a table holds.
struct Column {
  std::string name;
  std::string unit;
};

/// A table over time as CSV (RFC 4180): header "time [day],name [unit],..." (or the model's time unit), one row per
/// call, numbers to ten digits. Every row reaches the file system before row() returns, so a reader sees whole rows
/// only, even of a run that died.
class TimeSeriesWriter {
 public:
  /// @throws OutputError if the file cannot be created or the header not written
  TimeSeriesWriter(std::filesystem::path path, std::span<const Column> columns, const std::string& time_unit = "day");

  /// @param time    day
  /// @param values  one per column, in the column's unit
  /// @throws OutputError when the disk is full; the file then ends with the last whole row
  void row(double time, std::span<const double> values);

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void append(const std::string& line);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::size_t columns_;
  long long whole_ = 0;  // bytes of complete rows
};

/// A text as one CSV field: quoted if it holds a comma, a quote or a line break.
std::string csv_field(const std::string& text);

}  // namespace howship::output
