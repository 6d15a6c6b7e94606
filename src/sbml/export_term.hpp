#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sbml/SBMLTypes.h>

#include "howship/core/units.hpp"

#include "sbml/export_units.hpp"

namespace howship::sbml {

using Tree = std::unique_ptr<ASTNode>;

/// A node of MathML over its children.
template <class... Trees>
Tree tree_of(ASTNodeType_t type, Trees... children) {
  Tree out(new ASTNode(type));
  (out->addChild(children.release()), ...);
  return out;
}

/// MathML and what its value is counted in. Our formulas mean quantities and convert by themselves; SBML computes with
/// bare numbers, so where two scales meet a factor is written.
struct Term {
  Tree tree;
  Dimension dimension;
  double scale = 1.0;  ///< base units in one of this term's units
  bool any = false;    ///< a literal zero fits any unit
  bool truth = false;  ///< a condition
};

/// Puts terms together so that the result is right in its units.
class TermMaker {
 public:
  explicit TermMaker(UnitTable& units) : units_(units) {}

  bool units_checked() const { return units_.checked(); }
  Term number(double value, const Unit& unit);
  Term symbol(const std::string& id, const Unit& unit);
  Term time();

  Term product(Term a, Term b);
  Term quotient(Term a, Term b);
  Term negative(Term a);
  /// d/dt of a symbol.
  Term rate_of(Term symbol);
  /// The base to a power that is one number; `exponent` is its MathML.
  Term power(Term base, double value, Tree exponent);
  Term root(Term radicand, double degree, Tree degree_tree);
  /// Children that must be in one unit: sums, differences, min, max.
  Term alike(ASTNodeType_t type, std::vector<Term> children);
  Term comparison(ASTNodeType_t type, std::vector<Term> children);

  /// The same in another unit of its dimension.
  Tree in(Term term, const Unit& unit);
  Tree pure(Term term) { return in(numeric(std::move(term)), Unit{}); }
  /// A condition as the number 1 or 0, and the other way round.
  Term numeric(Term term);
  Tree condition(Term term);
  /// Converts all to the unit of the first that has one.
  void align(std::vector<Term>& terms);

 private:
  Tree literal(double value, const std::string& unit);
  void give_unit(ASTNode& tree, const std::string& unit);

  UnitTable& units_;
};

}  // namespace howship::sbml
