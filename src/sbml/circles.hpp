#pragma once

#include <string>
#include <vector>

#include <sbml/SBMLTypes.h>

#include "sbml/symbols.hpp"

namespace howship::sbml {

/// Ids whose assignments need each other, the first named again at the end.
struct Circle {
  const SBase* element = nullptr;  ///< the assignment of the first
  std::vector<std::string> ids;
};

/// Circles among assignment rules, initial assignments and kinetic laws: at most the first that is found.
std::vector<Circle> circles(const Symbols& symbols);

}  // namespace howship::sbml
