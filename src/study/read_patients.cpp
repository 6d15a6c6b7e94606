#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "howship/study/patients.hpp"

#include "csv_line.hpp"

namespace howship::study {
namespace {

constexpr std::size_t kMostFaults = InputError::kShown - 1;  // and that it stops there

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t") == std::string::npos;
}

class PatientReader {
 public:
  PatientReader(const std::string& text, const std::string& file, Diagnostics& faults) : faults_(&faults) {
    table_.text = text;
    table_.source = SourceText(file, text);
    for (std::string& line : table_.source.lines) {
      if (line.ends_with('\r')) line.pop_back();
    }
    auto& lines = table_.source.lines;
    if (!lines.empty() && lines.front().starts_with("\xEF\xBB\xBF")) lines.front().erase(0, 3);  // a byte order mark
  }

  PatientTable read() {
    const auto& lines = table_.source.lines;
    std::size_t line = 0;
    while (line < lines.size() && (is_blank(lines[line]) || lines[line].starts_with('#'))) ++line;
    if (line == lines.size()) {
      fault(0, 0, "there is no table of patients in this file", kExample);
      return std::move(table_);
    }
    if (!read_header(static_cast<int>(line) + 1)) return std::move(table_);
    for (++line; line < lines.size(); ++line) {
      if (is_blank(lines[line])) continue;
      read_row(static_cast<int>(line) + 1);
      if (found_ < kMostFaults) continue;
      fault(static_cast<int>(line) + 1, 1, "too many faults: what follows was not read");
      return std::move(table_);
    }
    if (table_.patients.empty() && found_ == 0) fault(0, 0, "there is no patient below the header", kExample);
    return std::move(table_);
  }

 private:
  static constexpr const char* kExample =
      "the first line names the columns, as in: patient,k_res [1/(pM day)]; every other line is a patient";

  void fault(int line, int column, std::string message, std::string hint = {}) {
    ++found_;
    faults_->add(table_.source.diagnostic({table_.source.file, line, column}, std::move(message), std::move(hint)));
  }

  std::optional<std::vector<CsvCell>> cells(int line) {
    auto split = split_csv(table_.source.lines[static_cast<std::size_t>(line) - 1]);
    if (!split) fault(line, 1, "a quotation mark is not closed in its line", "write a mark inside a text twice: \"\"");
    return split;
  }

  bool read_header(int line) {
    const auto heads = cells(line);
    if (!heads) return false;
    std::map<std::string, int> seen;
    for (std::size_t c = 0; c < heads->size(); ++c) {
      const CsvCell& head = (*heads)[c];
      PatientTable::Column column{head.text, "", {table_.source.file, line, head.column}};
      const auto open = head.text.find('[');
      if (open != std::string::npos) {
        if (!head.text.ends_with(']')) {
          fault(line, head.column, fmt::format("'{}' is no heading", head.text), "write it as name [unit]");
          continue;
        }
        column.unit = head.text.substr(open + 1, head.text.size() - open - 2);
        column.parameter = head.text.substr(0, open);
        while (column.parameter.ends_with(' ')) column.parameter.pop_back();
      }
      if (column.parameter.empty()) {
        fault(line, head.column, fmt::format("column {} has no name", c + 1), "write it as name [unit]");
      } else if (!seen.emplace(column.parameter, head.column).second) {
        fault(line, head.column, fmt::format("there are two columns '{}'", column.parameter));
      } else if (head.text == "patient") {
        name_cell_ = c;
      } else {
        table_.columns.push_back(column);
        value_cells_.push_back(c);
      }
    }
    width_ = heads->size();
    if (!name_cell_) {
      const bool semicolons = width_ == 1 && heads->front().text.find(';') != std::string::npos;
      fault(line, 1, "there is no column 'patient'",
            semicolons ? "cells are separated by commas, not by semicolons" : "give every patient a name of its own");
    }
    return found_ == 0;
  }

  void read_row(int line) {
    const auto row = cells(line);
    if (!row) return;
    if (row->size() != width_) {
      fault(line, 1, fmt::format("this row has {} cells, and the header has {}", row->size(), width_),
            "numbers are written with a point, and cells are separated by commas");
      return;
    }
    const CsvCell& name = (*row)[*name_cell_];
    if (name.text.empty()) {
      fault(line, name.column, "this patient has no name");
    } else if (const auto [first, is_new] = names_.emplace(name.text, line); !is_new) {
      fault(line, name.column,
            fmt::format("there are two patients '{}'; the other is in line {}", name.text, first->second),
            "give each a name of its own");
    }
    table_.patients.push_back(name.text);
    table_.lines.push_back(line);
    for (std::size_t c = 0; c < value_cells_.size(); ++c)
      table_.values.push_back(number(line, (*row)[value_cells_[c]], table_.columns[c].parameter));
  }

  double number(int line, const CsvCell& cell, const std::string& parameter) {
    const char* begin = cell.text.data();
    const char* end = begin + cell.text.size();
    if (cell.text.empty()) {
      fault(line, cell.column, fmt::format("this cell is empty: every patient has a value of {}", parameter));
      return 0.0;
    }
    if (*begin == '+') ++begin;
    double value = 0.0;
    const auto [rest, error] = std::from_chars(begin, end, value);
    const bool too_large = error == std::errc::result_out_of_range;
    if (!too_large && (error != std::errc() || rest != end)) {
      fault(line, cell.column, fmt::format("'{}' is no number", cell.text), "the unit stands in the header");
    } else if (too_large || !std::isfinite(value)) {
      fault(line, cell.column, fmt::format("'{}' is no finite number", cell.text));
    }
    return value;
  }

  PatientTable table_;
  Diagnostics* faults_;
  std::size_t found_ = 0, width_ = 0;
  std::optional<std::size_t> name_cell_;
  std::vector<std::size_t> value_cells_;
  std::map<std::string, int> names_;
};

}  // namespace

SourceLocation PatientTable::where(std::size_t patient, std::size_t column) const {
  const int line = lines[patient];
  const auto heads = split_csv(source.lines[static_cast<std::size_t>(columns[column].where.line) - 1]);
  const auto row = split_csv(source.lines[static_cast<std::size_t>(line) - 1]);
  for (std::size_t c = 0; heads && row && c < std::min(heads->size(), row->size()); ++c) {
    if ((*heads)[c].column == columns[column].where.column) return {source.file, line, (*row)[c].column};
  }
  return {source.file, line, 1};
}

PatientTable read_patients(const std::string& text, const std::string& file, Diagnostics& faults) {
  return PatientReader(text, file, faults).read();
}

}  // namespace howship::study
