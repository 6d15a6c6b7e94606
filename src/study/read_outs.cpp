#include "read_outs.hpp"

namespace howship::study {

ReadOuts::ReadOuts(const model::Model& model) {
  const auto add = [&](const auto& what, model::NodeId node, bool is_field) {
    (is_field ? means_at_ : numbers_at_).push_back(columns_.size());
    (is_field ? means_ : numbers_).push_back(node);
    scales_.push_back(1.0 / what.unit.scale);
    columns_.push_back({what.id, what.unit.text, what.title});
  };
  for (const auto& species : model.species)
    add(species, *model.find_node(species.id), species.scope == model::Scope::local);
  // A model from elsewhere has no observables: its rules are what it shows.
  for (const auto& quantity : model.quantities) {
    if (!model.units_checked && quantity.stage != model::Stage::voxel && model.observables.empty())
      add(quantity, quantity.node, false);
  }
  for (const auto& observable : model.observables)
    add(observable, observable.node, observable.stage == model::Stage::voxel);
}

std::vector<double> ReadOuts::values(const simulation::Probe::Reading& reading) const {
  std::vector<double> row(columns_.size());
  const auto put = [&](const std::vector<std::size_t>& at, const std::vector<double>& values) {
    for (std::size_t i = 0; i < at.size(); ++i) row[at[i]] = values[i] * scales_[at[i]];
  };
  if (!means_.empty()) put(means_at_, reading.means(means_));
  if (!numbers_.empty()) put(numbers_at_, reading.numbers(numbers_));
  return row;
}

}  // namespace howship::study
