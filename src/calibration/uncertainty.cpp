#include "uncertainty.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/SVD>

namespace howship::calibration {
namespace {

constexpr double kAtBound = 1e-6;    // of the distance between the bounds
constexpr double kVanishes = 1e-5;   // of the largest singular value; derivatives are right to about 1e-6
constexpr double kTakesPart = 0.05;  // share of a parameter in a direction

std::vector<double> gradient(const Minimum& minimum) {
  const std::size_t count = minimum.at.size();
  std::vector<double> out(count, 0.0);
  for (std::size_t r = 0; r < minimum.evaluation.residuals.size(); ++r) {
    for (std::size_t p = 0; p < count; ++p) out[p] += minimum.jacobian[r * count + p] * minimum.evaluation.residuals[r];
  }
  return out;
}

}  // namespace

Uncertainty uncertainty(const Minimum& minimum, const Scaling& scaling) {
  const std::size_t count = minimum.at.size();
  const std::size_t rows = minimum.evaluation.residuals.size();
  Uncertainty result;
  result.errors.resize(count);
  result.bounds.assign(count, Bound::none);
  result.undetermined.assign(count, false);
  result.correlation.assign(count, std::vector<std::optional<double>>(count));
  const std::vector<double> slope = gradient(minimum);
  std::vector<std::size_t> free;
  for (std::size_t p = 0; p < count; ++p) {
    const double near = kAtBound * (scaling.high(p) - scaling.low(p));
    if (minimum.at[p] <= scaling.low(p) + near && slope[p] > 0.0)
      result.bounds[p] = Bound::low;
    else if (minimum.at[p] >= scaling.high(p) - near && slope[p] < 0.0)
      result.bounds[p] = Bound::high;
    else {
      free.push_back(p);
      result.gradient_norm = std::max(result.gradient_norm, std::abs(slope[p]));
    }
  }
  if (free.empty()) return result;

  // Columns of one length: what is undetermined must not depend on the parameters' sizes.
  const auto columns = static_cast<Eigen::Index>(free.size());
  Eigen::MatrixXd jacobian(static_cast<Eigen::Index>(std::max(rows, free.size())), columns);
  jacobian.setZero();
  std::vector<double> lengths(free.size(), 0.0);
  for (std::size_t f = 0; f < free.size(); ++f) {
    for (std::size_t r = 0; r < rows; ++r)
      jacobian(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(f)) = minimum.jacobian[r * count + free[f]];
    lengths[f] = jacobian.col(static_cast<Eigen::Index>(f)).norm();
    if (lengths[f] > 0.0) jacobian.col(static_cast<Eigen::Index>(f)) /= lengths[f];
  }
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(jacobian, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::VectorXd& values = svd.singularValues();
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(columns, columns);
  for (Eigen::Index d = 0; d < columns; ++d) {
    const Eigen::VectorXd direction = svd.matrixV().col(d);
    if (values[d] > kVanishes * values[0]) {
      covariance += direction * direction.transpose() / (values[d] * values[d]);
      continue;
    }
    for (std::size_t f = 0; f < free.size(); ++f) {
      if (std::abs(direction[static_cast<Eigen::Index>(f)]) > kTakesPart) result.undetermined[free[f]] = true;
    }
  }
  const auto known = [&](std::size_t f) { return lengths[f] > 0.0 && !result.undetermined[free[f]]; };
  for (std::size_t f = 0; f < free.size(); ++f) {
    const auto i = static_cast<Eigen::Index>(f);
    if (!(lengths[f] > 0.0)) result.undetermined[free[f]] = true;
    if (known(f)) result.errors[free[f]] = std::sqrt(covariance(i, i)) / lengths[f];
    for (std::size_t g = 0; g < free.size(); ++g) {
      const auto j = static_cast<Eigen::Index>(g);
      if (known(f) && known(g))
        result.correlation[free[f]][free[g]] = covariance(i, j) / std::sqrt(covariance(i, i) * covariance(j, j));
    }
  }
  return result;
}

}  // namespace howship::calibration
