#include "howship/output/manifest.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <sys/resource.h>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

namespace howship::output {
namespace {

using Json = nlohmann::ordered_json;

Json numbers(const std::vector<std::pair<std::string, double>>& entries) {
  Json object = Json::object();
  for (const auto& [name, value] : entries) {
    const bool whole = value == static_cast<double>(static_cast<long long>(value));
    object[name] = whole ? Json(static_cast<long long>(value)) : Json(value);
  }
  return object;
}

Json doses_json(const std::vector<DoseRecord>& doses) {
  Json json = Json::array();
  for (const DoseRecord& dose : doses)
    json.push_back({{"time_day", dose.time}, {"drug", dose.drug}, {"amount", dose.amount}});
  return json;
}

Json arm_json(const ArmRecord& arm) {
  Json json = {{"id", arm.id},
               {"title", arm.title},
               {"status", to_text(arm.status)},
               {"folder", arm.id},
               {"models", arm.models},
               {"treatment_start_day", arm.treatment_start ? Json(*arm.treatment_start) : Json(nullptr)},
               {"doses", doses_json(arm.doses)},
               {"states_day", arm.states},
               {"solver", numbers(arm.solver)},
               {"mass_balance", numbers(arm.mass_balance)}};
  for (const LedgerRecord& ledger : arm.ledgers) {
    json["ledgers"].push_back({{"name", ledger.name},
                               {"unit", ledger.unit},
                               {"start", ledger.start},
                               {"entered", ledger.entered},
                               {"end", ledger.end},
                               {"imbalance", ledger.imbalance},
                               {"imbalance_relative", ledger.relative}});
  }
  if (!arm.fresh.empty()) json["begins_anew"] = arm.fresh;
  if (!arm.held.empty()) json["doses_held"] = doses_json(arm.held);
  return json;
}

// Arms of a run over patients have no folders, and their state is that of the patients.
Json patients_json(const PatientsRecord& patients, const std::vector<ArmRecord>& arms) {
  Json arms_json = Json::array();
  for (const ArmRecord& arm : arms) {
    Json json = arm_json(arm);
    for (const char* key : {"status", "folder", "states_day", "solver", "mass_balance", "ledgers"}) json.erase(key);
    arms_json.push_back(std::move(json));
  }
  Json failed = Json::array();
  for (const PatientsRecord::Failure& failure : patients.failed)
    failed.push_back({{"patient", failure.patient}, {"arm", failure.arm}, {"reason", failure.reason}});
  return {{"file", patients.file},   {"count", patients.count}, {"done", patients.done},
          {"table", "patients.csv"}, {"arms", arms_json},       {"parameters", patients.parameters},
          {"failed", failed}};
}

Json records_json(const std::vector<FieldRecord>& records) {
  Json all = Json::array();
  for (const FieldRecord& one : records) all.push_back({{"name", one.name}, {"unit", one.unit}, {"title", one.title}});
  return all;
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// A full disk has no room for a second file, but takes new bytes in place of old ones. White space fills the rest.
bool overwrite(const std::filesystem::path& path, std::string text) {
  std::error_code error;
  const std::uintmax_t room = std::filesystem::file_size(path, error);
  if (error || text.size() > room) return false;
  text.resize(static_cast<std::size_t>(room), ' ');
  std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "r+b"));
  if (!file) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  return std::fclose(file.release()) == 0 && written;
}

}  // namespace

std::string to_text(Status status) {
  switch (status) {
    case Status::pending:
      return "pending";
    case Status::running:
      return "running";
    case Status::complete:
      return "complete";
    case Status::failed:
      return "failed";
    case Status::interrupted:
      return "interrupted";
  }
  return "unknown";
}

namespace {

Status status_of(const std::string& text) {
  for (const Status status : {Status::pending, Status::running, Status::complete, Status::interrupted}) {
    if (to_text(status) == text) return status;
  }
  return Status::failed;
}

}  // namespace

