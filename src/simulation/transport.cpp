#include "simulation/transport.hpp"

#include <algorithm>
#include <limits>

namespace howship::simulation {
namespace {

// Alike from both sides to the last bit.
double conductance(double one, double other, double twice_per_area) {
  const double sum = one + other;
  return sum > 0.0 ? one * other / sum * twice_per_area : 0.0;
}

}  // namespace

Transport::Transport(const vertebra::Domain& domain, const Layout& layout,
                     const std::vector<std::vector<double>>& coefficients, const std::vector<std::size_t>& followed,
                     Halo& halo, Ranks& ranks)
    : voxels_(layout.voxels),
      stride_(layout.padded() + (halo.size() + layout.lanes - 1) / layout.lanes * layout.lanes) {
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
  for (std::size_t axis = 0; axis < 3; ++axis)
    twice_per_area_[axis] = 2.0 / (domain.grid().spacing[axis] * domain.grid().spacing[axis]);
  Buffer<double> coefficient(stride_);
  for (std::size_t d = 0; d < coefficients.size(); ++d) {
    const std::vector<double>& own = coefficients[d];
    const bool follows = std::binary_search(followed.begin(), followed.end(), d);
    constexpr double kNone = -std::numeric_limits<double>::infinity();  // of a rank without voxels
    std::array<double, 2> range{kNone, kNone};                          // of D and of -D
    for (const double one : own) range = {std::max(range[0], one), std::max(range[1], -one)};
    ranks.largest(range);
    Field& field = fields_.emplace_back();
    field.uniform = range[0] == -range[1] && !follows;
    field.diagonal = Buffer<double>(padded);
    if (field.uniform) {
      set_uniform(field, range[0]);
    } else {
      for (Buffer<double>& face : field.conductances) face = Buffer<double>(padded);
      for (std::size_t lane = 0; lane < padded; ++lane) coefficient[lane] = own[layout.source(lane)];
      halo.exchange(coefficient.data(), 1, stride_);
      set_conductances(d, coefficient.data(), 0, padded);
    }
    const double* sums = field.diagonal.data();
    couples_ = couples_ || (follows && domain.size() > 1) ||
               std::any_of(sums, sums + padded, [](double sum) { return sum > 0.0; });
  }
  couples_ = ranks.any(couples_);
  if (!couples_) fields_.clear();  // nothing flows, so nothing need be read from neighbours
}

// Where there is no neighbour, the voxel itself stands for one; a lane past the last voxel is that voxel's.
bool Transport::is_face(std::size_t face, std::size_t lane) const {
  return static_cast<std::size_t>(neighbours_[face][lane]) != std::min(lane, voxels_ - 1);
}

void Transport::set_uniform(Field& field, double coefficient) {
  const std::size_t padded = field.diagonal.size();
  for (std::size_t axis = 0; axis < 3; ++axis) field.conductance[axis] = 0.5 * twice_per_area_[axis] * coefficient;
  for (std::size_t face = 0; face < kFaces; ++face) {
    for (std::size_t lane = 0; lane < padded; ++lane) {
      if (is_face(face, lane)) field.diagonal[lane] += field.conductance[face / 2];
    }
  }
}

void Transport::set_conductances(std::size_t species, const double* coefficient, std::size_t begin, std::size_t end) {
  Field& field = fields_[species];
  std::fill(field.diagonal.data() + begin, field.diagonal.data() + end, 0.0);
  for (std::size_t face = 0; face < kFaces; ++face) {
    for (std::size_t lane = begin; lane < end; ++lane) {
      if (!is_face(face, lane)) continue;
      const double one = coefficient[lane];
      const double other = coefficient[static_cast<std::size_t>(neighbours_[face][lane])];
      field.conductances[face][lane] = conductance(one, other, twice_per_area_[face / 2]);
      field.diagonal[lane] += field.conductances[face][lane];
    }
  }
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

void Transport::rate(const double* c, const double* coefficient, std::size_t begin, std::size_t end,
                     double* out) const {
  std::fill(out, out + (end - begin), 0.0);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int32_t* below = neighbours_[2 * axis].data();
    const std::int32_t* above = neighbours_[2 * axis + 1].data();
    const double twice = twice_per_area_[axis];
#pragma omp simd
    for (std::size_t v = begin; v < end; ++v) {
      const double here = c[v];
      const double own = coefficient[v];
      out[v - begin] += conductance(own, coefficient[below[v]], twice) * (c[below[v]] - here) +
                        conductance(own, coefficient[above[v]], twice) * (c[above[v]] - here);
    }
  }
}

}  // namespace howship::simulation
