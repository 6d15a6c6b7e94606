#include "howship/study/simulation.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/output/citations.hpp"
#include "howship/output/run_folder.hpp"
#include "howship/study/read_study.hpp"

#include "arm_checkpoint.hpp"
#include "arm_recorder.hpp"
#include "plan.hpp"
#include "run_record.hpp"

namespace howship::study {
namespace {

simulation::SolverOptions solver_options(const Study& study, Threads threads, Ranks& ranks) {
  return {study.solver.relative_tolerance, study.solver.max_step, study.solver.max_order, threads, &ranks};
}

simulation::Simulation assemble(const CompiledArm& compiled, const Place& place,
                                const simulation::SolverOptions& options) {
  return {compiled.kinetics, compiled.arm.parameters, place.domain,
          place.given_fields(compiled.arm.model->given, simulation::slab_of(place.domain, options.ranks)), options};
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
  Ranks& ranks;
  bool is_resumed = false;
};

void say(const RunOptions& options, const std::string& text) {
  const bool speaks = options.ranks == nullptr || options.ranks->first();
  if (!options.quiet && speaks) fmt::print(stderr, "{}\n", text);
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

// One arm from day 0, or from its checkpoint, to the end; written as it goes.
simulation::Statistics run_arm(const CompiledArm& compiled, const Run& run, bool from_checkpoint) {
  const PreparedArm& arm = compiled.arm;
  const std::filesystem::path folder = run.folder / arm.id;
  output::CheckpointLabels labels = run.labels;
  labels["arm"] = arm.id;
  ArmCheckpoint checkpoint(folder / "checkpoint.h5", std::move(labels), run.options.checkpoint_seconds, run.ranks);
  const bool again = from_checkpoint && checkpoint.exists();
  if (!again) checkpoint.remove();
  if (run.is_resumed)
    say(run.options,
        fmt::format("{:<18} {}", arm.id, again ? "goes on from its checkpoint" : "begins on its first day"));

  simulation::Simulation simulation =
      assemble(compiled, run.place, solver_options(run.study, run.options.threads, run.ranks));
  ArmRecorder recorder(arm, compiled.kinetics, run.place, folder, run.options.threads, run.ranks,
                       again ? output::CsvFile::Opening::again : output::CsvFile::Opening::anew);
  run.progress.begin(arm.id);
  simulation::Callbacks callbacks;
  callbacks.observer = [&](const simulation::State& state, simulation::Moment moment) {
    recorder.record(state, moment);
  };
  // Looked at once a step, so that a signal is never answered before its checkpoint is written.
  bool stopping = false;
  bool warned = false;
  callbacks.at_rest = [&](double day) {
    const AfterStep all = agree(run.ranks, day, run.interrupt.requested(), checkpoint.due());
    stopping = all.stop;
    if (!simulation.can_save() || !(all.stop || all.save)) return;
    try {
      checkpoint.save(day, simulation, recorder);
    } catch (const OutputError& error) {
      // The run itself may still have room; what it has so far is worth more than the checkpoint.
      if (std::exchange(warned, true) || !run.ranks.first()) return;
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
        output::CheckpointReader saved = checkpoint.open(recorder);
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
  return statistics;
}

/// A study made ready: its arms as code, and where they take place.
struct Prepared {
  std::vector<CompiledArm> arms;
  Place place;
};

Prepared prepare(const Study& study, const DataFolder& data, const UnitSystem& units, const Ranks& ranks) {
  // 1. model: texts become one checked model per arm; simulation: the models become code.
  Diagnostics faults;
  const model::Library library = library_of(study, data.models());
  std::vector<PreparedArm> prepared = prepare_arms(study, library, units, faults);
  faults.raise_if_any();
  std::vector<CompiledArm> arms = compile_arms(std::move(prepared));

  // 2. vertebra: where it happens, and where the lesion sits.
  check_lattice(study, arms, ranks);
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
      record.arm_ends(i, run_arm(ready.arms[i], run, from_checkpoint));
      std::error_code ignored;
      for (const char* name : {"checkpoint.h5", "checkpoint.h5.part"}) {
        if (run.ranks.first()) std::filesystem::remove(run.folder / id / name, ignored);
      }
      say(run.options, fmt::format("{:<18} done after {}", id, after()));
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
  Ranks alone;
  Ranks& ranks = options.ranks == nullptr ? alone : *options.ranks;
  const std::filesystem::path folder =
      options.folder.empty() ? std::filesystem::path("out") / study.id : options.folder;
  std::optional<Prepared> prepared;
  Plan plan;
  std::string citations, resolved;
  output::CheckpointLabels labels;
  ranks.together([&] {
    if (!options.dry_run) output::check_run_folder(folder, options.force);
    prepared = prepare(study, data, units, ranks);
    for (const std::string& note : prepared->place.record.notes) say(options, "note: " + note);

    // 3. What it will take. An arm that cannot start at all says so below, while nothing has been written.
    plan = make_plan(study, prepared->arms, prepared->place, folder, ranks);
    citations = output::select_citations(references_of(study, data), cited(prepared->arms));
    resolved = resolved_text(study, model_texts(prepared->arms), citations);
    labels = checkpoint_labels(resolved, prepared->place);
  });
  const Prepared& ready = *prepared;
  if (options.dry_run) return {plan, folder, clock.seconds()};
  say(options, plan.text(study));
  for (const CompiledArm& arm : ready.arms) assemble(arm, ready.place, solver_options(study, options.threads, ranks));

  // 4. output: the run folder, with what makes the run repeatable.
  const InterruptGuard interrupt;
  std::optional<output::FolderLock> lock;
  ranks.together([&] {
    if (!ranks.first()) return;
    output::open_run_folder(folder, options.force);
    lock.emplace(folder);
  });
  RunRecord record(folder, study, ready.place, ready.arms, options.threads, ranks);
  record.begins(labels, plan.memory);
  ProgressLine progress(options.quiet || !ranks.first());
  try {
    ranks.together([&] {
      if (!ranks.first()) return;
      write_text(folder / "citations.bib", citations);
      write_text(folder / "resolved.toml", resolved);
    });

    // 5. simulation.
    run_arms(ready, {study, ready.place, folder, options, labels, interrupt, progress, ranks}, record, clock, false);
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
  Ranks alone;
  Ranks& ranks = options.ranks == nullptr ? alone : *options.ranks;
  const std::filesystem::path& folder = options.folder;
  std::optional<output::FolderLock> lock;
  output::Manifest earlier;
  std::optional<Prepared> prepared;
  Plan plan;
  output::CheckpointLabels labels;
  ranks.together([&] {
    if (ranks.first()) lock.emplace(folder);
  });
  ranks.together([&] {
    earlier = output::read_manifest(folder);
    const std::string resolved = read_text(folder / "resolved.toml");
    prepared = prepare(study, data, units, ranks);
    plan = make_plan(study, prepared->arms, prepared->place, folder, ranks);
    labels = checkpoint_labels(resolved, prepared->place);
  });
  const Prepared& ready = *prepared;
  if (earlier.status == output::Status::complete) {
    say(options, fmt::format("the run in '{}' is complete; nothing is left to do", folder.string()));
    return {plan, folder, clock.seconds()};
  }
  // Arms of two studies, or of two programs, must never end up in one folder.
  const std::string other = difference(labels, earlier.digests);
  if (!other.empty() && !from_start) {
    throw InputError(fmt::format("the run in '{}' cannot go on: {}", folder.string(), other),
                     fmt::format("'{} --from-start' runs all its arms anew", how_to_go_on(folder)));
  }

  const InterruptGuard interrupt;
  RunRecord record(folder, study, ready.place, ready.arms, options.threads, ranks, other.empty() ? &earlier : nullptr);
  record.begins(labels, plan.memory);
  ProgressLine progress(options.quiet || !ranks.first());
  try {
    run_arms(ready, {study, ready.place, folder, options, labels, interrupt, progress, ranks, true}, record, clock,
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
