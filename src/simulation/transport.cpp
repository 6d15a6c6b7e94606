#include "simulation/transport.hpp"

#include <algorithm>
#include <limits>

namespace howship::simulation {

Transport::Transport(const vertebra::Domain& domain, const Layout& layout,
                     const std::vector<std::vector<double>>& coefficients, Halo& halo, Ranks& ranks)
    : stride_(layout.padded() + (halo.size() + layout.lanes - 1) / layout.lanes * layout.lanes) {
  if (coefficients.empty()) return;
  const std::size_t padded = layout.padded();
  for (std::size_t face = 0; face < kFaces; ++face) {
    neighbours_[face] = Buffer<std::int32_t>(padded);
    for (std::size_t lane = 0; lane < padded; ++lane) {
      const std::size_t voxel = layout.source(lane);
      const std::int32_t other =
          domain.neighbour(layout.first + voxel, static_cast<int>(face / 2), face % 2 == 0 ? -1 : 1);
      neighbours_[face][lane] = static_cast<std::int32_t>(
          other == vertebra::Domain::kOutside ? voxel : halo.lane(static_cast<std::size_t>(other)));
    }
  }
  Buffer<double> coefficient(stride_);
  for (const std::vector<double>& own : coefficients) {
    std::copy(own.begin(), own.end(), coefficient.data());
    halo.exchange(coefficient.data(), 1, stride_);
    constexpr double kNone = -std::numeric_limits<double>::infinity();  // of a rank without voxels
    std::array<double, 2> range{kNone, kNone};                          // of D and of -D
    for (const double d : own) range = {std::max(range[0], d), std::max(range[1], -d)};
    ranks.largest(range);
    Field& field = fields_.emplace_back();
    field.uniform = range[0] == -range[1];
    field.diagonal = Buffer<double>(padded);
    for (std::size_t face = 0; face < kFaces; ++face) {
      const double spacing = domain.grid().spacing[face / 2];
      if (field.uniform) field.conductance[face / 2] = range[0] / (spacing * spacing);
      if (!field.uniform) field.conductances[face] = Buffer<double>(padded);
      for (std::size_t lane = 0; lane < padded; ++lane) {
        const std::size_t voxel = layout.source(lane);
        const auto other = static_cast<std::size_t>(neighbours_[face][lane]);
        if (other == voxel) continue;
        const double sum = coefficient[voxel] + coefficient[other];
        double conductance = field.conductance[face / 2];
        if (!field.uniform) {
          conductance = sum > 0.0 ? 2.0 * (coefficient[voxel] * coefficient[other]) / sum / (spacing * spacing) : 0.0;
          field.conductances[face][lane] = conductance;
        }
        field.diagonal[lane] += conductance;
        couples_ = couples_ || conductance > 0.0;
      }
    }
  }
  couples_ = ranks.any(couples_);
  if (!couples_) fields_.clear();  // nothing flows, so nothing need be read from neighbours
}

void Transport::rate(std::size_t species, const double* c, std::size_t begin, std::size_t end, double* out) const {
  const Field& field = fields_[species];
  const std::int32_t* n0 = neighbours_[0].data();
  const std::int32_t* n1 = neighbours_[1].data();
  const std::int32_t* n2 = neighbours_[2].data();
  const std::int32_t* n3 = neighbours_[3].data();
  const std::int32_t* n4 = neighbours_[4].data();
  const std::int32_t* n5 = neighbours_[5].data();
  if (field.uniform) {
    const double gx = field.conductance[0], gy = field.conductance[1], gz = field.conductance[2];
#pragma omp simd
    for (std::size_t v = begin; v < end; ++v) {
      const double here = c[v];
      out[v - begin] = gx * ((c[n0[v]] - here) + (c[n1[v]] - here)) + gy * ((c[n2[v]] - here) + (c[n3[v]] - here)) +
                       gz * ((c[n4[v]] - here) + (c[n5[v]] - here));
    }
    return;
  }
  const double* g0 = field.conductances[0].data();
  const double* g1 = field.conductances[1].data();
  const double* g2 = field.conductances[2].data();
  const double* g3 = field.conductances[3].data();
  const double* g4 = field.conductances[4].data();
  const double* g5 = field.conductances[5].data();
#pragma omp simd
  for (std::size_t v = begin; v < end; ++v) {
    const double here = c[v];
    out[v - begin] = (g0[v] * (c[n0[v]] - here) + g1[v] * (c[n1[v]] - here)) +
                     (g2[v] * (c[n2[v]] - here) + g3[v] * (c[n3[v]] - here)) +
                     (g4[v] * (c[n4[v]] - here) + g5[v] * (c[n5[v]] - here));
  }
}

}  // namespace howship::simulation
