#include "howship/study/simulation.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/output/citations.hpp"
#include "howship/output/run_folder.hpp"
#include "howship/study/comparison.hpp"
#include "howship/study/read_study.hpp"

#include "arm_checkpoint.hpp"
#include "arm_recorder.hpp"
#include "dose_gates.hpp"
#include "plan.hpp"
#include "run_record.hpp"

namespace howship::study {
namespace {

simulation::SolverOptions solver_options(const Study& study, Threads threads) {
  return {study.solver.relative_tolerance, study.solver.max_step, study.solver.max_order, threads};
}

simulation::Simulation assemble(const CompiledArm& compiled, const Place& place,
                                const simulation::SolverOptions& options) {
  return {compiled.kinetics, compiled.arm.parameters, place.domain, place.given_fields(compiled.arm.model->given),
          options};
}

/// What the arms of a run share.
struct Run {
  const Study& study;
  const Place& place;
  const std::filesystem::path& folder;
  const RunOptions& options;
  const output::CheckpointLabels& labels;
  const InterruptGuard& interrupt;
  ProgressLine& progress;
  bool is_resumed = false;
};

void say(const RunOptions& options, const std::string& text) {
  if (!options.quiet) fmt::print(stderr, "{}\n", text);
}

// As one can paste it into a shell.
std::string how_to_go_on(const std::filesystem::path& folder) {
  const std::string name = folder.string();
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./+,:@%=").find(static_cast<char>(c)) != std::string_view::npos;
  });
  std::string quoted;
  for (const char c : name) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return plain ? "howship resume " + name : "howship resume '" + quoted + "'";
}

// A checkpoint that cannot be used costs the arm its past, not its future.
InputError with_a_way_on(const InputError& error, const std::filesystem::path& folder) {
  const Diagnostic& first = error.diagnostics().front();
  return InputError(first.message,
                    fmt::format("{}'{} --from-start' runs the arms that are not complete from their first day",
                                first.hint.empty() ? "" : first.hint + "; ", how_to_go_on(folder)));
}

struct ArmOutcome {
  simulation::Statistics statistics;
  std::vector<std::size_t> held;  ///< doses of its schedule that were not given
};

// One arm from day 0, or from its checkpoint, to the end; written as it goes.
ArmOutcome run_arm(const CompiledArm& compiled, const Run& run, bool from_checkpoint) {
  const PreparedArm& arm = compiled.arm;
  const std::filesystem::path folder = run.folder / arm.id;
  output::CheckpointLabels labels = run.labels;
  labels["arm"] = arm.id;
  ArmCheckpoint checkpoint(folder / "checkpoint.h5", std::move(labels), run.options.checkpoint_seconds);
  const bool again = from_checkpoint && checkpoint.exists();
  if (!again) checkpoint.remove();
  if (run.is_resumed)
    say(run.options,
        fmt::format("{:<18} {}", arm.id, again ? "goes on from its checkpoint" : "begins on its first day"));

  simulation::Simulation simulation = assemble(compiled, run.place, solver_options(run.study, run.options.threads));
  ArmRecorder recorder(arm, compiled.kinetics, run.place, folder, run.options.threads,
                       again ? output::CsvFile::Opening::again : output::CsvFile::Opening::anew);
  DoseGates gates(arm, compiled.kinetics, run.place, run.options.threads);
  run.progress.begin(arm.id);
  simulation::Callbacks callbacks;
  callbacks.gives = gates.ask();
  callbacks.observer = [&](const simulation::State& state, simulation::Moment moment) {
    recorder.record(state, moment);
  };
  // Looked at once a step, so that a signal is never answered before its checkpoint is written.
  bool stopping = false;
  bool warned = false;
  callbacks.at_rest = [&](double day) {
    stopping = run.interrupt.requested();
    if (!simulation.can_save() || !(stopping || checkpoint.due())) return;
    try {
      checkpoint.save(day, simulation, recorder, gates);
    } catch (const OutputError& error) {
      // The run itself may still have room; what it has so far is worth more than the checkpoint.
      if (std::exchange(warned, true)) return;
      run.progress.end();
      fmt::print(stderr, "warning: {}; the run goes on without it\n", error.what());
      run.progress.begin(arm.id);
    }
  };
  callbacks.keep_going = [&](double time, double step) {
    run.progress.update(time / arm.schedule.end, fmt::format("day {:.1f}, step {:.2g} day", time, step));
    return !stopping;
  };
  simulation::Statistics statistics;
  try {
    if (again) {
      try {
        output::CheckpointReader saved = checkpoint.open(recorder, gates);
        statistics = simulation.resume(saved, arm.schedule, callbacks);
      } catch (const InputError& error) {
        throw with_a_way_on(error, run.folder);
      }
    } else {
      statistics = simulation.run(arm.schedule, callbacks);
    }
  } catch (const Interrupted& stop) {
    const std::string from = checkpoint.saved_day() ? fmt::format("from day {:.6g}", *checkpoint.saved_day())
                             : again                ? "from its earlier checkpoint"
                                                    : "from its start";
    throw Interrupted(
        fmt::format("arm '{}' {}; go on {} with: {}", arm.id, stop.what(), from, how_to_go_on(run.folder)));
  }
  run.progress.end();
  return {statistics, gates.held()};
}

/// A study made ready: its arms as code, and where they take place.
struct Prepared {
  std::vector<CompiledArm> arms;
  Place place;
};

