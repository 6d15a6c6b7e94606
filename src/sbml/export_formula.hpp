#pragma once

#include <map>
#include <string>
#include <utility>

#include "howship/core/units.hpp"

#include "sbml/export_term.hpp"

namespace howship::sbml {

/// What a name of our formulas is in the SBML file.
struct WrittenName {
  std::string id;
  Unit unit;
  bool over_volume = false;  ///< the rate of a reaction counts for the whole compartment: divide by its size
  bool moves = false;        ///< changes with the state
};

/// Turns formulas of the model language, as text, into MathML for one piece of uniform tissue.
class FormulaWriter {
 public:
  /// @param volume  the compartment's id: what integral(...) multiplies by, in mm^3
  FormulaWriter(const UnitSystem& system, UnitTable& units, std::string volume)
      : system_(system), maker_(units), volume_(std::move(volume)) {}

  void add(const std::string& name, WrittenName symbol) { symbols_.insert_or_assign(name, std::move(symbol)); }

  TermMaker& maker() { return maker_; }
  Term read(const std::string& text);
  Term symbol(const std::string& name);
  Term volume();
  Tree in(const std::string& text, const Unit& unit) { return maker_.in(maker_.numeric(read(text)), unit); }

 private:
  Term convert(const ASTNode& node);
  Term power(const ASTNode& node);
  Term select(const ASTNode& node);
  Term number(const ASTNode& node);
  Term function(const ASTNode& node);
  std::vector<Term> children(const ASTNode& node);
  bool moves(const ASTNode& node) const;

  const UnitSystem& system_;
  TermMaker maker_;
  std::string volume_;
  std::map<std::string, WrittenName> symbols_;
};

}  // namespace howship::sbml
