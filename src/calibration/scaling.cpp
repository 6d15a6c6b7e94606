#include "scaling.hpp"

#include <algorithm>

namespace howship::calibration {

Scaling::Scaling(const std::vector<Estimate>& parameters) {
  for (const Estimate& p : parameters) {
    logarithmic_.push_back(p.logarithmic);
    size_.push_back(p.start != 0.0 ? std::abs(p.start) : 0.1 * (p.high - p.low));
    const std::size_t last = size_.size() - 1;
    low_.push_back(to_search(last, p.low));
    high_.push_back(to_search(last, p.high));
    base_low_.push_back(p.low);
    base_high_.push_back(p.high);
  }
}

// Rounding must not leave the bounds, beyond which the model has no meaning.
double Scaling::to_base(std::size_t p, double search) const {
  const double base = logarithmic_[p] ? std::exp(search) : search * size_[p];
  return std::clamp(base, base_low_[p], base_high_[p]);
}

std::vector<double> Scaling::to_search(std::span<const double> base) const {
  std::vector<double> search;
  for (std::size_t p = 0; p < base.size(); ++p) search.push_back(to_search(p, base[p]));
  return search;
}

std::vector<double> Scaling::to_base(std::span<const double> search) const {
  std::vector<double> base;
  for (std::size_t p = 0; p < search.size(); ++p) base.push_back(to_base(p, search[p]));
  return base;
}

}  // namespace howship::calibration
