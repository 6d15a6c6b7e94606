#include <cmath>
#include <numbers>

#include "problem.hpp"

namespace howship::calibration {
namespace {

constexpr double kFar = 30.0;  // standard deviations; somewhat further below, Φ is no number of ours any more

// -ln Φ(z), accurate in both tails.
double minus_log_normal(double z) {
  if (z > 0.0) return -std::log1p(-0.5 * std::erfc(z / std::numbers::sqrt2));
  if (z > -kFar) return -std::log(0.5 * std::erfc(-z / std::numbers::sqrt2));
  const double w = 1.0 / (z * z);  // the asymptotic series, here right to thirteen digits
  const double series = w * (-1.0 + w * (3.0 + w * (-15.0 + w * (105.0 - 945.0 * w))));
  return 0.5 * z * z + std::log(-z * std::sqrt(2.0 * std::numbers::pi)) - std::log1p(series);
}

// φ(z)/Φ(z)
double hazard(double z) {
  return std::exp(-0.5 * z * z - 0.5 * std::log(2.0 * std::numbers::pi) + minus_log_normal(z));
}

}  // namespace

Deviation deviation(const Observation& observation, bool logarithmic, double predicted) {
  double at = predicted;
  double slope = 1.0;
  double observed = observation.value;
  if (logarithmic) {
    at = std::log(predicted);
    slope = 1.0 / predicted;
    observed = std::log(observed);
  }
  const double z = (observed - at) / observation.error;
  if (!observation.censored) return {-z, slope / observation.error};
  const double square = 2.0 * minus_log_normal(z);
  const double residual = std::sqrt(square);
  if (!(residual > 0.0)) return {};  // far below the limit: certain, and nothing to be learnt
  return {residual, hazard(z) / residual * slope / observation.error};
}

}  // namespace howship::calibration
