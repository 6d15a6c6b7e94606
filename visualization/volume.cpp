#include "volume.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "frame_image.hpp"

namespace howship::visualization {
namespace {

constexpr int kMargin = 4;  // nodes around the bone, so that every surface closes

// From patient space to the image's voxels: voxel = inverse * (position - centre of the first voxel).
class ToVoxel {
 public:
  explicit ToVoxel(const FrameImage& frame) {
    // The columns of a direction matrix are orthonormal, so that its inverse is its transpose.
    for (int row = 0; row < 3; ++row) {
      for (int axis = 0; axis < 3; ++axis) {
        centre_[row] += 0.5 * frame.direction[3 * row + axis] * frame.spacing[axis];
        inverse_[3 * axis + row] = frame.direction[3 * row + axis] / frame.spacing[axis];
        forward_[3 * row + axis] = frame.direction[3 * row + axis] * frame.spacing[axis];
      }
      centre_[row] += frame.corner[row];
    }
  }
  Vec3 voxel(const Vec3& position) const {
    Vec3 result{};
    for (int axis = 0; axis < 3; ++axis) {
      for (int row = 0; row < 3; ++row) result[axis] += inverse_[3 * axis + row] * (position[row] - centre_[row]);
      // Where the axes agree, rounding must not spread one voxel over two.
      if (const double whole = std::round(result[axis]); std::abs(result[axis] - whole) < 1e-6) result[axis] = whole;
    }
    return result;
  }
  Vec3 position(const std::array<int, 3>& voxel) const {
    Vec3 result = centre_;
    for (int row = 0; row < 3; ++row) {
      for (int axis = 0; axis < 3; ++axis) result[row] += forward_[3 * row + axis] * voxel[axis];
    }
    return result;
  }

 private:
  Vec3 centre_{};
  std::array<double, 9> inverse_{};
  std::array<double, 9> forward_{};
};

template <class Visit>
void for_voxels(const std::array<int, 3>& size, Visit&& visit) {
  std::size_t index = 0;
  for (int k = 0; k < size[2]; ++k) {
    for (int j = 0; j < size[1]; ++j) {
      for (int i = 0; i < size[0]; ++i) visit(std::array<int, 3>{i, j, k}, index++);
    }
  }
}

Lattice lattice_around_bone(const FrameImage& frame, const ToVoxel& map) {
  Lattice lattice;
  const double finest = *std::min_element(frame.spacing.begin(), frame.spacing.end());
  for (int row = 0; row < 3; ++row) {
    lattice.spacing[row] = finest;
    for (int axis = 0; axis < 3; ++axis) {
      if (std::abs(frame.direction[3 * row + axis]) > 1.0 - 1e-9) lattice.spacing[row] = frame.spacing[axis];
    }
  }
  Vec3 low{};
  Vec3 high{};
  low.fill(std::numeric_limits<double>::max());
  high.fill(std::numeric_limits<double>::lowest());
  for_voxels(frame.size, [&](const std::array<int, 3>& voxel, std::size_t index) {
    if (frame.region[index] == 0) return;
    const Vec3 position = map.position(voxel);
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], position[axis]);
      high[axis] = std::max(high[axis], position[axis]);
    }
  });
  for (int axis = 0; axis < 3; ++axis) {
    if (low[axis] > high[axis]) return lattice;
    lattice.origin[axis] = low[axis] - kMargin * lattice.spacing[axis];
    lattice.size[axis] =
        static_cast<int>(std::lround((high[axis] - low[axis]) / lattice.spacing[axis])) + 1 + 2 * kMargin;
  }
  return lattice;
}

struct Interpolated {
  double bmd = 0.0;
  double tumour = 0.0;
  std::uint8_t region = 0;
};

