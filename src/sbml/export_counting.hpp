#pragma once

#include <vector>

#include "howship/core/units.hpp"
#include "howship/model/model.hpp"

namespace howship::sbml {

/// SBML counts all reactions of a model in one unit. The species of the commonest unit become species of SBML, if
/// nothing but whole rates change them; every other one is a parameter with a rate rule.
struct Counting {
  std::vector<bool> species;    ///< of each: a species of SBML
  std::vector<bool> processes;  ///< of each: a reaction
  Unit unit;                    ///< of those species
  bool is_concentration = false;

  bool any() const;
};

Counting choose_counting(const model::Model& model);

/// The unit of a rate of change; where units are labels every number counts as it is.
Unit rate_unit(const model::Model& model, const Unit& unit);

}  // namespace howship::sbml
