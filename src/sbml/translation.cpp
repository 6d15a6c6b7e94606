#include "sbml/translation.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sbml/circles.hpp"
#include "sbml/document.hpp"
#include "sbml/toml.hpp"

namespace howship::sbml {
std::string title_of(const SBase& element, const std::string& otherwise) {
  return in_quotes(element.isSetName() ? element.getName() : otherwise);
}

std::string product(const Rendered& a, const std::string& b) {
  return wrapped(a, Rendered::product) + "*" + b;
}

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
            quantities_ += fmt::format("{} = {}\n", stated(name, *at_), in_quotes(text));
            return name;
          }),
      typical_(typical()) {}

void Translation::fault(const SBase& element, const std::string& message, const std::string& hint) {
  faults_.add(place_of(element, file_), fmt::format("{}: {}", name_of(element), message), hint);
}

void Translation::unsupported(const SBase& element, const std::string& message, const std::string& hint) {
  unsupported_.add(place_of(element, file_), fmt::format("{}: {}", name_of(element), message), hint);
}

const std::string& Translation::stated(const std::string& name, const SBase& element) {
  elements_[name] = {place_of(element, file_), name_of(element)};
  return name;
}

Rendered Translation::formula(const ASTNode* math, const SBase& element, const Locals& locals) {
  at_ = &element;
  try {
    if (math != nullptr) return math_(*math, locals);
    fault(element, "has no formula");
  } catch (const MathError& error) {
    error.unsupported() ? unsupported(element, error.what(), error.hint()) : fault(element, error.what(), error.hint());
  }
  return {"0", Rendered::atom};
}

Rendered Translation::value_of(const std::string& id) {
  const Symbol* symbol = symbols_.find(id);
  if (symbol == nullptr)
    throw MathError(fmt::format("unknown symbol '{}'", id), "every symbol must be defined in the model");
  if (symbol->kind == Symbol::Kind::reaction) {
    const Reaction& reaction = *model_.getReaction(id);
    if (!reaction.isSetKineticLaw() || !reaction.getKineticLaw()->isSetMath())
      throw MathError(fmt::format("reaction '{}' has no kinetic law and so no rate", id), "", true);
  }
  return {symbol->kind == Symbol::Kind::compartment ? size_of(*symbol) : symbol->name, Rendered::atom};
}

// The specification knows no default beyond Level 1. What else reads SBML takes one, if anything.
const std::string& Translation::size_of(const Symbol& compartment) {
  const auto& element = *dynamic_cast<const Compartment*>(compartment.element);
  const bool is_given = element.isSetSize() || compartment.rule != nullptr || compartment.initial != nullptr ||
                        element.getSpatialDimensionsAsDouble() == 0.0;
  if (element.getLevel() > 1 && !is_given && sizes_assumed_.insert(compartment.id).second) {
    notes_.push_back({place_of(element, file_),
                      fmt::format("{} has no size, which formulas need; it counts as 1", name_of(element)),
                      {},
                      {}});
  }
  return compartment.name;
}

Rendered Translation::rate_of(const std::string& id) {
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
  return {fmt::format("((rateOf({}) - {}*rateOf({}))/{})", symbol->state, symbol->name, compartment.name,
                      size_of(compartment)),
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
      if (size.empty() && model_.getLevel() < 3) size = "volume";  // Level 3 knows no default
      if (!size.empty()) unit += "/" + size;
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
    return symbol.keeps_amount ? product(value, size_of(*symbol.compartment)) : value.text;
  }
  if (symbol.species == nullptr) return number_text(symbol.value).text;
  const Species& s = *symbol.species;
  const bool is_amount = symbol.is_amount || symbol.keeps_amount;
  const auto size = [&] { return symbol.compartment != nullptr ? size_of(*symbol.compartment) : std::string("1"); };
  if (s.isSetInitialAmount()) {
    const std::string amount = number_text(s.getInitialAmount()).text;
    return is_amount || s.getInitialAmount() == 0.0 ? amount : amount + "/" + size();
  }
  if (s.isSetInitialConcentration()) {
    const std::string concentration = number_text(s.getInitialConcentration()).text;
    return is_amount ? concentration + "*" + size() : concentration;
  }
  return "notanumber";
}

void Translation::parameters() {
  for (const Symbol* symbol : symbols_.all()) {
    if (symbol->role != Symbol::Role::parameter) continue;
    if (std::isfinite(symbol->value)) {
      parameters_ += fmt::format("{} = {{ title = {}, value = {}, unit = {}, range = [-inf, inf], source = {} }}\n",
                                 stated(symbol->name, *symbol->element), title_of(*symbol->element, symbol->id),
                                 symbol->value, in_quotes(unit_of(*symbol)), in_quotes("SBML model " + model_.getId()));
    } else {  // a run that needs it fails
      quantities_ +=
          fmt::format("{} = {}\n", stated(symbol->name, *symbol->element), in_quotes(number_text(symbol->value).text));
    }
  }
}

void Translation::state(const Symbol& symbol) {
  species_ += fmt::format(
      "[species.{}]\ntitle = {}\nscope = \"systemic\"\nunit = {}\ninitial = {}\ntypical = {}\n\n",
      stated(symbol.state, symbol.initial != nullptr ? static_cast<const SBase&>(*symbol.initial) : *symbol.element),
      title_of(*symbol.element, symbol.id), in_quotes(unit_of(symbol)), in_quotes(initial_of(symbol)), typical_);
  if (symbol.keeps_amount)
    quantities_ += fmt::format("{} = {}\n", stated(symbol.name, *symbol.element),
                               in_quotes(symbol.state + "/" + size_of(*symbol.compartment)));
  if (symbol.has_rate_rule()) {
    rate_rule(symbol);
  } else if (symbol.dilutes) {
    processes_ += fmt::format(
        "[processes.{}]\ntitle = {}\nrate = {}\nchanges = {{ {} = -1 }}\n\n",
        stated(symbols_.names().make(symbol.name + "_dilution"), *symbol.element),
        in_quotes(fmt::format("{} grows", symbol.compartment->id)),
        in_quotes(fmt::format("{}*rateOf({})/{}", symbol.name, symbol.compartment->name, size_of(*symbol.compartment))),
        symbol.state);
  }
}

void Translation::rate_rule(const Symbol& symbol) {
  const Rendered value = formula(symbol.rule->getMath(), *symbol.rule);
  std::string rate = value.text;
  if (symbol.keeps_amount) {  // the rule is about the concentration
    const Symbol& compartment = *symbol.compartment;
    rate = product(value, size_of(compartment));
    if (compartment.role == Symbol::Role::state) rate += fmt::format(" + {}*rateOf({})", symbol.name, compartment.name);
  }
  processes_ += fmt::format("[processes.{}]\ntitle = {}\nrate = {}\nchanges = {{ {} = 1 }}\n\n",
                            stated(symbols_.names().make(symbol.name + "_rate"), *symbol.rule),
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
    const SBase& element = symbol->is_assigned() ? static_cast<const SBase&>(*symbol->rule) : *symbol->initial;
    const Rendered value = formula(element.getMath(), element);
    quantities_ += fmt::format("{} = {}\n", stated(symbol->name, element), in_quotes(value.text));
  }
}

Import Translation::run() {
  refuse_unsupported();
  check_symbols();
  for (const Circle& circle : circles(symbols_)) {
    fault(*circle.element, fmt::format("circular assignments: {}", joined_by_arrows(circle.ids)),
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
  out.file = file_;
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
  out.elements = elements_;
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
