#include "howship/study/patients.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/core/stopwatch.hpp"
#include "howship/output/budget.hpp"
#include "howship/output/citations.hpp"
#include "howship/output/patient_series.hpp"
#include "howship/output/run_folder.hpp"
#include "howship/study/read_study.hpp"

#include "dose_gates.hpp"
#include "in_order.hpp"
#include "patient_arms.hpp"
#include "plan.hpp"
#include "read_outs.hpp"
#include "run_record.hpp"
#include "talk.hpp"

namespace howship::study {
namespace {

/// What one patient leaves: the rows of all arms that could be solved, and why the others could not.
struct PatientResult {
  std::string rows;
  std::vector<output::PatientsRecord::Failure> failed;
};

/// What all threads share, and none changes.
struct Shared {
  const Study& study;
  const PatientTable& table;
  const Place& place;
  std::vector<CompiledArm> arms;
  std::vector<PatientArm> bound;
  std::vector<ReadOuts> read_outs;
  output::PatientColumns columns;

  // An arm whose doses may be held counts, up to each row, those that the patient did not get.
  static std::vector<std::vector<output::Column>> columns_of(const std::vector<ReadOuts>& all,
                                                             const std::vector<CompiledArm>& arms) {
    std::vector<std::vector<output::Column>> columns;
    for (std::size_t a = 0; a < arms.size(); ++a) {
      columns.push_back(all[a].columns());
      if (!arms[a].arm.gates.empty()) columns.back().push_back({"doses_held", "1"});
    }
    return columns;
  }
};

std::vector<ReadOuts> read_outs_of(const std::vector<CompiledArm>& arms) {
  std::vector<ReadOuts> all;
  for (const CompiledArm& arm : arms) all.emplace_back(*arm.arm.model);
  return all;
}

/// What one thread needs to run patients one after the other.
class PatientRunner {
 public:
  PatientRunner(const Shared& shared, const std::function<bool()>& go_on) : shared_(shared), go_on_(go_on) {
    for (const CompiledArm& compiled : shared.arms) {
      arms_.push_back(compiled.arm);
      probes_.emplace_back(compiled.kinetics, compiled.arm.parameters, shared.place.domain, given(compiled),
                           Threads{1});
    }
    // They look at the arms, which stay where they are from here on.
    for (std::size_t a = 0; a < arms_.size(); ++a)
      gates_.push_back(std::make_unique<DoseGates>(arms_[a], shared.arms[a].kinetics, shared.place, Threads{1}));
  }

  PatientResult run(std::size_t patient) {
    PatientResult result;
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      const std::size_t before = result.rows.size();
      try {
        run_arm(patient, a, result.rows);
      } catch (const NumericalError& error) {
        fail(patient, a, error.what(), before, result);
      } catch (const InputError& error) {  // it cannot start
        const Diagnostic& first = error.diagnostics().front();
        fail(patient, a, first.hint.empty() ? first.message : first.message + "; " + first.hint, before, result);
      }
    }
    return result;
  }

 private:
  std::vector<std::vector<double>> given(const CompiledArm& compiled) const {
    return shared_.place.given_fields(compiled.arm.model->given);
  }

  void fail(std::size_t patient, std::size_t a, const std::string& reason, std::size_t before,
            PatientResult& result) const {
    result.rows.resize(before);  // the beginning of a course must not pass for one
    result.failed.push_back({shared_.table.patients[patient], arms_[a].id, reason});
  }

  void run_arm(std::size_t patient, std::size_t a, std::string& rows) {
    const CompiledArm& compiled = shared_.arms[a];
    const Solver& solver = shared_.study.solver;
    PreparedArm& arm = arms_[a];
    set_patient(arm, shared_.bound[a].body(shared_.table, patient));
    set_parameters(arm, shared_.bound[a].parameters(shared_.table, patient));
    probes_[a].set_parameters(arm.parameters);
    simulation::Simulation simulation(compiled.kinetics, arm.parameters, shared_.place.domain, given(compiled),
                                      {solver.relative_tolerance, solver.max_step, solver.max_order, Threads{1}});
    DoseGates& gates = *gates_[a];
    const auto observe = [&](const simulation::State& state, simulation::Moment) {
      std::vector<double> values = shared_.read_outs[a].values(probes_[a].read(state));
      if (!arm.gates.empty()) values.push_back(static_cast<double>(gates.held_count()));
      shared_.columns.add_row(rows, shared_.table.patients[patient], arm.id, a, state.time, values);
    };
    gates.reset();
    gates.set_parameters(arm.parameters);
    simulation::Callbacks callbacks;
    callbacks.observer = observe;
    callbacks.keep_going = [this](double, double) { return go_on_(); };
    callbacks.gives = gates.ask();
    simulation.run(arm.schedule, callbacks);
  }

