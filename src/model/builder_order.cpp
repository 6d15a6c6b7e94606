// In which order names are worked out: what a name needs comes before it.
#include <algorithm>

#include <fmt/format.h>

#include "model/builder.hpp"

namespace howship::model {
namespace {

void collect_names(const Syntax& syntax, std::vector<std::string>& names) {
  if (syntax.kind == Syntax::Kind::name || syntax.kind == Syntax::Kind::rate_of) names.push_back(syntax.text);
  for (const Syntax& child : syntax.children) collect_names(child, names);
}

bool has_formula(const Entry& entry) {
  return entry.kind == Entry::Kind::quantity || entry.kind == Entry::Kind::process ||
         entry.kind == Entry::Kind::parameter;
}

}  // namespace

std::vector<std::string> Builder::needed_by(const Entry& entry) {
  std::vector<const Text*> texts;
  if (entry.kind == Entry::Kind::quantity) texts.push_back(&entry.file->quantities[entry.statement].formula);
  if (entry.kind == Entry::Kind::process) texts.push_back(&entry.file->processes[entry.statement].rate);
  for (const auto& [from, m] : entry.modifications) {
    if (m->kind == ModificationStatement::Kind::replace) texts.front() = &m->formula;
    if (m->kind == ModificationStatement::Kind::add || m->kind == ModificationStatement::Kind::multiply)
      texts.push_back(&m->formula);
  }
  std::vector<std::string> names;
  for (const Text* text : texts) {
    try {
      collect_names(parsed_.try_emplace(text, parse_formula(text->value)).first->second, names);
    } catch (const FormulaError&) {  // is reported when the formula is resolved
    }
  }
  return names;
}

void Builder::fail(Entry& entry) {
  entry.state = Entry::State::failed;
  entry.value = {model_.graph.constant(1.0), {}, true};
}

// The stack is our own: a chain of thousands of quantities must not exhaust the program's.
Typed Builder::force(const std::string& name, Entry& entry) {
  struct Frame {
    std::string name;
    Entry* entry;
    std::vector<std::string> needs;
    std::size_t next = 0;
  };
  std::vector<Frame> open;
  const auto enter = [&](const std::string& id, Entry& fresh) {
    fresh.state = Entry::State::in_progress;
    open.push_back({id, &fresh, needed_by(fresh)});
  };
  if (entry.state == Entry::State::fresh) enter(name, entry);
  while (!open.empty()) {
    Frame& frame = open.back();
    if (frame.next == frame.needs.size() || frame.entry->state == Entry::State::failed) {
      if (frame.entry->state != Entry::State::failed) resolve(*frame.entry);
      open.pop_back();
      continue;
    }
    const std::string need = frame.needs[frame.next++];
    const auto found = names_.find(need);
    if (found == names_.end() || found->second.removed || !has_formula(found->second)) continue;
    if (found->second.state == Entry::State::fresh) {
      enter(need, found->second);
    } else if (found->second.state == Entry::State::in_progress) {
      std::vector<std::string> circle;
      const auto start = std::find_if(open.begin(), open.end(), [&](const Frame& f) { return f.name == need; });
      for (auto it = start; it != open.end(); ++it) circle.push_back(it->name);
      circle.push_back(need);
      fault(found->second.where, fmt::format("quantities go round in a circle: {}", joined_by_arrows(circle)),
            "one of them must be a species with an equation of its own");
      fail(*frame.entry);
    }
  }
  return entry.value;
}

void Builder::resolve(Entry& entry) {
  try {
    entry.value = entry.kind == Entry::Kind::parameter ? parameter_value(entry) : formula_value(entry);
    entry.state = Entry::State::done;
  } catch (const Reported&) {
    fail(entry);
  }
}

}  // namespace howship::model
