#include "arm_run.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "arm_checkpoint.hpp"
#include "arm_recorder.hpp"
#include "dose_gates.hpp"
#include "kept_state.hpp"
#include "talk.hpp"

namespace howship::study {
namespace {

simulation::SolverOptions solver_options(const Study& study, Threads threads, Ranks& ranks) {
  return {study.solver.relative_tolerance, study.solver.max_step, study.solver.max_order, threads, &ranks};
}

/// What an arm of a branch begins with: of the slab's voxels. @throws InputError if it cannot be had
KeptState state_to_go_on_from(const CompiledArm& compiled, const Branch& branch, const Place& place, Ranks& ranks) {
  const std::filesystem::path file = state_file(branch.run / branch.arm, branch.day);
  const std::string vertebra = vertebra_digest(place);
  check_state(file, branch.digest, vertebra, *compiled.arm.model);  // the arm may begin hours after the plan
  return kept_state(file, vertebra, *compiled.arm.model, place.domain.size(),
                    simulation::slab_of(place.domain, &ranks));
}

// A checkpoint that cannot be used costs the arm its past, not its future.
InputError with_a_way_on(const InputError& error, const std::filesystem::path& folder) {
  const Diagnostic& first = error.diagnostics().front();
  return InputError(first.message,
                    fmt::format("{}'{} --from-start' runs the arms that are not complete from their first day",
                                first.hint.empty() ? "" : first.hint + "; ", how_to_go_on(folder)));
}

/// What ranks must do alike after a step.
struct AfterStep {
  bool stop = false, save = false;
};

// A signal may have reached only some of them, and their clocks differ: one that wants to stop stops all, and the first
// one's clock says when to save. And it is looked whether they still compute the same.
AfterStep agree(Ranks& ranks, double day, bool stop, bool save) {
  if (ranks.alone()) return {stop, save};
  std::array<double, 4> all{stop ? 1.0 : 0.0, save && ranks.first() ? 1.0 : 0.0, day, -day};
  ranks.largest(all);
  if (all[2] != -all[3])
    throw std::runtime_error("ranks come to different times: do they run on different kinds of processors?");
  return {all[0] != 0.0, all[1] != 0.0};
}

/// One arm on its way, written as it goes.
class ArmOnItsWay {
 public:
  ArmOnItsWay(const CompiledArm& compiled, const Run& run, const Workplace& workplace, bool from_checkpoint)
      : arm_(compiled.arm),
        run_(run),
        workplace_(workplace),
        folder_(run.folder / arm_.id),
        checkpoint_(folder_ / "checkpoint.h5", labels(), run.options.checkpoint_seconds, run.ranks),
        again_(takes_up(from_checkpoint)),
        simulation_(assemble(compiled, run.study, run.place, workplace.threads, run.ranks)),
        recorder_(arm_, compiled.kinetics, run.place, folder_, workplace.threads, run.ranks,
                  again_ ? output::CsvFile::Opening::again : output::CsvFile::Opening::anew),
        gates_(arm_, compiled.kinetics, run.place, workplace.threads, &run.ranks),
        vertebra_(arm_.states.empty() ? "" : vertebra_digest(run.place)) {}

  ArmEnd to_its_end() {
    workplace_.progress.begin(arm_.id);
    simulation::Callbacks callbacks;
    callbacks.gives = gates_.ask();
    callbacks.observer = [this](const simulation::State& state, simulation::Moment moment) {
      recorder_.record(state, moment);
      const bool wanted = std::binary_search(arm_.states.begin(), arm_.states.end(), state.time);
      if (wanted && moment != simulation::Moment::after_dose) keep(state);
    };
    // Looked at once a step, so that a signal is never answered before its checkpoint is written.
    callbacks.at_rest = [this](double day) {
      const AfterStep all = agree(run_.ranks, day, run_.interrupt.requested() || workplace_.halt, checkpoint_.due());
      stopping_ = all.stop;
      if (simulation_.can_save() && (all.stop || all.save)) save(day);
    };
    callbacks.keep_going = [this](double time, double step) {
      workplace_.progress.update(time / arm_.schedule.end, fmt::format("day {:.1f}, step {:.2g} day", time, step));
      return !stopping_;
    };
    const simulation::Statistics statistics = go(callbacks);
    workplace_.progress.end();
    const std::vector<std::size_t> held = gates_.held();
    return {statistics, held, recorder_.ledgers(held)};
  }

