// Processes, species, observables, doses and events.
#include <algorithm>

#include <fmt/format.h>

#include "model/builder.hpp"

namespace howship::model {

void Builder::processes() {
  for (const auto& file : joined_.files()) {
    for (const ProcessStatement& s : file->processes) {
      Entry& entry = names_.at(s.id);
      if (entry.file != file.get() || entry.removed) continue;
      const Typed rate = force(s.id, entry);
      add_process(s, *file, rate);
    }
  }
}

void Builder::add_process(const ProcessStatement& s, const Statements& file, const Typed& rate) {
  Graph& graph = model_.graph;
  Process process;
  process.id = s.id;
  process.title = s.title;
  process.source = s.source;
  process.text = texts_of_[s.id];
  process.dimension = rate.dimension;
  process.rate = rate.node;
  process.origin = {s.where, file.id};
  std::optional<Scope> scope;
  for (const ChangeStatement& c : s.changes) {
    const auto found = names_.find(c.species);
    if (found == names_.end() || found->second.kind != Entry::Kind::species || found->second.removed) {
      std::vector<std::string> known;
      for (const Species& species : model_.species) known.push_back(species.id);
      fault(c.where, fmt::format("process '{}' changes '{}', which is no species", s.id, c.species),
            did_you_mean(c.species, known));
      continue;
    }
    const Species& species = model_.species[found->second.slot];
    const auto coefficient = try_formula(c.coefficient);
    if (!coefficient) continue;
    Dimension per_day = species.unit.dimension;
    per_day.exponents[Dimension::time] -= 1.0;
    const Dimension change = rate.dimension * coefficient->dimension;
    const bool unit_is_known = !found->second.value.any;
    if (unit_is_known && !rate.any && !coefficient->any && !(change == per_day)) {
      fault(s.rate.where,
            fmt::format("process '{}' changes {} by {}, but its rate of change is in {}", s.id, species.id,
                        to_text(change), to_text(per_day)),
            "rate times coefficient must be the species' unit per day");
    }
    if (scope && *scope != species.scope) {
      fault(c.where, fmt::format("process '{}' changes local and systemic species at once", s.id),
            "write two processes; the systemic one uses integral(...) of the local rate");
    }
    scope = species.scope;
    const NodeId contribution = graph.multiply(coefficient->node, rate.node);
    if (species.scope == Scope::systemic && graph[contribution].stage == Stage::voxel) {
      fault(s.rate.where,
            fmt::format("process '{}' changes the systemic {} but differs from voxel to voxel", s.id, species.id),
            "take integral(...) or mean(...) of the local part");
    }
    if (species.scope == Scope::local && graph.depends_on(contribution, Op::reduction)) {
      fault(s.rate.where, fmt::format("process '{}' makes a local rate depend on a sum over the whole tissue", s.id),
            "let the sum drive a systemic species, and that the local rate");
    }
    check_maxima(contribution, s);
    process.changes.push_back({found->second.slot, coefficient->node, c.coefficient.value});
  }
  process.scope = scope.value_or(Scope::local);
  model_.processes.push_back(std::move(process));
}

void Builder::check_maxima(NodeId contribution, const ProcessStatement& s) {
  const Graph& graph = model_.graph;
  for (const NodeId id : graph.leaves(contribution)) {
    if (graph[id].op != Op::reduction) continue;
    if (model_.reductions[graph[id].index].kind != Reduction::Kind::maximum) continue;
    fault(s.rate.where,
          fmt::format("process '{}' depends on max(...) over the tissue, which is not differentiable", s.id),
          "use mean(...) or integral(...); max(...) over tissue is for observables");
  }
}

void Builder::species_formulas() {
  for (const auto& file : joined_.files()) {
    for (const SpeciesStatement& s : file->species) {
      const Entry& entry = names_.at(s.id);
      if (entry.file != file.get() || entry.removed) continue;
      Species& species = model_.species[entry.slot];
      const Text* initial_text = &s.initial;
      const Text* diffusion_text = s.diffusion ? &*s.diffusion : nullptr;
      for (const auto& [from, m] : entry.modifications) {
        if (m->kind == ModificationStatement::Kind::initial) {
          initial_text = &m->formula;
          species.initial_source = m->source;
        } else {
          diffusion_text = &m->formula;
          species.diffusion_source = m->source;
        }
      }
      const auto initial = try_formula(*initial_text);
      const auto diffusion = diffusion_text != nullptr ? try_formula(*diffusion_text) : std::nullopt;
      if (initial) {
        if (!entry.value.any && !initial->any && !(initial->dimension == species.unit.dimension)) {
          fault(initial_text->where, fmt::format("the initial value of {} is in {}, but {} is in {}", s.id,
                                                 to_text(initial->dimension), s.id, species.unit.text));
        }
        initial_places_[species.id] = initial_text;
        species.initial = initial->node;
        species.initial_text = initial_text->value;
      }
      if (!diffusion) continue;
      Dimension area_per_day;
      area_per_day.exponents[Dimension::length] = 2.0;
      area_per_day.exponents[Dimension::time] = -1.0;
      if (!diffusion->any && !(diffusion->dimension == area_per_day)) {
        fault(diffusion_text->where, fmt::format("the diffusion coefficient of {} is in {}, but must be in mm^2/day",
                                                 s.id, to_text(diffusion->dimension)));
      }
      if (species.scope == Scope::systemic)
        fault(diffusion_text->where, fmt::format("{} is systemic and cannot diffuse", s.id),
              "leave 'diffusion' out, or make it local");
      species.diffusion = diffusion->node;
      species.diffusion_text = diffusion_text->value;
      check_of_place(diffusion->node, *diffusion_text, fmt::format("the diffusion coefficient of {}", s.id));
    }
  }
}

void Builder::check_constant(NodeId node, const Text& text, Scope scope, const std::string& what) {
  const Graph& graph = model_.graph;
  for (const Op op : {Op::time, Op::systemic, Op::reduction, Op::local}) {
    if (graph.depends_on(node, op)) {
      fault(text.where, fmt::format("{} depends on something that changes in time", what),
            "it may use parameters and given fields only");
      return;
    }
  }
  if (scope == Scope::systemic && graph.depends_on(node, Op::given))
    fault(text.where, fmt::format("{} is one number and cannot depend on a given field", what));
}

void Builder::check_of_place(NodeId node, const Text& text, const std::string& what) {
  for (const Op op : {Op::time, Op::systemic, Op::reduction}) {
    if (!model_.graph.depends_on(node, op)) continue;
    fault(text.where, fmt::format("{} depends on something that is not in its voxel", what),
          "it may use parameters, given fields and local species");
    return;
  }
}

void Builder::observables() {
  for (const auto& file : joined_.files()) {
    for (const ObservableStatement& s : file->observables) {
      const Entry& entry = names_.at(s.id);
      if (entry.file != file.get() || entry.removed) continue;
      const auto value = try_formula(s.formula);
      const auto known = unit(s.unit, s.unit_where);
      const Unit declared = known.value_or(Unit{});
      if (!value) continue;
      if (known && !value->any && !(value->dimension == declared.dimension)) {
        fault(s.formula.where, fmt::format("observable '{}' is declared in {}, but its formula is in {}", s.id, s.unit,
                                           to_text(value->dimension)));
      }
      if (s.conserved && model_.graph[value->node].stage == Stage::voxel) {
        fault(s.formula.where, fmt::format("'{}' is said to be conserved, and differs from voxel to voxel", s.id),
              "write integral(...) about it: what is conserved is a number");
      }
      model_.observables.push_back({s.id,
                                    s.title,
                                    s.formula.value,
                                    declared,
                                    value->node,
                                    model_.graph[value->node].stage,
                                    s.conserved,
                                    {s.where, file->id}});
    }
  }
}

void Builder::doses() {
  for (const auto& file : joined_.files()) {
    for (const DoseStatement& s : file->doses) {
      if (const Drug* other = model_.find_drug(s.id)) {
        fault(s.where,
              fmt::format("the dose of '{}' is set by two overlays, {} and {}", s.id, other->origin.file_id, file->id));
        continue;
      }
      const auto found = names_.find(s.enters.value);
      if (found == names_.end() || found->second.kind != Entry::Kind::species || found->second.removed) {
        std::vector<std::string> known;
        for (const Species& species : model_.species) known.push_back(species.id);
        fault(s.enters.where, fmt::format("a dose of {} enters '{}', which is no species", s.id, s.enters.value),
              did_you_mean(s.enters.value, known));
        continue;
      }
      const Species& species = model_.species[found->second.slot];
      if (species.scope != Scope::systemic)
        fault(s.enters.where, fmt::format("a dose enters a systemic species, and {} is local", species.id));
      const auto bioavailability = try_formula(s.bioavailability);
      if (!bioavailability) continue;
      if (!bioavailability->any && !bioavailability->dimension.is_none())
        fault(s.bioavailability.where, "a bioavailability must be a pure number");
      if (model_.graph[bioavailability->node].stage != Stage::parameter)
        fault(s.bioavailability.where, "a bioavailability may use parameters only");
      model_.drugs.push_back({s.id,
                              s.title,
                              found->second.slot,
                              bioavailability->node,
                              s.bioavailability.value,
                              species.unit.dimension,
                              {s.where, file->id}});
    }
  }
}

void Builder::events() {
  for (const auto& file : joined_.files()) {
    for (const EventStatement& s : file->events) {
      const Entry& entry = names_.at(s.id);
      if (entry.file == file.get() && !entry.removed) add_event(s, *file);
    }
  }
}

void Builder::add_event(const EventStatement& s, const Statements& file) {
  Event event;
  event.id = s.id;
  event.title = s.title;
  event.when_text = s.when.value;
  event.at_start = s.at_start;
  event.persistent = s.persistent;
  event.values_at_trigger = s.values_at_trigger;
  event.origin = {s.where, file.id};
  Dimension day;
  day.exponents[Dimension::time] = 1.0;
  const auto part = [&](const Text& text, const std::string& what, const Unit* unit) -> std::optional<NodeId> {
    const auto value = try_formula(text);
    if (!value) return std::nullopt;
    if (unit != nullptr && !value->any && !(value->dimension == unit->dimension)) {
      fault(text.where, fmt::format("{} of event '{}' is in {}, but must be in {}", what, s.id,
                                    to_text(value->dimension), unit->text));
    }
    if (model_.graph[value->node].stage == Stage::voxel || model_.graph.depends_on(value->node, Op::reduction)) {
      fault(text.where, fmt::format("{} of event '{}' looks at tissue", what, s.id),
            "an event may use systemic species, parameters and time");
    }
    return value->node;
  };
  const Unit pure{"1", {}, 1.0};
  const Unit days{"day", day, 1.0};
  event.when = part(s.when, "the condition", &pure).value_or(0);
  if (s.delay) {
    event.delay = part(*s.delay, "the delay", &days);
    event.delay_text = s.delay->value;
    if (const auto days_late = event.delay ? known_delay(model_, event, model_.parameter_values()) : std::nullopt;
        days_late && !(*days_late >= 0.0)) {
      fault(s.delay->where,
            fmt::format("the delay of event '{}' is {}, and must be zero or positive", s.id, *days_late));
    }
  }
  if (s.priority) {
    event.priority = part(*s.priority, "the priority", &pure);
    event.priority_text = s.priority->value;
  }
  for (const EventStatement::Assignment& a : s.set) {
    const auto found = names_.find(a.species);
    const bool is_species =
        found != names_.end() && found->second.kind == Entry::Kind::species && !found->second.removed;
    if (!is_species || model_.species[found->second.slot].scope != Scope::systemic) {
      std::vector<std::string> known;
      for (const std::size_t i : model_.systemic) known.push_back(model_.species[i].id);
      fault(a.where, fmt::format("event '{}' sets '{}', which is no systemic species", s.id, a.species),
            did_you_mean(a.species, known));
      continue;
    }
    const Species& species = model_.species[found->second.slot];
    const Unit* unit = found->second.value.any ? nullptr : &species.unit;
    const auto value = part(a.value, fmt::format("the new {}", species.id), unit);
    if (value) event.set.push_back({found->second.slot, *value, a.value.value});
  }
  model_.events.push_back(std::move(event));
}

}  // namespace howship::model
