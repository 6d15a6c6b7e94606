#include "ledgers.hpp"

#include <algorithm>
#include <cmath>

namespace howship::study {

Ledgers::Ledgers(const model::Model& model) : model_(model) {
  for (std::size_t i = 0; i < model.observables.size(); ++i) {
    if (!model.observables[i].conserved) continue;
    observables_.push_back(i);
    nodes_.push_back(model.observables[i].node);
  }
  entered_.assign(nodes_.size(), 0.0);
  largest_.assign(nodes_.size(), 0.0);
}

void Ledgers::record(simulation::Probe& probe, const simulation::State& state, simulation::Moment moment) {
  if (nodes_.empty()) return;
  now_ = probe.numbers(state, nodes_);
  if (start_.empty()) start_ = now_;
  for (std::size_t i = 0; i < now_.size(); ++i) {
    if (moment == simulation::Moment::after_dose) entered_[i] += now_[i] - before_[i];
    largest_[i] = std::max(largest_[i], std::abs(now_[i]));
  }
  before_ = now_;
}

void Ledgers::exchange(simulation::Archive& archive) {
  if (nodes_.empty()) return;
  archive.exchange("ledgers/start", start_);
  archive.exchange("ledgers/now", now_);
  archive.exchange("ledgers/before", before_);
  archive.exchange("ledgers/entered", entered_);
  archive.exchange("ledgers/largest", largest_);
}

std::vector<output::LedgerRecord> Ledgers::entries() const {
  std::vector<output::LedgerRecord> entries;
  for (std::size_t i = 0; i < start_.size(); ++i) {
    const model::Observable& observable = model_.observables[observables_[i]];
    const double scale = 1.0 / observable.unit.scale;
    const double imbalance = now_[i] - start_[i] - entered_[i];
    entries.push_back({observable.id, observable.unit.text, start_[i] * scale, entered_[i] * scale, now_[i] * scale,
                       imbalance * scale, largest_[i] > 0.0 ? std::abs(imbalance) / largest_[i] : 0.0});
  }
  return entries;
}

}  // namespace howship::study
