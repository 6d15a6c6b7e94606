#include "simulation/point_lu.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace howship::simulation {
namespace {

constexpr std::size_t kDense = 4;  // from here on the sparse list is faster

}  // namespace

PointLu::PointLu(std::size_t size, std::span<const model::SparseEntry> pattern)
    : size_(size),
      pattern_(pattern.begin(), pattern.end()),
      sparse_(size > kDense ? size : 0, size > kDense ? pattern : std::span<const model::SparseEntry>(), {}),
      factors_(sparse_.slots()),
      scratch_(size) {}

bool PointLu::factor(const double* entries, double gamma) {
  double spoilt = 0.0;  // 0 times anything that is not finite is not 0
  for (std::size_t e = 0; e < pattern_.size(); ++e) spoilt += 0.0 * entries[e];
  if (spoilt != 0.0) return false;
  dense_ = size_ <= kDense;
  if (!dense_) {
    sparse_.assemble(1, entries, gamma, factors_.data());
    dense_ = !sparse_.eliminate(1, factors_.data());
  }
  return !dense_ || factor_dense(entries, gamma);
}

bool PointLu::factor_dense(const double* entries, double gamma) {
  matrix_.assign(size_ * size_, 0.0);
  rows_.resize(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    matrix_[i * size_ + i] = 1.0;
    rows_[i] = i;
  }
  for (std::size_t e = 0; e < pattern_.size(); ++e)
    matrix_[pattern_[e].row * size_ + pattern_[e].column] -= gamma * entries[e];
  for (std::size_t k = 0; k < size_; ++k) {
    std::size_t best = k;
    for (std::size_t i = k + 1; i < size_; ++i) {
      if (std::abs(matrix_[i * size_ + k]) > std::abs(matrix_[best * size_ + k])) best = i;
    }
    double* row = matrix_.data() + k * size_;
    if (best != k) {
      std::swap_ranges(row, row + size_, matrix_.data() + best * size_);
      std::swap(rows_[k], rows_[best]);
    }
    const double inverse = 1.0 / row[k];
    if (!std::isfinite(inverse)) return false;
    row[k] = inverse;
    for (std::size_t i = k + 1; i < size_; ++i) {
      double* below = matrix_.data() + i * size_;
      const double factor = below[k] * inverse;
      below[k] = factor;
      if (factor == 0.0) continue;
      for (std::size_t j = k + 1; j < size_; ++j) below[j] -= factor * row[j];
    }
  }
  return true;
}

void PointLu::solve(double* x) {
  if (!dense_) {
    sparse_.forward(1, factors_.data(), x);
    sparse_.backward(1, factors_.data(), x);
    return;
  }
  for (std::size_t i = 0; i < size_; ++i) {
    double sum = x[rows_[i]];
    for (std::size_t j = 0; j < i; ++j) sum -= matrix_[i * size_ + j] * scratch_[j];
    scratch_[i] = sum;
  }
  for (std::size_t i = size_; i-- > 0;) {
    double sum = scratch_[i];
    for (std::size_t j = i + 1; j < size_; ++j) sum -= matrix_[i * size_ + j] * x[j];
    x[i] = sum * matrix_[i * size_ + i];
  }
}

void PointLu::solve_columns(std::size_t columns, double* x) {
  if (!dense_) return sparse_.solve_columns(columns, factors_.data(), x);
  std::vector<double> one(size_);
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t i = 0; i < size_; ++i) one[i] = x[i * columns + c];
    solve(one.data());
    for (std::size_t i = 0; i < size_; ++i) x[i * columns + c] = one[i];
  }
}

}  // namespace howship::simulation
