#include "time_series.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

namespace howship::visualization {
namespace {

constexpr std::size_t kLargestTable = std::size_t{1} << 30U;

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

Column heading(const std::string& text) {
  const auto open = text.rfind(" [");
  if (open == std::string::npos || text.back() != ']') return {text, "", {}};
  return {text.substr(0, open), text.substr(open + 2, text.size() - open - 3), {}};
}

std::optional<double> number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void fail(const std::filesystem::path& path, int line, int column, const std::string& message) {
  throw InputError(
      {Diagnostic{{path.string(), line, column}, message, "the table is damaged; run the study again", {}}});
}

void read_row(TimeSeries& series, std::string_view line, const std::filesystem::path& path, int line_number) {
  const std::size_t width = series.columns.size() + 1;
  std::size_t cell = 0;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = std::min(line.find(',', start), line.size());
    const std::string_view text = line.substr(start, end - start);
    if (cell < width) {
      const auto value = number(text);
      if (!value) fail(path, line_number, static_cast<int>(start) + 1, fmt::format("'{}' is not a number", text));
      (cell == 0 ? series.days : series.columns[cell - 1].values).push_back(*value);
    }
    ++cell;
    if (end == line.size()) break;
    start = end + 1;
  }
  if (cell != width) fail(path, line_number, 0, fmt::format("{} cells where the head names {} columns", cell, width));
}

}  // namespace

const Column* TimeSeries::find(std::string_view name) const {
  for (const Column& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

TimeSeries read_time_series(const std::filesystem::path& path, bool may_be_cut, const std::string& first) {
  const std::string text = read_text(path, kLargestTable);
  TimeSeries series;
  int line_number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string::npos && may_be_cut) break;
    std::string_view line = std::string_view(text).substr(start, end - start);
    start = end == std::string::npos ? text.size() : end + 1;
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line_number > 1) {
      read_row(series, line, path, line_number);
      continue;
    }
    const std::vector<std::string> cells = split(line);
    if (heading(cells[0]).name != first)
      fail(path, 1, 1,
           fmt::format("the first column is '{}', not '{} [{}]'", cells[0], first, first == "time" ? "day" : "1"));
    series.time_unit = heading(cells[0]).unit;
    for (std::size_t c = 1; c < cells.size(); ++c) series.columns.push_back(heading(cells[c]));
  }
  if (line_number == 0 && !may_be_cut) fail(path, 1, 1, "the table is empty");
  return series;
}

std::string printed_unit(std::string unit) {
  for (const auto& [from, to] : {std::pair{"^3", "³"}, {"^2", "²"}, {"ug", "µg"}, {"um", "µm"}}) {
    const std::string pattern = from;
    for (std::size_t at = 0; (at = unit.find(pattern, at)) != std::string::npos;) {
      // "ug" and "um" are units only at the start of a word.
      if (pattern[0] == 'u' && at > 0 && unit[at - 1] != '/' && unit[at - 1] != ' ' && unit[at - 1] != '(') {
        ++at;
        continue;
      }
      unit.replace(at, pattern.size(), to);
    }
  }
  return unit;
}

}  // namespace howship::visualization
