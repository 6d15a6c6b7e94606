#include "simulation/halo.hpp"

#include <algorithm>
#include <map>

namespace howship::simulation {
namespace {

// Calls see(lane, other) for every neighbour `other` of the layout's voxels.
template <class See>
void for_neighbours(const vertebra::Domain& domain, const Layout& layout, See&& see) {
  for (std::size_t v = 0; v < layout.voxels; ++v) {
    for (int axis = 0; axis < 3; ++axis) {
      for (const int direction : {-1, 1}) {
        const std::int32_t other = domain.neighbour(layout.first + v, axis, direction);
        if (other != vertebra::Domain::kOutside) see(v, static_cast<std::size_t>(other));
      }
    }
  }
}

}  // namespace

Halo::Halo(Ranks& ranks, const Slabs& slabs, const vertebra::Domain& domain, const Layout& layout)
    : messages_(ranks), first_(layout.first), own_(layout.voxels), padded_(layout.padded()), inner_end_(layout.blocks) {
  if (ranks.alone()) return;
  std::map<int, std::vector<std::uint32_t>> sent;
  std::vector<bool> touches(layout.blocks, false);
  for_neighbours(domain, layout, [&](std::size_t v, std::size_t other) {
    if (other >= first_ && other < first_ + own_) return;
    voxels_.push_back(other);
    touches[v / layout.lanes] = true;
    std::vector<std::uint32_t>& to = sent[slabs.owner(other)];
    if (to.empty() || to.back() != v) to.push_back(static_cast<std::uint32_t>(v));
  });
  std::sort(voxels_.begin(), voxels_.end());
  voxels_.erase(std::unique(voxels_.begin(), voxels_.end()), voxels_.end());
  // Neighbours are so both ways: who sends also receives, and both sides list voxels in the domain's order.
  for (auto& [rank, lanes] : sent) {
    Partner& partner = partners_.emplace_back();
    partner.rank = rank;
    partner.sent = std::move(lanes);
    const Slabs::Slab slab = slabs.of(rank);
    const auto begin = std::lower_bound(voxels_.begin(), voxels_.end(), slab.begin);
    partner.first = static_cast<std::size_t>(begin - voxels_.begin());
    partner.received = static_cast<std::size_t>(std::lower_bound(begin, voxels_.end(), slab.end) - begin);
  }
  inner_end_ = 0;
  for (std::size_t block = 0, begin = 0; block <= layout.blocks; ++block) {
    if (block < layout.blocks && !touches[block]) continue;
    if (block - begin > inner_end_ - inner_begin_) {
      inner_begin_ = begin;
      inner_end_ = block;
    }
    begin = block + 1;
  }
}

std::size_t Halo::lane(std::size_t voxel) const {
  if (voxel >= first_ && voxel < first_ + own_) return voxel - first_;
  const auto place = std::lower_bound(voxels_.begin(), voxels_.end(), voxel);
  return padded_ + static_cast<std::size_t>(place - voxels_.begin());
}

void Halo::begin(double* fields, std::size_t count, std::size_t stride) {
  fields_ = fields;
  count_ = count;
  stride_ = stride;
  for (Partner& partner : partners_) {
    partner.inbox.resize(count * partner.received);
    messages_.receive(partner.rank, partner.inbox);
  }
  for (Partner& partner : partners_) {
    partner.outbox.resize(count * partner.sent.size());
    double* out = partner.outbox.data();
    for (std::size_t f = 0; f < count; ++f) {
      for (const std::uint32_t lane : partner.sent) *out++ = fields[f * stride + lane];
    }
    messages_.send(partner.rank, partner.outbox);
  }
}

void Halo::end() {
  if (fields_ == nullptr) return;
  messages_.wait();
  for (const Partner& partner : partners_) {
    const double* in = partner.inbox.data();
    for (std::size_t f = 0; f < count_; ++f) {
      double* to = fields_ + f * stride_ + padded_ + partner.first;
      std::copy(in, in + partner.received, to);
      in += partner.received;
    }
  }
  fields_ = nullptr;
}

}  // namespace howship::simulation
