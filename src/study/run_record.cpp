#include "run_record.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

#include "read_outs.hpp"

namespace howship::study {
namespace {

// Per drug the amount that enters, but for doses that were held.
std::vector<std::pair<std::string, double>> mass_balance(const PreparedArm& arm, const std::vector<std::size_t>& held) {
  std::vector<std::pair<std::string, double>> balance;
  for (const model::Drug& drug : arm.model->drugs) {
    const model::Species& species = arm.model->species[drug.species];
    double entered = 0.0;
    for (std::size_t d = 0; d < arm.schedule.doses.size(); ++d) {
      const simulation::Dose& dose = arm.schedule.doses[d];
      const bool given = std::find(held.begin(), held.end(), d) == held.end();
      if (dose.systemic == species.slot && given) entered += dose.amount;
    }
    balance.emplace_back(fmt::format("{}_entered [{}]", species.id, species.unit.text), entered / species.unit.scale);
  }
  return balance;
}

output::ArmRecord arm_record(const CompiledArm& compiled) {
  const PreparedArm& arm = compiled.arm;
  output::ArmRecord record;
  record.id = arm.id;
  record.title = arm.title;
  record.models = arm.models;
  record.doses = arm.doses;
  record.states = arm.states;
  if (!arm.doses.empty()) record.treatment_start = arm.doses.front().time;
  record.mass_balance = mass_balance(arm, {});
  return record;
}

// A dose that was held back stands among those held, not among those given.
void take_out_held(output::ArmRecord& arm) {
  for (const output::DoseRecord& held : arm.held) {
    const auto same = [&held](const output::DoseRecord& dose) {
      return dose.time == held.time && dose.drug == held.drug && dose.amount == held.amount;
    };
    const auto found = std::find_if(arm.doses.begin(), arm.doses.end(), same);
    if (found != arm.doses.end()) arm.doses.erase(found);
  }
  arm.treatment_start = arm.doses.empty() ? std::nullopt : std::optional(arm.doses.front().time);
}

// Those that an earlier arm did not have.
void join(std::vector<output::FieldRecord>& all, const std::vector<output::FieldRecord>& some) {
  for (const output::FieldRecord& one : some) {
    const auto same = [&one](const output::FieldRecord& known) { return known.name == one.name; };
    if (std::none_of(all.begin(), all.end(), same)) all.push_back(one);
  }
}

}  // namespace

RunRecord::RunRecord(std::filesystem::path folder, const Study& study, const Place& place,
                     const std::vector<CompiledArm>& arms, Threads threads, Ranks& ranks,
                     const output::Manifest* earlier)
    : folder_(std::move(folder)), ranks_(ranks) {
  manifest_.study_id = study.id;
  manifest_.study_title = study.title;
  manifest_.started = output::utc_now();
  manifest_.threads = threads.count;
  manifest_.ranks = ranks.count();
  manifest_.seed = place.seed;
  manifest_.vertebra = place.record;
  manifest_.digests = place.digests;
  manifest_.digests["study"] = digest(fmt::format("{}", fmt::join(study.source.lines, "\n")));
  for (const auto& [id, text] : model_texts(arms)) manifest_.digests["model " + id] = digest(text);
  if (study.branch)
    manifest_.branch = {study.branch->run.string(), study.branch->arm, study.branch->day, study.branch->digest};
  for (const CompiledArm& arm : arms) {
    manifest_.arms.push_back(arm_record(arm));
    std::vector<output::FieldRecord> fields, columns;
    for (const FrameField& field : arm.arm.fields) fields.push_back({field.name, field.unit.text, field.title});
    const ReadOuts tables(*arm.arm.model);
    for (const output::Column& column : tables.columns()) columns.push_back({column.name, column.unit, column.title});
    if (!arm.arm.frames.empty()) join(manifest_.fields, fields);
    join(manifest_.columns, columns);
  }
  manifest_.charts = study.output.charts;
  if (earlier != nullptr) go_on_from(*earlier);
  write();
}

void RunRecord::write() {
  ranks_.together([this] {
    if (ranks_.first()) output::write_manifest(folder_, manifest_);
  });
}

void RunRecord::begins(const std::map<std::string, std::string>& labels, std::uintmax_t memory) {
  for (const auto& [name, text] : labels) manifest_.digests[name] = text;
  manifest_.estimated_memory = memory;
  write();
}

void RunRecord::branches(const std::vector<std::vector<std::string>>& fresh) {
  for (std::size_t i = 0; i < fresh.size(); ++i) manifest_.arms[i].fresh = fresh[i];
}

void RunRecord::go_on_from(const output::Manifest& earlier) {
  manifest_.started = earlier.started;
  manifest_.digests = earlier.digests;
  manifest_.resumed = earlier.resumed;
  manifest_.resumed.push_back(output::utc_now());
  seconds_before_ = earlier.wall_seconds;
  for (const output::ArmRecord& before : earlier.arms) {
    for (output::ArmRecord& arm : manifest_.arms) {
      if (arm.id != before.id) continue;
      arm.fresh = before.fresh;
      if (before.status != output::Status::complete) continue;
      arm.status = before.status;
      arm.solver = before.solver;
      arm.held = before.held;
      take_out_held(arm);
      arm.mass_balance = before.mass_balance;
      arm.ledgers = before.ledgers;
    }
  }
}

output::PatientsRecord& RunRecord::patients_begin(const PatientTable& table) {
  output::PatientsRecord& patients = manifest_.patients.emplace();
  patients.file = std::filesystem::path(table.source.file).filename().string();
  patients.count = table.patients.size();
  for (const PatientTable::Column& column : table.columns)
    patients.parameters.push_back(column.unit.empty() ? column.parameter
                                                      : fmt::format("{} [{}]", column.parameter, column.unit));
  manifest_.digests["patients"] = digest(table.text);
  write();
  return patients;
}

void RunRecord::arm_begins(std::size_t arm) {
  manifest_.arms[arm].status = output::Status::running;
  write();
}

void RunRecord::arm_ends(std::size_t arm, const CompiledArm& compiled, const simulation::Statistics& s,
                         const std::vector<std::size_t>& held, std::vector<output::LedgerRecord> ledgers) {
  manifest_.arms[arm].ledgers = std::move(ledgers);
  for (const std::size_t d : held) {
    const simulation::Dose& dose = compiled.arm.schedule.doses[d];
    const std::string& drug = compiled.arm.given[d].drug->id;
    manifest_.arms[arm].held.push_back({dose.time, drug, dose.label.substr(drug.size() + 1)});
  }
  take_out_held(manifest_.arms[arm]);
  manifest_.arms[arm].mass_balance = mass_balance(compiled.arm, held);
  manifest_.arms[arm].status = output::Status::complete;
  manifest_.arms[arm].solver = {{"steps", s.steps},
                                {"error_test_failures", s.error_test_failures},
                                {"nonlinear_failures", s.nonlinear_failures},
                                {"rate_evaluations", s.rate_evaluations},
                                {"newton_iterations", s.newton_iterations},
                                {"linear_iterations", s.linear_iterations},
                                {"matrix_setups", s.matrix_setups},
                                {"restarts", s.restarts},
                                {"seconds", s.seconds},
                                {"seconds_rates", s.seconds_rates},
                                {"seconds_setup", s.seconds_setup},
                                {"seconds_solve", s.seconds_solve}};
  if (!ranks_.alone()) {
    auto& solver = manifest_.arms[arm].solver;
    solver.emplace_back("meetings_of_ranks", s.meetings);
    solver.emplace_back("halo_bytes", s.halo_bytes);
    solver.emplace_back("gathered_bytes", s.gathered_bytes);
    solver.emplace_back("seconds_waiting", s.seconds_waiting);
  }
  write();
}

void RunRecord::arm_fails(std::size_t arm) {
  manifest_.arms[arm].status = output::Status::failed;
  write();
}

void RunRecord::fails(const std::exception_ptr& failure, double seconds) noexcept {
  try {
    output::Status status = output::Status::failed;
    try {
      std::rethrow_exception(failure);
    } catch (const Interrupted& stop) {
      status = output::Status::interrupted;
      manifest_.message = stop.what();
    } catch (const std::exception& error) {
      manifest_.message = error.what();
    }
    manifest_.status = status;
    for (output::ArmRecord& arm : manifest_.arms) {
      if (arm.status == output::Status::running) arm.status = status;
    }
    manifest_.wall_seconds = seconds_before_ + seconds;
    manifest_.peak_memory = output::peak_memory();
    // Not together: where a rank failed alone the others cannot come.
    if (ranks_.first()) output::write_manifest(folder_, manifest_);
  } catch (...) {
    // Where nothing can be written at all run.json keeps saying "running", which is no result either.
    return;
  }
}

void RunRecord::complete(double seconds) {
  manifest_.status = output::Status::complete;
  manifest_.wall_seconds = seconds_before_ + seconds;
  auto most = static_cast<double>(output::peak_memory());
  ranks_.largest({&most, 1});
  manifest_.peak_memory = static_cast<std::uintmax_t>(most);
  write();
}

std::map<std::string, std::string> model_texts(const std::vector<CompiledArm>& arms) {
  std::map<std::string, std::string> texts;
  for (const CompiledArm& arm : arms) {
    for (const model::SourceFile& file : arm.arm.model->files) texts[file.id] = file.text;
  }
  return texts;
}

std::set<std::string> cited(const std::vector<CompiledArm>& arms) {
  std::set<std::string> keys;
  for (const CompiledArm& arm : arms) {
    for (const model::SourceFile& file : arm.arm.model->files) keys.insert(file.cites.begin(), file.cites.end());
  }
  return keys;
}

std::string references_of(const Study& study, const DataFolder& data) {
  if (study.inline_citations) return *study.inline_citations;
  std::error_code error;
  return std::filesystem::is_regular_file(data.references(), error) ? read_text(data.references()) : std::string();
}

}  // namespace howship::study
