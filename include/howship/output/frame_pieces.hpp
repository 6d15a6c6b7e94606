#pragma once

#include <vector>

#include "howship/core/ranks.hpp"
#include "howship/simulation/slabs.hpp"
#include "howship/vertebra/domain.hpp"

namespace howship::output {

/// Layers [begin, end) of a lattice along k.
struct Layers {
  int begin = 0, end = 0;
  int size() const { return end - begin; }
};

/// How an image of a domain that ranks share is cut into pieces. Ranks hold contiguous voxels, and a piece must be a
/// box: a rank writes the layers whose first voxel it holds, and is sent the rest of the last of them by those after
/// it. Layers without any voxel go with those below them, or with rank 0. Some ranks may have none.
class FramePieces {
 public:
  /// @param ranks  null: alone, with all layers
  FramePieces(const vertebra::Domain& domain, Ranks* ranks);

  Layers of(int rank) const { return layers_[static_cast<std::size_t>(rank)]; }
  Layers mine() const { return of(rank_); }
  /// Values of the voxels of this rank to those of its piece, in the domain's order. All ranks.
  std::vector<float> collect(std::vector<float> own) const;
  /// The voxels of this rank's piece, as a part of the domain's.
  const simulation::Slabs::Slab& voxels() const { return voxels_; }

 private:
  Ranks* ranks_;
  int rank_;
  std::vector<Layers> layers_;
  simulation::Slabs::Slab own_, voxels_;
  struct Part {
    int rank = 0;
    std::size_t count = 0;
  };
  Part given_;               ///< the first voxels of this rank, and who writes them
  std::vector<Part> taken_;  ///< likewise of those after it, ascending
};

}  // namespace howship::output
