#include "simulation/given_tissue.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "simulation/failure_report.hpp"

namespace howship::simulation {

void check_given(const model::Kinetics& kinetics, std::size_t voxels, const std::vector<std::vector<double>>& given) {
  const auto& names = kinetics.model().given;
  if (given.size() != names.size())
    throw std::logic_error("Simulation: one given field per name in Model::given is needed");
  for (std::size_t f = 0; f < given.size(); ++f) {
    if (given[f].size() != voxels) throw std::logic_error("Simulation: given." + names[f] + " has the wrong length");
  }
}

void check_coefficient(const model::Kinetics& kinetics, std::size_t diffusing, double value,
                       const vertebra::Domain& domain, std::size_t voxel) {
  if (std::isfinite(value) && value >= 0.0) return;
  const auto& species = kinetics.model().species[kinetics.model().local[kinetics.diffusing()[diffusing]]];
  throw InputError(
      fmt::format("the diffusion coefficient of {} is {} mm^2/day in {}", species.id, value, voxel_text(domain, voxel)),
      "it must be zero or positive everywhere; its formula is " + species.diffusion_text);
}

std::vector<std::vector<double>> diffusion_coefficients(const model::Kinetics& kinetics,
                                                        std::span<const double> parameters,
                                                        const vertebra::Domain& domain, const Layout& layout,
                                                        const Buffer<double>& given, std::size_t given_count) {
  const model::Program& program = kinetics.diffusion();
  const std::size_t count = kinetics.diffusing().size();
  std::vector<std::vector<double>> fields(count, std::vector<double>(layout.voxels));
  if (count == 0) return fields;
  const std::size_t lanes = layout.lanes;
  model::Program::Workspace workspace = program.workspace(static_cast<int>(lanes), parameters);
  const std::vector<double> systemic(kinetics.systemic_count(), 0.0);
  const std::vector<double> reductions(kinetics.model().reductions.size(), 0.0);
  program.prepare(workspace, {0.0, systemic, reductions});
  const Buffer<double> local(std::max<std::size_t>(1, layout.block_size()));
  Buffer<double> out(count * lanes);
  for (std::size_t block = 0; block < layout.blocks; ++block) {
    program.run(workspace, {local.data(), lanes}, {given.data() + block * given_count * lanes, lanes}, 0,
                {out.data(), lanes});
    for (std::size_t d = 0; d < count; ++d) {
      if (std::binary_search(kinetics.followed().begin(), kinetics.followed().end(), d)) continue;
      for (std::size_t l = 0; l < layout.valid_lanes(block); ++l) {
        const std::size_t voxel = block * lanes + l;
        fields[d][voxel] = out[d * lanes + l];
        check_coefficient(kinetics, d, fields[d][voxel], domain, layout.first + voxel);
      }
    }
  }
  return fields;
}

}  // namespace howship::simulation
