#include "howship/vertebra/built_in.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/error.hpp"
#include "howship/core/worker_team.hpp"

#include "vertebra/anatomy.hpp"

namespace howship::vertebra {

namespace {

constexpr int kBlock = 4;  // voxels along the edge of a block that is skipped at once when it is empty

void check(const VertebraShape& shape, const BuiltInOptions& options) {
  Diagnostics faults;
  const auto fault = [&](std::string_view name, double value, std::string_view expected) {
    faults.add({}, fmt::format("vertebra: {} is {}, expected {}", name, value, expected));
  };
  const auto within = [&](std::string_view name, double value, double low, double high, std::string_view unit) {
    if (!(value >= low && value <= high)) fault(name, value, fmt::format("between {} and {} {}", low, high, unit));
  };
  for (const auto& field : shape_fields()) {
    const double value = shape.*field.member;
    const bool may_be_zero =
        field.name.ends_with("_concavity") || field.name == "waist_fraction" || field.name == "rim_width";
    if (field.unit == "mm") {
      if (may_be_zero) {
        within(field.name, value, 0.0, 100.0, "mm");
      } else if (!(value > 0.0 && value <= 200.0)) {
        fault(field.name, value, "a length above 0 and up to 200 mm");
      }
    }
  }
  within("waist_fraction", shape.waist_fraction, 0.0, 0.5, "");
  const double cavity = shape.superior_endplate_concavity + shape.inferior_endplate_concavity;
  const double height = std::min(shape.anterior_height, shape.posterior_height);
  if (cavity >= height)
    fault("endplate concavity, both together,", cavity, fmt::format("less than the height, {} mm", height));
  const double width = 0.5 * std::min(shape.superior_endplate_width, shape.inferior_endplate_width);
  if (shape.rim_width >= width)
    fault("rim_width", shape.rim_width, fmt::format("less than half the width, {} mm", width));

  const auto& o = options;
  within("cortical_bvtv", o.cortical_bvtv, 0.1, kBuiltInMaxBvtv, "");
  if (!(o.trabecular_bvtv > kBuiltInMinBvtv && o.trabecular_bvtv < o.cortical_bvtv)) {
    fault("trabecular_bvtv", o.trabecular_bvtv,
          fmt::format("between {} and cortical_bvtv, {}", kBuiltInMinBvtv, o.cortical_bvtv));
  }
  within("foramen_bvtv", o.foramen_bvtv, kBuiltInMinBvtv, kBuiltInMaxBvtv, "");
  within("posterior_trabecular_factor", o.posterior_trabecular_factor, 0.1, 10.0, "");
  within("heterogeneity", o.heterogeneity, 0.0, 2.0, "");
  within("correlation_length", o.correlation_length, 0.3, 1000.0, "mm");
  within("pattern", o.pattern, 0.0, 5.0, "");
  within("shell_thickness", o.shell_thickness, 0.0, 5.0, "mm");
  within("endplate_thickness", o.endplate_thickness, 0.0, 5.0, "mm");
  within("posterior_cortex_thickness", o.posterior_cortex_thickness, 0.0, 5.0, "mm");
  if (!(o.voxel > 0.0) || !std::isfinite(o.voxel)) {
    fault("voxel size", o.voxel, "a length above 0 mm");
  } else if (height > 0.0 && o.voxel > 0.5 * height) {
    fault("voxel size", o.voxel, fmt::format("at most half the height of the vertebral body, {} mm", 0.5 * height));
  }
  faults.raise_if_any();
}

/// A lattice with a voxel's centre at the origin, so that left mirrors right, with room for the surface.
Grid make_grid(const Anatomy& anatomy, double h) {
  Grid grid;
  double count = 1.0;
  std::array<double, 3> low{}, size{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    low[axis] = std::floor(anatomy.low()[axis] / h);
    size[axis] = std::ceil(anatomy.high()[axis] / h) - low[axis] + 1.0;
    count *= size[axis];
  }
  if (count > static_cast<double>(std::numeric_limits<std::int32_t>::max())) {
    throw InputError(fmt::format("vertebra: voxels of {} mm would be {:.3g} in all, more than 2^31", h, count),
                     "use larger voxels");
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    grid.size[axis] = static_cast<int>(size[axis]);
    grid.spacing[axis] = h;
    grid.origin[axis] = low[axis] * h;
  }
  return grid;
}

struct Content {
  double envelope = 0.0;         ///< fraction of the voxel inside the outer surface
  std::array<double, 5> bone{};  ///< fraction of the voxel that is bone, by region
  double total() const { return bone[1] + bone[2] + bone[3] + bone[4]; }
  Region region() const {
    std::size_t largest = 1;
    for (std::size_t r = 2; r < bone.size(); ++r) largest = bone[r] > bone[largest] ? r : largest;
    return static_cast<Region>(largest);
  }
};

/// Fills voxels by sampling the anatomy: finely near surfaces, at the centre elsewhere.
class Sampler {
 public:
  Sampler(const Anatomy& anatomy, const BuiltInOptions& options)
      : anatomy_(anatomy),
        options_(options),
        half_diagonal_(0.5 * std::sqrt(3.0) * options.voxel),
        compact_(std::max({options.shell_thickness, options.endplate_thickness, options.posterior_cortex_thickness})),
        fine_(std::clamp(static_cast<int>(std::ceil(3.0 * options.voxel)), 2, 6)),
        coarse_(std::clamp(static_cast<int>(std::ceil(2.0 * options.voxel / options.correlation_length)), 1, 6)) {}

