#pragma once

#include <vector>

#include "howship/model/kinetics.hpp"

namespace howship::simulation {

/// The model's parameters and, behind them, a decay for each known input: the loss of its species in the first voxel at
/// the start. Which voxel is taken changes no result, only how small the solver's unknowns stay.
std::vector<double> with_decays(const model::Kinetics& kinetics, std::vector<double> parameters,
                                const std::vector<std::vector<double>>& given);

}  // namespace howship::simulation
