#include "howship/model/kinetics.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace howship::model {
namespace {

NodeId leaf_of(Graph& graph, Op kind, std::size_t index) {
  return graph.leaf(kind, static_cast<std::uint32_t>(index));
}

std::vector<NodeId> initial_of(const Model& model, const std::vector<std::size_t>& species) {
  std::vector<NodeId> out;
  for (const std::size_t s : species) out.push_back(model.species[s].initial);
  return out;
}

std::vector<NodeId> integrands_of(const Model& model) {
  std::vector<NodeId> out;
  for (std::size_t r = 0; r < model.rate_reductions; ++r) out.push_back(model.reductions[r].integrand);
  return out;
}

std::vector<std::size_t> diffusing_of(const Model& model) {
  std::vector<std::size_t> out;
  for (std::size_t slot = 0; slot < model.local.size(); ++slot) {
    if (model.species[model.local[slot]].diffusion) out.push_back(slot);
  }
  return out;
}

std::vector<NodeId> coefficients_of(const Model& model) {
  std::vector<NodeId> out;
  for (const std::size_t slot : diffusing_of(model)) out.push_back(*model.species[model.local[slot]].diffusion);
  return out;
}

/// Those that depend on what is in the voxel.
std::vector<std::size_t> followed_of(const Graph& graph, const std::vector<NodeId>& coefficients) {
  std::vector<std::size_t> out;
  for (std::size_t d = 0; d < coefficients.size(); ++d) {
    if (graph.depends_on(coefficients[d], Op::local)) out.push_back(d);
  }
  return out;
}

std::vector<NodeId> selected(const std::vector<NodeId>& nodes, const std::vector<std::size_t>& which) {
  std::vector<NodeId> out;
  for (const std::size_t i : which) out.push_back(nodes[i]);
  return out;
}

/// The entries of ∂rows/∂(leaves of a kind) that do not vanish identically.
Derivatives differentiate(Graph& graph, const std::vector<NodeId>& rows, Op kind, std::size_t columns) {
  std::vector<SparseEntry> pattern;
  std::vector<NodeId> entries;
  const NodeId zero = graph.constant(0.0);
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    std::vector<NodeId> leaves = graph.leaves(rows[row]);
    std::erase_if(leaves, [&](NodeId id) { return graph[id].op != kind || graph[id].index >= columns; });
    std::sort(leaves.begin(), leaves.end(), [&](NodeId a, NodeId b) { return graph[a].index < graph[b].index; });
    for (const NodeId leaf : leaves) {
      const std::uint32_t column = graph[leaf].index;
      const NodeId entry = graph.derivative(rows[row], leaf);
      if (entry == zero) continue;
      pattern.push_back({row, column});
      entries.push_back(entry);
    }
  }
  return {std::move(pattern), Program(graph, std::move(entries))};
}

/// All species but those that depend on tissue or events, and those that depend on these.
std::vector<bool> autonomous_of(const Model& model) {
  std::vector<bool> alone(model.systemic.size(), true);
  for (const Event& event : model.events) {
    for (const Event::Assignment& a : event.set) alone[model.species[a.species].slot] = false;
  }
  std::vector<std::vector<std::size_t>> users(alone.size());
  for (std::size_t slot = 0; slot < alone.size(); ++slot) {
    for (const NodeId id : model.graph.leaves(model.rates[model.systemic[slot]])) {
      if (model.graph[id].op == Op::reduction) alone[slot] = false;
      if (model.graph[id].op == Op::systemic) users[model.graph[id].index].push_back(slot);
    }
  }
  std::vector<std::size_t> open;
  for (std::size_t slot = 0; slot < alone.size(); ++slot) {
    if (!alone[slot]) open.push_back(slot);
  }
  while (!open.empty()) {
    const std::size_t slot = open.back();
    open.pop_back();
    for (const std::size_t user : users[slot]) {
      if (alone[user]) open.push_back(user);
      alone[user] = false;
    }
  }
  return alone;
}

/// Whether a slope that does not change means a straight line.
bool has_kinks(const Graph& graph, NodeId root) {
  const std::vector<bool> seen = graph.reachable({&root, 1});
  for (NodeId id = 0; id < seen.size(); ++id) {
    const Op op = graph[id].op;
    const bool smooth = operand_count(op) == 0 || op == Op::add || op == Op::subtract || op == Op::multiply ||
                        op == Op::divide || op == Op::negate || op == Op::power;
    if (seen[id] && graph[id].stage != Stage::parameter && !smooth) return true;
  }
  return false;
}

