// Rates and initial values that use each other.
#include <algorithm>

#include <fmt/format.h>

#include "model/builder.hpp"
#include "model/substitution.hpp"

namespace howship::model {

const Species& Builder::species_of(const Node& leaf) const {
  const std::size_t slot = leaf.index & ~kRateFlag;
  return model_.species[leaf.op == Op::systemic ? model_.systemic[slot] : model_.local[slot]];
}

std::string Builder::chain_of(const std::vector<NodeId>& leaves) const {
  std::vector<std::string> names;
  for (const NodeId leaf : leaves) names.push_back(species_of(model_.graph[leaf]).id);
  names.push_back(names.front());
  return joined_by_arrows(names);
}

void Builder::replace_rates() {
  Graph& graph = model_.graph;
  Substitution substitute(graph, [this](NodeId, const Node& leaf) -> std::optional<NodeId> {
    if (!is_species(leaf) || (leaf.index & kRateFlag) == 0) return std::nullopt;
    return model_.rates[static_cast<std::size_t>(&species_of(leaf) - model_.species.data())];
  });
  bool circular = false;
  const auto replace = [&](NodeId& node, const SourceLocation& where) {
    const auto now = substitute(node);
    if (now) {
      node = *now;
    } else if (!circular) {
      circular = true;
      fault(where, fmt::format("rates go round in a circle: {}", chain_of(substitute.circle())),
            "rateOf(x) cannot stand in the rate of x");
    }
  };
  for (std::size_t i = 0; i < model_.species.size(); ++i) {
    replace(model_.rates[i], model_.species[i].origin.where);
    replace(model_.species[i].initial, model_.species[i].origin.where);
  }
  for (Reduction& reduction : model_.reductions) replace(reduction.integrand, {});
  for (Process& process : model_.processes) {
    replace(process.rate, process.origin.where);
    for (Change& change : process.changes) replace(change.coefficient, process.origin.where);
  }
  for (Quantity& quantity : model_.quantities) {
    replace(quantity.node, quantity.origin.where);
    quantity.stage = graph[quantity.node].stage;
  }
  for (Event& event : model_.events) {
    replace(event.when, event.origin.where);
    if (event.delay) replace(*event.delay, event.origin.where);
    if (event.priority) replace(*event.priority, event.origin.where);
    for (Event::Assignment& assignment : event.set) replace(assignment.value, event.origin.where);
  }
  for (Observable& observable : model_.observables) {
    replace(observable.node, observable.origin.where);
    observable.stage = graph[observable.node].stage;
  }
  for (std::size_t i = 0; i < model_.species.size(); ++i) {
    const Species& species = model_.species[i];
    if (species.scope == Scope::local && graph.depends_on(model_.rates[i], Op::reduction)) {
      fault(species.origin.where,
            fmt::format("the rate of {} depends, through rateOf(), on a sum over the whole tissue", species.id));
    }
  }
}

void Builder::initial_values() {
  Graph& graph = model_.graph;
  const NodeId zero = graph.constant(0.0);
  Substitution substitute(graph, [this, zero](NodeId, const Node& leaf) -> std::optional<NodeId> {
    if (leaf.op == Op::time) return zero;
    if (!is_species(leaf)) return std::nullopt;
    return species_of(leaf).initial;
  });
  std::vector<NodeId> initial;
  for (const Species& species : model_.species) {
    const Text& text = *initial_places_.at(species.id);
    const auto now = substitute(species.initial);
    if (!now) {
      fault(text.where, fmt::format("initial values go round in a circle: {}", chain_of(substitute.circle())),
            "one of them must be a number");
      return;
    }
    if (graph.depends_on(*now, Op::reduction)) {
      fault(text.where, fmt::format("the initial value of {} depends on a sum over the tissue", species.id),
            "it may use parameters, given fields and other initial values");
    } else if (species.scope == Scope::systemic && graph[*now].stage == Stage::voxel) {
      fault(text.where,
            fmt::format("the initial value of {} is one number and cannot differ from voxel to voxel", species.id));
    }
    initial.push_back(*now);
  }
  for (std::size_t i = 0; i < initial.size(); ++i) model_.species[i].initial = initial[i];
}

}  // namespace howship::model