Prepared prepare(const Study& study, const DataFolder& data, const UnitSystem& units) {
  // 1. model: texts become one checked model per arm; simulation: the models become code.
  Diagnostics faults;
  const model::Library library = library_of(study, data.models());
  std::vector<PreparedArm> prepared = prepare_arms(study, library, units, faults);
  if (faults.empty()) check_compare(study, prepared, faults);
  faults.raise_if_any();
  std::vector<CompiledArm> arms = compile_arms(std::move(prepared));

  // 2. vertebra: where it happens, and where the lesion sits.
  check_lattice(study, arms);
  return {std::move(arms), build_place(study)};
}

class Clock {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Each arm through time. One that cannot be solved does not cost the others.
void run_arms(const Prepared& ready, const Run& run, RunRecord& record, const Clock& clock, bool from_checkpoint) {
  const auto after = [&] { return duration_text(clock.seconds()); };
  std::string failures;
  for (std::size_t i = 0; i < ready.arms.size(); ++i) {
    if (record.is_complete(i)) continue;
    const std::string& id = ready.arms[i].arm.id;
    record.arm_begins(i);
    try {
      const ArmOutcome outcome = run_arm(ready.arms[i], run, from_checkpoint);
      record.arm_ends(i, ready.arms[i], outcome.statistics, outcome.held);
      std::error_code ignored;
      for (const char* name : {"checkpoint.h5", "checkpoint.h5.part"})
        std::filesystem::remove(run.folder / id / name, ignored);
      const std::size_t held = outcome.held.size();
      say(run.options,
          fmt::format("{:<18} done after {}{}", id, after(),
                      held > 0 ? fmt::format("; {} dose{} held", held, held == 1 ? " was" : "s were") : ""));
    } catch (const NumericalError& error) {
      run.progress.end();
      record.arm_fails(i);
      say(run.options, fmt::format("{:<18} failed after {}", id, after()));
      failures += fmt::format("{}arm {}: {}", failures.empty() ? "" : "\n", id, error.what());
    }
  }
  if (!failures.empty()) throw NumericalError(failures);
}

}  // namespace

RunResult run_study(const Study& study, const DataFolder& data, const UnitSystem& units, const RunOptions& options) {
  const Clock clock;
  const std::filesystem::path folder =
      options.folder.empty() ? std::filesystem::path("out") / study.id : options.folder;
  if (!options.dry_run) output::check_run_folder(folder, options.force);
  const Prepared ready = prepare(study, data, units);
  for (const std::string& note : ready.place.record.notes) say(options, "note: " + note);

  // 3. What it will take. An arm that cannot start at all says so here, while nothing has been written.
  const Plan plan = make_plan(study, ready.arms, ready.place, folder);
  if (options.dry_run) return {plan, folder, clock.seconds()};
  say(options, plan.text(study));
  for (const CompiledArm& arm : ready.arms) assemble(arm, ready.place, solver_options(study, options.threads));

  const std::string citations = output::select_citations(references_of(study, data), cited(ready.arms));
  const std::string resolved = resolved_text(study, model_texts(ready.arms), citations);
  const output::CheckpointLabels labels = checkpoint_labels(resolved, ready.place);

  // 4. output: the run folder, with what makes the run repeatable.
  const InterruptGuard interrupt;
  output::open_run_folder(folder, options.force);
  const output::FolderLock lock(folder);
  RunRecord record(folder, study, ready.place, ready.arms, options.threads);
  record.begins(labels, plan.memory);
  ProgressLine progress(options.quiet);
  try {
    write_text(folder / "citations.bib", citations);
    write_text(folder / "resolved.toml", resolved);

    // 5. simulation.
    run_arms(ready, {study, ready.place, folder, options, labels, interrupt, progress}, record, clock, false);
  } catch (...) {
    progress.end();
    record.fails(std::current_exception(), clock.seconds());
    throw;
  }
  record.complete(clock.seconds());
  return {plan, folder, clock.seconds()};
}

RunResult resume_study(const Study& study, const DataFolder& data, const UnitSystem& units, const RunOptions& options,
                       bool from_start) {
  const Clock clock;
  const std::filesystem::path& folder = options.folder;
  const output::FolderLock lock(folder);
  const output::Manifest earlier = output::read_manifest(folder);
  const std::string resolved = read_text(folder / "resolved.toml");
  const Prepared ready = prepare(study, data, units);
  const Plan plan = make_plan(study, ready.arms, ready.place, folder);
  if (earlier.status == output::Status::complete) {
    say(options, fmt::format("the run in '{}' is complete; nothing is left to do", folder.string()));
    return {plan, folder, clock.seconds()};
  }
  // Arms of two studies, or of two programs, must never end up in one folder.
  const output::CheckpointLabels labels = checkpoint_labels(resolved, ready.place);
  const std::string other = difference(labels, earlier.digests);
  if (!other.empty() && !from_start) {
    throw InputError(fmt::format("the run in '{}' cannot go on: {}", folder.string(), other),
                     fmt::format("'{} --from-start' runs all its arms anew", how_to_go_on(folder)));
  }

  const InterruptGuard interrupt;
  RunRecord record(folder, study, ready.place, ready.arms, options.threads, other.empty() ? &earlier : nullptr);
  record.begins(labels, plan.memory);
  ProgressLine progress(options.quiet);
  try {
    run_arms(ready, {study, ready.place, folder, options, labels, interrupt, progress, true}, record, clock,
             !from_start);
  } catch (...) {
    progress.end();
    record.fails(std::current_exception(), clock.seconds());
    throw;
  }
  record.complete(clock.seconds());
  return {plan, folder, clock.seconds()};
}

}  // namespace howship::study
