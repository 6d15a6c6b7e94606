#include "simulation/failure_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace howship::simulation {
namespace {

using model::Program;

struct Contribution {
  std::string process;
  double rate = 0.0;  ///< base unit
};

/// What each process adds to the species' rate, at the failure's values.
std::vector<Contribution> contributions(const Failure& failure, const model::Kinetics& kinetics,
                                        std::span<const double> parameters) {
  const model::Model& model = kinetics.model();
  std::vector<Contribution> list;
  std::vector<model::NodeId> nodes;
  for (const model::Process& process : model.processes) {
    for (const model::Change& change : process.changes) {
      if (change.species != failure.species) continue;
      list.push_back({process.id, 0.0});
      nodes.push_back(process.rate);
      nodes.push_back(change.coefficient);
    }
  }
  if (list.empty()) return list;
  constexpr std::size_t kLanes = Program::kSmall;
  const auto spread = [](const std::vector<double>& values) {
    std::vector<double> lanes(std::max<std::size_t>(1, values.size()) * kLanes, 0.0);
    for (std::size_t i = 0; i < values.size() * kLanes; ++i) lanes[i] = values[i / kLanes];
    return lanes;
  };
  const std::vector<double> local = spread(failure.local);
  const std::vector<double> given = spread(failure.given);
  std::vector<double> out(nodes.size() * kLanes, 0.0);
  const Program program = kinetics.program(nodes);
  Program::Workspace workspace = program.workspace(Program::kSmall, parameters);
  program.prepare(workspace, {failure.time, failure.systemic, failure.reductions});
  program.run(workspace, {local.data(), kLanes}, {given.data(), kLanes}, 0, {out.data(), kLanes});
  for (std::size_t i = 0; i < list.size(); ++i) list[i].rate = out[2 * i * kLanes] * out[(2 * i + 1) * kLanes];
  // Rates that are not finite first, then by size.
  std::stable_sort(list.begin(), list.end(), [](const Contribution& a, const Contribution& b) {
    const bool a_bad = !std::isfinite(a.rate);
    const bool b_bad = !std::isfinite(b.rate);
    if (a_bad != b_bad) return a_bad;
    return !a_bad && std::abs(a.rate) > std::abs(b.rate);
  });
  return list;
}

/// How a formula names a node; empty if only a longer expression does.
std::string name_of(const model::Model& model, model::NodeId node) {
  for (const auto& species : model.species)
    if (species.node == node) return species.id;
  for (const auto& quantity : model.quantities)
    if (quantity.node == node) return quantity.id;
  return {};
}

/// The root or power of a negative number in a process, if that is what is wrong with it, and how it is written
/// instead.
std::string negative_operand(const Failure& failure, const model::Kinetics& kinetics,
                             std::span<const double> parameters, const std::string& process_id) {
  const model::Model& model = kinetics.model();
  const auto process = std::find_if(model.processes.begin(), model.processes.end(),
                                    [&](const model::Process& p) { return p.id == process_id; });
  model::Environment at;
  at.parameters.assign(parameters.begin(), parameters.end());
  at.systemic.assign(failure.systemic.begin(), failure.systemic.end());
  at.reductions.assign(failure.reductions.begin(), failure.reductions.end());
  at.local.assign(failure.local.begin(), failure.local.end());
  at.given.assign(failure.given.begin(), failure.given.end());
  at.time = failure.time;
  const std::vector<bool> below = model.graph.reachable({&process->rate, 1});
  for (model::NodeId id = 0; id <= process->rate; ++id) {
    const model::Node& node = model.graph[id];
    const bool is_root = node.op == model::Op::square_root;
    if (!below[id] || (!is_root && node.op != model::Op::power)) continue;
    const auto operand = static_cast<double>(model::evaluate(model.graph, node.a, at));
    if (!(operand < 0.0) || !std::isnan(static_cast<double>(model::evaluate(model.graph, id, at)))) continue;
    const std::string name = name_of(model, node.a);
    const std::string x = name.empty() ? "x" : name;
    return fmt::format(
        "\nIn process {} the {} is taken of {}{:.4g}. What runs out ends within the tolerance of zero, on either side "
        "of "
        "it: write {} for {} if nothing happens there.",
        process_id, is_root ? "square root" : "power", name.empty() ? "" : name + " = ", operand,
        is_root ? fmt::format("sqrt(max({}, 0))", x) : fmt::format("max({}, 0)^p", x),
        is_root ? fmt::format("sqrt({})", x) : fmt::format("{}^p", x));
  }
  return {};
}

}  // namespace

std::string voxel_text(const vertebra::Domain& domain, std::size_t voxel) {
  const std::size_t index = domain.active()[voxel];
  const auto [i, j, k] = domain.grid().voxel(index);
  const auto [x, y, z] = domain.grid().position(index);
  return fmt::format("voxel ({}, {}, {}), {}, at ({:.2f}, {:.2f}, {:.2f}) mm", i, j, k, to_text(domain.region()[voxel]),
                     x, y, z);
}

std::string describe(const Failure& failure, const model::Kinetics& kinetics, std::span<const double> parameters,
                     const vertebra::Domain& domain) {
  const model::Species& species = kinetics.model().species[failure.species];
  const double value = failure.voxel ? failure.local[species.slot] : failure.systemic[species.slot];
  std::string text = fmt::format("the equations cannot be solved beyond day {:.6g}: species {} = {:.6g} {}",
                                 failure.time, species.id, value / species.unit.scale, species.unit.text);
  if (failure.voxel) text += " in " + voxel_text(domain, *failure.voxel);
  text += fmt::format("; {}.", failure.cause);

  const auto list = contributions(failure, kinetics, parameters);
  constexpr std::size_t kMost = 4;
  const bool not_finite = !list.empty() && !std::isfinite(list.front().rate);
  for (std::size_t i = 0; i < std::min(kMost, list.size()); ++i) {
    if (i > 0 && not_finite && std::isfinite(list[i].rate)) break;
    text += fmt::format("\n  process {} changes it by {:.4g} {}/day", list[i].process,
                        list[i].rate / species.unit.scale, species.unit.text);
  }
  const std::string negative =
      not_finite ? negative_operand(failure, kinetics, parameters, list.front().process) : std::string();
  if (!negative.empty()) return text + negative;
  text += not_finite ? "\nLook for a division by zero, a root or a power of a negative number in that process and in "
                       "what it reads."
                     : "\nTry a larger relative tolerance or typical size if it is near zero, or a smaller rate in the "
                       "processes above; "
                       "run one voxel first (howship check shows the formulas).";
  return text;
}

}  // namespace howship::simulation