Switches switches_of(Graph& graph, std::span<const NodeId> rates, const Model& model) {
  std::vector<NodeId> roots(rates.begin(), rates.end());
  const std::vector<bool> in_rates = graph.reachable(roots);
  std::vector<bool> is_condition(graph.size(),
                                 false);  // found by the event itself; a part of one, such as in a band, not
  for (const Event& event : model.events) {
    roots.push_back(event.when);
    is_condition[event.when] = true;
  }
  const std::vector<bool> seen = graph.reachable(roots);
  const NodeId time = graph.leaf(Op::time);
  const std::array<std::pair<NodeId, NodeId>, 1> at_start{{{time, graph.constant(0.0)}}};
  std::vector<Switches::Kind> timed;
  std::vector<NodeId> levels;
  std::vector<NodeId> sides;
  std::vector<NodeId> watched;
  for (NodeId id = 0; id < seen.size(); ++id) {
    const Node node = graph[id];  // a copy: the graph grows below
    const bool compares = node.op == Op::less || node.op == Op::less_equal || node.op == Op::equal;
    const bool steps = node.op == Op::floor || node.op == Op::ceiling;
    if (!seen[id] || node.stage != Stage::time || !(compares || steps)) continue;
    const NodeId level = compares ? graph.subtract(node.a, node.b) : node.a;
    if (graph.depends_on(level, Op::reduction)) continue;
    const NodeId slope = graph.derivative(level, time);
    const bool of_time_alone = !graph.depends_on(level, Op::systemic);
    const bool affine = graph[slope].stage == Stage::parameter && !has_kinks(graph, level);
    if (of_time_alone && !affine && node.op != Op::equal) {
      timed.push_back(Switches::Kind::searched);
      levels.insert(levels.end(), 2, graph.constant(0.0));
      sides.push_back(id);
    } else if (of_time_alone && affine) {
      timed.push_back(steps                  ? Switches::Kind::steps
                      : node.op == Op::equal ? Switches::Kind::equality
                                             : Switches::Kind::crossing);
      levels.push_back(graph.replaced({&level, 1}, at_start).front());
      levels.push_back(slope);
      sides.push_back(id);
    } else if (compares && node.op != Op::equal && (in_rates[id] || !is_condition[id])) {
      watched.push_back(id);
    }
  }
  return {std::move(timed), Program(graph, std::move(levels)), Program(graph, std::move(sides)),
          Program(graph, std::move(watched))};
}

/// The rates a solver evaluates.
std::vector<NodeId> joined(const std::vector<NodeId>& a, const std::vector<NodeId>& b) {
  std::vector<NodeId> out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

}  // namespace

EventPrograms events_of(const Model& model) {
  std::vector<NodeId> conditions, all;
  for (const Event& event : model.events) {
    conditions.push_back(event.when);
    all.insert(all.end(), {event.when, event.delay.value_or(event.when), event.priority.value_or(event.when)});
    for (const Event::Assignment& assignment : event.set) all.push_back(assignment.value);
  }
  return {Program(model.graph, conditions), Program(model.graph, all)};
}

/// What a solver integrates: the model's rates, with the known inputs taken out of the local ones.
// The graph is a copy that derivatives extend; the model's own stays as it is and keeps its node numbers.
struct KineticsParts {
  Graph graph;
  std::vector<bool> autonomous;
  std::vector<KnownInput> inputs;
  std::vector<NodeId> local, systemic, integrands, initial_systemic, coefficients;

  explicit KineticsParts(const Model& model)
      : graph(model.graph),
        autonomous(autonomous_of(model)),
        integrands(integrands_of(model)),
        initial_systemic(initial_of(model, model.systemic)),
        coefficients(coefficients_of(model)) {
    for (const std::size_t s : model.systemic) systemic.push_back(model.rates[s]);
    std::vector<std::pair<NodeId, NodeId>> shifted;
    for (const std::size_t s : model.local) local.push_back(local_rate(model, s, shifted));
    local = graph.replaced(local, shifted);
    integrands = graph.replaced(integrands, shifted);
    coefficients = graph.replaced(coefficients, shifted);
  }

