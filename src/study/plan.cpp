#include "plan.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "howship/core/progress.hpp"
#include "howship/output/budget.hpp"

#include "arm_checkpoint.hpp"
#include "arm_recorder.hpp"
#include "kept_state.hpp"

namespace howship::study {
namespace {

// What the largest arms need on one rank that are solved at the same time. Ranks share all but the vertebra, which each
// has.
std::uintmax_t memory_of(const std::vector<CompiledArm>& arms, std::size_t all_voxels, std::size_t all_lattice,
                         const Ranks& ranks, int at_once) {
  const auto share = [&ranks](std::size_t count) {
    const auto parts = static_cast<std::size_t>(ranks.count());
    return (count + parts - 1) / parts;
  };
  const std::size_t voxels = share(all_voxels);
  const std::size_t lattice = share(all_lattice);
  constexpr std::uintmax_t kProgram = 40'000'000;  // the program and its libraries, measured on a single voxel
  std::vector<std::uintmax_t> needs;
  for (const CompiledArm& compiled : arms) {
    const std::uintmax_t solver = simulation::Simulation::memory_estimate(*compiled.kinetics, voxels);
    const std::size_t given = 3 * compiled.arm.model->given.size();
    std::uintmax_t need = solver + static_cast<std::uintmax_t>(voxels) * 8 * given;
    if (!compiled.arm.frames.empty()) {
      const std::size_t fields = compiled.arm.fields.size();
      need +=
          static_cast<std::uintmax_t>(voxels) * 8 * fields + static_cast<std::uintmax_t>(lattice) * (8 * fields + 16);
    }
    needs.push_back(need);
  }
  std::sort(needs.rbegin(), needs.rend());
  needs.resize(std::min(needs.size(), static_cast<std::size_t>(at_once)));
  // An active voxel's place, BV/TV (twice), lesion and region, and where in the lattice there is one.
  constexpr std::uintmax_t kPlace = 33;
  const std::uintmax_t vertebra =
      ranks.alone() ? 0 : kPlace * static_cast<std::uintmax_t>(all_voxels) + std::uintmax_t{4} * all_lattice;
  return std::accumulate(needs.begin(), needs.end(), kProgram + vertebra);
}

// Before anything is run: howship check comes no further than the plan.
void check_branch(const Branch& branch, const std::vector<CompiledArm>& arms, const Place& place) {
  const std::filesystem::path file = state_file(branch.run / branch.arm, branch.day);
  const std::string vertebra = vertebra_digest(place);
  for (const CompiledArm& compiled : arms) check_state(file, branch.digest, vertebra, *compiled.arm.model);
}

}  // namespace

std::vector<CompiledArm> compile_arms(std::vector<PreparedArm> arms) {
  std::map<const model::Model*, std::shared_ptr<const model::Kinetics>> known;
  std::vector<CompiledArm> compiled;
  for (PreparedArm& arm : arms) {
    auto& kinetics = known[arm.model.get()];
    if (!kinetics) kinetics = std::make_shared<const model::Kinetics>(arm.model);
    compiled.push_back({std::move(arm), kinetics});
  }
  return compiled;
}

void check_lattice(const Study& study, const std::vector<CompiledArm>& arms, const Ranks& ranks) {
  // Beyond this the count itself overflows; it stands for "more than any machine has".
  constexpr double kMostVoxels = 1e15;
  const double lattice = std::min(lattice_estimate(study.vertebra), kMostVoxels);
  // The built-in vertebrae fill about a fifth of their box.
  const double active = std::holds_alternative<Block>(study.vertebra) ? lattice : 0.2 * lattice;
  const std::uintmax_t memory =
      memory_of(arms, static_cast<std::size_t>(active), static_cast<std::size_t>(lattice), ranks, 1);
  output::require_memory(memory * static_cast<std::uintmax_t>(ranks.on_this_machine()),
                         fmt::format("a vertebra of about {:.3g} voxels", active));
}

Plan make_plan(const Study& study, const std::vector<CompiledArm>& arms, const Place& place,
               const std::filesystem::path& folder, const Ranks& ranks, int at_once) {
  if (study.branch) check_branch(*study.branch, arms, place);
  Plan plan;
  plan.ranks = ranks.count();
  plan.arms = arms.size();
  plan.voxels = place.domain.size();
  if (!arms.empty()) plan.time_unit = arms.front().arm.model->time_unit;
  plan.memory = memory_of(arms, plan.voxels, place.domain.grid().count(), ranks, at_once);
  for (const CompiledArm& compiled : arms) {
    const PreparedArm& arm = compiled.arm;
    plan.unknowns = std::max(plan.unknowns, plan.voxels * arm.model->local.size() + arm.model->systemic.size());
    plan.rows += arm.rows.size() + 2 * arm.doses.size();
    plan.frames += arm.frames.size();
    plan.doses += arm.doses.size();
    output::Budget budget;
    budget.voxels = plan.voxels;
    budget.lattice_voxels = place.domain.grid().count();
    budget.rows = arm.rows.size() + 2 * arm.doses.size();
    budget.columns = ArmRecorder::columns(*arm.model);
    budget.frames = arm.frames.size();
    budget.fields = arm.fields.size();
    const std::uintmax_t kept = 8 * (plan.voxels * arm.model->local.size() + arm.model->systemic.size());
    plan.output += budget.output_bytes() + arm.states.size() * kept;
  }
  output::require_memory(plan.memory * static_cast<std::uintmax_t>(ranks.on_this_machine()),
                         fmt::format("'{}' with {} voxels", study.id, plan.voxels));
  output::require_disk(plan.output, folder);
  return plan;
}

std::string Plan::text(const Study& study) const {
  const std::string many = patients > 0 ? fmt::format("{} patient{}, ", patients, patients == 1 ? "" : "s") : "";
  const std::string unit = time_unit == "day" ? "days" : time_unit;
  const std::string time = study.branch ? fmt::format("{} {:g} to {:g}", unit, study.branch->day, study.duration)
                                        : fmt::format("{:g} {}", study.duration, unit);
  std::string text =
      fmt::format("{}: {}{} arm{}, {}, {} voxel{}, {} unknowns, {} doses, {} rows, {} frames\n", study.id, many, arms,
                  arms == 1 ? "" : "s", time, voxels, voxels == 1 ? "" : "s", unknowns, doses, rows, frames);
  text += fmt::format("memory about {}", output::bytes_text(static_cast<double>(memory)));
  if (ranks > 1) text += fmt::format(" on each of {} ranks", ranks);
  if (const auto available = output::available_memory())
    text += fmt::format(" of {} available", output::bytes_text(static_cast<double>(*available)));
  text += fmt::format("; results up to {}", output::bytes_text(static_cast<double>(output)));
  if (seconds) text += fmt::format("; solving takes about {}", duration_text(*seconds));
  return text;
}

}  // namespace howship::study
