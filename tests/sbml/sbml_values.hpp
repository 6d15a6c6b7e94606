#pragma once

#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string>

#include <sbml/SBMLTypes.h>

namespace howship::sbml {

/// What an SBML model computes, straight from its rules and reactions in long double: the slow, plain reading that the
/// exporter is held against. Species count as SBML means them in formulas.
class SbmlValues {
 public:
  explicit SbmlValues(const ::Model& model) : model_(model) {
    for (unsigned int i = 0; i < model.getNumParameters(); ++i) {
      const auto* p = model.getParameter(i);
      if (p->isSetValue()) values_[p->getId()] = p->getValue();
    }
    for (unsigned int i = 0; i < model.getNumCompartments(); ++i)
      values_[model.getCompartment(i)->getId()] = model.getCompartment(i)->getSize();
    for (unsigned int i = 0; i < model.getNumSpecies(); ++i) {
      const auto* s = model.getSpecies(i);
      if (s->isSetInitialConcentration()) values_[s->getId()] = s->getInitialConcentration();
      if (s->isSetInitialAmount()) values_[s->getId()] = s->getInitialAmount();
    }
  }

  void set(const std::string& id, long double value) { values_[id] = value; }
  void set_time(long double time) { time_ = time; }

  long double initial(const std::string& id) const {
    if (const auto* assignment = model_.getInitialAssignmentBySymbol(id)) return of(*assignment->getMath());
    return values_.at(id);
  }

  /// The value of anything a formula may name.
  long double value(const std::string& id) const {
    if (const auto* rule = model_.getAssignmentRuleByVariable(id)) return of(*rule->getMath());
    if (const auto* reaction = model_.getReaction(id)) return of(*reaction->getKineticLaw()->getMath());
    const auto found = values_.find(id);
    if (found == values_.end()) throw std::runtime_error(id + " has no value");
    return found->second;
  }

  /// d/dt of a species or of a parameter with a rate rule.
  long double rate(const std::string& id) const {
    if (const auto* rule = model_.getRateRuleByVariable(id)) return of(*rule->getMath());
    const auto* species = model_.getSpecies(id);
    long double sum = 0;
    for (unsigned int r = 0; r < model_.getNumReactions(); ++r) {
      const auto* reaction = model_.getReaction(r);
      for (unsigned int i = 0; i < reaction->getNumReactants(); ++i) {
        const auto* one = reaction->getReactant(i);
        if (one->getSpecies() == id) sum -= one->getStoichiometry() * value(reaction->getId());
      }
      for (unsigned int i = 0; i < reaction->getNumProducts(); ++i) {
        const auto* one = reaction->getProduct(i);
        if (one->getSpecies() == id) sum += one->getStoichiometry() * value(reaction->getId());
      }
    }
    if (species == nullptr || species->getHasOnlySubstanceUnits()) return sum;
    return sum / value(species->getCompartment());
  }

  long double of(const ASTNode& node) const {
    const auto child = [&](unsigned int i) { return of(*node.getChild(i)); };
    const unsigned int count = node.getNumChildren();
    switch (node.getType()) {
      case AST_INTEGER:
      case AST_REAL:
      case AST_REAL_E:
      case AST_RATIONAL:
        return node.getValue();
      case AST_NAME:
        return value(node.getName());
      case AST_NAME_TIME:
        return time_;
      case AST_CONSTANT_PI:
        return std::numbers::pi_v<long double>;
      case AST_CONSTANT_E:
        return std::numbers::e_v<long double>;
      case AST_CONSTANT_TRUE:
        return 1;
      case AST_CONSTANT_FALSE:
        return 0;
      case AST_PLUS: {
        long double sum = 0;
        for (unsigned int i = 0; i < count; ++i) sum += child(i);
        return sum;
      }
      case AST_TIMES: {
        long double product = 1;
        for (unsigned int i = 0; i < count; ++i) product *= child(i);
        return product;
      }
      case AST_MINUS:
        return count == 1 ? -child(0) : child(0) - child(1);
      case AST_DIVIDE:
        return child(0) / child(1);
      case AST_POWER:
      case AST_FUNCTION_POWER:
        return std::pow(child(0), child(1));
      case AST_FUNCTION_ROOT:
        return count == 1 ? std::sqrt(child(0)) : std::pow(child(1), 1 / child(0));
      case AST_FUNCTION_LN:
        return std::log(child(0));
      case AST_FUNCTION_LOG:
        return std::log(child(1)) / std::log(child(0));
      case AST_FUNCTION_EXP:
        return std::exp(child(0));
      case AST_FUNCTION_ABS:
        return std::abs(child(0));
      case AST_FUNCTION_FLOOR:
        return std::floor(child(0));
      case AST_FUNCTION_CEILING:
        return std::ceil(child(0));
      case AST_FUNCTION_SIN:
        return std::sin(child(0));
      case AST_FUNCTION_COS:
        return std::cos(child(0));
      case AST_FUNCTION_TANH:
        return std::tanh(child(0));
      case AST_FUNCTION_MAX:
      case AST_FUNCTION_MIN: {
        long double best = child(0);
        for (unsigned int i = 1; i < count; ++i)
          best = node.getType() == AST_FUNCTION_MAX ? std::max(best, child(i)) : std::min(best, child(i));
        return best;
      }
      case AST_RELATIONAL_LT:
        return child(0) < child(1) ? 1 : 0;
      case AST_RELATIONAL_GT:
        return child(0) > child(1) ? 1 : 0;
      case AST_RELATIONAL_LEQ:
        return child(0) <= child(1) ? 1 : 0;
      case AST_RELATIONAL_GEQ:
        return child(0) >= child(1) ? 1 : 0;
      case AST_RELATIONAL_EQ:
        return child(0) == child(1) ? 1 : 0;
      case AST_RELATIONAL_NEQ:
        return child(0) != child(1) ? 1 : 0;
      case AST_LOGICAL_AND: {
        bool all = true;
        for (unsigned int i = 0; i < count; ++i) all = all && child(i) != 0;
        return all ? 1 : 0;
      }
      case AST_LOGICAL_OR: {
        bool one = false;
        for (unsigned int i = 0; i < count; ++i) one = one || child(i) != 0;
        return one ? 1 : 0;
      }
      case AST_LOGICAL_NOT:
        return child(0) == 0 ? 1 : 0;
      case AST_FUNCTION_PIECEWISE:
        for (unsigned int i = 0; i + 1 < count; i += 2) {
          if (child(i + 1) != 0) return child(i);
        }
        return child(count - 1);
      default:
        throw std::runtime_error("the test does not know this mathematics");
    }
  }

 private:
  const ::Model& model_;
  std::map<std::string, long double> values_;
  long double time_ = 0;
};

}  // namespace howship::sbml
