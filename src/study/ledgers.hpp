#pragma once

#include <vector>

#include "howship/model/model.hpp"
#include "howship/output/manifest.hpp"
#include "howship/simulation/simulation.hpp"

namespace howship::study {

/// What the model says only doses and events change, followed through a run. What is at the end, less what was at the
/// start and what came at once, is the imbalance: it is zero up to the solver's error if the equations were solved.
class Ledgers {
 public:
  explicit Ledgers(const model::Model& model);

  bool empty() const { return nodes_.empty(); }
  /// To be called for the first and last moment, and around every dose.
  void record(simulation::Probe& probe, const simulation::State& state, simulation::Moment moment);
  void exchange(simulation::Archive& archive);
  std::vector<output::LedgerRecord> entries() const;

 private:
  const model::Model& model_;
  std::vector<std::size_t> observables_;
  std::vector<model::NodeId> nodes_;
  std::vector<double> start_, now_, before_, entered_, largest_;
};

}  // namespace howship::study
