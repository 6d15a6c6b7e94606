#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sbml/document.hpp"
#include "sbml/toml.hpp"
#include "sbml/translation.hpp"

namespace howship::sbml {
namespace {

bool changes_by_reactions(const Symbol& symbol) {
  return symbol.species != nullptr && symbol.rule == nullptr && !symbol.species->getBoundaryCondition() &&
         !symbol.species->getConstant();
}

}  // namespace

Locals Translation::local_parameters(const Reaction& reaction) {
  Locals locals;
  const KineticLaw& law = *reaction.getKineticLaw();
  const bool is_level_3 = law.getLevel() > 2;
  const unsigned int count = is_level_3 ? law.getNumLocalParameters() : law.getNumParameters();
  for (unsigned int i = 0; i < count; ++i) {
    const Parameter& p = is_level_3 ? *law.getLocalParameter(i) : *law.getParameter(i);
    const std::string name = symbols_.names().make(reaction.getId() + "_" + p.getId());
    stated(name, p);
    locals[p.getId()] = {name, Rendered::atom};
    if (p.isSetValue() && std::isfinite(p.getValue())) {
      parameters_ +=
          fmt::format("{} = {{ title = {}, value = {}, unit = {}, range = [-inf, inf], source = {} }}\n", name,
                      title_of(p, p.getId()), p.getValue(), in_quotes(p.getUnits().empty() ? "1" : p.getUnits()),
                      in_quotes("SBML model " + model_.getId()));
    } else {
      quantities_ +=
          fmt::format("{} = {}\n", name, in_quotes(number_text(p.isSetValue() ? p.getValue() : std::nan("")).text));
    }
  }
  return locals;
}

// The specification knows no default in Level 3; what else reads SBML takes one, as Level 2 does.
Coefficient Translation::stoichiometry(const SpeciesReference& reference, const Reaction& reaction) {
  if (reference.isSetStoichiometryMath())
    return {0.0, "(" + formula(reference.getStoichiometryMath()->getMath(), reference).text + ")"};
  const Symbol* symbol = reference.isSetId() && reference.getLevel() > 1 ? symbols_.find(reference.getId()) : nullptr;
  const bool is_set = symbol != nullptr && (symbol->rule != nullptr || symbol->initial != nullptr);
  if (reference.getLevel() > 2 && !reference.isSetStoichiometry() && !is_set) {
    notes_.push_back({place_of(reference, file_),
                      fmt::format("speciesReference {}to '{}' in {} has no stoichiometry; it counts as 1",
                                  reference.isSetId() ? fmt::format("'{}' ", reference.getId()) : "",
                                  reference.getSpecies(), name_of(reaction)),
                      {},
                      {}});
  }
  if (symbol != nullptr) return {0.0, symbol->name};
  double value = reference.getStoichiometry();
  if (reference.getLevel() == 1) value /= reference.getDenominator();
  if (std::isnan(value) && reference.isSetStoichiometry())
    fault(reference,
          fmt::format("the stoichiometry of '{}' in {} is not a number", reference.getSpecies(), name_of(reaction)));
  return {std::isnan(value) ? 1.0 : value, {}};
}

std::map<const Symbol*, std::string> Translation::coefficients(const Reaction& reaction) {
  std::map<const Symbol*, Coefficient> sums;
  const auto add = [&](const ListOfSpeciesReferences& list, bool is_product) {
    for (unsigned int i = 0; i < list.size(); ++i) {
      const auto* reference = dynamic_cast<const SpeciesReference*>(list.get(i));
      if (reference == nullptr) continue;
      const Symbol* symbol = symbols_.find(reference->getSpecies());
      if (symbol == nullptr || symbol->species == nullptr) {
        fault(reaction, fmt::format("changes '{}', which is no species", reference->getSpecies()));
        continue;
      }
      if (!changes_by_reactions(*symbol)) continue;
      const Coefficient coefficient = stoichiometry(*reference, reaction);
      Coefficient& sum = sums[symbol];
      sum.number += is_product ? coefficient.number : -coefficient.number;
      if (!coefficient.formula.empty()) sum.formula += (is_product ? " + " : " - ") + coefficient.formula;
    }
  };
  add(*reaction.getListOfReactants(), false);
  add(*reaction.getListOfProducts(), true);
  std::map<const Symbol*, std::string> out;
  for (const auto& [symbol, sum] : sums) {
    if (sum.number == 0.0 && sum.formula.empty()) continue;
    std::string text = fmt::format("{}", sum.number);
    if (!sum.formula.empty()) text = sum.number == 0.0 ? sum.formula.substr(1) : text + sum.formula;
    if (text.starts_with("+ ")) text = text.substr(2);
    const bool is_sum = !sum.formula.empty() && (sum.number != 0.0 || text.find(' ') != std::string::npos);
    if (is_sum) text = "(" + text + ")";
    std::string factor = symbol->species->getConversionFactor();
    if (factor.empty()) factor = model_.getConversionFactor();
    if (!factor.empty()) {
      const Symbol* found = symbols_.find(factor);
      if (found == nullptr)
        fault(*symbol->element, fmt::format("the conversion factor '{}' is no parameter of the model", factor));
      else
        text += "*" + found->name;
    }
    if (!symbol->is_amount && !symbol->keeps_amount) text += "/" + size_of(*symbol->compartment);
    out[symbol] = text;
  }
  return out;
}

void Translation::reaction(const Reaction& reaction) {
  if (!reaction.isSetKineticLaw() || !reaction.getKineticLaw()->isSetMath()) {
    if (reaction.getNumReactants() + reaction.getNumProducts() > 0)
      notes_.push_back({place_of(reaction, file_),
                        fmt::format("{} has no kinetic law and changes nothing", name_of(reaction)),
                        {},
                        {}});
    return;
  }
  const Rendered rate = formula(reaction.getKineticLaw()->getMath(), reaction, local_parameters(reaction));
  const std::string& name = symbols_.find(reaction.getId())->name;
  std::vector<std::string> changes;
  for (const auto& [symbol, coefficient] : coefficients(reaction))
    changes.push_back(fmt::format("{} = {}", symbol->state, in_quotes(coefficient)));
  if (changes.empty()) {  // between boundary species: a rate that others may read
    quantities_ += fmt::format("{} = {}\n", stated(name, reaction), in_quotes(rate.text));
    return;
  }
  std::sort(changes.begin(), changes.end());
  processes_ += fmt::format("[processes.{}]\ntitle = {}\nrate = {}\nchanges = {{ {} }}\n\n", stated(name, reaction),
                            title_of(reaction, reaction.getId()), in_quotes(rate.text), fmt::join(changes, ", "));
}

void Translation::processes() {
  for (unsigned int i = 0; i < model_.getNumReactions(); ++i) reaction(*model_.getReaction(i));
}

}  // namespace howship::sbml
