#pragma once

#include <optional>
#include <vector>

#include "howship/vertebra/built_in.hpp"

#include "vertebra/primitives.hpp"
#include "vertebra/random_field.hpp"

namespace howship::vertebra {

/// The body without its processes: a kidney-shaped column with a waist between two concave endplates.
class Body {
 public:
  explicit Body(const VertebraShape& shape);

  struct Depth {
    double wall;      ///< signed distance to the side wall, mm, negative inside
    double endplate;  ///< to the nearer endplate
  };
  Depth depth(const Vec3& p) const;
  static double distance(const Depth& depth);

  double half_height(double y) const;
  /// Where the mid-sagittal back wall is, at a height.
  double back_wall(double z) const;
  double half_depth() const { return half_depth_; }
  double half_width() const { return half_width_; }

 private:
  double wall(const Vec3& p, double zeta, double half) const;
  double endplate(const Vec3& p, double half) const;

  VertebraShape shape_;
  double half_depth_, half_width_;
};

/// The whole vertebra, independent of any voxel: where its surface is and what fills it.
class Anatomy {
 public:
  Anatomy(const VertebraShape& shape, const BuiltInOptions& options);

  /// What lies at a point near or inside the bone.
  struct Place {
    double distance;   ///< to the outer surface, mm, negative inside
    double thickness;  ///< of the compact bone under the nearest surface, mm
    Region compact;    ///< what that compact bone is
    Region core;       ///< what lies beneath it
  };
  Place place(const Vec3& p) const;

  /// BV/TV of cancellous bone at a point, in [kBuiltInMinBvtv, cortical_bvtv].
  double cancellous(const Vec3& p, Region core) const;
  /// How much of the compact bone at a point the basivertebral foramen replaces, 0 to 1.
  double foramen(const Vec3& p) const;

  const Vec3& low() const { return low_; }  ///< of the box that holds the vertebra
  const Vec3& high() const { return high_; }
  const Body& body() const { return body_; }

 private:
  /// Distance to the processes; where it is larger than `enough`, only that it is.
  double posterior(const Vec3& p, double enough) const;
  double canal(const Vec3& p) const;
  double pattern(const Vec3& p) const;
  double richness(const Vec3& p) const;
  void set_mean(double target);

  VertebraShape shape_;
  BuiltInOptions options_;
  Body body_;
  std::vector<Bar> paired_;  ///< of the left side; the right side mirrors it
  std::optional<Bar> spinous_, foramen_;
  double canal_front_ = 0.0, pedicle_front_ = 0.0;
  Vec3 low_{}, high_{};
  std::optional<RandomField> field_;
  double offset_ = 0.0;
};

}  // namespace howship::vertebra
