#include "simulation/block_lu.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "howship/model/program.hpp"

namespace howship::simulation {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr double kSmallestPivot = 1e-9;  // of I - γJ, whose diagonal is 1 for a small step

// Loops over lanes are compiled for each width, so that they become straight vector code.
template <class Body>
void with_width(std::size_t lanes, Body&& body) {
  if (lanes == static_cast<std::size_t>(model::Program::kBlock)) {
    body(std::integral_constant<std::size_t, model::Program::kBlock>{});
  } else if (lanes == 1) {
    body(std::integral_constant<std::size_t, 1>{});
  } else {
    body(std::integral_constant<std::size_t, model::Program::kSmall>{});
  }
}

// 1/pivot in place; a pivot that is zero, tiny or no number fails the comparison.
template <std::size_t kLanes>
bool invert(double* pivot) {
  int bad = 0;
  for (std::size_t l = 0; l < kLanes; ++l) {
    bad |= static_cast<int>(!(std::abs(pivot[l]) > kSmallestPivot && std::abs(pivot[l]) < 1e300));
    pivot[l] = 1.0 / pivot[l];
  }
  return bad == 0;
}

template <std::size_t kLanes>
void subtract_product(double* target, const double* left, const double* right) {
#pragma omp simd
  for (std::size_t l = 0; l < kLanes; ++l) target[l] -= left[l] * right[l];
}

}  // namespace

BlockLu::BlockLu(std::size_t size, std::span<const model::SparseEntry> pattern, std::span<const std::size_t> trailing)
    : size_(size), trailing_(trailing.size()), table_(size * size, kNone) {
  std::vector<bool> filled(size * size, false);
  for (std::size_t i = 0; i < size; ++i) filled[i * size + i] = true;
  for (const model::SparseEntry& entry : pattern) filled[entry.row * size + entry.column] = true;

  std::vector<bool> done(size, false);
  std::vector<bool> last(size, false);
  for (const std::size_t unknown : trailing) last[unknown] = true;
  const auto others = [&](std::size_t pivot, bool in_row) {
    std::vector<std::uint32_t> list;
    for (std::uint32_t i = 0; i < size; ++i) {
      if (!done[i] && i != pivot && filled[in_row ? pivot * size + i : i * size + pivot]) list.push_back(i);
    }
    return list;
  };
  // How many others are left in each row and column.
  std::vector<std::size_t> in_row(size);
  std::vector<std::size_t> in_column(size);
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column) {
      if (row == column || !filled[row * size + column]) continue;
      ++in_row[row];
      ++in_column[column];
    }
  }
  for (std::size_t step = 0; step + trailing_ < size; ++step) {
    std::size_t best = size;
    std::size_t best_cost = std::numeric_limits<std::size_t>::max();
    for (std::size_t i = 0; i < size; ++i) {
      if (done[i] || last[i]) continue;
      const std::size_t cost = in_row[i] * in_column[i];
      if (cost < best_cost) {
        best = i;
        best_cost = cost;
      }
    }
    const auto columns = others(best, true);
    const auto rows = others(best, false);
    for (const std::uint32_t column : columns) --in_column[column];
    for (const std::uint32_t row : rows) {
      --in_row[row];
      for (const std::uint32_t column : columns) {
        if (row == column || filled[row * size + column]) continue;
        filled[row * size + column] = true;
        ++in_row[row];
        ++in_column[column];
      }
    }
    done[best] = true;
    order_.push_back(static_cast<std::uint32_t>(best));
  }
  for (const std::size_t row : trailing) {
    for (const std::size_t column : trailing) filled[row * size + column] = true;
    order_.push_back(static_cast<std::uint32_t>(row));
  }

  for (std::size_t i = 0; i < size * size; ++i) {
    if (filled[i]) table_[i] = static_cast<std::uint32_t>(slots_++);
  }
  for (const model::SparseEntry& entry : pattern) jacobian_slot_.push_back(slot(entry.row, entry.column));

  std::fill(done.begin(), done.end(), false);
  for (std::size_t step = 0; step + trailing_ < size; ++step) {
    const std::uint32_t unknown = order_[step];
    Pivot pivot{};
    pivot.unknown = unknown;
    pivot.diagonal = slot(unknown, unknown);
    pivot.scale_begin = static_cast<std::uint32_t>(below_.size());
    pivot.right_begin = static_cast<std::uint32_t>(right_.size());
    pivot.update_begin = static_cast<std::uint32_t>(updates_.size());
    const auto rows = others(unknown, false);
    const auto columns = others(unknown, true);
    for (const std::uint32_t row : rows) {
      below_.push_back({slot(row, unknown), row});
      for (const std::uint32_t column : columns)
        updates_.push_back({slot(row, column), slot(row, unknown), slot(unknown, column)});
    }
    for (const std::uint32_t column : columns) right_.push_back({slot(unknown, column), column});
    pivot.scale_end = static_cast<std::uint32_t>(below_.size());
    pivot.right_end = static_cast<std::uint32_t>(right_.size());
    pivot.update_end = static_cast<std::uint32_t>(updates_.size());
    pivots_.push_back(pivot);
    done[unknown] = true;
  }
}

std::size_t BlockLu::trailing_slot(std::size_t row, std::size_t column) const {
  const std::size_t first = size_ - trailing_;
  return slot(order_[first + row], order_[first + column]);
}

