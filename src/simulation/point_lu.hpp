#pragma once

#include <span>
#include <vector>

#include "simulation/block_lu.hpp"

namespace howship::simulation {

/// Solves with I - γJ of one small system. A handful of unknowns are eliminated as a dense matrix with row pivoting,
/// more by BlockLu's static list of operations, whose pivots stay on the diagonal; where one of those vanishes, by a
/// dense matrix again.
class PointLu {
 public:
  PointLu(std::size_t size, std::span<const model::SparseEntry> pattern);

  /// @param entries  of J, in the pattern's order. False if the matrix is singular or not finite
  bool factor(const double* entries, double gamma);
  /// In place.
  void solve(double* x);
  /// The same for many right-hand sides: unknown i of column c at [i*columns + c]. @param columns  a multiple of 8
  void solve_columns(std::size_t columns, double* x);

 private:
  bool factor_dense(const double* entries, double gamma);

  std::size_t size_;
  std::vector<model::SparseEntry> pattern_;
  BlockLu sparse_;
  bool dense_ = false;           ///< which of the two the factors are
  std::vector<double> factors_;  ///< BlockLu's
  std::vector<double> matrix_;   ///< dense, row after row; on the diagonal the pivots' inverses
  std::vector<double> scratch_;
  std::vector<std::size_t> rows_;  ///< which row of the matrix became which
};

}  // namespace howship::simulation
