#pragma once

#include <span>
#include <string>
#include <vector>

#include "howship/output/time_series.hpp"

namespace howship::output {

/// The one table of a run over virtual patients: "patient,arm,time [day],name [unit],...", a row per patient, arm and
/// time. Arms may have different columns; what an arm lacks is left empty.
class PatientColumns {
 public:
  explicit PatientColumns(std::span<const std::vector<Column>> of_arms);

  std::size_t count() const { return columns_.size(); }
  std::string header(const std::string& time_unit) const;

  /// @param rows    receives one more line
  /// @param values  one per column of that arm, in the order it was given
  void add_row(std::string& rows, const std::string& patient, const std::string& arm, std::size_t arm_index,
               double time, std::span<const double> values) const;

 private:
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  std::vector<Column> columns_;
  std::vector<std::vector<std::size_t>> sources_;  ///< for each arm and column: which value, or kAbsent
};

}  // namespace howship::output
