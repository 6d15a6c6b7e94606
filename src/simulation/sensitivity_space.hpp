#pragma once

#include <vector>

#include "simulation/point_space.hpp"

namespace howship::simulation {

/// The sensitivities to all parameters as one vector, so that CVODES works on them in few long sweeps: unknown u by
/// parameter c at [u*columns + c]. Each is measured by the parameter's scale, and so has the unknown's own unit.
class SensitivitySpace final : public PointSpace {
 public:
  /// @param typical  one size per unknown
  SensitivitySpace(SUNContext context, const std::vector<double>& typical, std::size_t parameters);

  /// Parameters, and zeros up to a multiple of eight.
  std::size_t columns() const { return columns_; }

  /// The largest over parameters of the root mean square over unknowns.
  double norm(N_Vector x, N_Vector w) override;

 private:
  std::size_t columns_, unknowns_;
  std::vector<double> sums_;
};

}  // namespace howship::simulation
