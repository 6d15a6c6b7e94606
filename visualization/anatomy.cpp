#include "anatomy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "marks.hpp"

namespace howship::visualization {
namespace {

constexpr std::uint8_t kTrabecular = 1;
constexpr std::uint8_t kPosterior = 4;
constexpr double kTumourLevel = 0.25;  // of the densest growth
constexpr double kMidlineReach = 2.0;  // mm; a lesion this near is cut in the mid-sagittal plane
constexpr double kArchShown = 7.0;     // mm behind the body

template <class Visit>
void for_bone(const Volume& volume, Visit&& visit) {
  const Lattice& lattice = volume.lattice;
  for (int k = 0; k < lattice.size[2]; ++k) {
    for (int j = 0; j < lattice.size[1]; ++j) {
      for (int i = 0; i < lattice.size[0]; ++i) {
        const std::size_t index = lattice.index(i, j, k);
        if (volume.region[index] != 0) visit(lattice.position(i, j, k), index);
      }
    }
  }
}

struct Extent {
  Box box{{1e300, 1e300, 1e300}, {-1e300, -1e300, -1e300}};
  Vec3 sum{};
  double count = 0.0;

  void add(const Vec3& p) {
    for (int axis = 0; axis < 3; ++axis) {
      box.low[axis] = std::min(box.low[axis], p[axis]);
      box.high[axis] = std::max(box.high[axis], p[axis]);
      sum[axis] += p[axis];
    }
    count += 1.0;
  }
};

double quantile(std::vector<float>& values, double share) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return static_cast<double>(*place);
}

// Cortical bone is many times denser than what a lesion removes; the scale serves the trabecular bone.
double density_top(const Volume& first) {
  std::vector<float> values;
  for (const bool any : {false, true}) {
    for_bone(first, [&](const Vec3&, std::size_t index) {
      if (any || first.region[index] == kTrabecular) values.push_back(first.bmd[index]);
    });
    if (!values.empty()) break;
  }
  const double top = std::max(1.5 * quantile(values, 0.5), quantile(values, 0.9));  // the latter in a noisy CT
  return top > 0.0 ? rounded_up(top) : 1.0;
}

}  // namespace

Anatomy survey(const Volume& first, const std::vector<const Volume*>& ends) {
  Anatomy anatomy;
  Extent all;
  Extent body;
  for_bone(first, [&](const Vec3& p, std::size_t index) {
    all.add(p);
    if (first.region[index] != kPosterior) body.add(p);
  });
  if (body.count == 0.0) body = all;
  anatomy.bone = all.box;
  anatomy.midline = body.sum[0] / body.count;
  for (int axis = 0; axis < 3; ++axis) anatomy.cut[axis] = body.sum[axis] / body.count;
  anatomy.body = body.box;
  anatomy.window = body.box;
  for (int axis = 0; axis < 3; ++axis) {
    anatomy.window.low[axis] -= 3.0;
    anatomy.window.high[axis] += 3.0;
  }
  anatomy.window.high[1] = std::min(body.box.high[1] + kArchShown, all.box.high[1] + 3.0);
  anatomy.density_top = density_top(first);

  double highest = 0.0;
  const Volume* largest = nullptr;
  double most = 0.0;
  for (const Volume* volume : ends) {
    double total = 0.0;
    for_bone(*volume, [&](const Vec3&, std::size_t index) {
      total += volume->tumour[index];
      highest = std::max(highest, static_cast<double>(volume->tumour[index]));
    });
    if (total > most) {
      most = total;
      largest = volume;
    }
  }
  if (largest == nullptr || !(highest > 0.0)) return anatomy;
  anatomy.tumour_level = std::min(kTumourLevel, 0.5 * highest);
  double weight = 0.0;
  Vec3 centre{};
  for_bone(*largest, [&](const Vec3& p, std::size_t index) {
    if (largest->tumour[index] < anatomy.tumour_level) return;
    for (int axis = 0; axis < 3; ++axis) centre[axis] += largest->tumour[index] * p[axis];
    weight += largest->tumour[index];
  });
  if (weight <= 0.0) return anatomy;
  for (int axis = 0; axis < 3; ++axis) anatomy.cut[axis] = centre[axis] / weight;
  if (std::abs(anatomy.cut[0] - anatomy.midline) < kMidlineReach) anatomy.cut[0] = anatomy.midline;
  return anatomy;
}

double change_top(const std::vector<Volume>& changes) {
  double top = 1.0;
  for (const Volume& volume : changes) {
    std::vector<float> values;
    for_bone(volume, [&](const Vec3&, std::size_t index) { values.push_back(std::abs(volume.bmd[index])); });
    if (!values.empty()) top = std::max(top, quantile(values, 0.99));
  }
  return rounded_up(top);
}

std::string sagittal_title(const Anatomy& anatomy) {
  const double aside = anatomy.cut[0] - anatomy.midline;
  if (std::abs(aside) < 0.5) return "mid-sagittal";
  return fmt::format("sagittal, {:.0f} mm {} of the midline", std::abs(aside), aside > 0.0 ? "left" : "right");
}

}  // namespace howship::visualization
