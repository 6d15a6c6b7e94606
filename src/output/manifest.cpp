#include "howship/output/manifest.hpp"

#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

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

Json arm_json(const ArmRecord& arm) {
  Json doses = Json::array();
  for (const DoseRecord& dose : arm.doses)
    doses.push_back({{"time_day", dose.time}, {"drug", dose.drug}, {"amount", dose.amount}});
  return {{"id", arm.id},
          {"title", arm.title},
          {"status", to_text(arm.status)},
          {"folder", arm.id},
          {"models", arm.models},
          {"treatment_start_day", arm.treatment_start ? Json(*arm.treatment_start) : Json(nullptr)},
          {"doses", doses},
          {"solver", numbers(arm.solver)},
          {"mass_balance", numbers(arm.mass_balance)}};
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

std::string Manifest::to_json() const {
  Json fields_json = Json::array();
  for (const FieldRecord& field : fields)
    fields_json.push_back({{"name", field.name}, {"unit", field.unit}, {"title", field.title}});
  Json arms_json = Json::array();
  for (const ArmRecord& arm : arms) arms_json.push_back(arm_json(arm));
  const Json json = {{"format", 1},
                     {"howship", HOWSHIP_VERSION},
                     {"study", {{"id", study_id}, {"title", study_title}}},
                     {"status", to_text(status)},
                     {"message", message},
                     {"started", started},
                     {"wall_seconds", wall_seconds},
                     {"threads", threads},
                     {"seed", seed},
                     {"vertebra",
                      {{"kind", vertebra.kind},
                       {"name", vertebra.name},
                       {"voxels", vertebra.voxels},
                       {"spacing_mm", vertebra.spacing},
                       {"volume_mm3", vertebra.volume},
                       {"notes", vertebra.notes}}},
                     {"fields", fields_json},
                     {"arms", arms_json},
                     {"digests", digests}};
  // A message may quote a user's file; bytes that are not UTF-8 must not stop the record of a failure.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

void write_manifest(const std::filesystem::path& folder, const Manifest& manifest) {
  write_text(folder / "run.json", manifest.to_json());
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

}  // namespace howship::output
