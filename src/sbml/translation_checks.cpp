#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sbml/document.hpp"
#include "sbml/toml.hpp"
#include "sbml/translation.hpp"

namespace howship::sbml {
namespace {

bool is_constant(const SBase& element) {
  if (element.getLevel() == 1) return false;
  if (const auto* species = dynamic_cast<const Species*>(&element)) return species->getConstant();
  if (const auto* compartment = dynamic_cast<const Compartment*>(&element)) return compartment->getConstant();
  if (const auto* parameter = dynamic_cast<const Parameter*>(&element)) return parameter->getConstant();
  const auto* reference = dynamic_cast<const SpeciesReference*>(&element);
  return reference != nullptr && element.getLevel() > 2 && reference->getConstant();
}

}  // namespace

void Translation::refuse_unsupported() {
  for (unsigned int i = 0; i < model_.getNumRules(); ++i) {
    const Rule& rule = *model_.getRule(i);
    if (rule.isAlgebraic() && rule.isSetMath())
      unsupported(rule,
                  fmt::format("algebraic rules are not supported ({})",
                              rule.isSetMetaId() ? rule.getMetaId() : fmt::format("rule {}", i + 1)),
                  "solve it for one of its variables and write an assignment rule");
  }
  for (unsigned int i = 0; i < model_.getNumReactions(); ++i) {
    const Reaction& reaction = *model_.getReaction(i);
    if (reaction.isSetFast() && reaction.getFast())
      unsupported(reaction, "fast reactions are not supported", "give it a rate much larger than the others");
  }
}

// What would otherwise be overlooked: the reader takes such documents without a word.
void Translation::check_symbols() {
  for (const SBase* element : symbols_.repeated())
    fault(*element, "its id is taken already", "every id may be used once in a model");
  for (const SBase* element : symbols_.astray()) fault(*element, "there is no such symbol in the model");
  for (const SBase* element : symbols_.doubled()) {
    fault(*element, dynamic_cast<const Rule*>(element) != nullptr ? "it has a rule already"
                                                                  : "it has an initial assignment already");
  }
  for (const Symbol* symbol : symbols_.all()) {
    const SBase& element = *symbol->element;
    if (symbol->species != nullptr && symbol->compartment == nullptr)
      fault(element, fmt::format("its compartment '{}' is not in the model", symbol->species->getCompartment()));
    if (is_constant(element) && (symbol->rule != nullptr || symbol->set_by_event))
      fault(element, "is constant, and a rule or an event changes it", "write constant=\"false\"");
  }
  for (unsigned int i = 0; i < model_.getNumReactions(); ++i) {
    const Reaction& reaction = *model_.getReaction(i);
    for (const ListOfSpeciesReferences* list : {reaction.getListOfReactants(), reaction.getListOfProducts()}) {
      for (unsigned int k = 0; k < list->size(); ++k) {
        const auto* reference = dynamic_cast<const SpeciesReference*>(list->get(k));
        const Symbol* symbol = reference != nullptr ? symbols_.find(reference->getSpecies()) : nullptr;
        if (symbol == nullptr || symbol->species == nullptr || symbol->species->getBoundaryCondition()) continue;
        if (symbol->rule != nullptr || is_constant(*symbol->element)) {
          fault(reaction,
                fmt::format("changes '{}', which is {}", symbol->id,
                            symbol->rule != nullptr ? "given by a rule" : "constant"),
                "write boundaryCondition=\"true\" for a species that reactions leave alone");
        }
      }
    }
  }
  if (model_.getNumConstraints() > 0)
    notes_.push_back({place_of(*model_.getListOfConstraints(), file_), "constraints are not watched", {}, {}});
}

}  // namespace howship::sbml
