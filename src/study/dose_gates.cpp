#include "dose_gates.hpp"

#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::study {

DoseGates::DoseGates(const PreparedArm& arm, std::shared_ptr<const model::Kinetics> kinetics, const Place& place,
                     Threads threads, Ranks* ranks)
    : arm_(arm),
      probe_(std::move(kinetics), arm.parameters, place.domain,
             place.given_fields(arm.model->given, simulation::slab_of(place.domain, ranks)), threads, ranks),
      holding_(arm.gates.size(), 0.0) {}

std::function<bool(const simulation::State&, const simulation::Dose&)> DoseGates::ask() {
  if (arm_.gates.empty()) return {};
  return [this](const simulation::State& state, const simulation::Dose& dose) { return gives(state, dose); };
}

void DoseGates::set_parameters(std::vector<double> parameters) {
  probe_.set_parameters(std::move(parameters));
}

void DoseGates::reset() {
  holding_.assign(holding_.size(), 0.0);
  held_times_.clear();
  held_gates_.clear();
}

double DoseGates::value_of(const simulation::State& state, const DoseGate& gate) {
  const std::vector<model::NodeId> node{gate.node};
  const bool is_field = arm_.model->graph[gate.node].stage == model::Stage::voxel;
  const double value = (is_field ? probe_.means(state, node) : probe_.numbers(state, node)).front();
  if (std::isfinite(value)) return value;
  throw NumericalError(
      fmt::format("whether to hold a dose on day {:g} cannot be told: {} is {}", state.time, gate.of, value));
}

bool DoseGates::gives(const simulation::State& state, const simulation::Dose& dose) {
  const auto index = static_cast<std::size_t>(dose.gate);
  const DoseGate& gate = arm_.gates.at(index);
  const double value = value_of(state, gate);
  // On the scale where larger is better.
  const double sign = gate.above ? -1.0 : 1.0;
  if (holding_[index] == 0.0) {
    if (sign * value < sign * gate.level) holding_[index] = 1.0;
  } else if (gate.resume && sign * value >= sign * *gate.resume) {
    holding_[index] = 0.0;
  }
  if (holding_[index] == 0.0) return true;
  held_times_.push_back(state.time);
  held_gates_.push_back(dose.gate);
  return false;
}

std::vector<std::size_t> DoseGates::held() const {
  std::vector<std::size_t> held;
  std::vector<bool> taken(arm_.schedule.doses.size(), false);
  for (std::size_t h = 0; h < held_times_.size(); ++h) {
    for (std::size_t d = 0; d < arm_.schedule.doses.size(); ++d) {
      const simulation::Dose& dose = arm_.schedule.doses[d];
      if (taken[d] || dose.time != held_times_[h] || dose.gate != static_cast<int>(held_gates_[h])) continue;
      taken[d] = true;
      held.push_back(d);
      break;
    }
  }
  return held;
}

void DoseGates::exchange(simulation::Archive& archive) {
  if (arm_.gates.empty()) return;
  archive.exchange("gates/holding", std::span(holding_));
  archive.exchange("gates/held_times", held_times_);
  archive.exchange("gates/held_gates", held_gates_);
}

}  // namespace howship::study
