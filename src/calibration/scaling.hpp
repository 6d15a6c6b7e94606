#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "howship/calibration/fit.hpp"

namespace howship::calibration {

/// The numbers that are searched over: of a parameter on a logarithmic scale its natural logarithm, of another the
/// parameter by its size, so that a change of one means about as much in each.
class Scaling {
 public:
  explicit Scaling(const std::vector<Estimate>& parameters);

  std::size_t size() const { return logarithmic_.size(); }
  double to_search(std::size_t p, double base) const { return logarithmic_[p] ? std::log(base) : base / size_[p]; }
  double to_base(std::size_t p, double search) const;
  /// d base / d search
  double slope(std::size_t p, double search) const { return logarithmic_[p] ? std::exp(search) : size_[p]; }
  double low(std::size_t p) const { return low_[p]; }
  double high(std::size_t p) const { return high_[p]; }

  std::vector<double> to_search(std::span<const double> base) const;
  std::vector<double> to_base(std::span<const double> search) const;

 private:
  std::vector<bool> logarithmic_;
  std::vector<double> size_, low_, high_, base_low_, base_high_;
};

}  // namespace howship::calibration
