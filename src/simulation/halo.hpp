#pragma once

#include <cstdint>
#include <vector>

#include "howship/core/ranks.hpp"
#include "howship/simulation/slabs.hpp"
#include "howship/vertebra/domain.hpp"

#include "simulation/buffer.hpp"
#include "simulation/layout.hpp"

namespace howship::simulation {

/// The voxels of other ranks that touch a voxel of this one, and the exchange of their values. Of each field they lie
/// behind this rank's own lanes, in the domain's order, so transport finds a neighbour by an index wherever it is. An
/// exchange begins before a sweep and ends when the sweep is through with the blocks that need nothing of it.
class Halo {
 public:
  /// All ranks.
  Halo(Ranks& ranks, const Slabs& slabs, const vertebra::Domain& domain, const Layout& layout);

  bool empty() const { return voxels_.empty(); }
  std::size_t size() const { return voxels_.size(); }
  /// Where the lane of a voxel is, given by its index among all: this rank's or in the halo.
  std::size_t lane(std::size_t voxel) const;
  /// The longest row of blocks that have no neighbour in the halo: [begin, end).
  std::size_t inner_begin() const { return inner_begin_; }
  std::size_t inner_end() const { return inner_end_; }

  /// Sends this rank's values and begins to receive. Field f of lane v is fields[f*stride + v].
  void begin(double* fields, std::size_t count, std::size_t stride);
  void progress() { messages_.progress(); }
  /// Waits, and puts what came in its place. Nothing if no exchange has begun.
  void end();
  void exchange(double* fields, std::size_t count, std::size_t stride) {
    begin(fields, count, stride);
    end();
  }

 private:
  struct Partner {
    int rank = 0;
    std::vector<std::uint32_t> sent;      ///< lanes of this rank
    std::size_t first = 0, received = 0;  ///< in the halo
    std::vector<double> outbox, inbox;
  };

  Ranks::Messages messages_;
  std::size_t first_, own_, padded_;
  std::vector<std::size_t> voxels_;  ///< ascending
  std::vector<Partner> partners_;
  std::size_t inner_begin_ = 0, inner_end_ = 0;
  double* fields_ = nullptr;
  std::size_t count_ = 0, stride_ = 0;
};

}  // namespace howship::simulation
