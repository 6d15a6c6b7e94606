#pragma once

#include <cstddef>
#include <vector>

namespace howship::simulation {

/// How ranks share the active voxels of a domain: each holds a contiguous part of them, in their order, of whole chunks
/// (the last one of all may be shorter). Sums over voxels are taken chunk by chunk and then over chunks, so their bits
/// do not depend on who holds which chunk. Parts differ by one chunk at most; where there are more ranks than chunks
/// some hold nothing, but never rank 0.
class Slabs {
 public:
  static constexpr std::size_t kChunk = 1024;  ///< voxels

  struct Slab {
    std::size_t begin = 0, end = 0;  ///< indices into the domain's active voxels
    std::size_t size() const { return end - begin; }
  };

  Slabs(std::size_t voxels, int ranks);

  std::size_t voxels() const { return voxels_; }
  int ranks() const { return ranks_; }
  Slab of(int rank) const;
  int owner(std::size_t voxel) const;
  std::size_t chunks() const { return (voxels_ + kChunk - 1) / kChunk; }
  std::size_t chunks(int rank) const { return first_chunk(rank + 1) - first_chunk(rank); }
  /// Of each rank, `per_chunk` values of each chunk and `extra` more: for Ranks::gather.
  std::vector<int> counts(std::size_t per_chunk, std::size_t extra = 0) const;

 private:
  std::size_t first_chunk(int rank) const;

  std::size_t voxels_;
  int ranks_;
};

}  // namespace howship::simulation
