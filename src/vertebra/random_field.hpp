#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace howship::vertebra {

/// A smooth, nearly Gaussian random field of mean 0 and variance 1, defined at every point of a box: independent
/// numbers on a lattice of fixed spacing, blended by cubic B-splines. Its correlation is close to exp(-(r/L)^2).
///
/// The numbers come from std::mt19937_64 by additions only (sums of twelve uniforms), so a seed means the same field
/// with every standard library. mm.
class RandomField {
 public:
  RandomField(std::uint64_t seed, double correlation_length, const std::array<double, 3>& low,
              const std::array<double, 3>& high);

  double at(const std::array<double, 3>& position) const;

 private:
  double spacing_;
  std::array<double, 3> low_;
  std::array<int, 3> size_{};
  std::vector<double> value_;
};

}  // namespace howship::vertebra
