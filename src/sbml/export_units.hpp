#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sbml/SBMLTypes.h>

#include "howship/core/units.hpp"

namespace howship::sbml {

/// Whether two sizes of a unit are one, up to rounding.
bool same_scale(double a, double b);

/// The unit definitions of one SBML model, made when they are first asked for.
class UnitTable {
 public:
  /// @param checked  false: units are mere labels, and the file states none
  UnitTable(Model& model, bool checked) : model_(model), checked_(checked) {}

  bool checked() const { return checked_; }
  /// The id under which SBML knows a unit; empty if units are labels.
  std::string id(const Unit& unit);
  /// A pure number's unit that is `multiplier` times one: what a conversion factor is counted in.
  std::string conversion(double multiplier);

 private:
  struct Known {
    Unit unit;
    std::string id;
  };
  std::string define(const Unit& unit, const std::string& wanted);

  Model& model_;
  bool checked_;
  std::vector<Known> known_;
};

/// A unit named by its dimension: "pM/day", or "1e-09 mg/mm^3" where it is no base unit.
Unit unit_of(const Dimension& dimension, double scale);

Unit day();
Unit cubic_mm();

/// The unit of a rate of change, by the day.
Unit per_day(const Unit& unit);

/// What fills a volume (mm^3) at this concentration: pM gives amol. The same unit if it is no concentration.
Unit substance_of(const Unit& unit);

/// Whether SBML may count a species in this unit: an amount, a mass, cells, a pure number, or one of them per volume.
enum class Countable { no, substance, concentration };
Countable countable(const Unit& unit);

}  // namespace howship::sbml