// Linear between the voxels that hold bone; the region is that of the nearest voxel.
Interpolated interpolate(const FrameImage& frame, const Vec3& voxel) {
  Interpolated result;
  const std::array<int, 3> base{static_cast<int>(std::floor(voxel[0])), static_cast<int>(std::floor(voxel[1])),
                                static_cast<int>(std::floor(voxel[2]))};
  double total = 0.0;
  double nearest = 0.0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1.0;
    std::array<int, 3> at{};
    bool inside = true;
    for (int axis = 0; axis < 3; ++axis) {
      const int step = (corner >> axis) & 1;
      const double share = voxel[axis] - base[axis];
      at[axis] = base[axis] + step;
      weight *= step == 1 ? share : 1.0 - share;
      inside = inside && at[axis] >= 0 && at[axis] < frame.size[axis];
    }
    if (!inside || weight <= 0.0) continue;
    const std::size_t index = (static_cast<std::size_t>(at[2]) * frame.size[1] + at[1]) * frame.size[0] + at[0];
    if (weight > nearest) {
      nearest = weight;
      result.region = frame.region[index];
    }
    if (frame.region[index] == 0) continue;
    total += weight;
    result.bmd += weight * frame.bmd[index];
    if (!frame.tumour.empty()) result.tumour += weight * frame.tumour[index];
  }
  if (result.region == 0) return {};
  result.bmd /= total;
  result.tumour /= total;
  return result;
}

// Gives nodes next to known ones the mean of these, layer by layer.
void continue_outwards(const Lattice& lattice, std::vector<std::uint8_t> known, std::vector<std::vector<float>*> fields,
                       int layers) {
  std::vector<std::size_t> found;
  for (int layer = 0; layer < layers; ++layer) {
    found.clear();
    for_voxels(lattice.size, [&](const std::array<int, 3>& at, std::size_t index) {
      if (known[index] != 0) return;
      std::array<std::size_t, 6> neighbours{};
      std::size_t count = 0;
      for (int axis = 0; axis < 3; ++axis) {
        for (const int step : {-1, 1}) {
          std::array<int, 3> next = at;
          next[axis] += step;
          if (next[axis] < 0 || next[axis] >= lattice.size[axis]) continue;
          const std::size_t neighbour = lattice.index(next[0], next[1], next[2]);
          if (known[neighbour] != 0) neighbours[count++] = neighbour;
        }
      }
      if (count == 0) return;
      for (std::vector<float>* field : fields) {
        double sum = 0.0;
        for (std::size_t n = 0; n < count; ++n) sum += (*field)[neighbours[n]];
        (*field)[index] = static_cast<float>(sum / static_cast<double>(count));
      }
      found.push_back(index);
    });
    for (const std::size_t index : found) known[index] = 1;
  }
}

// A Gaussian of one voxel takes the steps off an outline and keeps laminae two voxels thick.
std::vector<float> smoothed(const Lattice& lattice, std::vector<float> values) {
  constexpr std::array<float, 4> kWeights{0.3992F, 0.2420F, 0.0540F, 0.0044F};
  std::vector<float> next(values.size());
  for (int axis = 0; axis < 3; ++axis) {
    for_voxels(lattice.size, [&](const std::array<int, 3>& at, std::size_t index) {
      float sum = kWeights[0] * values[index];
      for (int step = 1; step <= 3; ++step) {
        for (const int sign : {-1, 1}) {
          std::array<int, 3> other = at;
          other[axis] = std::clamp(at[axis] + sign * step, 0, lattice.size[axis] - 1);
          sum += kWeights[step] * values[lattice.index(other[0], other[1], other[2])];
        }
      }
      next[index] = sum;
    });
    values.swap(next);
  }
  return values;
}

