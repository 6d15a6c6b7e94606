#include "simulation/sensitivity_space.hpp"

#include <algorithm>
#include <cmath>

namespace howship::simulation {
namespace {

std::size_t padded_columns(std::size_t parameters) {
  return (parameters + PointSpace::kWidth - 1) / PointSpace::kWidth * PointSpace::kWidth;
}

std::vector<double> spread(const std::vector<double>& typical, std::size_t columns) {
  std::vector<double> sizes;
  for (const double size : typical) sizes.insert(sizes.end(), columns, size);
  return sizes;
}

}  // namespace

SensitivitySpace::SensitivitySpace(SUNContext context, const std::vector<double>& typical, std::size_t parameters)
    : PointSpace(context, spread(typical, padded_columns(parameters))),
      columns_(padded_columns(parameters)),
      unknowns_(typical.size()),
      sums_(columns_) {}

double SensitivitySpace::norm(N_Vector x, N_Vector w) {
  const double* a = raw(x);
  const double* b = raw(w);
  std::fill(sums_.begin(), sums_.end(), 0.0);
  for (std::size_t u = 0; u < unknowns_; ++u) {
    double* sums = sums_.data();
    for (std::size_t first = 0; first < columns_; first += kWidth) {
#pragma omp simd
      for (std::size_t c = first; c < first + kWidth; ++c) {
        const double part = a[u * columns_ + c] * b[u * columns_ + c];
        sums[c] += part * part;
      }
    }
  }
  // A sum that is not finite must not be lost in a maximum.
  double largest = 0.0;
  for (const double sum : sums_) largest = sum > largest || !std::isfinite(sum) ? sum : largest;
  return std::sqrt(largest / static_cast<double>(std::max<std::size_t>(1, unknowns_)));
}

}  // namespace howship::simulation
