#include "run_tables.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/output/manifest.hpp"
#include "howship/output/time_series.hpp"
#include "howship/study/measure.hpp"

#include "csv_line.hpp"

namespace howship::study {
namespace {

InputError not_a_table(const std::filesystem::path& file, int line, const std::string& why) {
  return InputError(fmt::format("{}:{}: {}", file.string(), line, why),
                    "it is not the table that this run wrote; run the study again");
}

double number(const std::string& text, const std::filesystem::path& file, int line) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size())
    throw not_a_table(file, line, fmt::format("'{}' is no number", text));
  return value;
}

/// Of each wanted quantity its column and what one of its units is in base units.
struct Column {
  std::size_t at = 0;
  double scale = 1.0;
  std::vector<double>* to = nullptr;
};

std::vector<Column> columns_of(const std::vector<CsvCell>& head, const std::filesystem::path& file,
                               const PreparedArm& arm, const std::set<std::string>& ids, ArmCourses& courses) {
  if (head.empty() || !head.front().text.starts_with("time [")) throw not_a_table(file, 1, "the time has no column");
  std::vector<Column> columns;
  for (const std::string& id : ids) {
    const Unit unit = *arm.model->find_unit(id);
    const std::string wanted = fmt::format("{} [{}]", id, unit.text);
    const auto found = std::find_if(head.begin(), head.end(), [&](const CsvCell& cell) { return cell.text == wanted; });
    if (found == head.end()) throw not_a_table(file, 1, fmt::format("there is no column '{}'", wanted));
    columns.push_back({static_cast<std::size_t>(found - head.begin()), unit.scale, &courses.values[id]});
  }
  return columns;
}

// Between rows of the table, and not of those that are looked at too.
void add_rows(ArmCourses& courses, const std::set<double>& days, const std::filesystem::path& file) {
  const ArmCourses table = courses;
  for (const double day : days) {
    const double near = 1e-9 * std::max(1.0, day);
    const auto after = std::lower_bound(table.days.begin(), table.days.end(), day - near);
    if (after != table.days.end() && *after <= day + near) continue;
    if (after == table.days.begin() || after == table.days.end())
      throw InputError(fmt::format("{} has no row about day {:g}", file.string(), day));
    const auto at = std::lower_bound(courses.days.begin(), courses.days.end(), day) - courses.days.begin();
    for (auto& [id, values] : courses.values)
      values.insert(values.begin() + at, interpolated({table.days, table.values.at(id)}, day));
    courses.days.insert(courses.days.begin() + at, day);
    courses.looked_at.insert(courses.looked_at.begin() + at, true);
  }
}

}  // namespace

void require_complete(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder / "patients.csv", error))
    throw InputError(fmt::format("the run in '{}' is one of virtual patients, which are not compared", folder.string()),
                     "patients.csv holds a row per patient, arm and time");
  const output::Manifest manifest = output::read_manifest(folder);
  if (manifest.status != output::Status::complete)
    throw InputError(fmt::format("the run in '{}' is {}, not complete", folder.string(), to_text(manifest.status)),
                     fmt::format("howship resume {} goes on with it", folder.string()));
}

ArmCourses read_courses(const std::filesystem::path& file, const PreparedArm& arm, const std::set<std::string>& ids,
                        const std::set<double>& days) {
  ArmCourses courses;
  std::istringstream lines(read_text(file));
  std::vector<Column> columns;
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto cells = split_csv(line);
    if (!cells) throw not_a_table(file, ++count, "a quote is left open");
    if (++count == 1) {
      columns = columns_of(*cells, file, arm, ids, courses);
      continue;
    }
    const double day = number(cells->front().text, file, count);
    if (!courses.days.empty() && !(day >= courses.days.back())) throw not_a_table(file, count, "time goes back");
    courses.days.push_back(day);
    for (const Column& column : columns) {
      if (column.at >= cells->size()) throw not_a_table(file, count, "the row is too short");
      column.to->push_back(number((*cells)[column.at].text, file, count) * column.scale);
    }
  }
  courses.looked_at.assign(courses.days.size(), false);
  add_rows(courses, days, file);
  return courses;
}

}  // namespace howship::study