 private:
  output::CheckpointLabels labels() const {
    output::CheckpointLabels labels = run_.labels;
    labels["arm"] = arm_.id;
    return labels;
  }

  // Whether there is a checkpoint to go on from.
  bool takes_up(bool from_checkpoint) const {
    const bool again = from_checkpoint && checkpoint_.exists();
    if (!again) checkpoint_.remove();
    if (run_.is_resumed)
      say(run_.options,
          fmt::format("{:<18} {}", arm_.id, again ? "goes on from its checkpoint" : "begins on its first day"));
    return again;
  }

  simulation::Statistics go(const simulation::Callbacks& callbacks) {
    try {
      return again_ ? resume(callbacks) : simulation_.run(arm_.schedule, callbacks);
    } catch (const Interrupted& stop) {
      const std::string from = checkpoint_.saved_day() ? fmt::format("from day {:.6g}", *checkpoint_.saved_day())
                               : again_                ? "from its earlier checkpoint"
                                                       : "from its start";
      throw Interrupted(
          fmt::format("arm '{}' {}; go on {} with: {}", arm_.id, stop.what(), from, how_to_go_on(run_.folder)));
    }
  }

  simulation::Statistics resume(const simulation::Callbacks& callbacks) {
    try {
      output::CheckpointReader saved = checkpoint_.open(recorder_, gates_);
      return simulation_.resume(saved, arm_.schedule, callbacks);
    } catch (const InputError& error) {
      throw with_a_way_on(error, run_.folder);
    }
  }

  void keep(const simulation::State& state) {
    try {
      keep_state(state_file(folder_, state.time), vertebra_, *arm_.model, state, run_.place.domain.size(),
                 simulation::slab_of(run_.place.domain, &run_.ranks), simulation_.anything_waits(), run_.ranks);
    } catch (const OutputError& error) {
      if (run_.study.output.states) throw;  // it was asked for
      say(run_.options, fmt::format("warning: {}; no other run can go on from here", error.what()));
    }
  }

  void save(double day) {
    try {
      checkpoint_.save(day, simulation_, recorder_, gates_);
    } catch (const OutputError& error) {
      // The run itself may still have room; what it has so far is worth more than the checkpoint.
      if (std::exchange(warned_, true) || !run_.ranks.first()) return;
      workplace_.progress.end();
      fmt::print(stderr, "warning: {}; the run goes on without it\n", error.what());
      workplace_.progress.begin(arm_.id);
    }
  }

  const PreparedArm& arm_;
  const Run& run_;
  const Workplace& workplace_;
  std::filesystem::path folder_;
  ArmCheckpoint checkpoint_;
  bool again_;  ///< it goes on from its checkpoint
  simulation::Simulation simulation_;
  ArmRecorder recorder_;
  DoseGates gates_;
  std::string vertebra_;
  bool stopping_ = false;
  bool warned_ = false;  ///< that checkpoints cannot be written
};

}  // namespace

simulation::Simulation assemble(const CompiledArm& compiled, const Study& study, const Place& place, Threads threads,
                                Ranks& ranks, std::vector<std::string>* fresh) {
  simulation::Simulation simulation(
      compiled.kinetics, compiled.arm.parameters, place.domain,
      place.given_fields(compiled.arm.model->given, simulation::slab_of(place.domain, &ranks)),
      solver_options(study, threads, ranks));
  if (!study.branch) return simulation;
  KeptState kept;
  ranks.together([&] { kept = state_to_go_on_from(compiled, *study.branch, place, ranks); });
  if (fresh != nullptr) *fresh = std::move(kept.fresh);
  simulation.begin_at(std::move(kept.start));
  return simulation;
}

ArmEnd run_arm(const CompiledArm& compiled, const Run& run, const Workplace& workplace, bool from_checkpoint) {
  return ArmOnItsWay(compiled, run, workplace, from_checkpoint).to_its_end();
}

}  // namespace howship::study
