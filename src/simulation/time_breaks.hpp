#pragma once

#include <span>
#include <vector>

#include "howship/model/kinetics.hpp"

namespace howship::simulation {

/// The instants in (0, end) at which a rate or a condition jumps because of time alone, ascending; each is the first
/// number at which the jump has happened. A step that comes more often than anyone can follow is left to error control.
std::vector<double> time_breaks(const model::Kinetics& kinetics, std::span<const double> parameters, double end);

}  // namespace howship::simulation
