#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace howship::output {

/// A CSV file (RFC 4180) that holds whole rows only. What is appended reaches the file system before append() returns,
/// so a reader never sees half a row, even of a run that died.
class CsvFile {
 public:
  /// @param header  the first line, without its end  @throws OutputError if the file cannot be created or written
  CsvFile(std::filesystem::path path, const std::string& header);

  /// @param rows  whole lines  @throws OutputError when the disk is full; the file then ends with the last whole append
  void append(std::string_view rows);

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
  long long whole_ = 0;  // bytes of complete appends
};

/// A text as one CSV field: quoted if it holds a comma, a quote or a line break.
std::string csv_field(const std::string& text);

/// A number as a CSV field, to ten digits, behind what the line holds already.
void add_csv_number(std::string& line, double value);

}  // namespace howship::output
