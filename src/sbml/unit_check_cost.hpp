#pragma once

#include <sbml/SBMLTypes.h>

namespace howship::sbml {

/// How long libSBML's check of units takes, about, in units of ten microseconds. It writes out every call of a function
/// definition and takes, for each operation, the square of the number of operands. Infinite where definitions call
/// themselves. Nothing is written out to find this.
double unit_check_cost(Model& model);

}  // namespace howship::sbml
