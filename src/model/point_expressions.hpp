#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "howship/model/model.hpp"
#include "howship/model/point_kinetics.hpp"

namespace howship::model {

/// A model without space as expressions of one state vector, before they are compiled. The graph is a copy that may
/// grow; the model's own stays as it is.
struct PointExpressions {
  enum class Reductions { of_rates, all };

  Graph graph;
  std::size_t parameter_count = 0;  ///< as PointKinetics counts; of all reductions, one factor more for each
  std::vector<NodeId> initial, rates, reductions;

  PointExpressions(const Model& model, Reductions which);

  /// Nodes of the model's graph, in the state and parameters of a point.
  std::vector<NodeId> replaced(std::span<const NodeId> nodes) { return graph.replaced(nodes, instead_); }

 private:
  std::vector<std::pair<NodeId, NodeId>> instead_;
};

/// Entries of ∂rows/∂(leaves of a kind) that do not vanish identically. Columns count in the leaves' index.
struct PointDerivatives {
  std::vector<SparseEntry> pattern;
  std::vector<NodeId> entries;
};
PointDerivatives point_derivatives(Graph& graph, std::span<const NodeId> rows, Op kind);
/// The same by some parameters only; columns count in `parameters`.
PointDerivatives point_derivatives(Graph& graph, std::span<const NodeId> rows, std::span<const std::size_t> parameters);

}  // namespace howship::model
