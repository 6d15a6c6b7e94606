#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "howship/simulation/archive.hpp"

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
  enum class Opening {
    anew,
    again,  ///< goes on with the table of an earlier run, whose rows exchange() then cuts back
  };
  /// @throws OutputError if the file cannot be created or the header not written, InputError if the earlier table is
  ///         missing or another one
  TimeSeriesWriter(std::filesystem::path path, std::span<const Column> columns, const std::string& time_unit = "day",
                   Opening opening = Opening::anew);

  /// @param time    day
  /// @param values  one per column, in the column's unit
  /// @throws OutputError when the disk is full; the file then ends with the last whole row
  void row(double time, std::span<const double> values);

  /// How far the table is: written once its rows are on the disk; read, the rows beyond are cut off.
  /// @throws InputError if the table is shorter than it was
  void exchange(simulation::Archive& archive);

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void append(const std::string& line);
  void reopen(const std::string& header);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::size_t columns_;
  long long whole_ = 0;  // bytes of complete rows
};

/// A text as one CSV field: quoted if it holds a comma, a quote or a line break.
std::string csv_field(const std::string& text);

}  // namespace howship::output
