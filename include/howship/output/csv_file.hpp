#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "howship/simulation/archive.hpp"

namespace howship::output {

/// A CSV file (RFC 4180) that holds whole rows only. What is appended reaches the file system before append() returns,
/// so a reader never sees half a row, even of a run that died.
class CsvFile {
 public:
  enum class Opening {
    anew,
    again,  ///< goes on with the file of an earlier run, whose rows exchange() then cuts back
  };
  /// @param header  the first line, without its end
  /// @throws OutputError if the file cannot be created or written, InputError if the earlier one is missing or another
  CsvFile(std::filesystem::path path, const std::string& header, Opening opening = Opening::anew);

  /// @param rows  whole lines  @throws OutputError when the disk is full; the file then ends with the last whole append
  void append(std::string_view rows);

  /// How far the file is: written once its rows are on the disk; read, the rows beyond are cut off.
  /// @throws InputError if the file is shorter than it was
  void exchange(simulation::Archive& archive);

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void reopen(const std::string& header);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
  long long whole_ = 0;  // bytes of complete appends
};

/// A text as one CSV field: quoted if it holds a comma, a quote or a line break.
std::string csv_field(const std::string& text);

/// A number as a CSV field, to ten digits, behind what the line holds already.
void add_csv_number(std::string& line, double value);

}  // namespace howship::output
