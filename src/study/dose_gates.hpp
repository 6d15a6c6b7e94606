#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "howship/simulation/simulation.hpp"
#include "howship/study/place.hpp"
#include "howship/study/prepare.hpp"

namespace howship::study {

/// Decides, dose by dose, on those that an arm's hold rules are about, from the state when each is due. Where ranks
/// share the state, all come to the same.
class DoseGates {
 public:
  DoseGates(const PreparedArm& arm, std::shared_ptr<const model::Kinetics> kinetics, const Place& place,
            Threads threads, Ranks* ranks = nullptr);

  /// What Simulation asks; empty where the arm has no such rule.
  std::function<bool(const simulation::State&, const simulation::Dose&)> ask();
  void set_parameters(std::vector<double> parameters);
  /// As on day 0: nothing is held.
  void reset();

  /// The doses of the schedule that were not given, in the order of their times.
  std::vector<std::size_t> held() const;
  std::size_t held_count() const { return held_times_.size(); }
  /// Which rules hold, and what they held.
  void exchange(simulation::Archive& archive);

 private:
  bool gives(const simulation::State& state, const simulation::Dose& dose);
  double value_of(const simulation::State& state, const DoseGate& gate);

  const PreparedArm& arm_;
  simulation::Probe probe_;
  std::vector<double> holding_;                  ///< per rule: 1 where it holds
  std::vector<double> held_times_, held_gates_;  ///< of doses not given
};

}  // namespace howship::study
