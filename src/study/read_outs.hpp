#pragma once

#include <vector>

#include "howship/model/model.hpp"
#include "howship/output/time_series.hpp"
#include "howship/simulation/simulation.hpp"

namespace howship::study {

/// What the tables say of an arm at a moment: its species (means over the vertebra) and observables.
class ReadOuts {
 public:
  explicit ReadOuts(const model::Model& model);

  const std::vector<output::Column>& columns() const { return columns_; }
  /// One value per column, in its unit.
  std::vector<double> values(const simulation::Probe::Reading& reading) const;

 private:
  std::vector<output::Column> columns_;
  std::vector<double> scales_;  // from base units to what the column says
  std::vector<std::size_t> means_at_, numbers_at_;
  std::vector<model::NodeId> means_, numbers_;
};

}  // namespace howship::study