  bool block_is_empty(const Vec3& centre, double half_diagonal) const {
    return anatomy_.place(centre).distance > kSlack * half_diagonal;
  }

  Content content(const Vec3& centre) const {
    const Anatomy::Place place = anatomy_.place(centre);
    if (place.distance > kSlack * half_diagonal_) return {};
    // Deep inside a slender process the distance is overestimated by up to a factor of two.
    const bool deep = options_.voxel < 1.5 && place.distance < -2.0 * (half_diagonal_ + compact_);
    return sample(centre, deep ? coarse_ : fine_);
  }

 private:
  static constexpr double kSlack = 1.3;  // the distances are first-order estimates

  Content sample(const Vec3& centre, int n) const {
    Content content;
    const double cell = options_.voxel / n;
    const double share = 1.0 / (static_cast<double>(n) * n * n);
    for (int k = 0; k < n; ++k) {
      for (int j = 0; j < n; ++j) {
        for (int i = 0; i < n; ++i) {
          const double middle = 0.5 * (n - 1);
          add(centre + cell * Vec3{i - middle, j - middle, k - middle}, cell, share, content);
        }
      }
    }
    return content;
  }

  void add(const Vec3& p, double cell, double share, Content& content) const {
    const Anatomy::Place place = anatomy_.place(p);
    // The part of a small cell that lies inside a plane at this distance.
    const double inside = std::clamp(0.5 - place.distance / cell, 0.0, 1.0);
    if (inside == 0.0) return;
    double core = std::clamp(0.5 - (place.distance + place.thickness) / cell, 0.0, 1.0);
    if (place.core == Region::trabecular && core < inside) core += anatomy_.foramen(p) * (inside - core);
    content.envelope += share * inside;
    content.bone[static_cast<std::size_t>(place.compact)] += share * (inside - core) * options_.cortical_bvtv;
    if (core > 0.0)
      content.bone[static_cast<std::size_t>(place.core)] += share * core * anatomy_.cancellous(p, place.core);
  }

  const Anatomy& anatomy_;
  const BuiltInOptions& options_;
  double half_diagonal_, compact_;
  int fine_, coarse_;
};

/// The active voxels of one plane of the lattice, or of all.
struct Plane {
  std::vector<std::size_t> active;
  std::vector<double> bvtv;
  std::vector<Region> region;

