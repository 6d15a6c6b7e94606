#pragma once

#include <cstddef>

#include "howship/model/program.hpp"
#include "howship/simulation/slabs.hpp"

namespace howship::simulation {

/// How the unknowns lie in memory: blocks of voxels one after another, in a block species after species, in a species
/// one lane per voxel; behind all blocks the systemic unknowns. A block is contiguous, so that everything done to it is
/// done while it is in cache. Lanes past the last voxel hold a copy of it: programs stay finite and maxima stay right.
/// Where ranks share the voxels this is the part of one of them; it has whole blocks, and the systemic unknowns.
struct Layout {
  std::size_t voxels = 0, locals = 0, systemics = 0, lanes = 1, blocks = 0;
  std::size_t first = 0;         ///< the place of its first voxel among those of all ranks
  std::size_t whole_blocks = 0;  ///< of all ranks

  Layout(std::size_t voxel_count, std::size_t local_count, std::size_t systemic_count)
      : Layout(Slabs(voxel_count, 1), 0, local_count, systemic_count) {}
  Layout(const Slabs& slabs, int rank, std::size_t local_count, std::size_t systemic_count)
      : voxels(slabs.of(rank).size()), locals(local_count), systemics(systemic_count), first(slabs.of(rank).begin) {
    lanes = slabs.voxels() <= static_cast<std::size_t>(model::Program::kSmall) ? model::Program::kSmall
                                                                               : model::Program::kBlock;
    blocks = (voxels + lanes - 1) / lanes;
    whole_blocks = (slabs.voxels() + lanes - 1) / lanes;
  }

  /// A single voxel without companions: its local species one after another, then the systemic ones.
  static Layout point(std::size_t local_count, std::size_t systemic_count) {
    Layout layout(1, local_count, systemic_count);
    layout.lanes = 1;
    layout.blocks = layout.whole_blocks = 1;
    return layout;
  }

  std::size_t padded() const { return blocks * lanes; }
  std::size_t block_size() const { return locals * lanes; }
  std::size_t tail() const { return blocks * block_size(); }  ///< where the systemic unknowns begin
  std::size_t size() const { return tail() + systemics; }
  /// Of all ranks. One of them may hold nothing, and take part all the same.
  std::size_t whole_size() const { return whole_blocks * block_size() + systemics; }
  std::size_t unknowns() const { return voxels * locals + systemics; }
  std::size_t index(std::size_t species, std::size_t voxel) const {
    return voxel / lanes * block_size() + species * lanes + voxel % lanes;
  }
  std::size_t first_block() const { return first / lanes; }
  std::size_t whole_padded() const { return whole_blocks * lanes; }
  /// The voxel (of this part) whose values a lane holds.
  std::size_t source(std::size_t lane) const { return lane < voxels ? lane : voxels - 1; }
  std::size_t valid_lanes(std::size_t block) const { return block + 1 < blocks ? lanes : voxels - block * lanes; }
};

}  // namespace howship::simulation
