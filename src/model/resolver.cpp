#include "model/resolver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"

#include "model/functions.hpp"
#include "model/substitution.hpp"

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

Typed Resolver::operator()(const Syntax& syntax) {
  const Typed value = resolve(syntax);
  return unchecked_ ? Typed{value.node, {}, true} : value;
}

Typed Resolver::resolve(const Syntax& syntax) {
  switch (syntax.kind) {
    case Syntax::Kind::number:
      return number(syntax);
    case Syntax::Kind::time: {
      Dimension day;
      day.exponents[Dimension::time] = 1.0;
      return {model_.graph.leaf(Op::time), day, false};
    }
    case Syntax::Kind::name:
      return find_name_(syntax.text, syntax.position);
    case Syntax::Kind::operation:
      return operation(syntax);
    case Syntax::Kind::select:
      return select(syntax);
    case Syntax::Kind::call:
      return call(syntax);
    case Syntax::Kind::rate_of:
      return rate_of(syntax);
    default:
      return reduction(syntax);
  }
}

// A unit behind a number is only a label here, but a name there is a forgotten operator ("2 k"), and digits are a
// number that could not be read ("1e400").
void Resolver::check_label(const Syntax& syntax) const {
  const std::string& label = syntax.text;
  if (label.empty()) return;
  const bool has_digits = std::any_of(label.begin(), label.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  bool is_unit = !has_digits;
  try {
    if (is_unit) units_.parse(label);
  } catch (const UnitError&) {
    is_unit = false;
  }
  if (!is_unit)
    throw FormulaError(fmt::format("'{}' behind a number is no unit", label), syntax.position,
                       "an operator is missing, or the number is none that a computer can hold");
}

Typed Resolver::number(const Syntax& syntax) {
  Graph& graph = model_.graph;
  // What comes from other formats may say infinity and mean it.
  if (unchecked_) {
    check_label(syntax);
    return {graph.constant(syntax.value), {}, true};
  }
  if (!std::isfinite(syntax.value)) throw FormulaError("a number that is not finite", syntax.position);
  if (syntax.text.empty()) return {graph.constant(syntax.value), {}, syntax.value == 0.0};
  try {
    const Unit unit = units_.parse(syntax.text);
    return {graph.constant(syntax.value * unit.scale), unit.dimension, false};
  } catch (const UnitError& error) {
    throw FormulaError(error.what(), syntax.position, error.hint());
  }
}

Typed Resolver::call(const Syntax& syntax) {
  const Function& function = *find_function(syntax.text);
  std::vector<NodeId> operands;
  Typed first;
  for (const Syntax& child : syntax.children) {
    const Typed value = (*this)(child);
    if (operands.empty()) first = value;
    if (function.same_dimension) {
      need_same(first, value, child, fmt::format("take the {} of", syntax.text));
    } else {
      need_pure(value, child, fmt::format("the argument of {}()", syntax.text));
    }
    operands.push_back(value.node);
  }
  const NodeId node = function.build(model_.graph, operands);
  return syntax.text == "rem" ? Typed{node, first.dimension, first.any} : Typed{node, {}, false};
}

// A rate is known only when all processes have been read: a leaf holds its place (rates_of_species.hpp).
Typed Resolver::rate_of(const Syntax& syntax) {
  const Typed value = find_name_(syntax.text, syntax.position);
  Graph& graph = model_.graph;
  const Node leaf = graph[value.node];
  if (leaf.op == Op::parameter || leaf.op == Op::constant) return {graph.constant(0.0), {}, true};
  if (leaf.op != Op::systemic && leaf.op != Op::local) {
    throw FormulaError(fmt::format("rateOf() takes a species, and '{}' is none", syntax.text), syntax.position);
  }
  Dimension per_day = value.dimension;
  per_day.exponents[Dimension::time] -= 1.0;
  return {graph.leaf(leaf.op, leaf.index | kRateFlag), per_day, value.any};
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
  const bool has_otherwise = count % 2 == 1;
  // Where no condition holds and nothing is said, there is no value, and a run that gets there fails.
  Typed result = has_otherwise ? (*this)(syntax.children[count - 1])
                               : Typed{model_.graph.constant(std::numeric_limits<double>::quiet_NaN()), {}, true};
  for (std::size_t i = has_otherwise ? count - 1 : count; i >= 2; i -= 2) {
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
