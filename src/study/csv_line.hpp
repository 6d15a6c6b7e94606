#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howship::study {

struct CsvCell {
  std::string text;  ///< without quotes and the blanks around it
  int column = 1;    ///< where it begins in the line
};

/// The cells of a line of CSV (RFC 4180); a quoted cell ends in its line. Nothing if a quote is left open.
std::optional<std::vector<CsvCell>> split_csv(std::string_view line);

}  // namespace howship::study
