#include "observations.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "howship/study/file_table.hpp"
#include "howship/study/study.hpp"

namespace howship::calibration {
namespace {

struct Cell {
  std::string text;
  int column = 0;  ///< of its first character, from 1
};

std::string trimmed(const std::string& text, std::size_t& skipped) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  skipped = begin;
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Quotes keep commas inside a note together.
std::vector<Cell> cells_of(const std::string& line) {
  std::vector<Cell> cells;
  std::string text;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') {
      quoted = !quoted;
      continue;
    }
    if (i < line.size() && (line[i] != ',' || quoted)) {
      text += line[i];
      continue;
    }
    std::size_t skipped = 0;
    const std::string plain = trimmed(text, skipped);
    cells.push_back({plain, static_cast<int>(begin + skipped) + 1});
    text.clear();
    begin = i + 1;
  }
  return cells;
}

struct Column {
  std::size_t index = 0;
  Unit unit;
  int at = 1;
};

class Reader {
 public:
  Reader(const std::string& text, const std::string& file, const UnitSystem& units, const std::string& series,
         bool windows, bool logarithmic, Diagnostics& faults)
      : source_(file, text),
        units_(units),
        series_(series),
        windows_(windows),
        logarithmic_(logarithmic),
        faults_(faults) {}

  ObservationTable read() {
    ObservationTable table;
    const std::size_t before = faults_.list().size();
    std::size_t line = 0;
    while (line < source_.lines.size() && is_skipped(source_.lines[line])) ++line;
    if (line == source_.lines.size()) {
      fault(0, 0, "the file holds no observations", "its first line is: time [day],value [ng/mL],error [ng/mL]");
      return table;
    }
    read_header(static_cast<int>(line) + 1, cells_of(source_.lines[line]));
    if (faults_.list().size() != before) return table;
    table.unit = columns_.at("value").unit;
    for (++line; line < source_.lines.size(); ++line) {
      if (is_skipped(source_.lines[line])) continue;
      if (auto row = read_row(static_cast<int>(line) + 1, cells_of(source_.lines[line]))) table.rows.push_back(*row);
    }
    if (table.rows.empty() && faults_.list().size() == before) {
      const std::vector<std::string> known(names_.begin(), names_.end());
      if (series_.empty())
        fault(0, 0, "the file holds no observations");
      else
        fault(0, 0, fmt::format("the file has no rows of the series '{}'", series_), did_you_mean(series_, known));
    }
    return table;
  }

 private:
  static bool is_skipped(const std::string& line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first == std::string::npos || line[first] == '#';
  }
  void fault(int line, int column, std::string message, std::string hint = {}) {
    faults_.add(source_.diagnostic({source_.file, line, column}, std::move(message), std::move(hint)));
  }