std::string Manifest::to_json() const {
  Json arms_json = Json::array();
  for (const ArmRecord& arm : arms) {
    if (!patients) arms_json.push_back(arm_json(arm));
  }
  Json json = {{"format", 1},
               {"howship", HOWSHIP_VERSION},
               {"study", {{"id", study_id}, {"title", study_title}}},
               {"status", to_text(status)},
               {"message", message},
               {"started", started},
               {"resumed", resumed},
               {"wall_seconds", wall_seconds},
               {"estimated_memory_bytes", estimated_memory},
               {"peak_memory_bytes", peak_memory},
               {"ranks", ranks},
               {"threads", threads},
               {"seed", seed},
               {"vertebra",
                {{"kind", vertebra.kind},
                 {"name", vertebra.name},
                 {"voxels", vertebra.voxels},
                 {"spacing_mm", vertebra.spacing},
                 {"volume_mm3", vertebra.volume},
                 {"notes", vertebra.notes}}},
               {"fields", records_json(fields)},
               {"columns", records_json(columns)},
               {"charts", charts},
               {"arms", arms_json},
               {"digests", digests}};
  if (branch)
    json["branch"] = {{"run", branch->run}, {"arm", branch->arm}, {"day", branch->day}, {"digest", branch->digest}};
  if (patients) json["patients"] = patients_json(*patients, arms);
  // A message may quote a user's file; bytes that are not UTF-8 must not stop the record of a failure.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

void write_manifest(const std::filesystem::path& folder, const Manifest& manifest) {
  constexpr std::size_t kReserve = 4096;  // bytes for a message and the numbers of the last arm
  const bool running = manifest.status == Status::running;
  std::string text = manifest.to_json();
  if (running) text.append(kReserve, ' ');
  try {
    write_text(folder / "run.json", text);
  } catch (const OutputError&) {
    if (running || !overwrite(folder / "run.json", std::move(text))) throw;
  }
}

Manifest read_manifest(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path path = folder / "run.json";
  if (!std::filesystem::is_regular_file(path, error))
    throw InputError(fmt::format("'{}' holds no run: there is no run.json", folder.string()));
  const auto json = nlohmann::json::parse(read_text(path), nullptr, false);
  if (json.is_object() && json.contains("patients")) {
    throw InputError(fmt::format("'{}' is a run of patients, which is not taken up again", folder.string()),
                     "run it anew with --force; a thousand patients take seconds");
  }
  try {
    Manifest manifest;
    manifest.status = status_of(json.at("status"));
    manifest.started = json.at("started");
    manifest.wall_seconds = json.at("wall_seconds");
    manifest.digests = json.at("digests");
    manifest.resumed = json.value("resumed", std::vector<std::string>());
    for (const auto& entry : json.at("arms")) {
      ArmRecord arm;
      arm.id = entry.at("id");
      arm.status = status_of(entry.at("status"));
      for (const auto& ledger : entry.value("ledgers", nlohmann::json::array())) {
        arm.ledgers.push_back({ledger.at("name"), ledger.at("unit"), ledger.at("start"), ledger.at("entered"),
                               ledger.at("end"), ledger.at("imbalance"), ledger.at("imbalance_relative")});
      }
      arm.fresh = entry.value("begins_anew", std::vector<std::string>());
      for (const auto& [name, value] : entry.at("solver").items()) arm.solver.emplace_back(name, value);
      for (const auto& [name, value] : entry.at("mass_balance").items()) arm.mass_balance.emplace_back(name, value);
      for (const auto& dose : entry.value("doses_held", nlohmann::json::array()))
        arm.held.push_back({dose.at("time_day"), dose.at("drug"), dose.at("amount")});
      manifest.arms.push_back(std::move(arm));
    }
    return manifest;
  } catch (const nlohmann::json::exception&) {
    throw InputError(fmt::format("'{}' is not the record of a run: it is damaged or was changed", path.string()));
  }
}

std::uintmax_t peak_memory() {
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::uintmax_t>(usage.ru_maxrss) * 1024U : 0U;
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

}  // namespace howship::output
