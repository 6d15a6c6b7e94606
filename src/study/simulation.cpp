#include "howship/study/simulation.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "howship/core/files.hpp"
#include "howship/core/interrupt.hpp"
#include "howship/core/stopwatch.hpp"
#include "howship/output/citations.hpp"
#include "howship/output/run_folder.hpp"
#include "howship/study/comparison.hpp"
#include "howship/study/read_study.hpp"

#include "arm_checkpoint.hpp"
#include "arms_at_work.hpp"
#include "pilot.hpp"
#include "plan.hpp"
#include "run_record.hpp"
#include "talk.hpp"

namespace howship::study {
namespace {

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

void require_one_process(const RunOptions& options, const Ranks& ranks) {
  if (ranks.alone() || options.arms_at_once == 1) return;
  throw InputError("--arms-at-once is for a single process, and ranks work on one arm together",
                   "leave it out, or run without mpirun");
}

}  // namespace

RunResult run_study(const Study& study, const DataFolder& data, const UnitSystem& units, const RunOptions& options) {
  const Stopwatch watch;
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
  if (options.dry_run) return {plan, folder, watch.seconds()};
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
    const Run run{study, ready.place, folder, options, labels, interrupt, ranks};
    ArmsAtWork(ready.arms, run, record, watch, false).all();
  } catch (...) {
    record.fails(std::current_exception(), watch.seconds());
    throw;
  }
  record.complete(watch.seconds());
  return {plan, folder, watch.seconds()};
}

RunResult resume_study(const Study& study, const DataFolder& data, const UnitSystem& units, const RunOptions& options,
                       bool from_start) {
  const Stopwatch watch;
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
    if (earlier.status == output::Status::complete) return;
    const std::string resolved = read_text(folder / "resolved.toml");
    prepared = prepare(study, data, units, ranks);
    plan = make_plan(study, prepared->arms, prepared->place, folder, ranks, options.arms_at_once);
    labels = checkpoint_labels(resolved, prepared->place);
  });
  if (earlier.status == output::Status::complete) {
    say(options, fmt::format("the run in '{}' is complete; nothing is left to do", folder.string()));
    return {plan, folder, watch.seconds()};
  }
  const Prepared& ready = *prepared;
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
    const Run run{study, ready.place, folder, options, labels, interrupt, ranks, true};
    ArmsAtWork(ready.arms, run, record, watch, !from_start).all();
  } catch (...) {
    record.fails(std::current_exception(), watch.seconds());
    throw;
  }
  record.complete(watch.seconds());
  return {plan, folder, watch.seconds()};
}

}  // namespace howship::study
