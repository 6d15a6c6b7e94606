#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/vertebra/domain.hpp"

namespace howship::simulation {

/// Where and how the equations stopped being solvable.
struct Failure {
  double time = 0.0;                 ///< day
  std::string cause;                 ///< "its rate is not finite"
  std::size_t species = 0;           ///< index into Model::species
  std::optional<std::size_t> voxel;  ///< of a local species
  std::vector<double> local;         ///< values in that voxel, slot order
  std::vector<double> given;         ///< the same of the given fields
  std::vector<double> systemic;      ///< slot order
  std::vector<double> reductions;
};

/// Several sentences for the user: species, place, day, value, the processes that matter there, what to try.
std::string describe(const Failure& failure, const model::Kinetics& kinetics, std::span<const double> parameters,
                     const vertebra::Domain& domain);

/// "voxel (3, 4, 5), trabecular, at (1.0, 2.0, 3.0) mm"
std::string voxel_text(const vertebra::Domain& domain, std::size_t voxel);

}  // namespace howship::simulation
