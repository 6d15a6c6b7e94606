#include "csv_line.hpp"

namespace howship::study {

std::optional<std::vector<CsvCell>> split_csv(std::string_view line) {
  std::vector<CsvCell> cells;
  const auto blank = [&line](std::size_t at) { return at < line.size() && (line[at] == ' ' || line[at] == '\t'); };
  std::size_t at = 0;
  for (;;) {
    while (blank(at)) ++at;
    CsvCell& cell = cells.emplace_back(CsvCell{{}, static_cast<int>(at) + 1});
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at >= line.size()) return std::nullopt;
        if (line[at] == '"') {
          if (at + 1 >= line.size() || line[at + 1] != '"') break;
          ++at;
        }
        cell.text += line[at];
      }
      ++at;
    }
    const std::size_t end = std::min(line.find(',', at), line.size());
    cell.text += line.substr(at, end - at);
    while (!cell.text.empty() && (cell.text.back() == ' ' || cell.text.back() == '\t')) cell.text.pop_back();
    if (end == line.size()) return cells;
    at = end + 1;
  }
}

}  // namespace howship::study
