#include "howship/model/kinetics.hpp"

#include <functional>
#include <utility>

namespace howship::model {
namespace {

NodeId leaf_of(Graph& graph, Op kind, std::size_t index) {
  return graph.leaf(kind, static_cast<std::uint32_t>(index));
}

std::vector<NodeId> rates_of(const Model& model, const std::vector<std::size_t>& species) {
  std::vector<NodeId> out;
  for (const std::size_t s : species) out.push_back(model.rates[s]);
  return out;
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

std::vector<NodeId> coefficients_of(const Model& model, const std::vector<std::size_t>& diffusing) {
  std::vector<NodeId> out;
  for (const std::size_t slot : diffusing) out.push_back(*model.species[model.local[slot]].diffusion);
  return out;
}

/// The entries of ∂rows/∂(leaves of a kind) that do not vanish identically.
Derivatives differentiate(Graph& graph, const std::vector<NodeId>& rows, Op kind, std::size_t columns) {
  std::vector<SparseEntry> pattern;
  std::vector<NodeId> entries;
  const NodeId zero = graph.constant(0.0);
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    for (std::uint32_t column = 0; column < columns; ++column) {
      const NodeId entry = graph.derivative(rows[row], leaf_of(graph, kind, column));
      if (entry == zero) continue;
      pattern.push_back({row, column});
      entries.push_back(entry);
    }
  }
  return {std::move(pattern), Program(graph, std::move(entries))};
}

/// Drops species from the set that depends on itself alone until nothing more has to go.
std::vector<bool> autonomous_of(const Model& model) {
  std::vector<bool> alone(model.systemic.size(), true);
  std::vector<std::vector<bool>> uses;
  for (std::size_t slot = 0; slot < model.systemic.size(); ++slot) {
    const NodeId rate = model.rates[model.systemic[slot]];
    if (model.graph.depends_on(rate, Op::reduction)) alone[slot] = false;
    std::vector<bool> used(model.systemic.size(), false);
    const std::vector<bool> seen = model.graph.reachable({&rate, 1});
    for (NodeId id = 0; id < model.graph.size(); ++id) {
      if (seen[id] && model.graph[id].op == Op::systemic) used[model.graph[id].index] = true;
    }
    uses.push_back(std::move(used));
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t slot = 0; slot < alone.size(); ++slot) {
      for (std::size_t other = 0; alone[slot] && other < alone.size(); ++other) {
        if (uses[slot][other] && !alone[other]) {
          alone[slot] = false;
          changed = true;
        }
      }
    }
  }
  return alone;
}

}  // namespace

// The derivatives extend a copy of the graph; the model's own stays as it is and keeps its node numbers.
struct KineticsParts {
  Graph graph;
  std::vector<NodeId> local, systemic, integrands;
  explicit KineticsParts(const Model& model)
      : graph(model.graph),
        local(rates_of(model, model.local)),
        systemic(rates_of(model, model.systemic)),
        integrands(integrands_of(model)) {}
};

Kinetics::Kinetics(const std::shared_ptr<const Model>& model) : Kinetics(model, KineticsParts(*model)) {}

Kinetics::Kinetics(std::shared_ptr<const Model> model, KineticsParts parts)
    : model_(std::move(model)),
      diffusing_(diffusing_of(*model_)),
      autonomous_(autonomous_of(*model_)),
      local_rates_(parts.graph, parts.local),
      systemic_rates_(parts.graph, parts.systemic),
      integrands_(parts.graph, parts.integrands),
      initial_local_(parts.graph, initial_of(*model_, model_->local)),
      initial_systemic_(parts.graph, initial_of(*model_, model_->systemic)),
      diffusion_(parts.graph, coefficients_of(*model_, diffusing_)),
      local_by_local_(differentiate(parts.graph, parts.local, Op::local, local_count())),
      local_by_systemic_(differentiate(parts.graph, parts.local, Op::systemic, systemic_count())),
      systemic_by_systemic_(differentiate(parts.graph, parts.systemic, Op::systemic, systemic_count())),
      systemic_by_reduction_(differentiate(parts.graph, parts.systemic, Op::reduction, model_->rate_reductions)),
      integrand_by_local_(differentiate(parts.graph, parts.integrands, Op::local, local_count())),
      integrand_by_systemic_(differentiate(parts.graph, parts.integrands, Op::systemic, systemic_count())) {}

Program Kinetics::program(std::span<const NodeId> outputs) const {
  return Program(model_->graph, {outputs.begin(), outputs.end()});
}

}  // namespace howship::model
