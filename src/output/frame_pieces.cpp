#include "howship/output/frame_pieces.hpp"

#include <algorithm>

namespace howship::output {

FramePieces::FramePieces(const vertebra::Domain& domain, Ranks* ranks)
    : ranks_(ranks), rank_(ranks == nullptr ? 0 : ranks->rank()) {
  const int count = ranks == nullptr ? 1 : ranks->count();
  const simulation::Slabs slabs(domain.size(), count);
  const auto layer = [&domain](std::size_t voxel) { return domain.grid().voxel(domain.active()[voxel])[2]; };
  own_ = voxels_ = slabs.of(rank_);
  layers_.resize(static_cast<std::size_t>(count));
  layers_[0] = {0, domain.grid().size[2]};
  int writer = 0;  // of the layers so far
  for (int rank = 1; rank < count; ++rank) {
    const simulation::Slabs::Slab slab = slabs.of(rank);
    std::size_t first = slab.begin;  // of its own layers
    while (first < slab.end && layer(first) == layer(slab.begin - 1)) ++first;
    const std::size_t foreign = first - slab.begin;
    if (foreign > 0 && rank == rank_) given_ = {writer, foreign};
    if (foreign > 0 && writer == rank_) {
      taken_.push_back({rank, foreign});
      voxels_.end += foreign;
    }
    if (rank == rank_) voxels_.begin = first;
    if (first == slab.end) {
      layers_[static_cast<std::size_t>(rank)] = {0, 0};
      continue;
    }
    layers_[static_cast<std::size_t>(rank)] = {layer(first), layers_[static_cast<std::size_t>(writer)].end};
    layers_[static_cast<std::size_t>(writer)].end = layer(first);
    writer = rank;
  }
}

std::vector<float> FramePieces::collect(std::vector<float> own) const {
  if (ranks_ == nullptr || ranks_->alone()) return own;
  // Downwards only, so nobody waits for one who waits.
  if (given_.count > 0) {
    ranks_->send(given_.rank, std::as_bytes(std::span(own).first(given_.count)));
    own.erase(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(given_.count));
  }
  for (const Part& part : taken_) {
    const std::size_t before = own.size();
    own.resize(before + part.count);
    ranks_->receive(part.rank, std::as_writable_bytes(std::span(own).subspan(before)));
  }
  return own;
}

}  // namespace howship::output
