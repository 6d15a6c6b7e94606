#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "howship/model/kinetics.hpp"

namespace howship::simulation {

/// LU factors of I - γJ for one sparsity pattern and many voxels. What has to be computed is found once: a list of
/// operations that every voxel of a block goes through in step. Pivots stay on the diagonal, in minimum-degree
/// (Markowitz 1957) order, with the diffusing species last: when the others are eliminated, their Schur complement
/// is left, a small dense matrix per voxel, which is inverted in place. No pivoting: a voxel where a pivot is tiny
/// makes these functions say so, and the time step is cut.
class BlockLu {
 public:
  /// @param size      unknowns per voxel
  /// @param pattern   entries of J
  /// @param trailing  unknowns to eliminate last, ascending
  BlockLu(std::size_t size, std::span<const model::SparseEntry> pattern, std::span<const std::size_t> trailing);

  std::size_t slots() const { return slots_; }
  std::size_t trailing_count() const { return trailing_; }
  const std::vector<std::uint32_t>& order() const { return order_; }

  /// matrix = I - γJ, slot s of lane l at [s*lanes + l]. @param jacobian  entry e of lane l at [e*lanes + l]
  void assemble(std::size_t lanes, const double* jacobian, double gamma, double* matrix) const;
  /// Eliminates the leading unknowns in place; the trailing ones' Schur complement stands in trailing_slot().
  /// False if a pivot is not finite or nearly vanishes in some lane.
  bool eliminate(std::size_t lanes, double* matrix) const;
  /// Inverts the Schur complement in place. False as above.
  bool invert_trailing(std::size_t lanes, double* matrix) const;

  /// Eliminates the leading unknowns from right-hand side x (unknown i of lane l at [i*lanes + l]), in place.
  /// @param factors  the matrix after elimination, in double or, to spare memory, in single precision
  template <class Factor>
  void forward(std::size_t lanes, const Factor* factors, double* x) const;
  /// Solves for the leading unknowns once the trailing ones are known (right-hand side times the inverse complement).
  template <class Factor>
  void backward(std::size_t lanes, const Factor* factors, double* x) const;

  /// Both at once for many right-hand sides of a single voxel (unknown i of column c at [i*columns + c]); nothing may
  /// be trailing. @param columns  a multiple of 8
  void solve_columns(std::size_t columns, const double* factors, double* x) const;

  /// Where the (inverted) Schur complement's entry (row, column) of the trailing unknowns is kept.
  std::size_t trailing_slot(std::size_t row, std::size_t column) const;

 private:
  struct Elimination {  // a[target] -= a[left] * a[right]
    std::uint32_t target, left, right;
  };
  struct Pivot {
    std::uint32_t unknown, diagonal;
    std::uint32_t scale_begin, scale_end;    ///< slots below the pivot
    std::uint32_t update_begin, update_end;  ///< eliminations
    std::uint32_t right_begin, right_end;    ///< slots right of the pivot
  };
  struct Entry {
    std::uint32_t slot, unknown;  ///< the row of an entry below the pivot, the column of one right of it
  };

  std::uint32_t slot(std::size_t row, std::size_t column) const { return table_[row * size_ + column]; }

  std::size_t size_, trailing_, slots_ = 0;
  std::vector<std::uint32_t> order_, table_;
  std::vector<std::uint32_t> jacobian_slot_;
  std::vector<Pivot> pivots_;
  std::vector<Entry> below_, right_;
  std::vector<Elimination> updates_;
};

}  // namespace howship::simulation
