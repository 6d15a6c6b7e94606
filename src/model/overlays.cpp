#include "model/overlays.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace howship::model {
namespace {

const char* section_of(Entry::Kind kind) {
  switch (kind) {
    case Entry::Kind::species:
      return "species";
    case Entry::Kind::parameter:
      return "parameters";
    case Entry::Kind::quantity:
      return "quantities";
    case Entry::Kind::process:
      return "processes";
    case Entry::Kind::observable:
      return "observables";
    case Entry::Kind::event:
      return "events";
  }
  return "";
}

}  // namespace

void JoinedFiles::fault(const SourceLocation& where, std::string message, std::string hint) {
  const auto text = texts_.find(where.file);
  diagnostics_.add(where, std::move(message), std::move(hint),
                   text == texts_.end() ? std::string{} : excerpt_of(line_of(text->second, where.line), where.column));
}

void JoinedFiles::gather(const std::string& id) {
  Library::Entry entry;
  try {
    entry = library_.read(id);
  } catch (const InputError& error) {
    complete_ = false;
    for (Diagnostic d : error.diagnostics()) diagnostics_.add(std::move(d));
    return;
  }
  gather_text(id, entry.file, entry.text);
}

void JoinedFiles::gather_text(const std::string& id, const std::string& file, const std::string& text) {
  if (std::any_of(files_.begin(), files_.end(), [&](const auto& known) { return known->id == id; })) return;
  if (!open_.insert(id).second) {
    diagnostics_.add({file, 1, 1}, fmt::format("'{}' extends itself, through what it extends", id));
    return;
  }
  texts_[file] = text;
  auto statements = std::make_unique<Statements>(read_statements(id, file, text, diagnostics_));
  for (const Text& base : statements->extends) {
    if (open_.size() > kDeepestChain) {
      fault(base.where,
            fmt::format("'{}' stands at the end of more than {} files that extend each other", id, kDeepestChain));
      break;
    }
    try {
      const Library::Entry entry = library_.read(base.value);
      const auto is_base = [&base](const auto& known) { return known->id == base.value; };
      if (std::none_of(files_.begin(), files_.end(), is_base)) extended_by_.try_emplace(base.value, id);
      gather_text(base.value, entry.file, entry.text);
    } catch (const InputError& error) {
      const Diagnostic& first = error.diagnostics().front();
      complete_ = false;
      fault(base.where, first.message, first.hint);
    }
  }
  complete_ = complete_ && statements->complete;
  open_.erase(id);
  sources_.push_back({id, statements->title, text, statements->cites});
  files_.push_back(std::move(statements));
}

void JoinedFiles::join() {
  for (const auto& file : files_) enter(*file);
  report_clashes();
  for (const auto& file : files_) modify(*file);
  for (const auto& file : files_) remove(*file);
}

void JoinedFiles::enter(const Statements& file) {
  const auto put = [&](Entry::Kind kind, std::size_t statement, const std::string& id, const SourceLocation& where) {
    Entry entry;
    entry.kind = kind;
    entry.statement = statement;
    entry.file = &file;
    entry.where = where;
    const auto [place, is_new] = names_.try_emplace(id, entry);
    if (is_new) return;
    const Statements* first = place->second.file;
    auto clash = std::find_if(clashes_.begin(), clashes_.end(),
                              [&](const Clash& known) { return known.first == first && known.second == &file; });
    if (clash == clashes_.end()) clash = clashes_.insert(clash, {first, &file, {}});
    clash->names.emplace_back(id, where);
  };
  for (std::size_t i = 0; i < file.species.size(); ++i)
    put(Entry::Kind::species, i, file.species[i].id, file.species[i].where);
  for (std::size_t i = 0; i < file.parameters.size(); ++i)
    put(Entry::Kind::parameter, i, file.parameters[i].id, file.parameters[i].where);
  for (std::size_t i = 0; i < file.quantities.size(); ++i)
    put(Entry::Kind::quantity, i, file.quantities[i].id, file.quantities[i].where);
  for (std::size_t i = 0; i < file.processes.size(); ++i)
    put(Entry::Kind::process, i, file.processes[i].id, file.processes[i].where);
  for (std::size_t i = 0; i < file.observables.size(); ++i)
    put(Entry::Kind::observable, i, file.observables[i].id, file.observables[i].where);
  for (std::size_t i = 0; i < file.events.size(); ++i)
    put(Entry::Kind::event, i, file.events[i].id, file.events[i].where);
}

