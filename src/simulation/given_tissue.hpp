#pragma once

#include <span>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/vertebra/domain.hpp"

#include "simulation/buffer.hpp"
#include "simulation/layout.hpp"

namespace howship::simulation {

/// @throws std::logic_error unless there is one field per name in Model::given, each with one value per voxel
void check_given(const model::Kinetics& kinetics, std::size_t voxels, const std::vector<std::vector<double>>& given);

/// The diffusion coefficient of each diffusing species in every voxel of the layout; zero for one that changes with
/// what is in the voxel (Kinetics::followed).
/// @param given  in blocks of the layout
/// @throws InputError if one is negative or not finite
std::vector<std::vector<double>> diffusion_coefficients(const model::Kinetics& kinetics,
                                                        std::span<const double> parameters,
                                                        const vertebra::Domain& domain, const Layout& layout,
                                                        const Buffer<double>& given, std::size_t given_count);

/// @param diffusing  place in Kinetics::diffusing()
/// @param voxel      among those of all ranks
/// @throws InputError if the coefficient is negative or not finite
void check_coefficient(const model::Kinetics& kinetics, std::size_t diffusing, double value,
                       const vertebra::Domain& domain, std::size_t voxel);

}  // namespace howship::simulation
