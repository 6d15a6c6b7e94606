#pragma once

#include <algorithm>
#include <array>
#include <cmath>

namespace howship::vertebra {

using Vec3 = std::array<double, 3>;

inline Vec3 operator+(const Vec3& a, const Vec3& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
inline Vec3 operator-(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
inline Vec3 operator*(double s, const Vec3& a) {
  return {s * a[0], s * a[1], s * a[2]};
}
inline double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
inline double norm(const Vec3& a) {
  return std::sqrt(dot(a, a));
}
inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline Vec3 unit(const Vec3& a) {
  return (1.0 / norm(a)) * a;
}

/// Union of two solids given by signed distances (negative inside), with a fillet of about this radius.
inline double smooth_min(double a, double b, double fillet) {
  const double h = std::max(0.0, fillet - std::abs(a - b)) / fillet;
  return std::min(a, b) - 0.25 * fillet * h * h;
}
/// Intersection, with a rounded edge.
inline double smooth_max(double a, double b, double rounding) {
  return -smooth_min(-a, -b, rounding);
}

/// 3x^2 - 2x^3 between 0 and 1, constant outside.
inline double smooth_step(double x) {
  const double t = std::clamp(x, 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t);
}

/// A bar of elliptical (exponent 2) or nearly rectangular (exponent 4) cross-section that may taper, with round ends.
///
/// The distance is (S - 1) / |grad S| with S the norm whose unit ball is the cross-section: exact on the surface to
/// first order, and never larger than the true distance outside.
class Bar {
 public:
  struct Section {
    double thickness;  ///< half, across `tall`
    double height;     ///< half, along `tall`
  };

  Bar(const Vec3& from, const Vec3& to, const Vec3& tall, Section at_from, Section at_to, bool square = false)
      : from_(from),
        to_(to),
        axis_(unit(to - from)),
        length_(norm(to - from)),
        start_(at_from),
        end_(at_to),
        square_(square) {
    tall_ = unit(tall - dot(tall, axis_) * axis_);
    wide_ = cross(tall_, axis_);
    // Half the diagonal of a square bar; an elliptical one is smaller.
    largest_ = std::max(std::hypot(start_.thickness, start_.height), std::hypot(end_.thickness, end_.height));
  }

  /// Whether the bar is certainly more than `limit` away; cheap.
  bool far_from(const Vec3& p, double limit) const {
    const Vec3 r = p - from_;
    const Vec3 beside = r - std::clamp(dot(r, axis_), 0.0, length_) * axis_;
    const double reach = limit + largest_;
    return reach <= 0.0 || dot(beside, beside) > reach * reach;
  }

  double distance(const Vec3& p) const {
    const Vec3 r = p - from_;
    const double along = dot(r, axis_);
    const double clamped = std::clamp(along, 0.0, length_);
    const double s = clamped / length_;
    const double half_w = start_.thickness + s * (end_.thickness - start_.thickness);
    const double half_t = start_.height + s * (end_.height - start_.height);
    const double half_e = std::min(half_w, half_t);
    const double u = dot(r, wide_) / half_w, v = dot(r, tall_) / half_t, w = (along - clamped) / half_e;
    const double uu = u * u, vv = v * v, ww = w * w;
    const double size = square_ ? std::sqrt(std::sqrt(uu * uu + vv * vv + ww * ww)) : std::sqrt(uu + vv + ww);
    if (size < 0.2) return (size - 1.0) * half_e;
    Vec3 g{u / size, v / size, w / size};
    if (square_) g = {g[0] * g[0] * g[0], g[1] * g[1] * g[1], g[2] * g[2] * g[2]};
    return (size - 1.0) / norm({g[0] / half_w, g[1] / half_t, g[2] / half_e});
  }

  /// Adds the bar's extent to a box.
  void extend(Vec3& low, Vec3& high) const {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double a = reach(start_, axis), b = reach(end_, axis);
      low[axis] = std::min({low[axis], from_[axis] - a, to_[axis] - b});
      high[axis] = std::max({high[axis], from_[axis] + a, to_[axis] + b});
    }
  }

 private:
  double reach(Section s, std::size_t axis) const {
    return std::abs(wide_[axis]) * s.thickness + std::abs(tall_[axis]) * s.height +
           std::abs(axis_[axis]) * std::min(s.thickness, s.height);
  }

  Vec3 from_, to_, axis_, tall_{}, wide_{};
  double length_, largest_ = 0.0;
  Section start_, end_;
  bool square_;
};

}  // namespace howship::vertebra
