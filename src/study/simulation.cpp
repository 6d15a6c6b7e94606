#include "howship/study/simulation.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

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
#include "kept_state.hpp"
#include "pilot.hpp"
#include "plan.hpp"
#include "run_record.hpp"

namespace howship::study {
namespace {

simulation::SolverOptions solver_options(const Study& study, Threads threads, Ranks& ranks) {
  return {study.solver.relative_tolerance, study.solver.max_step, study.solver.max_order, threads, &ranks};
}

/// What an arm of a branch begins with: of the slab's voxels. @throws InputError if it cannot be had
KeptState state_to_go_on_from(const CompiledArm& compiled, const Branch& branch, const Place& place, Ranks& ranks) {
  const std::filesystem::path file = state_file(branch.run / branch.arm, branch.day);
  KeptState kept = kept_state(file, vertebra_digest(place), *compiled.arm.model, place.domain.size(),
                              simulation::slab_of(place.domain, &ranks));
  if (file_digest(file) != branch.digest)
    throw InputError(fmt::format("the state '{}' has changed since", file.string()), "run the branch anew");
  return kept;
}

simulation::Simulation assemble(const CompiledArm& compiled, const Study& study, const Place& place, Threads threads,
                                Ranks& ranks, std::vector<std::string>* fresh = nullptr) {
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

/// What an arm leaves for run.json.
struct ArmEnd {
  simulation::Statistics statistics;
  std::vector<std::size_t> held;  ///< doses of its schedule that were not given
  std::vector<output::LedgerRecord> ledgers;
};

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
ArmEnd run_arm(const CompiledArm& compiled, const Run& run, const Workplace& workplace, bool from_checkpoint) {
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

  simulation::Simulation simulation = assemble(compiled, run.study, run.place, workplace.threads, run.ranks);
  ArmRecorder recorder(arm, compiled.kinetics, run.place, folder, workplace.threads, run.ranks,
                       again ? output::CsvFile::Opening::again : output::CsvFile::Opening::anew);
  DoseGates gates(arm, compiled.kinetics, run.place, workplace.threads, &run.ranks);
  workplace.progress.begin(arm.id);
  const std::string vertebra = arm.states.empty() ? "" : vertebra_digest(run.place);
  simulation::Callbacks callbacks;
  callbacks.gives = gates.ask();
  callbacks.observer = [&](const simulation::State& state, simulation::Moment moment) {
    recorder.record(state, moment);
    if (moment == simulation::Moment::after_dose ||
        !std::binary_search(arm.states.begin(), arm.states.end(), state.time)) {
      return;
    }
    try {
      keep_state(state_file(folder, state.time), vertebra, *arm.model, state, run.place.domain.size(),
                 simulation::slab_of(run.place.domain, &run.ranks), simulation.anything_waits(), run.ranks);
    } catch (const OutputError& error) {
      if (run.study.output.states) throw;  // it was asked for
      say(run.options, fmt::format("warning: {}; no other run can go on from here", error.what()));
    }
  };
  // Looked at once a step, so that a signal is never answered before its checkpoint is written.
  bool stopping = false;
  bool warned = false;
  callbacks.at_rest = [&](double day) {
    const AfterStep all = agree(run.ranks, day, run.interrupt.requested() || workplace.halt, checkpoint.due());
    stopping = all.stop;
    if (!simulation.can_save() || !(all.stop || all.save)) return;
    try {
      checkpoint.save(day, simulation, recorder, gates);
    } catch (const OutputError& error) {
      // The run itself may still have room; what it has so far is worth more than the checkpoint.
      if (std::exchange(warned, true) || !run.ranks.first()) return;
      workplace.progress.end();
      fmt::print(stderr, "warning: {}; the run goes on without it\n", error.what());
      workplace.progress.begin(arm.id);
    }
  };
  callbacks.keep_going = [&](double time, double step) {
    workplace.progress.update(time / arm.schedule.end, fmt::format("day {:.1f}, step {:.2g} day", time, step));
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
  workplace.progress.end();
  const std::vector<std::size_t> held = gates.held();
  return {statistics, held, recorder.ledgers(held)};
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
  if (faults.empty()) check_compare(study, prepared, faults);
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

// Each arm through time, some side by side if asked for. One that cannot be solved does not cost the others.
class ArmsAtWork {
 public:
  ArmsAtWork(const Prepared& ready, const Run& run, RunRecord& record, const Clock& clock, bool from_checkpoint)
      : ready_(ready), run_(run), record_(record), clock_(clock), from_checkpoint_(from_checkpoint) {}

  void all() {
    const int workers = std::min<int>(run_.options.arms_at_once, static_cast<int>(ready_.arms.size()));
    const Threads threads{std::max(1, run_.options.threads.count / std::max(1, workers))};
    {
      std::vector<std::jthread> beside;
      for (int w = 1; w < workers; ++w) beside.emplace_back([this, threads] { work(threads, true); });
      work(threads, run_.options.quiet || !run_.ranks.first());
    }
    if (end_) std::rethrow_exception(end_);
    if (!failures_.empty()) throw NumericalError(failures());
  }

 private:
  void work(Threads threads, bool silent) {
    ProgressLine progress(silent);
    try {
      for (std::size_t i = next_++; i < ready_.arms.size() && !halt_; i = next_++) {
        if (!is_complete(i)) arm(i, {threads, progress, halt_});
      }
    } catch (...) {
      const std::lock_guard lock(desk_);
      if (!halt_.exchange(true)) end_ = std::current_exception();
    }
  }

  std::string failures() const {
    std::string text;
    for (const auto& [i, failure] : failures_) text += (text.empty() ? "" : "\n") + failure;
    return text;
  }

  bool is_complete(std::size_t i) {
    const std::lock_guard lock(desk_);
    return record_.is_complete(i);
  }

  void arm(std::size_t i, const Workplace& workplace) {
    const std::string& id = ready_.arms[i].arm.id;
    {
      const std::lock_guard lock(desk_);
      record_.arm_begins(i);
    }
    try {
      const ArmEnd end = run_arm(ready_.arms[i], run_, workplace, from_checkpoint_);
      const std::lock_guard lock(desk_);
      record_.arm_ends(i, ready_.arms[i], end.statistics, end.held, end.ledgers);
      std::error_code ignored;
      for (const char* name : {"checkpoint.h5", "checkpoint.h5.part"}) {
        if (run_.ranks.first()) std::filesystem::remove(run_.folder / id / name, ignored);
      }
      const std::size_t held = end.held.size();
      say(run_.options,
          fmt::format("{:<18} done after {}{}", id, duration_text(clock_.seconds()),
                      held > 0 ? fmt::format("; {} dose{} held", held, held == 1 ? " was" : "s were") : ""));
    } catch (const NumericalError& error) {
      workplace.progress.end();
      const std::lock_guard lock(desk_);
      record_.arm_fails(i);
      say(run_.options, fmt::format("{:<18} failed after {}", id, duration_text(clock_.seconds())));
      failures_[i] = fmt::format("arm {}: {}", id, error.what());
    }
  }

  const Prepared& ready_;
  const Run& run_;
  RunRecord& record_;
  const Clock& clock_;
  bool from_checkpoint_;
  std::mutex desk_;  ///< run.json and the terminal are for one arm at a time
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> halt_ = false;
  std::exception_ptr end_;
  std::map<std::size_t, std::string> failures_;  ///< by arm, so that their order is that of the study
};

void require_one_process(const RunOptions& options, const Ranks& ranks) {
  if (ranks.alone() || options.arms_at_once == 1) return;
  throw InputError("--arms-at-once is for a single process, and ranks work on one arm together",
                   "leave it out, or run without mpirun");
}

}  // namespace

RunResult run_study(const Study& study, const DataFolder& data, const UnitSystem& units, const RunOptions& options) {
  const Clock clock;
  Ranks alone;
  Ranks& ranks = options.ranks == nullptr ? alone : *options.ranks;
  require_one_process(options, ranks);
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
    plan = make_plan(study, prepared->arms, prepared->place, folder, ranks, options.arms_at_once);
    citations = output::select_citations(references_of(study, data), cited(prepared->arms));
    resolved = resolved_text(study, model_texts(prepared->arms), citations);
    labels = checkpoint_labels(resolved, prepared->place);
  });
  const Prepared& ready = *prepared;
  // A pilot is too small to be shared, and what ranks cost each other it does not know.
  if (!options.quiet && ranks.alone())
    plan.seconds = estimated_seconds(study, ready.arms, ready.place, options.threads);
  if (options.dry_run) return {plan, folder, clock.seconds()};
  say(options, plan.text(study));
  std::vector<std::vector<std::string>> fresh(ready.arms.size());
  for (std::size_t i = 0; i < ready.arms.size(); ++i) {
    assemble(ready.arms[i], study, ready.place, options.threads, ranks, &fresh[i]);
    for (const std::string& note : ready.arms[i].arm.notes) say(options, "note: " + note);
    if (!fresh[i].empty())
      say(options,
          fmt::format("note: arm {}: not in the run that it goes on from, and at the model's initial value: {}",
                      ready.arms[i].arm.id, fmt::join(fresh[i], ", ")));
  }

  // 4. output: the run folder, with what makes the run repeatable.
  const InterruptGuard interrupt;
  std::optional<output::FolderLock> lock;
  ranks.together([&] {
    if (!ranks.first()) return;
    output::open_run_folder(folder, options.force);
    lock.emplace(folder);
  });
  RunRecord record(folder, study, ready.place, ready.arms, options.threads, ranks);
  if (study.branch) record.branches(fresh);
  record.begins(labels, plan.memory);
  try {
    ranks.together([&] {
      if (!ranks.first()) return;
      write_text(folder / "citations.bib", citations);
      write_text(folder / "resolved.toml", resolved);
    });

    // 5. simulation.
    ArmsAtWork(ready, {study, ready.place, folder, options, labels, interrupt, ranks}, record, clock, false).all();
  } catch (...) {
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
  require_one_process(options, ranks);
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
    plan = make_plan(study, prepared->arms, prepared->place, folder, ranks, options.arms_at_once);
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
  try {
    ArmsAtWork(ready, {study, ready.place, folder, options, labels, interrupt, ranks, true}, record, clock, !from_start)
        .all();
  } catch (...) {
    record.fails(std::current_exception(), clock.seconds());
    throw;
  }
  record.complete(clock.seconds());
  return {plan, folder, clock.seconds()};
}

}  // namespace howship::study
