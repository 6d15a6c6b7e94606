#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace howship::model {

using NodeId = std::uint32_t;

/// What a node computes. Comparisons and logic give 1 or 0.
enum class Op : std::uint8_t {
  constant,
  parameter,
  time,
  systemic,
  reduction,
  local,
  given,  // leaves
  add,
  subtract,
  multiply,
  divide,
  power,
  maximum,
  minimum,  // two operands
  less,
  less_equal,
  equal,
  logical_and,
  logical_or,
  negate,
  logical_not,
  exponential,
  logarithm,
  square_root,
  absolute,
  floor,
  ceiling,  // one operand
  sine,
  cosine,
  tangent,
  arcsine,
  arccosine,
  arctangent,
  hyperbolic_sine,
  hyperbolic_cosine,
  hyperbolic_tangent,
  area_hyperbolic_sine,
  area_hyperbolic_cosine,
  area_hyperbolic_tangent,
  factorial,  // of a whole number from 0; anything else has none and gives NaN
  select,     // a ? b : c
};

/// How often a node must be evaluated: once per parameter set, once per call, or in every voxel.
enum class Stage : std::uint8_t { parameter, time, voxel };

struct Node {
  Op op = Op::constant;
  Stage stage = Stage::parameter;
  NodeId a = 0, b = 0, c = 0;
  std::uint32_t index = 0;  ///< of a leaf: which parameter, species, reduction or given field
  double value = 0.0;       ///< of a constant
};

int operand_count(Op op);

/// Hash-consed expressions: equal expressions are one node, and a node's operands come before it. Construction
/// simplifies (constant folding; x+0, x*1, x*0, x-x, x/1, x^1, --x).
class Graph {
 public:
  NodeId constant(double value);
  NodeId leaf(Op op, std::uint32_t index = 0);
  NodeId unary(Op op, NodeId a);
  NodeId binary(Op op, NodeId a, NodeId b);
  NodeId select(NodeId condition, NodeId yes, NodeId no);

  NodeId add(NodeId a, NodeId b) { return binary(Op::add, a, b); }
  NodeId subtract(NodeId a, NodeId b) { return binary(Op::subtract, a, b); }
  NodeId multiply(NodeId a, NodeId b) { return binary(Op::multiply, a, b); }
  NodeId divide(NodeId a, NodeId b) { return binary(Op::divide, a, b); }

  const Node& operator[](NodeId id) const { return nodes_[id]; }
  std::size_t size() const { return nodes_.size(); }

  /// ∂root/∂leaf, exact. At a kink (max, min, abs, select) the derivative is that of the branch in force; on a tie of
  /// max and min, that of the first argument. Where a branch is constant the derivative is zero even if the rest of the
  /// formula has an infinite slope there, as sqrt(max(x, 0)) has below zero.
  NodeId derivative(NodeId root, NodeId leaf);

  /// The roots with some leaves replaced by other expressions, all at once: a replacement is not searched again.
  std::vector<NodeId> replaced(std::span<const NodeId> roots,
                               std::span<const std::pair<NodeId, NodeId>> leaf_and_replacement);

  /// Leaves that the roots depend on, as a mask over node ids.
  std::vector<bool> reachable(std::span<const NodeId> roots) const;
  bool depends_on(NodeId root, Op leaf_kind) const;
  /// The leaves below one root, each once, at a cost that follows the expression and not the graph.
  std::vector<NodeId> leaves(NodeId root) const;

 private:
  struct Key {
    Op op;
    NodeId a, b, c;
    std::uint32_t index;
    std::uint64_t bits;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  template <class Scale>
  NodeId scaled(NodeId slope, const Scale& scale);
  NodeId intern(Node node);
  std::vector<NodeId> below(NodeId root) const;  ///< the root and all it needs, ascending
  bool is_constant(NodeId id, double value) const;

  std::vector<Node> nodes_;
  std::unordered_map<Key, NodeId, KeyHash> index_;
};

/// Values of the leaves for the tree-walker.
struct Environment {
  std::vector<long double> parameters, systemic, reductions, local, given;
  long double time = 0;
};

/// The truth: one node at a time, in long double, straight from the definition. Slow; tests hold programs against it.
long double evaluate(const Graph& graph, NodeId root, const Environment& environment);

}  // namespace howship::model