void BlockLu::assemble(std::size_t lanes, const double* jacobian, double gamma, double* matrix) const {
  std::fill(matrix, matrix + slots_ * lanes, 0.0);
  for (std::size_t e = 0; e < jacobian_slot_.size(); ++e) {
    double* out = matrix + jacobian_slot_[e] * lanes;
    for (std::size_t l = 0; l < lanes; ++l) out[l] = -gamma * jacobian[e * lanes + l];
  }
  for (std::size_t i = 0; i < size_; ++i) {
    double* out = matrix + slot(i, i) * lanes;
    for (std::size_t l = 0; l < lanes; ++l) out[l] += 1.0;
  }
}

bool BlockLu::eliminate(std::size_t lanes, double* matrix) const {
  bool good = true;
  with_width(lanes, [&](auto width) {
    constexpr std::size_t kLanes = decltype(width)::value;
    for (const Pivot& pivot : pivots_) {
      double* inverse = matrix + pivot.diagonal * kLanes;
      good = invert<kLanes>(inverse) && good;
      for (std::uint32_t e = pivot.scale_begin; e < pivot.scale_end; ++e) {
        double* entry = matrix + below_[e].slot * kLanes;
        for (std::size_t l = 0; l < kLanes; ++l) entry[l] *= inverse[l];
      }
      for (std::uint32_t e = pivot.update_begin; e < pivot.update_end; ++e) {
        subtract_product<kLanes>(matrix + updates_[e].target * kLanes, matrix + updates_[e].left * kLanes,
                                 matrix + updates_[e].right * kLanes);
      }
    }
  });
  return good;
}

// Gauss-Jordan.
bool BlockLu::invert_trailing(std::size_t lanes, double* matrix) const {
  bool good = true;
  with_width(lanes, [&](auto width) {
    constexpr std::size_t kLanes = decltype(width)::value;
    for (std::size_t k = 0; k < trailing_; ++k) {
      double* inverse = matrix + trailing_slot(k, k) * kLanes;
      good = invert<kLanes>(inverse) && good;
      for (std::size_t j = 0; j < trailing_; ++j) {
        if (j == k) continue;
        double* entry = matrix + trailing_slot(k, j) * kLanes;
        for (std::size_t l = 0; l < kLanes; ++l) entry[l] *= inverse[l];
      }
      for (std::size_t i = 0; i < trailing_; ++i) {
        if (i == k) continue;
        double* left = matrix + trailing_slot(i, k) * kLanes;
        for (std::size_t j = 0; j < trailing_; ++j) {
          if (j != k)
            subtract_product<kLanes>(matrix + trailing_slot(i, j) * kLanes, left,
                                     matrix + trailing_slot(k, j) * kLanes);
        }
        for (std::size_t l = 0; l < kLanes; ++l) left[l] *= -inverse[l];
      }
    }
  });
  return good;
}

template <class Factor>
void BlockLu::forward(std::size_t lanes, const Factor* factors, double* x) const {
  with_width(lanes, [&](auto width) {
    constexpr std::size_t kLanes = decltype(width)::value;
    for (const Pivot& pivot : pivots_) {
      const double* from = x + pivot.unknown * kLanes;
      for (std::uint32_t e = pivot.scale_begin; e < pivot.scale_end; ++e) {
        double* to = x + below_[e].unknown * kLanes;
        const Factor* factor = factors + below_[e].slot * kLanes;
#pragma omp simd
        for (std::size_t l = 0; l < kLanes; ++l) to[l] -= static_cast<double>(factor[l]) * from[l];
      }
    }
  });
}

template <class Factor>
void BlockLu::backward(std::size_t lanes, const Factor* factors, double* x) const {
  with_width(lanes, [&](auto width) {
    constexpr std::size_t kLanes = decltype(width)::value;
    for (auto pivot = pivots_.rbegin(); pivot != pivots_.rend(); ++pivot) {
      double* to = x + pivot->unknown * kLanes;
      for (std::uint32_t e = pivot->right_begin; e < pivot->right_end; ++e) {
        const double* from = x + right_[e].unknown * kLanes;
        const Factor* factor = factors + right_[e].slot * kLanes;
#pragma omp simd
        for (std::size_t l = 0; l < kLanes; ++l) to[l] -= static_cast<double>(factor[l]) * from[l];
      }
      const Factor* inverse = factors + pivot->diagonal * kLanes;
#pragma omp simd
      for (std::size_t l = 0; l < kLanes; ++l) to[l] *= static_cast<double>(inverse[l]);
    }
  });
}

void BlockLu::solve_columns(std::size_t columns, const double* factors, double* x) const {
  constexpr std::size_t kWidth = 8;
  const auto subtract = [&](double factor, const double* from, double* to) {
    for (std::size_t first = 0; first < columns; first += kWidth) {
#pragma omp simd
      for (std::size_t c = first; c < first + kWidth; ++c) to[c] -= factor * from[c];
    }
  };
  for (const Pivot& pivot : pivots_) {
    for (std::uint32_t e = pivot.scale_begin; e < pivot.scale_end; ++e)
      subtract(factors[below_[e].slot], x + pivot.unknown * columns, x + below_[e].unknown * columns);
  }
  for (auto pivot = pivots_.rbegin(); pivot != pivots_.rend(); ++pivot) {
    double* to = x + pivot->unknown * columns;
    for (std::uint32_t e = pivot->right_begin; e < pivot->right_end; ++e)
      subtract(factors[right_[e].slot], x + right_[e].unknown * columns, to);
    const double inverse = factors[pivot->diagonal];
    for (std::size_t c = 0; c < columns; ++c) to[c] *= inverse;
  }
}

template void BlockLu::forward(std::size_t, const float*, double*) const;
template void BlockLu::forward(std::size_t, const double*, double*) const;
template void BlockLu::backward(std::size_t, const float*, double*) const;
template void BlockLu::backward(std::size_t, const double*, double*) const;

}  // namespace howship::simulation
