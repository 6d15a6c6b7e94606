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

std::string Translation::stoichiometry(const SpeciesReference& reference) {
  if (reference.isSetStoichiometryMath())
    return "(" + formula(reference.getStoichiometryMath()->getMath(), reference).text + ")";
  if (reference.isSetId() && reference.getLevel() > 1) return symbols_.find(reference.getId())->name;
  double value = reference.getStoichiometry();
  if (reference.getLevel() == 1) value /= reference.getDenominator();
  if (std::isnan(value)) value = 1.0;
  return number_text(value).text;
}

std::map<const Symbol*, std::string> Translation::coefficients(const Reaction& reaction) {
  struct Sum {
    double number = 0.0;
    std::string formulas;
  };
  std::map<const Symbol*, Sum> sums;
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
      const std::string text = stoichiometry(*reference);
      char* end = nullptr;
      const double number = std::strtod(text.c_str(), &end);
      Sum& sum = sums[symbol];
      if (end != text.c_str() && *end == '\0') {
        sum.number += is_product ? number : -number;
      } else {
        sum.formulas += (is_product ? " + " : " - ") + text;
      }
    }
  };
  add(*reaction.getListOfReactants(), false);
  add(*reaction.getListOfProducts(), true);
  std::map<const Symbol*, std::string> out;
  for (const auto& [symbol, sum] : sums) {
    if (sum.number == 0.0 && sum.formulas.empty()) continue;
    std::string text = fmt::format("{}", sum.number);
    if (!sum.formulas.empty()) text = sum.number == 0.0 ? sum.formulas.substr(1) : text + sum.formulas;
    if (text.starts_with("+ ")) text = text.substr(2);
    const bool is_sum = !sum.formulas.empty() && (sum.number != 0.0 || text.find(' ') != std::string::npos);
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
    if (!symbol->is_amount && !symbol->keeps_amount) text += "/" + symbol->compartment->name;
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
    quantities_ += fmt::format("{} = {}\n", name, in_quotes(rate.text));
    return;
  }
  std::sort(changes.begin(), changes.end());
  processes_ += fmt::format("[processes.{}]\ntitle = {}\nrate = {}\nchanges = {{ {} }}\n\n", name,
                            title_of(reaction, reaction.getId()), in_quotes(rate.text), fmt::join(changes, ", "));
}

void Translation::processes() {
  for (unsigned int i = 0; i < model_.getNumReactions(); ++i) reaction(*model_.getReaction(i));
}

}  // namespace howship::sbml
