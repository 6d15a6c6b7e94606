#include "model/functions.hpp"

#include <algorithm>
#include <array>

namespace howship::model {
namespace {

using Nodes = std::span<const NodeId>;

NodeId inverse(Graph& graph, NodeId a) {
  return graph.divide(graph.constant(1.0), a);
}

/// 1/f(x): secant and its like.
template <Op op>
NodeId one_over(Graph& graph, Nodes x) {
  return inverse(graph, graph.unary(op, x[0]));
}

/// f(1/x): the inverses of secant and its like.
template <Op op>
NodeId of_inverse(Graph& graph, Nodes x) {
  return graph.unary(op, inverse(graph, x[0]));
}

/// The quotient without its fraction, towards zero: what is left over has the sign of what was divided.
NodeId whole_quotient(Graph& graph, Nodes x) {
  const NodeId ratio = graph.divide(x[0], x[1]);
  const NodeId below_zero = graph.binary(Op::less, ratio, graph.constant(0.0));
  return graph.select(below_zero, graph.unary(Op::ceiling, ratio), graph.unary(Op::floor, ratio));
}

NodeId remainder(Graph& graph, Nodes x) {
  return graph.subtract(x[0], graph.multiply(x[1], whole_quotient(graph, x)));
}

NodeId exclusive_or(Graph& graph, Nodes x) {
  const NodeId not_a = graph.unary(Op::logical_not, x[0]);
  const NodeId not_b = graph.unary(Op::logical_not, x[1]);
  return graph.unary(Op::logical_not, graph.binary(Op::equal, not_a, not_b));
}

NodeId implication(Graph& graph, Nodes x) {
  return graph.binary(Op::logical_or, graph.unary(Op::logical_not, x[0]), x[1]);
}

constexpr std::array kFunctions{
    Function{"sec", 1, false, one_over<Op::cosine>},
    Function{"csc", 1, false, one_over<Op::sine>},
    Function{"cot", 1, false, one_over<Op::tangent>},
    Function{"sech", 1, false, one_over<Op::hyperbolic_cosine>},
    Function{"csch", 1, false, one_over<Op::hyperbolic_sine>},
    Function{"coth", 1, false, one_over<Op::hyperbolic_tangent>},
    Function{"asec", 1, false, of_inverse<Op::arccosine>},
    Function{"acsc", 1, false, of_inverse<Op::arcsine>},
    Function{"acot", 1, false, of_inverse<Op::arctangent>},
    Function{"asech", 1, false, of_inverse<Op::area_hyperbolic_cosine>},
    Function{"acsch", 1, false, of_inverse<Op::area_hyperbolic_sine>},
    Function{"acoth", 1, false, of_inverse<Op::area_hyperbolic_tangent>},
    Function{"quotient", 2, true, whole_quotient},
    Function{"rem", 2, true, remainder},
    Function{"xor", 2, false, exclusive_or},
    Function{"implies", 2, false, implication},
};

}  // namespace

const Function* find_function(std::string_view name) {
  const auto* found =
      std::find_if(kFunctions.begin(), kFunctions.end(), [&](const Function& f) { return f.name == name; });
  return found == kFunctions.end() ? nullptr : found;
}

}  // namespace howship::model