// Some images say left and back where right and front are meant, or the reverse: the signs that NIfTI and DICOM do not
// share. The processes tell: they lie behind the body. Turning by half a turn about the vertical axis undoes it.
bool turn_if_backwards(FrameImage& frame) {
  constexpr std::uint8_t kPosterior = 4;
  constexpr double kClearly = 3.0;  // mm
  const ToVoxel map(frame);
  double body = 0.0;
  double arch = 0.0;
  double body_count = 0.0;
  double arch_count = 0.0;
  for_voxels(frame.size, [&](const std::array<int, 3>& voxel, std::size_t index) {
    if (frame.region[index] == 0) return;
    const bool posterior = frame.region[index] == kPosterior;
    (posterior ? arch : body) += map.position(voxel)[1];
    (posterior ? arch_count : body_count) += 1.0;
  });
  if (body_count == 0.0 || arch_count == 0.0 || arch / arch_count > body / body_count - kClearly) return false;
  for (const std::size_t row : {std::size_t{0}, std::size_t{1}}) {
    frame.corner[row] = -frame.corner[row];
    for (std::size_t axis = 0; axis < 3; ++axis) frame.direction[3 * row + axis] = -frame.direction[3 * row + axis];
  }
  return true;
}

}  // namespace

double sample(const Lattice& lattice, const std::vector<float>& values, const Vec3& position) {
  std::array<int, 3> low{};
  Vec3 share{};
  for (int axis = 0; axis < 3; ++axis) {
    const double place =
        std::clamp((position[axis] - lattice.origin[axis]) / lattice.spacing[axis], 0.0, lattice.size[axis] - 1.0);
    low[axis] = std::min(static_cast<int>(place), lattice.size[axis] - 2);
    share[axis] = place - low[axis];
  }
  const std::size_t at = lattice.index(low[0], low[1], low[2]);
  const auto row = static_cast<std::size_t>(lattice.size[0]);
  const std::size_t slab = row * lattice.size[1];
  const auto line = [&](std::size_t start) { return values[start] * (1.0 - share[0]) + values[start + 1] * share[0]; };
  const auto sheet = [&](std::size_t start) { return line(start) * (1.0 - share[1]) + line(start + row) * share[1]; };
  return sheet(at) * (1.0 - share[2]) + sheet(at + slab) * share[2];
}

Volume read_volume(const std::filesystem::path& file, double day) {
  FrameImage frame = read_frame(file);
  Volume volume;
  volume.turned = turn_if_backwards(frame);
  const ToVoxel map(frame);
  volume.day = day;
  volume.lattice = lattice_around_bone(frame, map);
  const Lattice& lattice = volume.lattice;
  if (lattice.count() == 0)
    throw InputError(fmt::format("'{}' holds no bone: 'region' is zero in every voxel", file.string()),
                     "run the study again");
  volume.bmd.resize(lattice.count());
  volume.tumour.resize(lattice.count());
  volume.region.resize(lattice.count());
  for_voxels(lattice.size, [&](const std::array<int, 3>& node, std::size_t index) {
    const Interpolated value = interpolate(frame, map.voxel(lattice.position(node[0], node[1], node[2])));
    volume.bmd[index] = static_cast<float>(value.bmd);
    volume.tumour[index] = static_cast<float>(value.tumour);
    volume.region[index] = value.region;
  });
  std::vector<float> mask(lattice.count());
  std::transform(volume.region.begin(), volume.region.end(), mask.begin(),
                 [](std::uint8_t r) { return r == 0 ? 0.0F : 1.0F; });
  volume.bone = smoothed(lattice, std::move(mask));
  continue_outwards(lattice, volume.region, {&volume.bmd, &volume.tumour}, 3);
  volume.tumour = smoothed(lattice, std::move(volume.tumour));
  return volume;
}

Volume change(const Volume& first, const Volume& later) {
  if (first.bmd.size() != later.bmd.size())
    throw InputError("the frames of this run have different sizes", "run the study again");
  Volume result = later;
  std::transform(later.bmd.begin(), later.bmd.end(), first.bmd.begin(), result.bmd.begin(), std::minus<>{});
  return result;
}

}  // namespace howship::visualization
