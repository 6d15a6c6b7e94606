#include "ledgers.hpp"

#include <algorithm>
#include <cmath>

namespace howship::study {

Ledgers::Ledgers(const PreparedArm& arm) : arm_(arm), model_(*arm.model) {
  for (std::size_t i = 0; i < model_.observables.size(); ++i) {
    if (!model_.observables[i].conserved) continue;
    observables_.push_back(i);
    nodes_.push_back(model_.observables[i].node);
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
  last_ = state.time;
  if (state.time >= arm_.schedule.end) weigh_infusions(probe, state);
}

// A dose that enters evenly makes no jump that one could see. What is conserved is a sum over species, so how much of
// it a dose adds is the same at any time.
void Ledgers::weigh_infusions(simulation::Probe& probe, const simulation::State& state) {
  for (const simulation::Dose& dose : arm_.schedule.doses) {
    if (!(dose.duration > 0.0) || dose.amount == 0.0 || weights_.contains(dose.systemic)) continue;
    std::vector<double> more(state.systemic.begin(), state.systemic.end());
    more[dose.systemic] += dose.amount;
    std::vector<double> weights = probe.numbers({state.time, more, state.local}, nodes_);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = (weights[i] - now_[i]) / dose.amount;
    weights_[dose.systemic] = std::move(weights);
  }
}

void Ledgers::exchange(simulation::Archive& archive) {
  if (nodes_.empty()) return;
  archive.exchange("ledgers/start", start_);
  archive.exchange("ledgers/now", now_);
  archive.exchange("ledgers/before", before_);
  archive.exchange("ledgers/entered", entered_);
  archive.exchange("ledgers/largest", largest_);
}

std::vector<output::LedgerRecord> Ledgers::entries(const std::vector<std::size_t>& held) const {
  std::vector<output::LedgerRecord> entries;
  std::vector<double> all = entered_;
  for (std::size_t d = 0; d < arm_.schedule.doses.size(); ++d) {
    const simulation::Dose& dose = arm_.schedule.doses[d];
    const auto weights = weights_.find(dose.systemic);
    if (!(dose.duration > 0.0) || weights == weights_.end() || std::find(held.begin(), held.end(), d) != held.end())
      continue;
    const double share = std::clamp((last_ - dose.time) / dose.duration, 0.0, 1.0);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += weights->second[i] * dose.amount * share;
  }
  for (std::size_t i = 0; i < start_.size(); ++i) {
    const model::Observable& observable = model_.observables[observables_[i]];
    const double scale = 1.0 / observable.unit.scale;
    const double imbalance = now_[i] - start_[i] - all[i];
    entries.push_back({observable.id, observable.unit.text, start_[i] * scale, all[i] * scale, now_[i] * scale,
                       imbalance * scale, largest_[i] > 0.0 ? std::abs(imbalance) / largest_[i] : 0.0});
  }
  return entries;
}

}  // namespace howship::study
