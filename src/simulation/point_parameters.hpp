#pragma once

#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/vertebra/domain.hpp"

namespace howship::simulation {

/// What PointKinetics counts as parameters. @throws InputError as FieldSystem
std::vector<double> point_parameters(const model::Kinetics& kinetics, std::vector<double> parameters,
                                     const vertebra::Domain& domain, const std::vector<std::vector<double>>& given);

/// The same with the factors of reductions that are only observed, as PointSensitivities counts. A mean over a region
/// without voxels is not a number.
std::vector<double> observed_point_parameters(const model::Kinetics& kinetics, std::vector<double> parameters,
                                              const vertebra::Domain& domain,
                                              const std::vector<std::vector<double>>& given);

/// The typical size of every unknown of a point.
std::vector<double> typical_sizes(const model::Model& model);

}  // namespace howship::simulation
