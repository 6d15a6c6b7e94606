#include "sbml/export_counting.hpp"

#include <algorithm>

#include "sbml/export_units.hpp"

namespace howship::sbml {

bool Counting::any() const {
  return std::find(species.begin(), species.end(), true) != species.end();
}

Unit rate_unit(const model::Model& model, const Unit& unit) {
  return model.units_checked ? per_day(unit) : unit;
}

Counting choose_counting(const model::Model& model) {
  std::vector<bool> fits;
  for (const auto& s : model.species) fits.push_back(countable(s.unit) != Countable::no);
  for (const auto& p : model.processes) {
    for (const auto& change : p.changes) {
      const bool whole = model.graph[change.coefficient].op == model::Op::constant &&
                         p.dimension == rate_unit(model, model.species[change.species].unit).dimension;
      if (!whole) fits[change.species] = false;
    }
  }
  Counting out;
  out.species.assign(fits.size(), false);
  std::ptrdiff_t most = 0;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    if (!fits[i] || out.species[i]) continue;
    const Unit& unit = model.species[i].unit;
    std::vector<bool> alike;
    for (std::size_t j = 0; j < fits.size(); ++j) {
      const Unit& other = model.species[j].unit;
      alike.push_back(fits[j] && other.dimension == unit.dimension && same_scale(other.scale, unit.scale));
    }
    const auto count = std::count(alike.begin(), alike.end(), true);
    if (count <= most) continue;
    most = count;
    out.species = alike;
    out.unit = unit;
  }
  out.is_concentration = most > 0 && countable(out.unit) == Countable::concentration;
  for (const auto& p : model.processes) {
    out.processes.push_back(std::any_of(p.changes.begin(), p.changes.end(),
                                        [&out](const model::Change& c) { return out.species[c.species]; }));
  }
  return out;
}

}  // namespace howship::sbml
