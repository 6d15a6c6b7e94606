#include "sbml/export_term.hpp"

#include <cmath>
#include <utility>
#include <vector>

namespace howship::sbml {

Tree TermMaker::literal(double value, const std::string& unit) {
  Tree out(new ASTNode(AST_REAL));
  constexpr double kLargestInteger = 1e6;
  if (value == std::floor(value) && std::abs(value) < kLargestInteger) {
    out->setValue(static_cast<int>(value));
  } else {
    out->setValue(value);
  }
  out->setUnits(unit);
  return out;
}

Term TermMaker::number(double value, const Unit& unit) {
  return {literal(value, units_.id(unit)), unit.dimension, unit.scale, value == 0.0 && unit.dimension.is_none(), false};
}

Term TermMaker::symbol(const std::string& id, const Unit& unit) {
  Tree tree(new ASTNode(AST_NAME));
  tree->setName(id.c_str());
  return {std::move(tree), unit.dimension, unit.scale, false, false};
}

Term TermMaker::time() {
  Tree tree(new ASTNode(AST_NAME_TIME));
  tree->setName("time");
  return {std::move(tree), day().dimension, 1.0, false, false};
}

// A zero takes the unit of what it stands beside; a zero inside a product is left as it is.
void TermMaker::give_unit(ASTNode& tree, const std::string& unit) {
  if (tree.isNumber()) tree.setUnits(unit);
  if (tree.getType() == AST_MINUS && tree.getNumChildren() == 1) give_unit(*tree.getChild(0), unit);
}

Tree TermMaker::in(Term term, const Unit& unit) {
  if (term.any) {
    give_unit(*term.tree, units_.id(unit));
    return std::move(term.tree);
  }
  if (same_scale(term.scale, unit.scale)) return std::move(term.tree);
  const double factor = term.scale / unit.scale;
  if (term.tree->isNumber()) return literal(term.tree->getValue() * factor, units_.id(unit));
  // One user's unit is `factor` of the wanted ones, so this number, in its own unit, is one.
  return tree_of(AST_TIMES, literal(factor, units_.conversion(1.0 / factor)), std::move(term.tree));
}

void TermMaker::align(std::vector<Term>& terms) {
  const Term* model = &terms.front();
  for (const Term& term : terms) {
    if (term.any) continue;
    model = &term;
    break;
  }
  if (model->any) return;
  const Unit unit = unit_of(model->dimension, model->scale);
  for (Term& term : terms) term = {in(std::move(term), unit), unit.dimension, unit.scale, false, false};
}

Term TermMaker::product(Term a, Term b) {
  const bool any = a.any || b.any;
  return {tree_of(AST_TIMES, std::move(a.tree), std::move(b.tree)), a.dimension * b.dimension, a.scale * b.scale, any,
          false};
}

Term TermMaker::quotient(Term a, Term b) {
  return {tree_of(AST_DIVIDE, std::move(a.tree), std::move(b.tree)), a.dimension / b.dimension, a.scale / b.scale,
          a.any, false};
}

Term TermMaker::negative(Term a) {
  a.tree = tree_of(AST_MINUS, std::move(a.tree));
  return a;
}

Term TermMaker::rate_of(Term symbol) {
  Unit unit = unit_of(symbol.dimension, symbol.scale);
  if (units_.checked()) unit = per_day(unit);
  return {tree_of(AST_FUNCTION_RATE_OF, std::move(symbol.tree)), unit.dimension, unit.scale, false, false};
}

Term TermMaker::power(Term base, double value, Tree exponent) {
  return {tree_of(AST_POWER, std::move(base.tree), std::move(exponent)), pow(base.dimension, value),
          std::pow(base.scale, value), false, false};
}

Term TermMaker::root(Term radicand, double degree, Tree degree_tree) {
  return {tree_of(AST_FUNCTION_ROOT, std::move(degree_tree), std::move(radicand.tree)),
          pow(radicand.dimension, 1.0 / degree), std::pow(radicand.scale, 1.0 / degree), radicand.any, false};
}

Term TermMaker::alike(ASTNodeType_t type, std::vector<Term> children) {
  for (Term& child : children) child = numeric(std::move(child));
  align(children);
  Term out{tree_of(type), children.front().dimension, children.front().scale, children.front().any, false};
  for (Term& child : children) out.tree->addChild(child.tree.release());
  return out;
}

Term TermMaker::comparison(ASTNodeType_t type, std::vector<Term> children) {
  Term out = alike(type, std::move(children));
  return {std::move(out.tree), {}, 1.0, false, true};
}

Term TermMaker::numeric(Term term) {
  if (!term.truth) return term;
  return {tree_of(AST_FUNCTION_PIECEWISE, literal(1.0, units_.id(Unit{})), std::move(term.tree),
                  literal(0.0, units_.id(Unit{}))),
          {},
          1.0,
          false,
          false};
}

Tree TermMaker::condition(Term term) {
  if (term.truth) return std::move(term.tree);
  return tree_of(AST_RELATIONAL_NEQ, std::move(term.tree), literal(0.0, units_.id(Unit{})));
}

}  // namespace howship::sbml
