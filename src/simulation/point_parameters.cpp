#include "simulation/point_parameters.hpp"

#include <limits>
#include <utility>

#include "simulation/given_tissue.hpp"
#include "simulation/tissue.hpp"

namespace howship::simulation {

std::vector<double> point_parameters(const model::Kinetics& kinetics, std::vector<double> parameters,
                                     const vertebra::Domain& domain, const std::vector<std::vector<double>>& given) {
  check_given(kinetics, given.empty() ? 0 : given.front().size(), given);
  const model::Model& model = kinetics.model();
  const Layout voxel(1, kinetics.local_count(), 0);
  if (!kinetics.diffusing()
           .empty())  // there is nowhere to go, and a coefficient that makes no sense is refused all the same
    diffusion_coefficients(kinetics, parameters, domain, voxel, in_blocks(given, voxel), given.size());
  for (const auto& field : given) parameters.push_back(field.front());
  Tissue tissue(domain, voxel);
  for (std::size_t r = 0; r < model.rate_reductions; ++r) {
    const double factor = tissue.rate_factor(model.reductions[r]);
    parameters.push_back(tissue.region(model.reductions[r].region).voxels > 0 ? factor : 0.0);
  }
  return parameters;
}

std::vector<double> observed_point_parameters(const model::Kinetics& kinetics, std::vector<double> parameters,
                                              const vertebra::Domain& domain,
                                              const std::vector<std::vector<double>>& given) {
  parameters = point_parameters(kinetics, std::move(parameters), domain, given);
  const model::Model& model = kinetics.model();
  Tissue tissue(domain, Layout(1, kinetics.local_count(), 0));
  for (std::size_t r = model.rate_reductions; r < model.reductions.size(); ++r) {
    const model::Reduction& reduction = model.reductions[r];
    const bool empty = tissue.region(reduction.region).voxels == 0;
    const bool sum = reduction.kind == model::Reduction::Kind::integral;
    const double nothing = sum ? 0.0 : std::numeric_limits<double>::quiet_NaN();
    parameters.push_back(empty ? nothing : tissue.factor(reduction));
  }
  return parameters;
}

std::vector<double> typical_sizes(const model::Model& model) {
  std::vector<double> sizes;
  for (const auto* slots : {&model.local, &model.systemic}) {
    for (const std::size_t species : *slots) sizes.push_back(model.species[species].typical);
  }
  return sizes;
}

}  // namespace howship::simulation
