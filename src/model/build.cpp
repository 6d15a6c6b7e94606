#include <algorithm>

#include <fmt/format.h>

#include "howship/core/files.hpp"

#include "model/builder.hpp"

namespace howship::model {

Model Builder::build() {
  joined_.raise_if_incomplete();  // what follows would only repeat what is wrong
  joined_.join();
  settings();
  declare();
  processes();
  model_.rate_reductions = model_.reductions.size();
  species_formulas();
  for (auto& [name, entry] : names_) {
    if (entry.kind == Entry::Kind::quantity && !entry.removed) force(name, entry);
  }
  observables();
  doses();
  events();
  joined_.raise_if_any();
  sum_rates();
  replace_rates();
  initial_values();
  joined_.raise_if_any();
  order_quantities();
  model_.files = joined_.sources();
  model_.title = model_.files.empty() ? "" : model_.files.back().title;
  return std::move(model_);
}

void Builder::settings() {
  const auto& files = joined_.files();
  for (const auto& file : files) {
    model_.random_event_order = model_.random_event_order || file->random_event_order;
    if (file->units_checked == files.front()->units_checked) continue;
    const bool first = files.front()->units_checked;
    fault(first ? file->units_where : files.front()->units_where,
          fmt::format("'{}' has its units checked and '{}' has not; they cannot be joined",
                      first ? files.front()->id : file->id, first ? file->id : files.front()->id),
          "give both units that can be checked, or write units = \"unchecked\" in both");
    return;
  }
  if (files.empty() || files.front()->units_checked) return;
  model_.units_checked = false;
  model_.time_unit = files.front()->time_unit;
  resolve_.leave_units_unchecked();
}

void Builder::declare() {
  for (const auto& file : joined_.files()) {
    for (const SpeciesStatement& s : file->species) {
      Entry& entry = names_.at(s.id);
      if (entry.file != file.get() || entry.removed) continue;
      Species species;
      species.id = s.id;
      species.title = s.title;
      species.scope = s.scope == "systemic" ? Scope::systemic : Scope::local;
      const auto known = unit(s.unit, s.unit_where);
      species.unit = known.value_or(Unit{});
      species.typical = s.typical * species.unit.scale;
      species.origin = {s.where, file->id};
      auto& slots = species.scope == Scope::local ? model_.local : model_.systemic;
      species.slot = slots.size();
      species.node = model_.graph.leaf(species.scope == Scope::local ? Op::local : Op::systemic,
                                       static_cast<std::uint32_t>(species.slot));
      slots.push_back(model_.species.size());
      entry.slot = model_.species.size();
      entry.value = {species.node, species.unit.dimension, !known || !model_.units_checked};
      entry.state = Entry::State::done;
      model_.species.push_back(std::move(species));
    }
    for (const ParameterStatement& p : file->parameters) {
      Entry& entry = names_.at(p.id);
      if (entry.file != file.get() || entry.removed) continue;
      Parameter parameter;
      parameter.id = p.id;
      parameter.title = p.title;
      parameter.text = p.id;
      const auto known = unit(p.unit, p.unit_where);
      parameter.unit = known.value_or(Unit{});
      entry.value.any = !known || !model_.units_checked;
      const double scale = parameter.unit.scale;
      parameter.value = p.value * scale;
      parameter.low = p.low * scale;
      parameter.high = p.high * scale;
      parameter.source = p.source;
      parameter.origin = {p.where, file->id};
      for (const auto& [from, m] : entry.modifications) {
        if (m->kind != ModificationStatement::Kind::value) continue;
        parameter.value = m->value * scale;
        parameter.source = m->source;
      }
      parameter.node = model_.graph.leaf(Op::parameter, static_cast<std::uint32_t>(model_.parameters.size()));
      entry.slot = model_.parameters.size();
      model_.parameters.push_back(std::move(parameter));
    }
  }
}

void Builder::sum_rates() {
  Graph& graph = model_.graph;
  model_.rates.assign(model_.species.size(), graph.constant(0.0));
  for (const Process& process : model_.processes) {
    for (const Change& change : process.changes) {
      NodeId& rate = model_.rates[change.species];
      rate = graph.add(rate, graph.multiply(change.coefficient, process.rate));
    }
  }
}

void Builder::order_quantities() {
  std::map<std::string, std::size_t> order;
  for (std::size_t f = 0; f < joined_.files().size(); ++f) order[joined_.files()[f]->id] = f;
  std::stable_sort(model_.quantities.begin(), model_.quantities.end(), [&](const Quantity& a, const Quantity& b) {
    return std::pair(order[a.origin.file_id], a.origin.where.line) <
           std::pair(order[b.origin.file_id], b.origin.where.line);
  });
}

Model build_model(const Library& library, std::span<const std::string> ids, const UnitSystem& units) {
  JoinedFiles joined(library);
  for (const std::string& id : ids) joined.gather(id);
  return Builder(joined, units).build();
}

Model build_model_file(const Library& library, const std::filesystem::path& file, const UnitSystem& units) {
  constexpr std::size_t kLargest = std::size_t{4} << 20U;
  JoinedFiles joined(library);
  joined.gather_text(file.stem().string(), file.string(), read_text(file, kLargest));
  return Builder(joined, units).build();
}

}  // namespace howship::model