  void read_header(int line, const std::vector<Cell>& cells) {
    width_ = cells.size();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string& text = cells[i].text;
      const std::size_t open = text.find('[');
      std::size_t skipped = 0;
      const std::string name = trimmed(text.substr(0, open), skipped);
      Column column{i, Unit{}, cells[i].column};
      if (name == "note") continue;
      if (name != "time" && name != "until" && name != "value" && name != "error" && name != "relative_error" &&
          name != "censored" && name != "series") {
        fault(line, cells[i].column, fmt::format("unknown column '{}'", name),
              did_you_mean(name, {"time", "until", "value", "error", "relative_error", "censored", "series", "note"}));
        continue;
      }
      if (columns_.contains(name)) fault(line, cells[i].column, fmt::format("there are two columns '{}'", name));
      const std::size_t close = text.rfind(']');
      if (open != std::string::npos && close != std::string::npos && close > open) {
        try {
          column.unit = units_.parse(text.substr(open + 1, close - open - 1));
        } catch (const UnitError& error) {
          fault(line, cells[i].column + static_cast<int>(open) + 1, error.what(), error.hint());
        }
      } else if (name != "censored" && name != "series") {
        fault(line, cells[i].column, fmt::format("column '{}' has no unit", name),
              fmt::format("write {} [day], {} [ng/mL] or {} [1]", name, name, name));
      }
      columns_[name] = column;
    }
    for (const char* name : {"time", "value"}) {
      if (!columns_.contains(name)) fault(line, 1, fmt::format("there is no column '{} [unit]'", name));
    }
    if (columns_.contains("error") == columns_.contains("relative_error"))
      fault(line, 1, "exactly one column says how large the errors are",
            "error [unit]: a standard deviation; relative_error [%]: one as a share of the value");
    if (columns_.contains("series") && series_.empty())
      fault(line, columns_["series"].at, "the file holds several series: say which",
            "rows = \"the name in its column series\"");
    if (!columns_.contains("series") && !series_.empty())
      fault(line, 1, fmt::format("rows = \"{}\" asks for a column 'series', which is not there", series_));
    if (logarithmic_ && columns_.contains("error"))
      fault(line, columns_["error"].at, "where logarithms are compared, errors are relative",
            "write a column relative_error [%]");
    if (windows_ && !columns_.contains("until"))
      fault(line, 1, "there is no column 'until [unit]'",
            "a highest or lowest value is that of a window, from time to until");
    require(line, "time", study::time_dimension(), "a time");
    require(line, "until", study::time_dimension(), "a time");
    require(line, "relative_error", Dimension{}, "a share");
    if (columns_.contains("error") && columns_.contains("value") &&
        !(columns_["error"].unit.dimension == columns_["value"].unit.dimension))
      fault(line, columns_["error"].at,
            fmt::format("the errors are in {}, and the values in {}", columns_["error"].unit.text,
                        columns_["value"].unit.text));
  }

  void require(int line, const std::string& name, const Dimension& dimension, const char* what) {
    const auto found = columns_.find(name);
    if (found == columns_.end() || found->second.unit.dimension == dimension) return;
    fault(line, found->second.at,
          fmt::format("column '{}' is in {}, which is not {}", name, found->second.unit.text, what));
  }

  std::optional<double> number(int line, const std::vector<Cell>& cells, const std::string& name) {
    const Column& column = columns_.at(name);
    const Cell& cell = cells[column.index];
    double value = 0.0;
    const char* end = cell.text.data() + cell.text.size();
    const auto [stop, error] = std::from_chars(cell.text.data(), end, value);
    if (error == std::errc() && stop == end && std::isfinite(value)) return value * column.unit.scale;
    fault(line, cell.column, fmt::format("'{}' is no number for the column '{}'", cell.text, name));
    return std::nullopt;
  }

  std::optional<Observation> read_row(int line, const std::vector<Cell>& cells) {
    if (cells.size() != width_) {
      fault(line, 1, fmt::format("this row has {} fields, and the header {}", cells.size(), width_));
      return std::nullopt;
    }
    if (const auto series = columns_.find("series"); series != columns_.end()) {
      names_.insert(cells[series->second.index].text);
      if (cells[series->second.index].text != series_) return std::nullopt;
    }
    Observation row;
    row.where = {source_.file, line, cells[columns_.at("value").index].column};
    const auto time = number(line, cells, "time");
    const auto value = number(line, cells, "value");
    const bool relative = columns_.contains("relative_error");
    const std::string error_name = relative ? "relative_error" : "error";
    const auto error = number(line, cells, error_name);
    if (const auto mark = columns_.find("censored"); mark != columns_.end()) {
      const Cell& cell = cells[mark->second.index];
      row.censored = cell.text == "1";
      if (cell.text != "1" && cell.text != "0" && !cell.text.empty())
        fault(line, cell.column, fmt::format("'censored' is 1, 0 or empty, and not '{}'", cell.text));
    }
    if (!time || !value || !error) return std::nullopt;
    row.time = *time;
    row.until = *time;
    if (windows_) {
      const auto until = number(line, cells, "until");
      if (!until) return std::nullopt;
      row.until = *until;
      if (!(*until > *time)) {
        fault(line, cells[columns_.at("until").index].column, "the window ends before it begins");
        return std::nullopt;
      }
    }
    row.value = *value;
    row.error = relative && !logarithmic_ ? *error * std::abs(*value) : *error;
    if (!(row.error > 0.0)) {
      fault(line, cells[columns_.at(error_name).index].column, "the error of an observation is positive",
            relative ? "of a value of 0 no relative error can be told: use the column error [unit]" : "");
      return std::nullopt;
    }
    if (logarithmic_ && !(row.value > 0.0)) {
      fault(line, row.where.column, "where logarithms are compared, values are positive");
      return std::nullopt;
    }
    return row;
  }

  study::SourceText source_;
  const UnitSystem& units_;
  std::string series_;
  bool windows_;
  bool logarithmic_;
  Diagnostics& faults_;
  std::map<std::string, Column> columns_;
  std::set<std::string> names_;  ///< of series
  std::size_t width_ = 0;
};

}  // namespace

ObservationTable read_observations(const std::string& text, const std::string& file, const UnitSystem& units,
                                   const std::string& series, bool windows, bool logarithmic, Diagnostics& faults) {
  return Reader(text, file, units, series, windows, logarithmic, faults).read();
}

}  // namespace howship::calibration
