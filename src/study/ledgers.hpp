#pragma once

#include <map>
#include <vector>

#include "howship/output/manifest.hpp"
#include "howship/simulation/simulation.hpp"
#include "howship/study/prepare.hpp"

namespace howship::study {

/// What the model says only doses and events change, followed through a run. What is at the end, less what was at the
/// start and what came at once, is the imbalance: it is zero up to the solver's error if the equations were solved.
class Ledgers {
 public:
  /// @param arm  must outlive this object
  explicit Ledgers(const PreparedArm& arm);

  bool empty() const { return nodes_.empty(); }
  /// To be called for the first and last moment, and around every dose.
  void record(simulation::Probe& probe, const simulation::State& state, simulation::Moment moment);
  void exchange(simulation::Archive& archive);
  /// @param held  doses of the schedule that were not given
  std::vector<output::LedgerRecord> entries(const std::vector<std::size_t>& held) const;

 private:
  void weigh_infusions(simulation::Probe& probe, const simulation::State& state);

  const PreparedArm& arm_;
  const model::Model& model_;
  std::vector<std::size_t> observables_;
  std::vector<model::NodeId> nodes_;
  std::vector<double> start_, now_, before_, entered_, largest_;
  double last_ = 0.0;                                   ///< day
  std::map<std::size_t, std::vector<double>> weights_;  ///< by slot, what one unit of a dose that enters evenly adds
};

}  // namespace howship::study
