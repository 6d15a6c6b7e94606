#include "howship/output/patient_series.hpp"

#include <algorithm>
#include <stdexcept>

namespace howship::output {

PatientColumns::PatientColumns(std::span<const std::vector<Column>> of_arms) {
  for (const auto& columns : of_arms) {
    for (const Column& column : columns) {
      if (std::find(columns_.begin(), columns_.end(), column) == columns_.end()) columns_.push_back(column);
    }
  }
  for (const auto& columns : of_arms) {
    std::vector<std::size_t>& sources = sources_.emplace_back();
    for (const Column& column : columns_) {
      const auto at = std::find(columns.begin(), columns.end(), column);
      sources.push_back(at == columns.end() ? kAbsent : static_cast<std::size_t>(at - columns.begin()));
    }
  }
}

std::string PatientColumns::header(const std::string& time_unit) const {
  std::string line = "patient,arm," + csv_header({"time", time_unit});
  for (const Column& column : columns_) line += ',' + csv_header(column);
  return line;
}

void PatientColumns::add_row(std::string& rows, const std::string& patient, const std::string& arm,
                             std::size_t arm_index, double time, std::span<const double> values) const {
  rows += csv_field(patient);
  rows += ',';
  rows += csv_field(arm);
  rows += ',';
  add_csv_number(rows, time);
  for (const std::size_t source : sources_.at(arm_index)) {
    rows += ',';
    if (source == kAbsent) continue;
    if (source >= values.size()) throw std::logic_error("PatientColumns: a row of the wrong length");
    add_csv_number(rows, values[source]);
  }
  rows += '\n';
}

}  // namespace howship::output