  const Shared& shared_;
  const std::function<bool()>& go_on_;
  std::vector<PreparedArm> arms_;  // with the parameters of the patient at hand
  std::vector<simulation::Probe> probes_;
  std::vector<std::unique_ptr<DoseGates>> gates_;
};

std::uintmax_t bytes_of_patient(const Shared& shared) {
  constexpr std::uintmax_t kNumber = 14;  // bytes of a number in a table
  std::uintmax_t rows = 0;
  for (const CompiledArm& arm : shared.arms) rows += arm.arm.rows.size() + 2 * arm.arm.doses.size();
  return rows * (shared.columns.count() + 3) * kNumber;
}

Plan patients_plan(const Shared& shared, const std::filesystem::path& folder, std::size_t window) {
  Plan plan = make_plan(shared.study, shared.arms, shared.place, folder, Ranks());
  const std::size_t patients = shared.table.patients.size();
  plan.patients = patients;
  plan.rows *= patients;
  plan.doses *= patients;
  plan.output = patients * bytes_of_patient(shared) + shared.table.text.size();
  plan.memory += std::min(window, patients) * bytes_of_patient(shared) + 3 * shared.table.text.size();
  output::require_memory(plan.memory, fmt::format("'{}' with {} patients", shared.study.id, patients));
  output::require_disk(plan.output, folder);
  return plan;
}

/// How many patients may be under way or held back: enough that a slow one does not make the others wait, and not more
/// than memory is spared for.
std::size_t window_of(const Shared& shared, Threads threads) {
  constexpr std::uintmax_t kHeldBack = 64'000'000;
  const auto of_memory = static_cast<std::size_t>(kHeldBack / std::max<std::uintmax_t>(1, bytes_of_patient(shared)));
  return std::max(2 * static_cast<std::size_t>(threads.count), std::min<std::size_t>(1024, of_memory));
}

std::string failure_text(const output::PatientsRecord& record, std::size_t patients) {
  constexpr std::size_t kMost = 5;
  std::string text = fmt::format("{} of {} patients could not be solved in every arm", patients, record.count);
  for (std::size_t i = 0; i < std::min(kMost, record.failed.size()); ++i) {
    const auto& failure = record.failed[i];
    text += fmt::format("\npatient {}, arm {}: {}", failure.patient, failure.arm, failure.reason);
  }
  if (record.failed.size() > kMost) text += fmt::format("\nrun.json lists all {}", record.failed.size());
  return text;
}

void run_all(const Shared& shared, Threads threads, std::size_t window, const InterruptGuard& interrupt,
             output::CsvFile& file, output::PatientsRecord& record, std::size_t& failed_patients,
             ProgressLine& progress) {
  std::atomic<bool> stopped{false};
  InOrder<PatientResult> patients(record.count, window, [&](std::size_t number, PatientResult&& result) {
    if (!result.rows.empty()) file.append(result.rows);
    failed_patients += result.failed.empty() ? 0 : 1;
    std::move(result.failed.begin(), result.failed.end(), std::back_inserter(record.failed));
    record.done = number + 1;
    std::string detail = fmt::format("patient {} of {}", record.done, record.count);
    if (failed_patients > 0) detail += fmt::format(", {} failed", failed_patients);
    progress.update(static_cast<double>(record.done) / static_cast<double>(record.count), detail);
  });
  const std::function<bool()> go_on = [&] { return !interrupt.requested() && !stopped; };
  WorkerTeam team(threads);
  // Each thread takes part once, and then takes patient after patient.
  team.for_blocks(team.count(), [&](std::size_t, std::size_t) {
    try {
      std::optional<PatientRunner> runner;
      for (auto patient = patients.next(); patient; patient = patients.next()) {
        if (!runner) runner.emplace(shared, go_on);
        patients.give(*patient, runner->run(*patient));
      }
    } catch (const Interrupted&) {
      patients.stop();
      if (interrupt.requested()) throw;  // else another thread had to stop, and says why
    } catch (...) {
      stopped = true;
      patients.stop();
      throw;
    }
  });
}

void require_no_branch(const Study& study) {
  if (!study.branch) return;
  std::vector<Diagnostic> faults{study.source.diagnostic(study.branch->where,
                                                         "patients begin on day 0, and this study with a branch",
                                                         "take [branch] out, and give the study the whole course")};
  throw InputError(std::move(faults));
}

void require_no_space(const Study& study) {
  if (std::holds_alternative<SingleVoxel>(study.vertebra)) return;
  std::vector<Diagnostic> faults{
      study.source.diagnostic(study.vertebra_where, "patients are run without space, and this study has a vertebra",
                              "write voxel = { bvtv = 0.15 } in [vertebra]")};
  throw InputError(std::move(faults));
}

}  // namespace

