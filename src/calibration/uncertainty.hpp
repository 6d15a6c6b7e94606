#pragma once

#include <optional>
#include <vector>

#include "howship/calibration/fit.hpp"

#include "minimise.hpp"

namespace howship::calibration {

/// Standard errors and correlations from the curvature at a minimum, the inverse of JᵀJ: parameters at an active bound
/// are held there, and a direction in which residuals hardly change leaves the parameters in it without an error.
struct Uncertainty {
  std::vector<std::optional<double>> errors;  ///< in the numbers searched over
  std::vector<Bound> bounds;
  std::vector<bool> undetermined;
  std::vector<std::vector<std::optional<double>>> correlation;
  double gradient_norm = 0.0;  ///< largest component, of those that no bound stops
};
Uncertainty uncertainty(const Minimum& minimum, const Scaling& scaling);

}  // namespace howship::calibration
