#include "simulation/tissue.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"

namespace howship::simulation {

Tissue::Tissue(const vertebra::Domain& domain, const Layout& layout) : domain_(domain), layout_(layout) {}

const Tissue::Region& Tissue::region(const std::string& name) {
  const auto found = regions_.find(name);
  if (found != regions_.end()) return found->second;
  const std::vector<std::string>& known = model::region_names();
  if (!name.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
    throw InputError(fmt::format("there is no region '{}' in a vertebra", name), did_you_mean(name, known));
  }
  Region& region = regions_[name];
  region.mask = Buffer<double>(layout_.padded());
  for (std::size_t v = 0; v < domain_.size(); ++v) {
    const vertebra::Region label = domain_.region()[v];
    const bool inside =
        name.empty() || name == vertebra::to_text(label) || (name == "body" && label != vertebra::Region::posterior);
    if (v >= layout_.first && v < layout_.first + layout_.voxels) region.mask[v - layout_.first] = inside ? 1.0 : 0.0;
    region.voxels += inside ? 1 : 0;
  }
  return region;
}

double Tissue::factor(const model::Reduction& reduction) {
  const Region& where = region(reduction.region);
  switch (reduction.kind) {
    case model::Reduction::Kind::integral:
      return domain_.grid().voxel_volume();
    case model::Reduction::Kind::mean:
      return where.voxels > 0 ? 1.0 / static_cast<double>(where.voxels) : std::numeric_limits<double>::quiet_NaN();
    case model::Reduction::Kind::maximum:
      break;
  }
  return 1.0;
}

double Tissue::rate_factor(const model::Reduction& reduction) {
  if (reduction.kind == model::Reduction::Kind::maximum) {
    throw InputError(fmt::format("'{}' is used in a rate", reduction.text),
                     "a maximum over tissue may only be observed");
  }
  const double result = factor(reduction);
  if (!std::isfinite(result)) {
    throw InputError(fmt::format("'{}' is a mean over a region that has no voxel here", reduction.text),
                     "take another region or the whole vertebra");
  }
  return result;
}

Buffer<double> in_blocks(const std::vector<std::vector<double>>& fields, const Layout& layout) {
  Buffer<double> out(layout.padded() * fields.size());
  for (std::size_t f = 0; f < fields.size(); ++f) {
    for (std::size_t lane = 0; lane < layout.padded(); ++lane) {
      out[(lane / layout.lanes * fields.size() + f) * layout.lanes + lane % layout.lanes] =
          fields[f][layout.source(lane)];
    }
  }
  return out;
}

double ordered_sum(const double* values, std::size_t count, std::size_t stride) {
  double sum = 0.0;
  double lost = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = values[i * stride];
    const double next = sum + value;
    lost += std::abs(sum) >= std::abs(value) ? (sum - next) + value : (value - next) + sum;
    sum = next;
  }
  return std::isfinite(sum) ? sum + lost : sum;
}

TissueSums::TissueSums(Ranks& ranks, const Slabs& slabs, const Layout& layout)
    : ranks_(ranks),
      slabs_(slabs),
      chunks_(slabs.chunks(ranks.rank())),
      blocks_(layout.blocks),
      blocks_per_chunk_(std::max<std::size_t>(1, Slabs::kChunk / layout.lanes)) {}

void TissueSums::of_blocks(const double* blocks, std::size_t count, std::span<double> out) {
  mine_.resize(chunks_ * count);
  for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
    const std::size_t begin = chunk * blocks_per_chunk_;
    const std::size_t end = std::min(blocks_, begin + blocks_per_chunk_);
    for (std::size_t i = 0; i < count; ++i)
      mine_[chunk * count + i] = ordered_sum(blocks + begin * count + i, end - begin, count);
  }
  of_chunks(mine_.data(), count, out);
}

void TissueSums::of_chunks(const double* chunks, std::size_t count, std::span<double> out) {
  const std::span<const double> all = all_chunks(chunks, count);
  for (std::size_t i = 0; i < count; ++i) out[i] = ordered_sum(all.data() + i, slabs_.chunks(), count);
}

std::span<const double> TissueSums::all_chunks(const double* chunks, std::size_t count) {
  if (ranks_.alone()) return {chunks, chunks_ * count};
  std::vector<int>& counts = counts_[count];
  if (counts.empty()) counts = slabs_.counts(count);
  all_.resize(slabs_.chunks() * count);
  ranks_.gather({chunks, chunks_ * count}, counts, all_);
  return all_;
}

}  // namespace howship::simulation
