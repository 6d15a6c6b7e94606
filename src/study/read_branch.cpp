#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"
#include "howship/study/read_study.hpp"

#include "kept_state.hpp"
#include "sections.hpp"

namespace howship::study {
namespace {

std::vector<std::string> ids(const std::vector<Arm>& arms) {
  std::vector<std::string> out;
  for (const Arm& arm : arms) out.push_back(arm.id);
  return out;
}

// The study of the run that is left, as its folder says. Absent after a fault.
std::optional<Study> study_of_run(const Branch& branch, const SourceLocation& where, const DataFolder& data,
                                  const ReadingContext& context) {
  const std::filesystem::path file = branch.run / "resolved.toml";
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    context.fault(where, fmt::format("'{}' holds no run that could be gone on from", branch.run.string()),
                  "give the folder that howship run wrote to; relative paths start from the study's file");
    return std::nullopt;
  }
  Diagnostics own;
  Study study = read_study(read_text(file), file.string(), {}, data, *context.units, own, Branches::left_alone);
  if (own.empty()) return study;
  const Diagnostic& first = own.list().front();
  context.fault(where, fmt::format("'{}' cannot be read: {}", file.string(), first.message), first.hint);
  return std::nullopt;
}

// What a branch says nothing of is as it was in the arm that it leaves.
void inherit(const Study& from, const Arm& arm, Study& study) {
  study.models = from.models;
  for (const std::string& id : arm.models) {
    if (std::find(study.models.begin(), study.models.end(), id) == study.models.end()) study.models.push_back(id);
  }
  study.inline_models = from.inline_models;
  study.inline_files = from.inline_files;
  study.inline_citations = from.inline_citations;
  for (const auto* values : {&from.parameters, &arm.parameters}) {
    for (ParameterValue value : *values) {
      value.inherited = true;
      study.parameters.push_back(std::move(value));
    }
  }
  study.patient = from.patient;
  if (arm.patient.weight) study.patient.weight = arm.patient.weight;
  if (arm.patient.creatinine_clearance) study.patient.creatinine_clearance = arm.patient.creatinine_clearance;
  study.vertebra = from.vertebra;
  study.lesion = from.lesion;
  study.solver = from.solver;
  study.output.every = from.output.every;
  study.output.fields = from.output.fields;
  study.output.default_fields = from.output.default_fields;
  study.output.charts = from.output.charts;
}

}  // namespace

void read_branch(TableReader& reader, const std::filesystem::path& beside, const DataFolder& data, Study& study) {
  const ReadingContext& context = reader.context();
  Branch branch;
  branch.where = reader.where();
  reader.require("run", "run = \"out/bone_agents_L3\"");
  const std::string run = reader.text("run").value_or("");
  branch.digest = reader.text("digest").value_or("");
  const bool names_arm = reader.has("arm");
  branch.arm = reader.text("arm").value_or("");
  const auto day = reader.quantity("day", time_dimension(), "730 day", kNonNegative);
  reader.finish();
  if (run.empty()) return;
  std::error_code ignored;
  const bool from_here = reader.where("run").file.starts_with("--set ");
  branch.run =
      std::filesystem::absolute((from_here ? std::filesystem::path() : beside) / run, ignored).lexically_normal();
  if (!branch.digest.empty()) {  // a study that has been resolved holds everything else itself
    branch.day = day ? day->base() : 0.0;
    study.branch = branch;
    return;
  }

  const auto from = study_of_run(branch, reader.where("run"), data, context);
  if (!from) return;
  const std::vector<std::string> arms = ids(from->arms);
  if (!names_arm && arms.size() == 1) branch.arm = arms.front();
  const auto arm = std::find(arms.begin(), arms.end(), branch.arm);
  if (arm == arms.end()) {
    context.fault(reader.where(names_arm ? "arm" : "run"),
                  names_arm ? fmt::format("the run in '{}' has no arm '{}'", branch.run.string(), branch.arm)
                            : fmt::format("the run in '{}' has several arms", branch.run.string()),
                  names_arm ? did_you_mean(branch.arm, arms)
                            : fmt::format("say which with arm = ..., one of: {}", fmt::join(arms, ", ")));
    return;
  }
  const std::vector<double> days = kept_days(branch.run / branch.arm);
  branch.day = day ? day->base() : (days.empty() ? 0.0 : days.back());
  if (std::find(days.begin(), days.end(), branch.day) == days.end()) {
    context.fault(
        reader.where(day ? "day" : "run"),
        days.empty() ? fmt::format("arm '{}' of that run has kept no state to go on from", branch.arm)
                     : fmt::format("arm '{}' of that run has kept no state of day {:g}", branch.arm, branch.day),
        days.empty()
            ? "an arm keeps that of its last day, and of days that [output] states = [...] names"
            : fmt::format("it has those of the days {}; [output] states = [...] of the run says which are kept",
                          fmt::join(days, ", ")));
    return;
  }
  inherit(*from, from->arms[static_cast<std::size_t>(arm - arms.begin())], study);
  branch.digest = file_digest(state_file(branch.run / branch.arm, branch.day));
  study.branch = branch;
}

}  // namespace howship::study
