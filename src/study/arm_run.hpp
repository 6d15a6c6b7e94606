#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/output/checkpoint.hpp"
#include "howship/output/manifest.hpp"
#include "howship/simulation/simulation.hpp"
#include "howship/study/place.hpp"
#include "howship/study/simulation.hpp"

#include "plan.hpp"

namespace howship::study {

/// What the arms of a run share.
struct Run {
  const Study& study;
  const Place& place;
  const std::filesystem::path& folder;
  const RunOptions& options;
  const output::CheckpointLabels& labels;
  const InterruptGuard& interrupt;
  Ranks& ranks;
  bool is_resumed = false;
};

/// What an arm works with while others may run beside it.
struct Workplace {
  Threads threads;
  ProgressLine& progress;
  const std::atomic<bool>& halt;  ///< another arm has met what ends the whole run
};

/// What an arm leaves for run.json.
struct ArmEnd {
  simulation::Statistics statistics;
  std::vector<std::size_t> held;  ///< doses of its schedule that were not given
  std::vector<output::LedgerRecord> ledgers;
};

/// The simulation of an arm before its first step; of a branch, in the state that it goes on from.
/// @param fresh  gets the species which that state does not have, unless null
/// @throws InputError if the model cannot start or the state cannot be had
simulation::Simulation assemble(const CompiledArm& compiled, const Study& study, const Place& place, Threads threads,
                                Ranks& ranks, std::vector<std::string>* fresh = nullptr);

/// One arm from day 0, or from its checkpoint, to the end; written as it goes.
/// @throws InputError, OutputError, NumericalError; Interrupted, which says how to go on
ArmEnd run_arm(const CompiledArm& compiled, const Run& run, const Workplace& workplace, bool from_checkpoint);

}  // namespace howship::study
