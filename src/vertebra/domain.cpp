#include "howship/vertebra/domain.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::vertebra {

std::array<int, 3> Grid::voxel(std::size_t index) const {
  const auto ni = static_cast<std::size_t>(size[0]);
  const auto nj = static_cast<std::size_t>(size[1]);
  return {static_cast<int>(index % ni), static_cast<int>(index / ni % nj), static_cast<int>(index / (ni * nj))};
}

std::array<double, 3> Grid::position(std::array<double, 3> voxel) const {
  std::array<double, 3> out = origin;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t axis = 0; axis < 3; ++axis) out[row] += direction[3 * row + axis] * spacing[axis] * voxel[axis];
  }
  return out;
}

std::array<double, 3> Grid::position(std::size_t index) const {
  const auto v = voxel(index);
  return position({static_cast<double>(v[0]), static_cast<double>(v[1]), static_cast<double>(v[2])});
}

std::string_view to_text(Region region) {
  switch (region) {
    case Region::trabecular:
      return "trabecular";
    case Region::cortical:
      return "cortical";
    case Region::endplate:
      return "endplate";
    case Region::posterior:
      return "posterior";
  }
  return "unknown";
}

Domain::Domain(Grid grid, std::vector<std::size_t> active, std::vector<double> bvtv, std::vector<Region> region)
    : grid_(grid), active_(std::move(active)), bvtv_(std::move(bvtv)), region_(std::move(region)) {
  if (active_.empty()) throw InputError("the vertebra has no voxel with bone", "use smaller voxels, or another label");
  if (bvtv_.size() != active_.size() || region_.size() != active_.size())
    throw std::logic_error("Domain: arrays of different lengths");
  if (!std::is_sorted(active_.begin(), active_.end()) || active_.back() >= grid_.count())
    throw std::logic_error("Domain: bad voxel order");
  for (std::size_t v = 0; v < bvtv_.size(); ++v) {
    if (!(bvtv_[v] > 0.0 && bvtv_[v] < 1.0)) {
      const auto [i, j, k] = grid_.voxel(active_[v]);
      throw InputError(fmt::format("voxel ({}, {}, {}): BV/TV {} is not between 0 and 1", i, j, k, bvtv_[v]));
    }
  }
  lookup_.assign(grid_.count(), kOutside);
  for (std::size_t v = 0; v < active_.size(); ++v) lookup_[active_[v]] = static_cast<std::int32_t>(v);
}

Domain Domain::single(double bvtv) {
  return Domain(Grid{}, {0}, {bvtv}, {Region::trabecular});
}

Domain Domain::block(std::array<int, 3> count, double spacing, double bvtv) {
  Grid grid;
  grid.size = count;
  grid.spacing = {spacing, spacing, spacing};
  for (std::size_t axis = 0; axis < 3; ++axis) grid.origin[axis] = -0.5 * spacing * (count[axis] - 1);
  std::vector<std::size_t> active(grid.count());
  std::iota(active.begin(), active.end(), std::size_t{0});
  return Domain(grid, active, std::vector<double>(active.size(), bvtv),
                std::vector<Region>(active.size(), Region::trabecular));
}

std::int32_t Domain::neighbour(std::size_t active_index, int axis, int direction) const {
  const auto v = grid_.voxel(active_[active_index]);
  const int moved = v[axis] + direction;
  if (moved < 0 || moved >= grid_.size[axis]) return kOutside;
  const std::size_t stride = axis == 0   ? 1
                             : axis == 1 ? grid_.size[0]
                                         : static_cast<std::size_t>(grid_.size[0]) * grid_.size[1];
  return direction > 0 ? lookup_[active_[active_index] + stride] : lookup_[active_[active_index] - stride];
}

}  // namespace howship::vertebra
