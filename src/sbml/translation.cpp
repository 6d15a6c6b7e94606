#include "sbml/translation.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sbml/circles.hpp"
#include "sbml/document.hpp"
#include "sbml/toml.hpp"

namespace howship::sbml {
namespace {

std::string title_of(const SBase& element, const std::string& otherwise) {
  return in_quotes(element.isSetName() ? element.getName() : otherwise);
}

bool changes_by_reactions(const Symbol& symbol) {
  return symbol.species != nullptr && symbol.rule == nullptr && !symbol.species->getBoundaryCondition() &&
         !symbol.species->getConstant();
}

std::string product(const Rendered& a, const std::string& b) {
  return wrapped(a, Rendered::product) + "*" + b;
}

}  // namespace

Translation::Translation(const Model& model, std::string file, const ImportOptions& options)
    : model_(model),
      file_(std::move(file)),
      options_(options),
      symbols_(model),
      math_(
          model, [this](const std::string& id) { return value_of(id); },
          [this](const std::string& id) { return rate_of(id); },
          [this](const std::string& text) {
            const std::string name = symbols_.names().make(fmt::format("part_{}", ++parts_));
            quantities_ += fmt::format("{} = {}\n", name, in_quotes(text));
            return name;
          }),
      typical_(typical()) {}

void Translation::fault(const SBase& element, const std::string& message, const std::string& hint) {
  faults_.add(place_of(element, file_), fmt::format("{}: {}", name_of(element), message), hint);
}

void Translation::unsupported(const SBase& element, const std::string& message, const std::string& hint) {
  unsupported_.add(place_of(element, file_), fmt::format("{}: {}", name_of(element), message), hint);
}

Rendered Translation::formula(const ASTNode* math, const SBase& element, const Locals& locals) {
  try {
    if (math != nullptr) return math_(*math, locals);
    fault(element, "has no formula");
  } catch (const MathError& error) {
    error.unsupported() ? unsupported(element, error.what(), error.hint()) : fault(element, error.what(), error.hint());
  }
  return {"0", Rendered::atom};
}

Rendered Translation::value_of(const std::string& id) const {
  const Symbol* symbol = symbols_.find(id);
  if (symbol == nullptr)
    throw MathError(fmt::format("unknown symbol '{}'", id), "every symbol must be defined in the model");
  if (symbol->kind == Symbol::Kind::reaction) {
    const Reaction& reaction = *model_.getReaction(id);
    if (!reaction.isSetKineticLaw() || !reaction.getKineticLaw()->isSetMath())
      throw MathError(fmt::format("reaction '{}' has no kinetic law and so no rate", id), "", true);
  }
  return {symbol->name, Rendered::atom};
}

Rendered Translation::rate_of(const std::string& id) const {
  const Symbol* symbol = symbols_.find(id);
  if (symbol == nullptr) throw MathError(fmt::format("unknown symbol '{}'", id), "");
  if (symbol->is_assigned() || symbol->kind == Symbol::Kind::reaction)
    throw MathError(fmt::format("rateOf() of '{}', which is given by a formula, is not supported", id), "", true);
  if (symbol->role != Symbol::Role::state) return {"0", Rendered::atom};
  if (!symbol->keeps_amount) return {fmt::format("rateOf({})", symbol->name), Rendered::atom};
  const Symbol& compartment = *symbol->compartment;
  if (compartment.is_assigned()) {
    throw MathError(
        fmt::format("rateOf() of '{}', a concentration in a compartment given by a formula, is not supported", id), "",
        true);
  }
  return {
      fmt::format("((rateOf({}) - {}*rateOf({}))/{})", symbol->state, symbol->name, compartment.name, compartment.name),
      Rendered::atom};
}

std::string Translation::unit_of(const Symbol& symbol) const {
  std::string unit;
  if (symbol.species != nullptr) {
    unit = symbol.species->getSubstanceUnits();
    if (unit.empty()) unit = model_.getSubstanceUnits();
    if (unit.empty()) unit = model_.getLevel() < 3 ? "substance" : "1";
    if (!symbol.is_amount && !symbol.keeps_amount && symbol.compartment != nullptr) {
      const auto* compartment = dynamic_cast<const Compartment*>(symbol.compartment->element);
      std::string size = compartment->getUnits();
      if (size.empty()) size = model_.getVolumeUnits();
      unit += "/" + (size.empty() ? std::string("volume") : size);
    }
  } else if (const auto* compartment = dynamic_cast<const Compartment*>(symbol.element)) {
    unit = compartment->getUnits();
  } else if (const auto* parameter = dynamic_cast<const Parameter*>(symbol.element)) {
    unit = parameter->getUnits();
  }
  return unit.empty() ? "1" : unit;
}

double Translation::typical() const {
  if (options_.typical) return *options_.typical;
  double largest = 0.0;
  for (unsigned int i = 0; i < model_.getNumSpecies(); ++i) {
    const Species& s = *model_.getSpecies(i);
    for (const double value : {s.getInitialAmount(), s.getInitialConcentration()})
      if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  return largest > 0.0 ? 1e-6 * largest : 1e-6;
}

Meaning Translation::meaning_of(const Symbol& symbol) const {
  Meaning meaning{symbol.name, {}, {}};
  if (symbol.species == nullptr) return meaning;
  if (symbol.is_amount) {
    meaning.amount = symbol.name;
    if (symbol.compartment != nullptr) meaning.concentration = symbol.name + "/" + symbol.compartment->name;
  } else {
    meaning.concentration = symbol.name;
    meaning.amount = symbol.keeps_amount ? symbol.state : symbol.name + "*" + symbol.compartment->name;
  }
  return meaning;
}

/// Of the state, from whichever of its measures the document gives.
std::string Translation::initial_of(const Symbol& symbol) {
  if (symbol.initial != nullptr) {
    const Rendered value = formula(symbol.initial->getMath(), *symbol.initial);
    return symbol.keeps_amount ? product(value, symbol.compartment->name) : value.text;
  }
  if (symbol.species == nullptr) return number_text(symbol.value).text;
  const Species& s = *symbol.species;
  const bool is_amount = symbol.is_amount || symbol.keeps_amount;
  const std::string size = symbol.compartment != nullptr ? symbol.compartment->name : "1";
  if (s.isSetInitialAmount()) {
    const std::string amount = number_text(s.getInitialAmount()).text;
    return is_amount || s.getInitialAmount() == 0.0 ? amount : amount + "/" + size;
  }
  if (s.isSetInitialConcentration()) {
    const std::string concentration = number_text(s.getInitialConcentration()).text;
    return is_amount ? concentration + "*" + size : concentration;
  }
  return "notanumber";
}

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

void Translation::parameters() {
  for (const Symbol* symbol : symbols_.all()) {
    if (symbol->role != Symbol::Role::parameter) continue;
    if (std::isfinite(symbol->value)) {
      parameters_ += fmt::format("{} = {{ title = {}, value = {}, unit = {}, range = [-inf, inf], source = {} }}\n",
                                 symbol->name, title_of(*symbol->element, symbol->id), symbol->value,
                                 in_quotes(unit_of(*symbol)), in_quotes("SBML model " + model_.getId()));
    } else {  // a run that needs it fails
      quantities_ += fmt::format("{} = {}\n", symbol->name, in_quotes(number_text(symbol->value).text));
    }
  }
}

void Translation::state(const Symbol& symbol) {
  species_ += fmt::format("[species.{}]\ntitle = {}\nscope = \"systemic\"\nunit = {}\ninitial = {}\ntypical = {}\n\n",
                          symbol.state, title_of(*symbol.element, symbol.id), in_quotes(unit_of(symbol)),
                          in_quotes(initial_of(symbol)), typical_);
  if (symbol.keeps_amount)
    quantities_ += fmt::format("{} = {}\n", symbol.name, in_quotes(symbol.state + "/" + symbol.compartment->name));
  if (symbol.has_rate_rule()) {
    rate_rule(symbol);
  } else if (symbol.dilutes) {
    processes_ += fmt::format(
        "[processes.{}]\ntitle = {}\nrate = {}\nchanges = {{ {} = -1 }}\n\n",
        symbols_.names().make(symbol.name + "_dilution"), in_quotes(fmt::format("{} grows", symbol.compartment->id)),
        in_quotes(fmt::format("{}*rateOf({})/{}", symbol.name, symbol.compartment->name, symbol.compartment->name)),
        symbol.state);
  }
}

void Translation::rate_rule(const Symbol& symbol) {
  const Rendered value = formula(symbol.rule->getMath(), *symbol.rule);
  std::string rate = value.text;
  if (symbol.keeps_amount) {  // the rule is about the concentration
    const Symbol& compartment = *symbol.compartment;
    rate = product(value, compartment.name);
    if (compartment.role == Symbol::Role::state) rate += fmt::format(" + {}*rateOf({})", symbol.name, compartment.name);
  }
  processes_ += fmt::format("[processes.{}]\ntitle = {}\nrate = {}\nchanges = {{ {} = 1 }}\n\n",
                            symbols_.names().make(symbol.name + "_rate"),
                            in_quotes(fmt::format("rate of {}", symbol.id)), in_quotes(rate), symbol.state);
}

void Translation::species() {
  for (const Symbol* symbol : symbols_.all()) {
    if (symbol->role == Symbol::Role::state) state(*symbol);
  }
}

void Translation::quantities() {
  for (const Symbol* symbol : symbols_.all()) {
    if (symbol->role != Symbol::Role::quantity || symbol->kind == Symbol::Kind::reaction) continue;
    const Rendered value = symbol->is_assigned() ? formula(symbol->rule->getMath(), *symbol->rule)
                                                 : formula(symbol->initial->getMath(), *symbol->initial);
    quantities_ += fmt::format("{} = {}\n", symbol->name, in_quotes(value.text));
  }
}

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

void Translation::events() {
  for (unsigned int i = 0; i < model_.getNumEvents(); ++i) event(*model_.getEvent(i));
}

void Translation::event(const Event& event) {
  if (!event.isSetTrigger() || !event.getTrigger()->isSetMath()) return;  // never happens
  const Trigger& trigger = *event.getTrigger();
  const bool is_level_3 = event.getLevel() > 2;
  std::map<std::string, Rendered> values;  // by the document's id
  for (unsigned int i = 0; i < event.getNumEventAssignments(); ++i) {
    const EventAssignment& set = *event.getEventAssignment(i);
    if (!set.isSetMath()) continue;
    const Symbol* symbol = symbols_.find(set.getVariable());
    if (symbol == nullptr || symbol->role != Symbol::Role::state) {
      fault(set, fmt::format("'{}' is nothing that an event can set", set.getVariable()));
      continue;
    }
    values[symbol->id] = formula(set.getMath(), set);
  }
  if (values.empty()) return;
  std::vector<std::string> sets;
  for (const auto& [id, value] : values) {
    const Symbol& symbol = *symbols_.find(id);
    std::string text = value.text;
    // The size is that before the event, even where the event changes it too.
    if (symbol.keeps_amount) {
      text = product(value, symbol.compartment->name);
      if (symbol.set_late) {
        unsupported(event,
                    fmt::format("sets the concentration of '{}' with a delay, to a value from before it, in a "
                                "compartment whose size changes by an event or a rule",
                                id),
                    "let the species be an amount");
      }
    }
    sets.push_back(fmt::format("{} = {}", symbol.state, in_quotes(text)));
  }
  const std::string wish = event.isSetId() ? event.getId() : "event";
  std::string text = fmt::format(
      "[events.{}]\ntitle = {}\nwhen = {}\nat_start = {}\npersistent = {}\nvalues_at = {}\n",
      symbols_.names().make(wish), title_of(event, wish), in_quotes(formula(trigger.getMath(), event).text),
      !is_level_3 || trigger.getInitialValue(), !is_level_3 || trigger.getPersistent(),
      in_quotes(!event.isSetUseValuesFromTriggerTime() || event.getUseValuesFromTriggerTime() ? "trigger"
                                                                                              : "execution"));
  if (event.isSetDelay() && event.getDelay()->isSetMath())
    text += fmt::format("delay = {}\n", in_quotes(formula(event.getDelay()->getMath(), event).text));
  if (event.isSetPriority() && event.getPriority()->isSetMath())
    text += fmt::format("priority = {}\n", in_quotes(formula(event.getPriority()->getMath(), event).text));
  events_ += text + fmt::format("set = {{ {} }}\n\n", fmt::join(sets, ", "));
}

Import Translation::run() {
  refuse_unsupported();
  for (const Symbol* symbol : symbols_.all()) {
    if (symbol->species != nullptr && symbol->compartment == nullptr)
      fault(*symbol->element,
            fmt::format("its compartment '{}' is not in the model", symbol->species->getCompartment()));
  }
  for (const Circle& circle : circles(symbols_)) {
    fault(*circle.element, fmt::format("circular assignments: {}", fmt::join(circle.ids, " → ")),
          "one of them must have a value of its own");
  }
  faults_.raise_if_any();
  parameters();
  species();
  quantities();
  processes();
  events();
  faults_.raise_if_any();
  if (!unsupported_.empty()) throw UnsupportedError(unsupported_.list());
  Import out;
  out.id = options_.id;
  out.title = model_.isSetName() ? model_.getName() : (model_.isSetId() ? model_.getId() : options_.id);
  out.time_unit = model_.getTimeUnits();
  if (out.time_unit.empty()) out.time_unit = model_.getLevel() < 3 ? "second" : "1";
  for (const Symbol* symbol : symbols_.all()) {
    out.meanings[symbol->id] = meaning_of(*symbol);
    if (symbol->name != symbol->id)
      notes_.push_back(
          {place_of(*symbol->element, file_),
           fmt::format("'{}' has a meaning of its own in formulas and is called '{}' here", symbol->id, symbol->name),
           {},
           {}});
  }
  out.notes = notes_;
  out.text =
      fmt::format("id = {}\ntitle = {}\nunits = \"unchecked\"\ntime_unit = {}\n{}\n", in_quotes(out.id),
                  in_quotes(out.title), in_quotes(out.time_unit), events_.empty() ? "" : "event_order = \"random\"\n");
  out.text += species_;
  if (!parameters_.empty()) out.text += "[parameters]\n" + parameters_ + "\n";
  if (!quantities_.empty()) out.text += "[quantities]\n" + quantities_ + "\n";
  out.text += processes_ + events_;
  return out;
}

}  // namespace howship::sbml
