#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "howship/vertebra/domain.hpp"

#include "simulation/buffer.hpp"
#include "simulation/halo.hpp"
#include "simulation/layout.hpp"

namespace howship::simulation {

/// Where the neighbours of voxels lie in a field, for groups of lanes at once: active voxels come in rows, so the
/// neighbours of a group across a face mostly lie one behind another as well, and are read where they are rather than
/// one by one through indices.
class Neighbours {
 public:
  static constexpr std::size_t kGroup = 8;
  static constexpr std::size_t kFaces = 6;  ///< below and above along each axis

  /// None, for what does not flow.
  Neighbours() = default;
  Neighbours(const vertebra::Domain& domain, const Layout& layout, const Halo& halo);

  /// Where they are put together if they do not lie one behind another.
  using Room = std::array<std::array<double, kGroup>, kFaces>;
  using Values = std::array<const double*, kFaces>;

  /// For each face the values of the neighbours of lanes [lane, lane + kGroup); where a voxel has none, its own.
  /// @param lane  a multiple of kGroup
  Values of(const double* field, std::size_t lane, Room& room) const {
    Values values{};
    for (std::size_t face = 0; face < kFaces; ++face) {
      const std::int32_t begin = begin_[face][lane / kGroup];
      if (begin >= 0) {
        values[face] = field + begin;
      } else {
        values[face] = collect(field, scattered_[face].data() - (begin + 1), room[face].data());
      }
    }
    return values;
  }

  /// The lane of one; the voxel's own where it has none.
  std::size_t lane_of(std::size_t face, std::size_t lane) const;

 private:
  static const double* collect(const double* field, const std::int32_t* lanes, double* room);

  /// Per group: the first of lanes one behind another, or below zero -1 - the place of its lanes in `scattered_`.
  std::array<Buffer<std::int32_t>, kFaces> begin_;
  std::array<std::vector<std::int32_t>, kFaces> scattered_;
};

}  // namespace howship::simulation
