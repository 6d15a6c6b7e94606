#include "howship/output/time_series.hpp"

#include <stdexcept>

#include <fmt/format.h>

namespace howship::output {
namespace {

std::string header(std::span<const Column> columns, const std::string& time_unit) {
  std::string line = csv_header({"time", time_unit});
  for (const Column& column : columns) line += ',' + csv_header(column);
  return line;
}

}  // namespace

std::string csv_header(const Column& column) {
  return csv_field(fmt::format("{} [{}]", column.name, column.unit));
}

TimeSeriesWriter::TimeSeriesWriter(std::filesystem::path path, std::span<const Column> columns,
                                   const std::string& time_unit, CsvFile::Opening opening)
    : file_(std::move(path), header(columns, time_unit), opening), columns_(columns.size()) {}

void TimeSeriesWriter::row(double time, std::span<const double> values) {
  if (values.size() != columns_) throw std::logic_error("TimeSeriesWriter: a row of the wrong length");
  std::string line;
  add_csv_number(line, time);
  for (const double value : values) {
    line += ',';
    add_csv_number(line, value);
  }
  file_.append(line + '\n');
}

}  // namespace howship::output
