#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "howship/core/ranks.hpp"
#include "howship/model/model.hpp"
#include "howship/vertebra/domain.hpp"

#include "simulation/buffer.hpp"
#include "simulation/layout.hpp"

namespace howship::simulation {

/// Weights of voxels in integrals, means and maxima over regions: "" (everything), "trabecular", "cortical",
/// "endplate", "posterior", and "body" (all but posterior).
class Tissue {
 public:
  Tissue(const vertebra::Domain& domain, const Layout& layout);

  struct Region {
    Buffer<double> mask;     ///< 1 in lanes whose voxel belongs to it, 0 elsewhere and in padding
    std::size_t voxels = 0;  ///< of all ranks
  };
  /// @throws InputError for an unknown name
  const Region& region(const std::string& name);
  /// What a sum of integrand values over a region's voxels is multiplied with. Not finite: mean over no voxel.
  double factor(const model::Reduction& reduction);
  /// The same of a reduction that rates read. @throws InputError if they cannot
  double rate_factor(const model::Reduction& reduction);

 private:
  const vertebra::Domain& domain_;
  Layout layout_;
  std::map<std::string, Region> regions_;
};

/// The given fields block by block: field f of lane l in block b at [(b*fields + f)*lanes + l].
Buffer<double> in_blocks(const std::vector<std::vector<double>>& fields, const Layout& layout);

/// Sum in index order with Neumaier's compensation.
double ordered_sum(const double* values, std::size_t count, std::size_t stride);

/// Sums over the voxels of all ranks, always in the same order: in chunks of Slabs, then over chunks.
class TissueSums {
 public:
  TissueSums(Ranks& ranks, const Slabs& slabs, const Layout& layout);

  /// @param blocks  `count` partial sums of each block, one block after another  @param out  as many sums. All ranks.
  void of_blocks(const double* blocks, std::size_t count, std::span<double> out);
  /// The same of partial sums per chunk.
  void of_chunks(const double* chunks, std::size_t count, std::span<double> out);
  /// What of_chunks adds up: the partial sums of all chunks, valid until the next call.
  std::span<const double> all_chunks(const double* chunks, std::size_t count);

  Ranks& ranks() { return ranks_; }
  const Slabs& slabs() const { return slabs_; }
  /// Chunks of this rank.
  std::size_t chunks() const { return chunks_; }
  std::size_t blocks_per_chunk() const { return blocks_per_chunk_; }

 private:
  Ranks& ranks_;
  Slabs slabs_;
  std::size_t chunks_, blocks_, blocks_per_chunk_;
  std::vector<double> mine_, all_;
  std::map<std::size_t, std::vector<int>> counts_;
};

}  // namespace howship::simulation
