#pragma once

#include <vector>

#include <rapidcheck.h>

#include "howship/model/expression.hpp"

namespace howship::model {

/// A random smooth expression over three local species, two parameters, one systemic value and time, built to stay
/// finite for leaves in (0.1, 2).
/// @param jumps  with piecewise parts, where the last bit of a condition may matter
inline NodeId random_expression(Graph& graph, int depth, bool jumps = true) {
  const auto leaf = [&]() -> NodeId {
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        return graph.constant(*rc::gen::inRange(1, 9) / 4.0);
      case 1:
        return graph.leaf(Op::parameter, static_cast<std::uint32_t>(*rc::gen::inRange(0, 2)));
      case 2:
        return graph.leaf(Op::systemic, 0);
      case 3:
        return graph.leaf(Op::time);
      default:
        return graph.leaf(Op::local, static_cast<std::uint32_t>(*rc::gen::inRange(0, 3)));
    }
  };
  if (depth <= 0) return leaf();
  const auto inner = [&] { return random_expression(graph, depth - 1, jumps); };
  const auto positive = [&] {
    const NodeId x = inner();
    return graph.add(graph.constant(1.0), graph.multiply(x, x));
  };
  switch (*rc::gen::inRange(jumps ? 0 : 1, 12)) {
    case 0:
      return graph.select(graph.binary(Op::less, inner(), inner()), inner(), inner());
    case 1:
      return graph.subtract(inner(), inner());
    case 2:
      return graph.multiply(inner(), graph.unary(Op::hyperbolic_tangent, inner()));
    case 3:
      return graph.divide(inner(), positive());
    case 4:
      return graph.binary(Op::power, positive(), graph.unary(Op::sine, inner()));
    case 5:
      return graph.unary(Op::exponential, graph.unary(Op::cosine, inner()));
    case 6:
      return graph.unary(Op::logarithm, positive());
    case 7:
      return graph.unary(Op::square_root, positive());
    case 8:
      return graph.unary(Op::arctangent, inner());
    case 9:
      return graph.binary(Op::maximum, inner(), inner());
    case 10:
      return graph.add(inner(), inner());
    default:
      return graph.unary(Op::negate, inner());
  }
}

inline Environment random_environment() {
  const auto draw = [] { return static_cast<long double>(*rc::gen::inRange(100, 2000)) / 1000.0L; };
  Environment e;
  e.parameters = {draw(), draw()};
  e.systemic = {draw()};
  e.local = {draw(), draw(), draw()};
  e.time = draw();
  return e;
}

}  // namespace howship::model
