#include "howship/model/closed_form.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"

#include "model/formula.hpp"
#include "model/resolver.hpp"

namespace howship::model {
namespace {

bool changes_with_state(const Graph& graph, NodeId node) {
  for (const Op op : {Op::systemic, Op::local, Op::reduction, Op::given}) {
    if (graph.depends_on(node, op)) return true;
  }
  return false;
}

Typed find_name(const Model& model, const std::string& name, std::size_t position) {
  if (const Parameter* p = model.find_parameter(name)) return {p->node, p->unit.dimension, false};
  std::vector<std::string> known;
  for (const Parameter& p : model.parameters) known.push_back(p.id);
  for (const Quantity& q : model.quantities) {
    if (changes_with_state(model.graph, q.node)) continue;
    if (q.id == name) return {q.node, q.unit.dimension, false};
    known.push_back(q.id);
  }
  if (model.find_node(name)) {
    throw FormulaError(fmt::format("'{}' is part of the solution", name), position,
                       "a closed form uses parameters, quantities that follow from them, and time");
  }
  throw FormulaError(fmt::format("unknown name '{}'", name), position, did_you_mean(name, known));
}

}  // namespace

ClosedForm::ClosedForm(const Model& model, const UnitSystem& units, const std::string& text) {
  const auto copy = std::make_shared<Model>(model);
  try {
    Resolver resolve(*copy, units, [&copy](const std::string& name, std::size_t position) {
      return find_name(*copy, name, position);
    });
    const Typed typed = resolve(parse_formula(text));
    if (changes_with_state(copy->graph, typed.node)) throw FormulaError("a closed form has no sum over tissue", 0);
    node_ = typed.node;
    dimension_ = typed.dimension;
    any_ = typed.any;
  } catch (const FormulaError& error) {
    const int column = static_cast<int>(error.position()) + 1;
    throw InputError({Diagnostic{{"", 0, column}, error.what(), error.hint(), {}}});
  }
  model_ = copy;
}

double ClosedForm::operator()(std::span<const double> parameters, double time) const {
  Environment environment;
  environment.parameters.assign(parameters.begin(), parameters.end());
  environment.time = time;
  return static_cast<double>(evaluate(model_->graph, node_, environment));
}

}  // namespace howship::model
