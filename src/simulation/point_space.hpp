#pragma once

#include <vector>

#include "simulation/vector_space.hpp"

namespace howship::simulation {

/// Vectors of few unknowns. Every operation is done at once, eight values at a time; what the last eight hold beyond
/// the end is finite and counts for nothing.
class PointSpace : public VectorSpace {
 public:
  /// @param typical  one size per unknown: what relative accuracy refers to
  PointSpace(SUNContext context, std::vector<double> typical);

  static constexpr std::size_t kWidth = 8;
  std::size_t size() const { return typical_.size(); }
  /// The next multiple of the width: this many values may be read and written.
  std::size_t padded() const { return (size() + kWidth - 1) / kWidth * kWidth; }

  N_Vector create_raw() override;
  double* values(N_Vector vector) override { return raw(vector); }
  static double* raw(N_Vector vector);
  /// The space that a vector came from.
  static const PointSpace* of(N_Vector vector);

  /// weights = 1 / (rtol (|y| + typical))
  void set_weights(N_Vector y, N_Vector weights, double relative_tolerance) const;
  /// The root mean square of x*w.
  double norm(N_Vector x, N_Vector w) override;

 private:
  SUNContext context_;
  std::vector<double> typical_;
};

}  // namespace howship::simulation