 private:
  /// The rate of a local species' unknown, still in terms of the species.
  NodeId local_rate(const Model& model, std::size_t species, std::vector<std::pair<NodeId, NodeId>>& shifted) {
    NodeId known = graph.constant(0.0);
    NodeId rest = graph.constant(0.0);
    bool any = false;
    for (const Process& process : model.processes) {
      for (const Change& change : process.changes) {
        if (change.species != species) continue;
        const NodeId contribution = graph.multiply(change.coefficient, process.rate);
        const bool is_known = driven_by_autonomous(contribution);
        any = any || is_known;
        NodeId& sum = is_known ? known : rest;
        sum = graph.add(sum, contribution);
      }
    }
    if (!any) return model.rates[species];
    const KnownInput input{model.species[species].slot, systemic.size(), model.parameters.size() + inputs.size()};
    inputs.push_back(input);
    const NodeId level = leaf_of(graph, Op::systemic, input.systemic);
    const NodeId lost = graph.multiply(leaf_of(graph, Op::parameter, input.decay), level);
    systemic.push_back(graph.subtract(known, lost));
    initial_systemic.push_back(graph.constant(0.0));
    autonomous.push_back(true);
    shifted.emplace_back(model.species[species].node, graph.add(model.species[species].node, level));
    return graph.add(rest, lost);
  }

  bool driven_by_autonomous(NodeId node) const {
    if (graph[node].stage != Stage::time) return false;
    bool driven = false;
    for (const NodeId id : graph.leaves(node)) {
      if (graph[id].op == Op::reduction) return false;
      if (graph[id].op != Op::systemic) continue;
      if (!autonomous[graph[id].index]) return false;
      driven = true;
    }
    return driven;
  }
};

struct Kinetics::Point {
  std::once_flag compiled;
  std::optional<PointKinetics> kinetics;
};

const PointKinetics& Kinetics::point() const {
  std::call_once(point_->compiled, [this] { point_->kinetics.emplace(*model_); });
  return *point_->kinetics;
}

Kinetics::Kinetics(const std::shared_ptr<const Model>& model) : Kinetics(model, KineticsParts(*model)) {}

Kinetics::Kinetics(std::shared_ptr<const Model> model, KineticsParts parts)
    : model_(std::move(model)),
      point_(std::make_shared<Point>()),
      known_inputs_(std::move(parts.inputs)),
      diffusing_(diffusing_of(*model_)),
      followed_(followed_of(parts.graph, parts.coefficients)),
      autonomous_(std::move(parts.autonomous)),
      local_rates_(parts.graph, parts.local),
      systemic_rates_(parts.graph, parts.systemic),
      integrands_(parts.graph, parts.integrands),
      initial_local_(parts.graph, initial_of(*model_, model_->local)),
      initial_systemic_(parts.graph, parts.initial_systemic),
      diffusion_(parts.graph, parts.coefficients),
      followed_diffusion_(parts.graph, selected(parts.coefficients, followed_)),
      local_by_local_(differentiate(parts.graph, parts.local, Op::local, local_count())),
      local_by_systemic_(differentiate(parts.graph, parts.local, Op::systemic, systemic_count())),
      systemic_by_systemic_(differentiate(parts.graph, parts.systemic, Op::systemic, systemic_count())),
      systemic_by_reduction_(differentiate(parts.graph, parts.systemic, Op::reduction, model_->rate_reductions)),
      integrand_by_local_(differentiate(parts.graph, parts.integrands, Op::local, local_count())),
      integrand_by_systemic_(differentiate(parts.graph, parts.integrands, Op::systemic, systemic_count())),
      switches_(switches_of(parts.graph, joined(parts.local, parts.systemic), *model_)),
      events_(events_of(*model_)) {}

const Species& Kinetics::systemic_species(std::size_t slot) const {
  if (slot < model_->systemic.size()) return model_->species[model_->systemic[slot]];
  return model_->species[model_->local[known_inputs_[slot - model_->systemic.size()].local]];
}

Program Kinetics::program(std::span<const NodeId> outputs) const {
  return Program(model_->graph, {outputs.begin(), outputs.end()});
}

}  // namespace howship::model
