#include "vertebra/random_field.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace howship::vertebra {

namespace {

// A sum of lattice noise weighted by cubic B-splines of spacing h has a correlation close to a Gaussian of variance
// (2/3) h^2, which falls to 1/e at L = sqrt(4/3) h.
const double kSpacingOverLength = std::sqrt(0.75);
// Mean over a cell of the sum of squared weights along one axis: the integral of the squared cubic B-spline.
constexpr double kMeanSquare = 151.0 / 315.0;

std::array<double, 4> spline_weights(double t) {
  const double s = 1.0 - t;
  return {s * s * s / 6.0, (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0, (4.0 - 6.0 * s * s + 3.0 * s * s * s) / 6.0,
          t * t * t / 6.0};
}

}  // namespace

RandomField::RandomField(std::uint64_t seed, double correlation_length, const std::array<double, 3>& low,
                         const std::array<double, 3>& high)
    : spacing_(correlation_length * kSpacingOverLength), low_(low) {
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    size_[axis] = static_cast<int>(std::ceil((high[axis] - low[axis]) / spacing_)) + 4;
    count *= static_cast<std::size_t>(size_[axis]);
  }
  std::mt19937_64 generator(seed);
  const double scale = 1.0 / std::sqrt(kMeanSquare * kMeanSquare * kMeanSquare);
  value_.resize(count);
  for (double& value : value_) {
    // Twelve uniform numbers of 16 bits each, out of three of 64.
    double sum = -6.0;
    for (int draw = 0; draw < 3; ++draw) {
      std::uint64_t bits = generator();
      for (int n = 0; n < 4; ++n, bits >>= 16U) sum += (static_cast<double>(bits & 0xFFFFU) + 0.5) * 0x1p-16;
    }
    value = scale * sum;
  }
}

double RandomField::at(const std::array<double, 3>& position) const {
  std::array<std::array<double, 4>, 3> weight;
  std::array<int, 3> first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double x = (position[axis] - low_[axis]) / spacing_;
    first[axis] = std::clamp(static_cast<int>(std::floor(x)), 0, size_[axis] - 4);
    weight[axis] = spline_weights(std::clamp(x - first[axis], 0.0, 1.0));
  }
  double sum = 0.0;
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 4; ++j) {
      const std::size_t row =
          (static_cast<std::size_t>(first[2] + k) * size_[1] + first[1] + j) * static_cast<std::size_t>(size_[0]) +
          first[0];
      double along = 0.0;
      for (std::size_t i = 0; i < 4; ++i) along += weight[0][i] * value_[row + i];
      sum += weight[2][k] * weight[1][j] * along;
    }
  }
  return sum;
}

}  // namespace howship::vertebra
