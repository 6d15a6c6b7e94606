#include "howship/simulation/slabs.hpp"

#include <algorithm>

namespace howship::simulation {

Slabs::Slabs(std::size_t voxels, int ranks) : voxels_(voxels), ranks_(std::max(1, ranks)) {}

// Rounded up, so that rank 0 always holds something.
std::size_t Slabs::first_chunk(int rank) const {
  const auto count = static_cast<std::size_t>(ranks_);
  return (chunks() * static_cast<std::size_t>(rank) + count - 1) / count;
}

Slabs::Slab Slabs::of(int rank) const {
  return {std::min(voxels_, first_chunk(rank) * kChunk), std::min(voxels_, first_chunk(rank + 1) * kChunk)};
}

int Slabs::owner(std::size_t voxel) const {
  int rank = 0;
  int beyond = ranks_;  // by bisection: the last rank that begins at the voxel or before it
  while (beyond - rank > 1) {
    const int middle = (rank + beyond) / 2;
    (of(middle).begin <= voxel ? rank : beyond) = middle;
  }
  return rank;
}

std::vector<int> Slabs::counts(std::size_t per_chunk, std::size_t extra) const {
  std::vector<int> counts;
  for (int rank = 0; rank < ranks_; ++rank) counts.push_back(static_cast<int>(chunks(rank) * per_chunk + extra));
  return counts;
}

}  // namespace howship::simulation
