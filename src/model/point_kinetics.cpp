#include "howship/model/point_kinetics.hpp"

#include <utility>

namespace howship::model {

struct PointKinetics::Parts {
  Graph graph;
  std::size_t parameter_count = 0;
  std::vector<SparseEntry> pattern;
  std::vector<NodeId> initial, rates, jacobian, reductions;

  explicit Parts(const Model& model) : graph(model.graph) {
    std::vector<std::pair<NodeId, NodeId>> instead;
    const auto state = [&](std::size_t unknown) {
      return graph.leaf(Op::systemic, static_cast<std::uint32_t>(unknown));
    };
    const auto parameter = [&] { return graph.leaf(Op::parameter, static_cast<std::uint32_t>(parameter_count++)); };
    std::vector<std::size_t> unknowns = model.local;
    unknowns.insert(unknowns.end(), model.systemic.begin(), model.systemic.end());
    for (std::size_t i = 0; i < unknowns.size(); ++i) instead.emplace_back(model.species[unknowns[i]].node, state(i));
    parameter_count = model.parameters.size();
    for (std::uint32_t f = 0; f < model.given.size(); ++f) instead.emplace_back(graph.leaf(Op::given, f), parameter());

    std::vector<NodeId> integrands;
    for (std::size_t r = 0; r < model.rate_reductions; ++r) integrands.push_back(model.reductions[r].integrand);
    for (const NodeId integrand : graph.replaced(integrands, instead))
      reductions.push_back(graph.multiply(parameter(), integrand));
    for (std::uint32_t r = 0; r < reductions.size(); ++r)
      instead.emplace_back(graph.leaf(Op::reduction, r), reductions[r]);

    for (const std::size_t species : unknowns) {
      initial.push_back(model.species[species].initial);
      rates.push_back(model.rates[species]);
    }
    initial = graph.replaced(initial, instead);
    rates = graph.replaced(rates, instead);
    differentiate();
  }

 private:
  void differentiate() {
    const NodeId zero = graph.constant(0.0);
    for (std::uint32_t row = 0; row < rates.size(); ++row) {
      const std::vector<bool> seen = graph.reachable({&rates[row], 1});
      std::vector<std::pair<std::uint32_t, NodeId>> leaves;
      for (NodeId id = 0; id < seen.size(); ++id) {
        if (seen[id] && graph[id].op == Op::systemic) leaves.emplace_back(graph[id].index, id);
      }
      for (const auto& [column, leaf] : leaves) {
        const NodeId entry = graph.derivative(rates[row], leaf);
        if (entry == zero) continue;
        pattern.push_back({row, column});
        jacobian.push_back(entry);
      }
    }
  }
};

PointKinetics::PointKinetics(const Model& model) : PointKinetics(Parts(model)) {}

PointKinetics::PointKinetics(Parts parts)
    : parameter_count_(parts.parameter_count),
      pattern_(std::move(parts.pattern)),
      initial_(parts.graph, parts.initial),
      rates_(parts.graph, parts.rates),
      jacobian_(parts.graph, parts.jacobian),
      reductions_(parts.graph, parts.reductions) {}

}  // namespace howship::model