  void add(std::size_t index, const Content& content) {
    if (content.envelope <= 0.5) return;
    active.push_back(index);
    bvtv.push_back(content.total() / content.envelope);
    region.push_back(content.region());
  }
  void append(const Plane& other) {
    active.insert(active.end(), other.active.begin(), other.active.end());
    bvtv.insert(bvtv.end(), other.bvtv.begin(), other.bvtv.end());
    region.insert(region.end(), other.region.begin(), other.region.end());
  }
};

/// Which blocks of the lattice can hold bone, i fastest.
std::vector<char> occupied_blocks(const Grid& grid, const Sampler& sampler, const std::array<int, 3>& blocks) {
  std::vector<char> out;
  const double half_diagonal = 0.5 * std::sqrt(3.0) * kBlock * grid.spacing[0];
  const double middle = 0.5 * (kBlock - 1);
  for (int k = 0; k < blocks[2]; ++k) {
    for (int j = 0; j < blocks[1]; ++j) {
      for (int i = 0; i < blocks[0]; ++i) {
        const Vec3 centre = grid.position(Vec3{kBlock * i + middle, kBlock * j + middle, kBlock * k + middle});
        out.push_back(sampler.block_is_empty(centre, half_diagonal) ? 0 : 1);
      }
    }
  }
  return out;
}

}  // namespace

std::span<const NamedField<VertebraShape>> shape_fields() {
  using S = VertebraShape;
  static constexpr NamedField<S> kFields[] = {
      {"superior_endplate_width", "mm", &S::superior_endplate_width},
      {"superior_endplate_depth", "mm", &S::superior_endplate_depth},
      {"inferior_endplate_width", "mm", &S::inferior_endplate_width},
      {"inferior_endplate_depth", "mm", &S::inferior_endplate_depth},
      {"anterior_height", "mm", &S::anterior_height},
      {"posterior_height", "mm", &S::posterior_height},
      {"waist_fraction", "1", &S::waist_fraction},
      {"posterior_wall_concavity", "mm", &S::posterior_wall_concavity},
      {"superior_endplate_concavity", "mm", &S::superior_endplate_concavity},
      {"inferior_endplate_concavity", "mm", &S::inferior_endplate_concavity},
      {"rim_width", "mm", &S::rim_width},
      {"canal_width", "mm", &S::canal_width},
      {"canal_depth", "mm", &S::canal_depth},
      {"pedicle_width", "mm", &S::pedicle_width},
      {"pedicle_height", "mm", &S::pedicle_height},
      {"pedicle_length", "mm", &S::pedicle_length},
      {"lamina_height", "mm", &S::lamina_height},
      {"lamina_thickness", "mm", &S::lamina_thickness},
      {"spinous_process_length", "mm", &S::spinous_process_length},
      {"spinous_process_height", "mm", &S::spinous_process_height},
      {"spinous_process_thickness", "mm", &S::spinous_process_thickness},
      {"transverse_process_span", "mm", &S::transverse_process_span},
      {"transverse_process_height", "mm", &S::transverse_process_height},
      {"transverse_process_thickness", "mm", &S::transverse_process_thickness},
      {"superior_facet_distance", "mm", &S::superior_facet_distance},
      {"inferior_facet_distance", "mm", &S::inferior_facet_distance},
      {"superior_facet_height", "mm", &S::superior_facet_height},
      {"inferior_facet_height", "mm", &S::inferior_facet_height},
      {"facet_width", "mm", &S::facet_width},
      {"facet_thickness", "mm", &S::facet_thickness},
      {"basivertebral_foramen_width", "mm", &S::basivertebral_foramen_width},
      {"basivertebral_foramen_height", "mm", &S::basivertebral_foramen_height},
      {"basivertebral_foramen_depth", "mm", &S::basivertebral_foramen_depth},
  };
  return kFields;
}

std::span<const NamedField<BuiltInOptions>> built_in_fields() {
  using O = BuiltInOptions;
  static constexpr NamedField<O> kFields[] = {
      {"trabecular_bvtv", "1", &O::trabecular_bvtv},
      {"posterior_trabecular_factor", "1", &O::posterior_trabecular_factor},
      {"heterogeneity", "1", &O::heterogeneity},
      {"correlation_length", "mm", &O::correlation_length},
      {"pattern", "1", &O::pattern},
      {"cortical_bvtv", "1", &O::cortical_bvtv},
      {"foramen_bvtv", "1", &O::foramen_bvtv},
      {"shell_thickness", "mm", &O::shell_thickness},
      {"endplate_thickness", "mm", &O::endplate_thickness},
      {"posterior_cortex_thickness", "mm", &O::posterior_cortex_thickness},
  };
  return kFields;
}

Domain build_vertebra(const VertebraShape& shape, const BuiltInOptions& options) {
  check(shape, options);
  const Anatomy anatomy(shape, options);
  const Grid grid = make_grid(anatomy, options.voxel);
  const Sampler sampler(anatomy, options);
  std::array<int, 3> blocks{};
  for (std::size_t axis = 0; axis < 3; ++axis) blocks[axis] = (grid.size[axis] + kBlock - 1) / kBlock;
  const std::vector<char> occupied = occupied_blocks(grid, sampler, blocks);

  std::vector<Plane> planes(static_cast<std::size_t>(grid.size[2]));
  WorkerTeam(Threads::available()).for_blocks(planes.size(), [&](std::size_t k, std::size_t) {
    const auto block_rows = static_cast<std::size_t>(blocks[1]), block_columns = static_cast<std::size_t>(blocks[0]);
    for (int j = 0; j < grid.size[1]; ++j) {
      const std::size_t row = ((k / kBlock) * block_rows + static_cast<std::size_t>(j / kBlock)) * block_columns;
      for (int i = 0; i < grid.size[0]; ++i) {
        if (!occupied[row + static_cast<std::size_t>(i / kBlock)]) continue;
        const std::size_t index = grid.index(i, j, static_cast<int>(k));
        planes[k].add(index, sampler.content(grid.position(index)));
      }
    }
  });
  Plane all;
  for (const Plane& plane : planes) all.append(plane);
  return Domain(grid, std::move(all.active), std::move(all.bvtv), std::move(all.region));
}

}  // namespace howship::vertebra
