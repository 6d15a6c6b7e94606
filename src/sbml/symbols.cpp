#include "sbml/symbols.hpp"

namespace howship::sbml {

Symbols::Symbols(const Model& model) : model_(model) {
  enter_all();
  attach_rules();
  assign_roles();
}

const Symbol* Symbols::find(const std::string& id) const {
  const auto found = symbols_.find(id);
  return found == symbols_.end() ? nullptr : &found->second;
}

Symbol& Symbols::enter(const SBase& element, const std::string& id, Symbol::Kind kind) {
  const auto [place, is_new] = symbols_.try_emplace(id);
  Symbol& symbol = place->second;
  if (!is_new) {
    repeated_.push_back(&element);
    return symbol;
  }
  symbol.id = id;
  symbol.kind = kind;
  symbol.element = &element;
  symbol.name = names_.take(id);
  symbol.state = symbol.name;
  order_.push_back(&symbol);
  return symbol;
}

void Symbols::enter_all() {
  for (unsigned int i = 0; i < model_.getNumCompartments(); ++i) {
    const Compartment& c = *model_.getCompartment(i);
    Symbol& symbol = enter(c, c.getId(), Symbol::Kind::compartment);
    if (c.isSetSize()) symbol.value = c.getSize();
    // A point has no size, and Level 1 and libSBML know a default; a size that is nowhere stated counts as one.
    if (!c.isSetSize()) symbol.value = c.getSpatialDimensionsAsDouble() == 0.0 ? 0.0 : 1.0;
  }
  for (unsigned int i = 0; i < model_.getNumSpecies(); ++i) {
    const Species& s = *model_.getSpecies(i);
    Symbol& symbol = enter(s, s.getId(), Symbol::Kind::species);
    symbol.species = &s;
    symbol.compartment = find(s.getCompartment());
    const auto* compartment = model_.getCompartment(s.getCompartment());
    symbol.is_amount =
        s.getHasOnlySubstanceUnits() || compartment == nullptr || compartment->getSpatialDimensionsAsDouble() == 0.0;
  }
  for (unsigned int i = 0; i < model_.getNumParameters(); ++i) {
    const Parameter& p = *model_.getParameter(i);
    Symbol& symbol = enter(p, p.getId(), Symbol::Kind::parameter);
    if (p.isSetValue()) symbol.value = p.getValue();
  }
  for (unsigned int i = 0; i < model_.getNumReactions(); ++i) {
    const Reaction& r = *model_.getReaction(i);
    enter(r, r.getId(), Symbol::Kind::reaction);
    const auto enter_references = [this](const ListOfSpeciesReferences& list) {
      for (unsigned int k = 0; k < list.size(); ++k) {
        const auto* reference = dynamic_cast<const SpeciesReference*>(list.get(k));
        if (reference == nullptr || !reference->isSetId() || reference->isSetStoichiometryMath()) continue;
        Symbol& symbol = enter(*reference, reference->getId(), Symbol::Kind::reference);
        symbol.value = reference->isSetStoichiometry() || reference->getLevel() < 3
                           ? reference->getStoichiometry()
                           : 1.0;  // a note says so where it counts
      }
    };
    enter_references(*r.getListOfReactants());
    enter_references(*r.getListOfProducts());
  }
}

void Symbols::attach_rules() {
  const auto symbol = [this](const std::string& id) -> Symbol* {
    const auto found = symbols_.find(id);
    return found == symbols_.end() ? nullptr : &found->second;
  };
  for (unsigned int i = 0; i < model_.getNumInitialAssignments(); ++i) {
    const InitialAssignment& initial = *model_.getInitialAssignment(i);
    if (!initial.isSetMath()) continue;
    Symbol* s = symbol(initial.getSymbol());
    if (s == nullptr || s->initial != nullptr) {
      (s == nullptr ? astray_ : doubled_).push_back(&initial);
    } else {
      s->initial = &initial;
    }
  }
  for (unsigned int i = 0; i < model_.getNumRules(); ++i) {
    const Rule& rule = *model_.getRule(i);
    if (!rule.isSetMath() || rule.isAlgebraic()) continue;
    Symbol* s = symbol(rule.getVariable());
    if (s == nullptr || s->rule != nullptr) {
      (s == nullptr ? astray_ : doubled_).push_back(&rule);
    } else {
      s->rule = &rule;
    }
  }
  for (unsigned int i = 0; i < model_.getNumEvents(); ++i) {
    const Event& event = *model_.getEvent(i);
    for (unsigned int k = 0; k < event.getNumEventAssignments(); ++k) {
      const EventAssignment& set = *event.getEventAssignment(k);
      if (Symbol* s = symbol(set.getVariable()); s != nullptr && set.isSetMath()) {
        s->set_by_event = true;
        const bool at_trigger = !event.isSetUseValuesFromTriggerTime() || event.getUseValuesFromTriggerTime();
        s->set_late = s->set_late || (event.isSetDelay() && at_trigger);
      }
    }
  }
}

void Symbols::assign_roles() {
  for (Symbol* symbol : order_) {
    if (symbol->kind == Symbol::Kind::reaction || symbol->is_assigned()) {
      symbol->role = Symbol::Role::quantity;
    } else if (symbol->has_rate_rule() || symbol->set_by_event || symbol->kind == Symbol::Kind::species) {
      symbol->role = Symbol::Role::state;
    } else if (symbol->initial != nullptr) {
      symbol->role = never_changes(*symbol) ? Symbol::Role::quantity : Symbol::Role::state;
    }
  }
  for (Symbol* symbol : order_) {
    if (symbol->role != Symbol::Role::state || symbol->species == nullptr || symbol->is_amount) continue;
    const Symbol& compartment = *symbol->compartment;
    const bool is_fixed = never_changes(compartment) || (compartment.role == Symbol::Role::state &&
                                                         !compartment.has_rate_rule() && !compartment.set_by_event);
    const bool is_point = compartment.role == Symbol::Role::parameter && compartment.value == 0.0;
    // A rate rule states how the concentration changes, whatever an assigned size does.
    const bool rate_of_concentration = symbol->has_rate_rule() && compartment.is_assigned();
    // A value that waits for a delay is a concentration and must meet the size of its own moment.
    symbol->dilutes = symbol->set_late && compartment.has_rate_rule() && !compartment.set_by_event;
    symbol->keeps_amount = (!is_fixed || is_point) && !rate_of_concentration && !symbol->dilutes;
    if (symbol->keeps_amount) symbol->state = names_.make(symbol->name + "_amount");
  }
}

// The stack is our own: assignments may use each other thousands deep. What is in a circle changes.
bool Symbols::never_changes(const Symbol& symbol) {
  struct Frame {
    const Symbol* symbol;
    std::vector<const Symbol*> needs;
    std::size_t next = 0;
    bool constant = true;
  };
  std::vector<Frame> open;
  const auto enter = [&](const Symbol& s) {
    constant_[&s] = false;
    Frame frame{&s, {}};
    frame.constant = s.kind != Symbol::Kind::reaction && s.species == nullptr && !s.has_rate_rule() && !s.set_by_event;
    const ASTNode* formula = s.is_assigned()        ? s.rule->getMath()
                             : s.initial != nullptr ? s.initial->getMath()
                                                    : nullptr;
    if (frame.constant && formula != nullptr) frame.constant = names_of(*formula, frame.needs);
    open.push_back(std::move(frame));
  };
  if (!constant_.contains(&symbol)) enter(symbol);
  while (!open.empty()) {
    Frame& frame = open.back();
    if (!frame.constant || frame.next == frame.needs.size()) {
      constant_[frame.symbol] = frame.constant;
      open.pop_back();
      continue;
    }
    const Symbol* need = frame.needs[frame.next];
    if (const auto known = constant_.find(need); known != constant_.end()) {
      frame.constant = known->second;
      ++frame.next;
    } else {
      enter(*need);
    }
  }
  return constant_.at(&symbol);
}

/// The symbols that a formula names; false if it may change whatever they do.
bool Symbols::names_of(const ASTNode& formula, std::vector<const Symbol*>& symbols) const {
  std::vector<const ASTNode*> open{&formula};
  while (!open.empty()) {
    const ASTNode* node = open.back();
    open.pop_back();
    switch (node->getType()) {
      case AST_NAME_TIME:
      case AST_FUNCTION_RATE_OF:
      case AST_FUNCTION_DELAY:
      case AST_FUNCTION:  // what a definition does is not looked into
        return false;
      case AST_NAME: {
        const Symbol* symbol = find(node->getName());
        if (symbol == nullptr) return false;
        symbols.push_back(symbol);
        break;
      }
      default:
        break;
    }
    for (unsigned int i = 0; i < node->getNumChildren(); ++i) open.push_back(node->getChild(i));
  }
  return true;
}

}  // namespace howship::sbml
