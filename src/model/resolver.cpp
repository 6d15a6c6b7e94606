#include "model/resolver.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"

namespace howship::model {

void Resolver::need_pure(const Typed& value, const Syntax& at, const std::string& what) const {
  if (value.any || value.dimension.is_none()) return;
  throw FormulaError(fmt::format("{} must be a pure number, but this is in {}", what, to_text(value.dimension)),
                     at.position, "divide by a reference value with the same unit");
}

void Resolver::need_same(const Typed& a, const Typed& b, const Syntax& at, const std::string& what) {
  if (a.any || b.any || a.dimension == b.dimension) return;
  throw FormulaError(fmt::format("cannot {} {} and {}", what, to_text(a.dimension), to_text(b.dimension)), at.position,
                     "the two sides need the same dimension");
}

namespace {

/// Counts how deep a recursion is while it lives.
class Level {
 public:
  explicit Level(int& depth) : depth_(++depth) {}
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

}  // namespace

Typed Resolver::operator()(const Syntax& syntax) {
  constexpr int kDeepest = 1000;
  const Level level(depth_);
  if (depth_ > kDeepest) {
    throw FormulaError("the formula, with the quantities it uses, is nested too deep", syntax.position,
                       "split long sums into quantities");
  }
  Graph& graph = model_.graph;
  switch (syntax.kind) {
    case Syntax::Kind::number: {
      if (!std::isfinite(syntax.value)) throw FormulaError("a number that is not finite", syntax.position);
      if (syntax.text.empty()) return {graph.constant(syntax.value), {}, syntax.value == 0.0};
      try {
        const Unit unit = units_.parse(syntax.text);
        return {graph.constant(syntax.value * unit.scale), unit.dimension, false};
      } catch (const UnitError& error) {
        throw FormulaError(error.what(), syntax.position, error.hint());
      }
    }
    case Syntax::Kind::time: {
      Dimension day;
      day.exponents[Dimension::time] = 1.0;
      return {graph.leaf(Op::time), day, false};
    }
    case Syntax::Kind::name:
      return find_name_(syntax.text, syntax.position);
    case Syntax::Kind::operation:
      return operation(syntax);
    case Syntax::Kind::select:
      return select(syntax);
    default:
      return reduction(syntax);
  }
}

Typed Resolver::operation(const Syntax& syntax) {
  Graph& graph = model_.graph;
  const Typed a = (*this)(syntax.children.at(0));
  const Syntax& left = syntax.children[0];
  if (syntax.children.size() == 1) {
    switch (syntax.op) {
      case Op::negate:
      case Op::absolute:
        return {graph.unary(syntax.op, a.node), a.dimension, a.any};
      case Op::square_root:
        return {graph.unary(syntax.op, a.node), pow(a.dimension, 0.5), a.any};
      default:
        need_pure(a, left, fmt::format("the argument of {}()", syntax.text));
        return {graph.unary(syntax.op, a.node), {}, false};
    }
  }
  const Typed b = (*this)(syntax.children.at(1));
  const NodeId node = syntax.op == Op::power ? 0 : graph.binary(syntax.op, a.node, b.node);
  switch (syntax.op) {
    case Op::add:
      need_same(a, b, syntax, "add");
      break;
    case Op::subtract:
      need_same(a, b, syntax, "subtract");
      break;
    case Op::maximum:
    case Op::minimum:
      need_same(a, b, syntax, fmt::format("take the {} of", syntax.text));
      break;
    case Op::less:
    case Op::less_equal:
    case Op::equal:
      need_same(a, b, syntax, "compare");
      return {node, {}, false};
    case Op::multiply:
      return {node, a.dimension * b.dimension, a.any || b.any};
    case Op::divide:
      if (graph[b.node].op == Op::constant && graph[b.node].value == 0.0) {
        throw FormulaError("a division by zero", syntax.children[1].position);
      }
      return {node, a.dimension / b.dimension, a.any};
    case Op::power:
      return power(syntax, a, b);
    default:
      need_pure(a, left, fmt::format("a side of {}", syntax.text));
      need_pure(b, syntax.children[1], fmt::format("a side of {}", syntax.text));
      return {node, {}, false};
  }
  return a.any ? Typed{node, b.dimension, b.any} : Typed{node, a.dimension, false};
}

Typed Resolver::power(const Syntax& syntax, const Typed& base, const Typed& exponent) {
  need_pure(exponent, syntax.children[1], "an exponent");
  const NodeId node = model_.graph.binary(Op::power, base.node, exponent.node);
  if (base.any || base.dimension.is_none()) return {node, {}, false};
  const Node& e = model_.graph[exponent.node];
  if (e.op != Op::constant) {
    throw FormulaError(
        fmt::format("a value in {} can only be raised to a number, not to a formula", to_text(base.dimension)),
        syntax.position, "divide the base by a reference value with the same unit");
  }
  return {node, pow(base.dimension, e.value), false};
}

Typed Resolver::select(const Syntax& syntax) {
  const auto count = syntax.children.size();
  Typed result = (*this)(syntax.children[count - 1]);
  for (std::size_t i = count - 1; i >= 2; i -= 2) {
    const Typed value = (*this)(syntax.children[i - 2]);
    const Typed condition = (*this)(syntax.children[i - 1]);
    need_pure(condition, syntax.children[i - 1], "a condition");
    need_same(value, result, syntax, "choose between");
    const NodeId node = model_.graph.select(condition.node, value.node, result.node);
    result = {node, value.any ? result.dimension : value.dimension, value.any && result.any};
  }
  return result;
}

Typed Resolver::reduction(const Syntax& syntax) {
  if (inside_reduction_ > 0)
    throw FormulaError(fmt::format("{}() inside another sum over tissue", syntax.text), syntax.position,
                       "take the inner one out into a quantity of a systemic process");
  ++inside_reduction_;
  Typed inner;
  try {
    inner = (*this)(syntax.children[0]);
  } catch (...) {
    --inside_reduction_;
    throw;
  }
  --inside_reduction_;
  if (model_.graph.depends_on(inner.node, Op::reduction)) {
    throw FormulaError(fmt::format("{}() of something that is itself a sum over tissue", syntax.text), syntax.position);
  }
  Reduction wanted;
  wanted.kind = syntax.kind == Syntax::Kind::integral ? Reduction::Kind::integral
                : syntax.kind == Syntax::Kind::mean   ? Reduction::Kind::mean
                                                      : Reduction::Kind::maximum;
  wanted.region = syntax.children.size() > 1 ? syntax.children[1].text : "";
  wanted.integrand = inner.node;
  if (!wanted.region.empty() &&
      std::find(region_names().begin(), region_names().end(), wanted.region) == region_names().end()) {
    throw FormulaError(fmt::format("there is no region '{}' in a vertebra", wanted.region), syntax.children[1].position,
                       did_you_mean(wanted.region, region_names()));
  }
  wanted.text = fmt::format("{}(...{}{})", syntax.text, wanted.region.empty() ? "" : ", ", wanted.region);
  std::uint32_t index = 0;
  while (index < model_.reductions.size()) {
    const Reduction& known = model_.reductions[index];
    if (known.kind == wanted.kind && known.region == wanted.region && known.integrand == wanted.integrand) break;
    ++index;
  }
  if (index == model_.reductions.size()) model_.reductions.push_back(wanted);
  Dimension dimension = inner.dimension;
  if (wanted.kind == Reduction::Kind::integral) dimension.exponents[Dimension::length] += 3.0;
  return {model_.graph.leaf(Op::reduction, index), dimension, false};
}

}  // namespace howship::model
