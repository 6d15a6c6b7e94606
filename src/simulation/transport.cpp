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
  neighbours_ = Neighbours(domain, layout, halo);
  const std::size_t padded = layout.padded();
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
  return neighbours_.lane_of(face, lane) != std::min(lane, voxels_ - 1);
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
      const double other = coefficient[neighbours_.lane_of(face, lane)];
      field.conductances[face][lane] = conductance(one, other, twice_per_area_[face / 2]);
      field.diagonal[lane] += field.conductances[face][lane];
    }
  }
}

void Transport::rate(std::size_t species, const double* c, std::size_t begin, std::size_t end, double* out) const {
  constexpr std::size_t kGroup = Neighbours::kGroup;
  const Field& field = fields_[species];
  Neighbours::Room room{};
  for (std::size_t first = begin; first < end; first += kGroup) {
    const auto [n0, n1, n2, n3, n4, n5] = neighbours_.of(c, first, room);
    const double* own = c + first;
    double* to = out + (first - begin);
    if (field.uniform) {
      const double gx = field.conductance[0], gy = field.conductance[1], gz = field.conductance[2];
#pragma omp simd
      for (std::size_t l = 0; l < kGroup; ++l) {
        const double here = own[l];
        to[l] = gx * ((n0[l] - here) + (n1[l] - here)) + gy * ((n2[l] - here) + (n3[l] - here)) +
                gz * ((n4[l] - here) + (n5[l] - here));
      }
    } else {
      const auto conductances = [&](std::size_t face) { return field.conductances[face].data() + first; };
      const double* g0 = conductances(0);
      const double* g1 = conductances(1);
      const double* g2 = conductances(2);
      const double* g3 = conductances(3);
      const double* g4 = conductances(4);
      const double* g5 = conductances(5);
#pragma omp simd
      for (std::size_t l = 0; l < kGroup; ++l) {
        const double here = own[l];
        to[l] = (g0[l] * (n0[l] - here) + g1[l] * (n1[l] - here)) + (g2[l] * (n2[l] - here) + g3[l] * (n3[l] - here)) +
                (g4[l] * (n4[l] - here) + g5[l] * (n5[l] - here));
      }
    }
  }
}

void Transport::rate(const double* c, const double* coefficient, std::size_t begin, std::size_t end,
                     double* out) const {
  constexpr std::size_t kGroup = Neighbours::kGroup;
  Neighbours::Room room{}, coefficient_room{};
  for (std::size_t first = begin; first < end; first += kGroup) {
    const Neighbours::Values values = neighbours_.of(c, first, room);
    const Neighbours::Values coefficients = neighbours_.of(coefficient, first, coefficient_room);
    std::array<double, kGroup> sum{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double twice = twice_per_area_[axis];
      const double* below = values[2 * axis];
      const double* above = values[2 * axis + 1];
      const double* coefficient_below = coefficients[2 * axis];
      const double* coefficient_above = coefficients[2 * axis + 1];
#pragma omp simd
      for (std::size_t l = 0; l < kGroup; ++l) {
        const double here = c[first + l];
        const double own = coefficient[first + l];
        sum[l] += conductance(own, coefficient_below[l], twice) * (below[l] - here) +
                  conductance(own, coefficient_above[l], twice) * (above[l] - here);
      }
    }
    std::copy(sum.begin(), sum.end(), out + (first - begin));
  }
}

}  // namespace howship::simulation
