#include "vertebra/anatomy.hpp"

#include <cmath>

#include "howship/core/error.hpp"

namespace howship::vertebra {

namespace {

// The widest part of the body lies behind its middle by this fraction of the depth.
constexpr double kWidestBehindMiddle = 0.06;
// The back wall is less waisted than the sides and the front.
constexpr double kBackWaist = 0.4;
// The widest part of the canal lies behind its front by this fraction of its depth.
constexpr double kCanalWidest = 0.38;
constexpr double kRimRounding = 1.0;       // mm
constexpr double kProcessFillet = 2.5;     // mm, between the processes
constexpr double kRootFillet = 2.5;        // mm, between body and pedicles
constexpr double kPedicleBelowRim = 1.5;   // mm, from the upper rim to the pedicle's top
constexpr double kDensityRamp = 6.0;       // mm
constexpr double kFacetAngle = 0.7853981;  // the lumbar facets stand halfway between sagittal and coronal

double lerp_clamped(double from, double to, double t) {
  return from + std::clamp(t, 0.0, 1.0) * (to - from);
}
double logistic(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

}  // namespace

Body::Body(const VertebraShape& shape)
    : shape_(shape),
      half_depth_(0.25 * (shape.superior_endplate_depth + shape.inferior_endplate_depth)),
      half_width_(0.25 * (shape.superior_endplate_width + shape.inferior_endplate_width)) {}

double Body::half_height(double y) const {
  return 0.5 * lerp_clamped(shape_.anterior_height, shape_.posterior_height, 0.5 * (y / half_depth_ + 1.0));
}

double Body::back_wall(double z) const {
  const double half = half_height(half_depth_);
  const double zeta = std::clamp(z / half, -1.0, 1.0);
  const double q = (1.0 - zeta * zeta) * (1.0 - zeta * zeta);
  const double depth = lerp_clamped(shape_.inferior_endplate_depth, shape_.superior_endplate_depth, 0.5 * (zeta + 1.0));
  const double split = kWidestBehindMiddle * depth;
  return split + (0.5 * depth - split) * (1.0 - kBackWaist * shape_.waist_fraction * q);
}

double Body::wall(const Vec3& p, double zeta, double half) const {
  const double q = (1.0 - zeta * zeta) * (1.0 - zeta * zeta);
  const double waist = 1.0 - shape_.waist_fraction * q;
  const double t = 0.5 * (zeta + 1.0);
  const double a = 0.5 * waist * lerp_clamped(shape_.inferior_endplate_width, shape_.superior_endplate_width, t);
  const double depth = lerp_clamped(shape_.inferior_endplate_depth, shape_.superior_endplate_depth, t);
  const double split = kWidestBehindMiddle * depth;
  const double u = std::abs(p[0]) / a;
  double y = p[1] - split;
  double size, gu, gv;
  if (y < 0.0) {  // the front half is an ellipse
    const double b = (0.5 * depth + split) * waist;
    const double v = -y / b;
    size = std::sqrt(u * u + v * v);
    if (size < 0.3) return (size - 1.0) * std::min(a, b);
    gu = u / size / a;
    gv = v / size / b;
  } else {  // the back half is flatter and hollowed in the middle
    const double b = (0.5 * depth - split) * (1.0 - kBackWaist * shape_.waist_fraction * q);
    const double hollow = shape_.posterior_wall_concavity;
    const double middle = std::max(0.0, 1.0 - u * u);
    y += hollow * smooth_step(y / b) * middle * middle;
    const double v = y / (b + hollow);
    size = std::cbrt(u * u * u + v * v * v);
    if (size < 0.3) return (size - 1.0) * std::min(a, b);
    gu = u * u / (size * size) / a;
    gv = v * v / (size * size) / (b + hollow);
  }
  const double gz = size * 4.0 * shape_.waist_fraction * std::abs(zeta) * (1.0 - zeta * zeta) / (half * waist);
  return (size - 1.0) / std::sqrt(gu * gu + gv * gv + gz * gz);
}

double Body::endplate(const Vec3& p, double half) const {
  const double wedge = 0.5 * (shape_.anterior_height - shape_.posterior_height) / (2.0 * half_depth_);
  const double u = p[0] / half_width_, v = p[1] / half_depth_;
  const double inner = 1.0 - shape_.rim_width / half_width_;
  const double inside = std::max(0.0, 1.0 - (u * u + v * v) / (inner * inner));
  const double bowl = inside * inside;
  const double top = p[2] - half + shape_.superior_endplate_concavity * bowl;
  const double bottom = -p[2] - half + shape_.inferior_endplate_concavity * bowl;
  return std::max(top, bottom) / std::sqrt(1.0 + wedge * wedge);
}

Body::Depth Body::depth(const Vec3& p) const {
  const double half = half_height(p[1]);
  return {wall(p, std::clamp(p[2] / half, -1.0, 1.0), half), endplate(p, half)};
}

double Body::distance(const Depth& depth) {
  return smooth_max(depth.wall, depth.endplate, kRimRounding);
}

Anatomy::Anatomy(const VertebraShape& shape, const BuiltInOptions& options)
    : shape_(shape), options_(options), body_(shape) {
  const auto& s = shape_;
  const double half = 0.5 * s.posterior_height;
  const double pedicle_x = 0.5 * (s.canal_width + s.pedicle_width);
  const double pedicle_z = half - kPedicleBelowRim - 0.5 * s.pedicle_height;
  canal_front_ = body_.back_wall(pedicle_z);
  constexpr double kPedicleRoot = 4.0;  // mm, how deep the pedicle is rooted in the body
  pedicle_front_ = canal_front_ - kPedicleRoot - 0.5 * std::min(s.pedicle_width, s.pedicle_height) - 2.0 * kRootFillet;
  const double back = canal_front_ + s.canal_depth;
  const double pillar_y = canal_front_ + s.pedicle_length + 1.0;
  const double lamina_z = -0.42 * half;
  const Vec3 up{0, 0, 1};
  const Vec3 facet_plane{std::sin(kFacetAngle), std::cos(kFacetAngle), 0};
  const double facet_end = 0.5 * std::min(s.facet_width, s.facet_thickness);
  const Bar::Section facet{0.5 * s.facet_thickness, 0.5 * s.facet_width};
  const Bar::Section facet_tip{0.45 * s.facet_thickness, 0.45 * s.facet_width};

  const Vec3 pillar{pedicle_x + 1.0, pillar_y, pedicle_z - 2.0};
  const Bar::Section pedicle{0.5 * s.pedicle_width, 0.5 * s.pedicle_height};
  paired_.emplace_back(Vec3{pedicle_x - 1.5, canal_front_ - kPedicleRoot, pedicle_z},
                       Vec3{pedicle_x + 0.5, pillar_y, pedicle_z}, up, pedicle, pedicle);

  const double superior_x = 0.5 * s.superior_facet_distance;
  paired_.emplace_back(pillar, Vec3{superior_x, pillar_y + 3.0, half + s.superior_facet_height - facet_end},
                       facet_plane, facet, facet_tip);

  const double inferior_x = 0.5 * s.inferior_facet_distance;
  const Vec3 lamina_side{inferior_x, back - 3.0, lamina_z};
  paired_.emplace_back(pillar, lamina_side, up, Bar::Section{0.5 * s.facet_thickness, 0.4 * s.lamina_height},
                       Bar::Section{0.45 * s.facet_thickness, 0.4 * s.lamina_height});
  paired_.emplace_back(lamina_side, Vec3{inferior_x, back, -(half + s.inferior_facet_height) + facet_end}, facet_plane,
                       facet, facet_tip);

  // Laminae lean: their upper edge lies before their lower one, as roof tiles do.
  const Vec3 tile{0, -0.25, 1.0};
  const Bar::Section lamina{0.5 * s.lamina_thickness, 0.5 * s.lamina_height};
  paired_.emplace_back(lamina_side, Vec3{0, back + 0.5 * s.lamina_thickness, lamina_z - 1.0}, tile, lamina, lamina,
                       true);

  const double transverse_end = 0.35 * s.transverse_process_thickness;
  paired_.emplace_back(Vec3{pedicle_x + 2.0, pillar_y, pedicle_z - 1.5},
                       Vec3{0.5 * s.transverse_process_span - transverse_end, pillar_y + 5.0, pedicle_z}, up,
                       Bar::Section{0.6 * s.transverse_process_thickness, 0.5 * s.transverse_process_height},
                       Bar::Section{0.35 * s.transverse_process_thickness, 0.4 * s.transverse_process_height});

  const double tip = 0.5 * s.spinous_process_thickness;
  spinous_.emplace(Vec3{0, back + 0.5 * s.lamina_thickness, lamina_z - 1.5},
                   Vec3{0, back + s.spinous_process_length - tip, lamina_z - 4.0}, up,
                   Bar::Section{0.4 * s.spinous_process_thickness, 0.40 * s.spinous_process_height},
                   Bar::Section{tip, 0.5 * s.spinous_process_height}, true);

  const double mouth = body_.back_wall(0.0);
  foramen_.emplace(Vec3{0, mouth + 0.5, 0}, Vec3{0, mouth - s.basivertebral_foramen_depth, 0}, up,
                   Bar::Section{0.5 * s.basivertebral_foramen_width, 0.5 * s.basivertebral_foramen_height},
                   Bar::Section{0.2 * s.basivertebral_foramen_width, 0.2 * s.basivertebral_foramen_height});

  const double width = 0.5 * std::max(s.superior_endplate_width, s.inferior_endplate_width);
  const double depth = 0.5 * std::max(s.superior_endplate_depth, s.inferior_endplate_depth);
  const double height = 0.5 * std::max(s.anterior_height, s.posterior_height);
  high_ = {width, depth + s.posterior_wall_concavity, height};
  low_ = -1.0 * high_;
  for (const Bar& bar : paired_) bar.extend(low_, high_);
  spinous_->extend(low_, high_);
  low_ = low_ - Vec3{kProcessFillet, kProcessFillet, kProcessFillet};
  high_ = high_ + Vec3{kProcessFillet, kProcessFillet, kProcessFillet};
  low_[0] = -high_[0];

  if (options_.heterogeneity > 0.0) field_.emplace(options_.seed, options_.correlation_length, low_, high_);
  set_mean(options_.trabecular_bvtv);
}

double Anatomy::canal(const Vec3& p) const {
  const double a = 0.5 * shape_.canal_width;
  const double front = kCanalWidest * shape_.canal_depth, back = shape_.canal_depth - front;
  const double y = p[1] - canal_front_ - front;
  const double u = std::abs(p[0]) / a, v = std::abs(y) / (y < 0.0 ? front : back);
  if (y < 0.0) {  // flat in front, along the body
    const double size = std::sqrt(std::sqrt(u * u * u * u + v * v * v * v));
    if (size < 0.3) return (size - 1.0) * front;
    const double x = u / size, z = v / size;
    return (size - 1.0) / norm({x * x * x / a, z * z * z / front, 0.0});
  }
  const double size = std::sqrt(u * u + v * v);
  if (size < 0.3) return (size - 1.0) * front;
  return (size - 1.0) / norm({u / size / a, v / size / back, 0.0});
}

double Anatomy::posterior(const Vec3& p, double enough) const {
  const Vec3 mirrored{std::abs(p[0]), p[1], p[2]};
  double d = spinous_->far_from(p, enough) ? enough : spinous_->distance(p);
  for (const Bar& bar : paired_) {
    if (bar.far_from(mirrored, std::min(enough, d + kProcessFillet))) continue;
    d = smooth_min(d, bar.distance(mirrored), kProcessFillet);
  }
  return d >= enough ? d : smooth_max(d, -canal(p), 0.5);
}

Anatomy::Place Anatomy::place(const Vec3& p) const {
  const Body::Depth depth = body_.depth(p);
  const double body = Body::distance(depth);
  // In front of this the processes are too far to matter.
  const bool front = p[1] < pedicle_front_ - (body > 0.0 ? 12.0 : 0.0);
  const double distance =
      front ? body : smooth_min(body, posterior(p, body + kRootFillet + 2.0 * kProcessFillet), kRootFillet);
  if (body > 0.0 && !front)
    return {distance, options_.posterior_cortex_thickness, Region::posterior, Region::posterior};
  const bool plate = depth.endplate > depth.wall;
  return {distance, plate ? options_.endplate_thickness : options_.shell_thickness,
          plate ? Region::endplate : Region::cortical, Region::trabecular};
}

double Anatomy::foramen(const Vec3& p) const {
  return smooth_step(0.5 - 0.5 * foramen_->distance(p));
}

// On the logit scale. Assumed: bone is densest next to the endplates and the back wall, sparsest in the middle and in
// front.
double Anatomy::pattern(const Vec3& p) const {
  const double zeta = std::min(1.0, std::abs(p[2]) / body_.half_height(p[1]));
  const double back = std::clamp(p[1] / body_.half_depth(), -1.0, 1.0);
  return 0.6 * zeta * zeta * zeta + 0.25 * back;
}

double Anatomy::richness(const Vec3& p) const {
  double x = options_.pattern * pattern(p);
  // A logit's standard deviation is that of the relative BV/TV over (1 - BV/TV).
  if (field_) x += options_.heterogeneity / (1.0 - options_.trabecular_bvtv) * field_->at(p);
  return x;
}

double Anatomy::cancellous(const Vec3& p, Region core) const {
  double x = offset_ + richness(p);
  // The change from the body to the processes takes the length of a pedicle's root, so that no step shows.
  if (core == Region::posterior) {
    x += std::log(options_.posterior_trabecular_factor) * smooth_step((p[1] - canal_front_) / kDensityRamp);
  }
  const double bvtv = kBuiltInMinBvtv + (options_.cortical_bvtv - kBuiltInMinBvtv) * logistic(x);
  return core == Region::posterior ? bvtv : bvtv + foramen(p) * (options_.foramen_bvtv - bvtv);
}

// The mean is set on points of space, not on voxels, so that it does not depend on the voxel size.
void Anatomy::set_mean(double target) {
  std::vector<double> rich, open;
  // The points are one millimetre apart.
  const auto whole = [](double x) { return static_cast<int>(std::ceil(x)); };
  for (int z = whole(low_[2]); z <= whole(high_[2]); ++z) {
    for (int y = whole(low_[1]); y <= whole(body_.half_depth()); ++y) {
      for (int x = whole(low_[0]); x <= whole(high_[0]); ++x) {
        const Vec3 p{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        const Body::Depth depth = body_.depth(p);
        if (depth.wall > -options_.shell_thickness || depth.endplate > -options_.endplate_thickness) continue;
        rich.push_back(richness(p));
        open.push_back(foramen(p));
      }
    }
  }
  const auto mean = [&](double offset) {
    double sum = 0.0;
    for (std::size_t n = 0; n < rich.size(); ++n) {
      const double bvtv = kBuiltInMinBvtv + (options_.cortical_bvtv - kBuiltInMinBvtv) * logistic(offset + rich[n]);
      sum += bvtv + open[n] * (options_.foramen_bvtv - bvtv);
    }
    return sum / static_cast<double>(rich.size());
  };
  if (rich.empty())
    throw InputError("the vertebral body has no cancellous core", "make the shell thinner or the body larger");
  double low = -20.0, high = 20.0;
  if (!(mean(low) < target && target < mean(high))) {
    throw InputError("the mean trabecular BV/TV cannot be reached between the foramen's and the cortex's",
                     "bring trabecular_bvtv nearer to the middle");
  }
  while (high - low > 1e-10) {
    offset_ = 0.5 * (low + high);
    (mean(offset_) < target ? low : high) = offset_;
  }
}

}  // namespace howship::vertebra
