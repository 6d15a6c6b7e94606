// What names and formulas stand for.
#include <algorithm>

#include <fmt/format.h>

#include "model/builder.hpp"

namespace howship::model {

void Builder::fault(const SourceLocation& where, std::string message, std::string hint) {
  joined_.fault(where, std::move(message), std::move(hint));
}

SourceLocation Builder::at(const Text& text, std::size_t position) {
  SourceLocation where = text.where;
  for (std::size_t i = 0; i < position && i < text.value.size(); ++i) {
    if (text.value[i] == '\n') {
      ++where.line;
      where.column = 1;
    } else {
      ++where.column;
    }
  }
  return where;
}

std::optional<Unit> Builder::unit(const std::string& text, const SourceLocation& where) {
  if (!model_.units_checked) return Unit{text, {}, 1.0};
  try {
    return units_.parse(text);
  } catch (const UnitError& error) {
    fault(where, error.what(), error.hint());
    return std::nullopt;
  }
}

bool Builder::is_unit(const std::string& name) const {
  try {
    units_.parse(name);
    return model_.units_checked;
  } catch (const UnitError&) {
    return false;
  }
}

std::vector<std::string> Builder::known_names() const {
  std::vector<std::string> out;
  for (const auto& [name, entry] : names_) {
    if (!entry.removed && entry.kind != Entry::Kind::process && entry.kind != Entry::Kind::observable &&
        entry.kind != Entry::Kind::event)
      out.push_back(name);
  }
  return out;
}

Typed Builder::lookup(const std::string& name, std::size_t position) {
  if (name.starts_with("given_")) return given(name.substr(6));
  const auto found = names_.find(name);
  if (found == names_.end())
    throw FormulaError(fmt::format("unknown name '{}'", name), position,
                       is_unit(name) ? fmt::format("'{}' is a unit, which stands behind a number of its own: write "
                                                   "(5 mg)/(1 day), not 5 mg/day",
                                                   name)
                                     : did_you_mean(name, known_names()));
  Entry& entry = found->second;
  if (entry.removed)
    throw FormulaError(fmt::format("'{}' is used here but left out by {}", name, entry.removed_by), position,
                       "leave out what uses it too");
  if (entry.kind == Entry::Kind::observable)
    throw FormulaError(fmt::format("'{}' is an observable, and nothing may depend on one", name), position,
                       "make it a quantity");
  if (entry.kind == Entry::Kind::event)
    throw FormulaError(fmt::format("'{}' is an event and has no value", name), position, "use its condition");
  return force(name, entry);
}

Typed Builder::given(const std::string& name) {
  const auto found = std::find(model_.given.begin(), model_.given.end(), name);
  const auto index = static_cast<std::uint32_t>(found - model_.given.begin());
  if (found == model_.given.end()) model_.given.push_back(name);
  Dimension dimension;
  if (name == "x" || name == "y" || name == "z") dimension.exponents[Dimension::length] = 1.0;
  return {model_.graph.leaf(Op::given, index), dimension, false};
}

Typed Builder::parameter_value(Entry& entry) {
  Parameter& p = model_.parameters[entry.slot];
  std::string text = p.id;
  const Typed value = modified({p.node, p.unit.dimension, entry.value.any}, entry, text);
  p.text = text;
  return value;
}

Typed Builder::formula_value(Entry& entry) {
  if (entry.kind == Entry::Kind::process) {
    const ProcessStatement& s = entry.file->processes[entry.statement];
    std::string text = s.rate.value;
    const Typed rate = modified(base_formula(s.rate, entry, text), entry, text);
    texts_of_[s.id] = text;
    return rate;
  }
  const QuantityStatement& s = entry.file->quantities[entry.statement];
  Quantity quantity;
  quantity.id = s.id;
  quantity.title = s.title;
  quantity.text = s.formula.value;
  quantity.origin = {s.where, entry.file->id};
  const Typed value = modified(base_formula(s.formula, entry, quantity.text), entry, quantity.text);
  quantity.node = value.node;
  quantity.stage = model_.graph[value.node].stage;
  quantity.unit = {to_text(value.dimension), value.dimension, 1.0};
  if (s.unit) {
    const auto known = unit(*s.unit, s.unit_where);
    const Unit declared = known.value_or(Unit{});
    if (known && !value.any && !(declared.dimension == value.dimension)) {
      fault(s.unit_where,
            fmt::format("'{}' is declared in {}, but its formula is in {}", s.id, *s.unit, to_text(value.dimension)));
    }
    quantity.unit = declared;
  }
  model_.quantities.push_back(std::move(quantity));
  return value;
}

Typed Builder::base_formula(const Text& own, const Entry& entry, std::string& text) {
  for (const auto& [from, m] : entry.modifications) {
    if (m->kind != ModificationStatement::Kind::replace) continue;
    text = m->formula.value;
    return formula(m->formula);
  }
  return formula(own);
}

Typed Builder::modified(Typed value, const Entry& entry, std::string& text) {
  Graph& graph = model_.graph;
  for (const auto& [from, m] : entry.modifications) {
    if (m->kind != ModificationStatement::Kind::add) continue;
    const Typed more = formula(m->formula);
    if (!more.any && !value.any && !(more.dimension == value.dimension)) {
      fault(m->formula.where, fmt::format("what {} adds to '{}' is in {}, but '{}' is in {}", from->id, m->target,
                                          to_text(more.dimension), m->target, to_text(value.dimension)));
      continue;
    }
    value.node = graph.add(value.node, more.node);
    text += fmt::format(" + {}", m->formula.value);
  }
  for (const auto& [from, m] : entry.modifications) {
    if (m->kind != ModificationStatement::Kind::multiply) continue;
    const Typed factor = formula(m->formula);
    if (!factor.any && !factor.dimension.is_none()) {
      fault(m->formula.where, fmt::format("the factor that {} puts on '{}' is in {}, but must be a pure number",
                                          from->id, m->target, to_text(factor.dimension)));
      continue;
    }
    value.node = graph.multiply(value.node, factor.node);
    text = fmt::format("({})*({})", text, m->formula.value);
  }
  return value;
}

Typed Builder::formula(const Text& text) {
  try {
    const auto known = parsed_.extract(&text);
    return resolve_(known.empty() ? parse_formula(text.value) : known.mapped());
  } catch (const FormulaError& error) {
    fault(at(text, error.position()), error.what(), error.hint());
  } catch (const Reported&) {
  }
  throw Reported{};
}

std::optional<Typed> Builder::try_formula(const Text& text) {
  try {
    return formula(text);
  } catch (const Reported&) {
    return std::nullopt;
  }
}

}  // namespace howship::model
