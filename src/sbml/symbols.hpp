#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include <sbml/SBMLTypes.h>

#include "sbml/names.hpp"

namespace howship::sbml {

/// Something of the document that has a value: a compartment, species, parameter or species reference with an id, or a
/// reaction, whose value is its rate.
struct Symbol {
  enum class Kind { compartment, species, parameter, reference, reaction };
  /// parameter: a number; quantity: a formula; state: changes, or is computed once at time zero and stays.
  enum class Role { parameter, quantity, state };

  std::string id;    ///< in the document
  std::string name;  ///< of the value in the model text
  Kind kind = Kind::parameter;
  Role role = Role::parameter;
  const SBase* element = nullptr;
  double value = std::numeric_limits<double>::quiet_NaN();

  const InitialAssignment* initial = nullptr;
  const Rule* rule = nullptr;  ///< assignment or rate rule
  bool set_by_event = false;
  bool set_late = false;  ///< by an event with a delay, to a value computed before it

  // Of a species.
  const Species* species = nullptr;
  const Symbol* compartment = nullptr;
  bool is_amount = false;  ///< its value in formulas is an amount
  /// What is integrated. Where the value is a concentration in a compartment that changes, it is the amount, which the
  /// change leaves alone, and has a name of its own; otherwise it is the value.
  bool keeps_amount = false;
  bool dilutes = false;  ///< the concentration is integrated, in a compartment whose size has a rate
  std::string state;

  bool has_rate_rule() const { return rule != nullptr && rule->isRate(); }
  bool is_assigned() const { return rule != nullptr && rule->isAssignment(); }
};

/// All symbols of a model and the role each plays.
class Symbols {
 public:
  explicit Symbols(const Model& model);

  const std::vector<Symbol*>& all() const { return order_; }  ///< in the document's order
  const Symbol* find(const std::string& id) const;
  Names& names() { return names_; }

  const std::vector<const SBase*>& repeated() const { return repeated_; }  ///< whose id was taken already
  /// Rules and initial assignments of what is no symbol.
  const std::vector<const SBase*>& astray() const { return astray_; }
  /// Those of what has one already.
  const std::vector<const SBase*>& doubled() const { return doubled_; }

 private:
  Symbol& enter(const SBase& element, const std::string& id, Symbol::Kind kind);
  void enter_all();
  void attach_rules();
  void assign_roles();
  bool never_changes(const Symbol& symbol);
  bool names_of(const ASTNode& formula, std::vector<const Symbol*>& symbols) const;

  const Model& model_;
  std::map<std::string, Symbol> symbols_;
  std::vector<Symbol*> order_;
  std::vector<const SBase*> repeated_, astray_, doubled_;
  Names names_;
  std::map<const Symbol*, bool> constant_;  ///< never_changes, once known
};

}  // namespace howship::sbml
