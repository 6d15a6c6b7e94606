#include "howship/study/simulation.hpp"

#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/output/citations.hpp"
#include "howship/output/run_folder.hpp"
#include "howship/study/read_study.hpp"

#include "arm_recorder.hpp"
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

// One arm from day 0 to the end, written as it goes.
simulation::Statistics run_arm(const CompiledArm& compiled, const Study& study, const Place& place,
                               const std::filesystem::path& folder, Threads threads, const InterruptGuard& interrupt,
                               ProgressLine& progress) {
  const PreparedArm& arm = compiled.arm;
  simulation::Simulation simulation = assemble(compiled, place, solver_options(study, threads));
  ArmRecorder recorder(arm, compiled.kinetics, place, folder / arm.id, threads);
  progress.begin(arm.id);
  const auto observe = [&](const simulation::State& state, simulation::Moment moment) {
    recorder.record(state, moment);
  };
  const auto keep_going = [&](double time, double step) {
    progress.update(time / arm.schedule.end, fmt::format("day {:.1f}, step {:.2g} day", time, step));
    return !interrupt.requested();
  };
  const simulation::Statistics statistics = simulation.run(arm.schedule, observe, keep_going);
  progress.end();
  return statistics;
}

}  // namespace

RunResult run_study(const Study& study, const DataFolder& data, const UnitSystem& units, const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto say = [&options](const std::string& text) {
    if (!options.quiet) fmt::print(stderr, "{}\n", text);
  };
  const std::filesystem::path folder =
      options.folder.empty() ? std::filesystem::path("out") / study.id : options.folder;
  if (!options.dry_run) output::check_run_folder(folder, options.force);

  // 1. model: texts become one checked model per arm; simulation: the models become code.
  Diagnostics faults;
  const model::Library library = library_of(study, data.models());
  std::vector<PreparedArm> prepared = prepare_arms(study, library, units, faults);
  faults.raise_if_any();
  const std::vector<CompiledArm> arms = compile_arms(std::move(prepared));

  // 2. vertebra: where it happens, and where the lesion sits.
  check_lattice(study, arms);
  const Place place = build_place(study);
  for (const std::string& note : place.record.notes) say("note: " + note);

  // 3. What it will take. An arm that cannot start at all says so here, while nothing has been written.
  const Plan plan = make_plan(study, arms, place, folder);
  if (options.dry_run) return {plan, folder, seconds()};
  say(plan.text(study));
  for (const CompiledArm& arm : arms) assemble(arm, place, solver_options(study, options.threads));

  // 4. output: the run folder, with what makes the run repeatable.
  const InterruptGuard interrupt;
  output::open_run_folder(folder, options.force);
  RunRecord record(folder, study, place, arms, options.threads);
  ProgressLine progress(options.quiet);
  try {
    const std::string citations = output::select_citations(references_of(study, data), cited(arms));
    write_text(folder / "citations.bib", citations);
    write_text(folder / "resolved.toml", resolved_text(study, model_texts(arms), citations));

    // 5. simulation: each arm through time. One that cannot be solved does not cost the others.
    std::string failures;
    for (std::size_t i = 0; i < arms.size(); ++i) {
      const std::string& id = arms[i].arm.id;
      record.arm_begins(i);
      try {
        record.arm_ends(i, run_arm(arms[i], study, place, folder, options.threads, interrupt, progress));
        say(fmt::format("{:<18} done after {}", id, duration_text(seconds())));
      } catch (const NumericalError& error) {
        progress.end();
        record.arm_fails(i);
        say(fmt::format("{:<18} failed after {}", id, duration_text(seconds())));
        failures += fmt::format("{}arm {}: {}", failures.empty() ? "" : "\n", id, error.what());
      }
    }
    if (!failures.empty()) throw NumericalError(failures);
  } catch (...) {
    progress.end();
    record.fails(std::current_exception(), seconds());
    throw;
  }
  record.complete(seconds());
  return {plan, folder, seconds()};
}

}  // namespace howship::study
