#include "simulation/neighbours.hpp"

#include <algorithm>

namespace howship::simulation {

Neighbours::Neighbours(const vertebra::Domain& domain, const Layout& layout, const Halo& halo) {
  const std::size_t groups = layout.padded() / kGroup;
  for (std::size_t face = 0; face < kFaces; ++face) {
    begin_[face] = Buffer<std::int32_t>(groups);
    for (std::size_t group = 0; group < groups; ++group) {
      std::array<std::int32_t, kGroup> lanes{};
      bool in_a_row = true;
      for (std::size_t l = 0; l < kGroup; ++l) {
        const std::size_t voxel = layout.source(group * kGroup + l);
        const std::int32_t other =
            domain.neighbour(layout.first + voxel, static_cast<int>(face / 2), face % 2 == 0 ? -1 : 1);
        lanes[l] = static_cast<std::int32_t>(
            other == vertebra::Domain::kOutside ? voxel : halo.lane(static_cast<std::size_t>(other)));
        in_a_row = in_a_row && lanes[l] == lanes[0] + static_cast<std::int32_t>(l);
      }
      if (in_a_row) {
        begin_[face][group] = lanes[0];
      } else {
        begin_[face][group] = -1 - static_cast<std::int32_t>(scattered_[face].size());
        scattered_[face].insert(scattered_[face].end(), lanes.begin(), lanes.end());
      }
    }
  }
}

std::size_t Neighbours::lane_of(std::size_t face, std::size_t lane) const {
  const std::int32_t begin = begin_[face][lane / kGroup];
  if (begin >= 0) return static_cast<std::size_t>(begin) + lane % kGroup;
  return static_cast<std::size_t>(scattered_[face][static_cast<std::size_t>(-1 - begin) + lane % kGroup]);
}

const double* Neighbours::collect(const double* field, const std::int32_t* lanes, double* room) {
  for (std::size_t l = 0; l < kGroup; ++l) room[l] = field[lanes[l]];
  return room;
}

}  // namespace howship::simulation