RunResult run_patients(const Study& study, const PatientTable& table, const DataFolder& data, const UnitSystem& units,
                       const RunOptions& options) {
  const Stopwatch watch;
  const std::filesystem::path folder =
      options.folder.empty() ? std::filesystem::path("out") / study.id : options.folder;
  if (!options.dry_run) output::check_run_folder(folder, options.force);
  require_no_branch(study);
  require_no_space(study);

  // Everything is checked before anything is written: models, then what the table says of them.
  Diagnostics faults;
  const model::Library library = library_of(study, data.models());
  std::vector<PreparedArm> prepared = prepare_arms(study, library, units, faults);
  faults.raise_if_any();
  std::vector<std::string> notes;
  std::vector<PatientArm> bound = patient_arms(study, table, prepared, units, faults, notes);
  faults.raise_if_any();
  for (const std::string& note : notes) say(options, "note: " + note);

  const Place place = build_place(study);
  std::vector<CompiledArm> arms = compile_arms(std::move(prepared));
  std::vector<ReadOuts> read_outs = read_outs_of(arms);
  output::PatientColumns columns(Shared::columns_of(read_outs, arms));
  const Shared shared{study, table, place, std::move(arms), std::move(bound), std::move(read_outs), std::move(columns)};
  const std::size_t window = window_of(shared, options.threads);
  const Plan plan = patients_plan(shared, folder, window);
  if (options.dry_run) return {plan, folder, watch.seconds()};
  say(options, plan.text(study));

  const InterruptGuard interrupt;
  output::open_run_folder(folder, options.force);
  const output::FolderLock lock(folder);
  Ranks alone;
  RunRecord record(folder, study, place, shared.arms, options.threads, alone);
  output::PatientsRecord& patients = record.patients_begin(table);
  std::size_t failed_patients = 0;
  ProgressLine progress(options.quiet);
  try {
    const std::string citations = output::select_citations(references_of(study, data), cited(shared.arms));
    write_text(folder / "citations.bib", citations);
    write_text(folder / "resolved.toml", resolved_text(study, model_texts(shared.arms), citations));
    write_text(folder / "patients_given.csv", table.text);
    output::CsvFile file(folder / "patients.csv", shared.columns.header(shared.arms.front().arm.model->time_unit));
    progress.begin(study.id);
    try {
      run_all(shared, options.threads, window, interrupt, file, patients, failed_patients, progress);
    } catch (const Interrupted&) {
      throw Interrupted(fmt::format("interrupted after {} of {} patients", patients.done, patients.count));
    }
    progress.end();
    if (failed_patients > 0) throw NumericalError(failure_text(patients, failed_patients));
  } catch (...) {
    progress.end();
    record.fails(std::current_exception(), watch.seconds());
    throw;
  }
  record.complete(watch.seconds());
  return {plan, folder, watch.seconds()};
}

}  // namespace howship::study