// Names of an overlay may happen to be taken; two files that set many names alike are two models of the same thing, and
// what else is wrong with both in one model follows from that.
void JoinedFiles::report_clashes() {
  constexpr std::size_t kHappens = 3;
  bool two_models = false;
  for (const Clash& clash : clashes_) {
    const auto& names = clash.names;
    if (names.size() > kHappens && clash.first != clash.second) {
      two_models = true;
      fault(
          names.front().second,
          fmt::format("'{}' and '{}' both set '{}', '{}' and {} more names: they do not go into one model",
                      clash.first->id, clash.second->id, names[0].first, names[1].first, names.size() - 2),
          fmt::format("take models that rest on one of the two: {}; {}", way_to(*clash.first), way_to(*clash.second)));
      continue;
    }
    for (const auto& [id, where] : names) {
      const SourceLocation& first = names_.at(id).where;
      fault(where, fmt::format("'{}' is already set by {} ({}:{})", id, clash.first->id, first.file, first.line),
            fmt::format("give it another name, or change the first with [modify.{}]", id));
    }
  }
  if (two_models) raise_if_any();
}

// "'bone/remodelling' comes with drugs/denosumab → bone/skeleton"
std::string JoinedFiles::way_to(const Statements& file) const {
  std::vector<std::string> names;
  for (auto by = extended_by_.find(file.id); by != extended_by_.end(); by = extended_by_.find(by->second)) {
    names.insert(names.begin(), by->second);
    if (names.size() > kDeepestChain) break;
  }
  if (names.empty()) return fmt::format("'{}' was asked for", file.id);
  return fmt::format("'{}' comes with {}", file.id, joined_by_arrows(names));
}

void JoinedFiles::modify(const Statements& file) {
  using Kind = ModificationStatement::Kind;
  for (const ModificationStatement& m : file.modifications) {
    const auto found = names_.find(m.target);
    if (found == names_.end()) {
      std::vector<std::string> names;
      for (const auto& [name, entry] : names_) names.push_back(name);
      fault(m.where, fmt::format("there is nothing called '{}' to modify", m.target), did_you_mean(m.target, names));
      continue;
    }
    Entry& entry = found->second;
    if (entry.kind == Entry::Kind::observable || entry.kind == Entry::Kind::event) {
      const char* what = entry.kind == Entry::Kind::event ? "event" : "read-out";
      fault(m.where, fmt::format("'{}' is of the kind '{}' and cannot be modified", m.target, what),
            "modify a process, a quantity, a parameter or a species");
      continue;
    }
    const bool of_species = m.kind == Kind::initial || m.kind == Kind::diffusion;
    if (of_species != (entry.kind == Entry::Kind::species)) {
      fault(m.where,
            of_species ? fmt::format("'{}' belongs to a species, and '{}' is none",
                                     m.kind == Kind::initial ? "initial" : "diffusion", m.target)
                       : fmt::format("'{}' is a species, which changes in no other way than by processes", m.target),
            of_species ? "modify a process or quantity with 'multiply', 'add' or 'replace', a parameter with 'value'"
                       : "modify its 'initial' or 'diffusion', or the processes that change it");
      continue;
    }
    if ((m.kind == Kind::value) != (entry.kind == Entry::Kind::parameter) &&
        (m.kind == Kind::value || m.kind == Kind::replace)) {
      fault(m.where, m.kind == Kind::value ? fmt::format("'value' sets a parameter, and '{}' is none", m.target)
                                           : fmt::format("a parameter such as '{}' is set with 'value'", m.target));
      continue;
    }
    if (m.kind == Kind::value) {
      const ParameterStatement& p = entry.file->parameters[entry.statement];
      if (m.value < p.low || m.value > p.high)
        fault(m.where, fmt::format("{} = {} lies outside its range [{}, {}]", m.target, m.value, p.low, p.high));
    }
    if (m.kind != Kind::add && m.kind != Kind::multiply) {
      for (const auto& [other_file, other] : entry.modifications) {
        if (other->kind == m.kind && other_file != &file) {
          fault(m.where, fmt::format("'{}' is set by two overlays, {} and {}", m.target, other_file->id, file.id),
                of_species ? "use one of them" : "use one of them, or 'multiply' and 'add', which go together");
        }
      }
    }
    entry.modifications.emplace_back(&file, &m);
  }
}

void JoinedFiles::remove(const Statements& file) {
  for (const Text& item : file.without) {
    const std::size_t dot = item.value.find('.');
    const std::string section = dot == std::string::npos ? "" : item.value.substr(0, dot);
    const std::string name = dot == std::string::npos ? item.value : item.value.substr(dot + 1);
    const auto found = names_.find(name);
    if (found == names_.end() || section_of(found->second.kind) != section) {
      std::vector<std::string> known;
      for (const auto& [id, entry] : names_) known.push_back(fmt::format("{}.{}", section_of(entry.kind), id));
      fault(item.where, fmt::format("there is no '{}' to leave out", item.value), did_you_mean(item.value, known));
      continue;
    }
    Entry& entry = found->second;
    if (entry.file == &file) fault(item.where, fmt::format("'{}' is left out by the file that states it", item.value));
    for (const auto& [other, modification] : entry.modifications) {
      if (other != &file)
        fault(item.where, fmt::format("'{}' is left out by {} and modified by {}", name, file.id, other->id),
              "use one of the two overlays");
    }
    entry.removed = true;
    entry.removed_by = file.id;
  }
}

}  // namespace howship::model
