#include "point_expressions.hpp"

#include <algorithm>

namespace howship::model {

PointExpressions::PointExpressions(const Model& model, Reductions which)
    : graph(model.graph), parameter_count(model.parameters.size()) {
  const auto parameter = [&] { return graph.leaf(Op::parameter, static_cast<std::uint32_t>(parameter_count++)); };
  std::vector<std::size_t> unknowns = model.local;
  unknowns.insert(unknowns.end(), model.systemic.begin(), model.systemic.end());
  for (std::size_t i = 0; i < unknowns.size(); ++i)
    instead_.emplace_back(model.species[unknowns[i]].node, graph.leaf(Op::systemic, static_cast<std::uint32_t>(i)));
  for (std::uint32_t f = 0; f < model.given.size(); ++f) instead_.emplace_back(graph.leaf(Op::given, f), parameter());

  // A reduction that is observed may hold one that rates read.
  const std::size_t count = which == Reductions::all ? model.reductions.size() : model.rate_reductions;
  std::vector<NodeId> leaves;
  for (std::uint32_t r = 0; r < model.reductions.size(); ++r) leaves.push_back(graph.leaf(Op::reduction, r));
  for (std::size_t r = 0; r < count; ++r) {
    const NodeId integrand = model.reductions[r].integrand;
    reductions.push_back(graph.multiply(parameter(), graph.replaced({&integrand, 1}, instead_).front()));
    if (r + 1 < model.rate_reductions) continue;
    const std::size_t first = r + 1 == model.rate_reductions ? 0 : r;
    for (std::size_t done = first; done <= r; ++done) instead_.emplace_back(leaves[done], reductions[done]);
  }

  for (const std::size_t species : unknowns) {
    initial.push_back(model.species[species].initial);
    rates.push_back(model.rates[species]);
  }
  initial = replaced(initial);
  rates = replaced(rates);
}

PointDerivatives point_derivatives(Graph& graph, std::span<const NodeId> rows, Op kind) {
  PointDerivatives made;
  const NodeId zero = graph.constant(0.0);
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    std::vector<NodeId> leaves = graph.leaves(rows[row]);
    std::erase_if(leaves, [&](NodeId id) { return graph[id].op != kind; });
    std::sort(leaves.begin(), leaves.end());
    for (const NodeId leaf : leaves) {
      const NodeId entry = graph.derivative(rows[row], leaf);
      if (entry == zero) continue;
      made.pattern.push_back({row, graph[leaf].index});
      made.entries.push_back(entry);
    }
  }
  return made;
}

PointDerivatives point_derivatives(Graph& graph, std::span<const NodeId> rows,
                                   std::span<const std::size_t> parameters) {
  PointDerivatives made;
  const NodeId zero = graph.constant(0.0);
  for (std::uint32_t column = 0; column < parameters.size(); ++column) {
    const NodeId leaf = graph.leaf(Op::parameter, static_cast<std::uint32_t>(parameters[column]));
    for (std::uint32_t row = 0; row < rows.size(); ++row) {
      const NodeId entry = graph.derivative(rows[row], leaf);
      if (entry == zero) continue;
      made.pattern.push_back({row, column});
      made.entries.push_back(entry);
    }
  }
  return made;
}

}  // namespace howship::model
