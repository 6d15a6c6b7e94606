#include "simulation/transport_solver.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace howship::simulation {
namespace {

constexpr std::size_t kChunk = Slabs::kChunk;
constexpr int kMostIterations = 60;

}  // namespace

TransportSolver::TransportSolver(const Transport& transport, const Layout& layout, std::vector<double> typical,
                                 WorkerTeam& team, Halo& halo, TissueSums& sums)
    : transport_(transport),
      species_(transport.species()),
      stride_(transport.stride()),
      padded_(layout.padded()),
      whole_padded_(layout.whole_padded()),
      first_(layout.first),
      voxels_(layout.voxels),
      team_(team),
      halo_(halo),
      sums_(sums) {
  if (!transport.couples()) return;
  for (const double size : typical) scale_.push_back(1.0 / (size * size));
  inverse_ = Buffer<float>(species_ * species_ * stride_);
  reaction_ = Buffer<float>(species_ * species_ * stride_);
  right_sums_ = Buffer<double>(layout.blocks * species_);
  for (Buffer<double>* vector : {&r_, &shadow_, &p_, &v_, &t_}) *vector = Buffer<double>(species_ * stride_);
  const std::size_t chunks = sums.chunks();
  partial_[0].resize(chunks);
  partial_[1].resize(chunks);
  largest_.resize(chunks);
  reaction_sums_ = Buffer<double>(chunks * species_ * species_);
  const std::size_t blocks = sums.blocks_per_chunk();
  inner_begin_ = (halo.inner_begin() + blocks - 1) / blocks;
  inner_end_ = halo.inner_end() == layout.blocks ? chunks : halo.inner_end() / blocks;
  if (inner_end_ < inner_begin_) inner_begin_ = inner_end_ = 0;
}

template <class Body>
void TransportSolver::for_chunks(std::size_t first, std::size_t last, Body&& body) {
  team_.for_blocks(last - first, [&](std::size_t i, std::size_t thread) {
    const std::size_t chunk = first + i;
    body(chunk, chunk * kChunk, std::min(padded_, (chunk + 1) * kChunk));
    if (thread == 0) halo_.progress();
  });
}

template <class Body>
void TransportSolver::for_chunks(Body&& body) {
  for_chunks(0, largest_.size(), body);
}

// The body reads neighbours of these fields: while those of other ranks come, it works where it needs none of them.
template <class Body>
void TransportSolver::for_chunks_with_halo(double* fields, Body&& body) {
  halo_.begin(fields, species_, stride_);
  for_chunks(inner_begin_, inner_end_, body);
  halo_.end();
  for_chunks(0, inner_begin_, body);
  for_chunks(inner_end_, largest_.size(), body);
}

// Where ranks meet: what they have of the first scalar products and of the norm is put together in order of chunks.
void TransportSolver::meet(std::size_t products) {
  worst_ = 0.0;
  for (const double part : largest_) {
    // Anything that is not finite must come out as that, and a maximum may lose NaN.
    worst_ = std::isfinite(part) ? std::max(worst_, part) : std::numeric_limits<double>::infinity();
    if (!std::isfinite(worst_)) break;
  }
  product_ = {};
  if (sums_.ranks().alone()) {
    for (std::size_t p = 0; p < products; ++p) {
      for (const double part : partial_[p]) product_[p] += part;
    }
    return;
  }
  mine_.clear();
  for (std::size_t p = 0; p < products; ++p) mine_.insert(mine_.end(), partial_[p].begin(), partial_[p].end());
  mine_.push_back(worst_);
  const std::vector<int> counts = sums_.slabs().counts(products, 1);
  all_.resize(sums_.slabs().chunks() * products + counts.size());
  sums_.ranks().gather(mine_, counts, all_);
  std::size_t at = 0;
  for (const int count : counts) {
    const std::size_t of_rank = products == 0 ? 0 : (static_cast<std::size_t>(count) - 1) / products;
    for (std::size_t p = 0; p < products; ++p) {
      for (std::size_t chunk = 0; chunk < of_rank; ++chunk) product_[p] += all_[at++];
    }
    worst_ = std::max(worst_, all_[at++]);
  }
}

// out = γ S⁻¹ N u
void TransportSolver::apply(double gamma, const double* u, std::size_t begin, std::size_t end, double* out) const {
  constexpr std::size_t kPiece = 128;
  std::array<double, kPiece> incoming{};
  for (std::size_t first = begin; first < end; first += kPiece) {
    const std::size_t count = std::min(kPiece, end - first);
    for (std::size_t d = 0; d < species_; ++d) std::fill_n(out + d * stride_ + first, count, 0.0);
    for (std::size_t e = 0; e < species_; ++e) {
      const double* c = u + e * stride_;
      const double* diagonal = transport_.diagonal(e);
      transport_.rate(e, c, first, first + count, incoming.data());
      for (std::size_t i = 0; i < count; ++i) incoming[i] = gamma * (incoming[i] + diagonal[first + i] * c[first + i]);
      for (std::size_t d = 0; d < species_; ++d) {
        const float* inverse = inverse_.data() + (d * species_ + e) * stride_ + first;
        double* to = out + d * stride_ + first;
        for (std::size_t i = 0; i < count; ++i) to[i] += static_cast<double>(inverse[i]) * incoming[i];
      }
    }
  }
}

bool TransportSolver::prepare() {
  for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
    for (std::size_t e = 0; e < species_ * species_; ++e) {
      double part = 0.0;
      for (std::size_t v = begin; v < std::min(end, voxels_); ++v)
        part += static_cast<double>(reaction_[e * stride_ + v]);
      reaction_sums_[chunk * species_ * species_ + e] = part;
    }
  });
  const auto size = static_cast<Eigen::Index>(species_);
  mean_matrix_.resize(size, size);
  std::vector<double> totals(species_ * species_);
  sums_.of_chunks(reaction_sums_.data(), totals.size(), totals);
  for (std::size_t e = 0; e < totals.size(); ++e)
    mean_matrix_(static_cast<Eigen::Index>(e / species_), static_cast<Eigen::Index>(e % species_)) = totals[e];
  mean_.compute(mean_matrix_);
  return mean_matrix_.allFinite() && mean_.rcond() > 1e-12;
}

void TransportSolver::exchange(Archive& archive) {
  const Archive::Part part{species_ * species_, whole_padded_, first_, padded_, stride_};
  archive.exchange_part("matrix/transport_inverse", std::span(inverse_.data(), inverse_.size()), part);
  archive.exchange_part("matrix/transport_reaction", std::span(reaction_.data(), reaction_.size()), part);
  const auto size = static_cast<Eigen::Index>(species_);
  mean_matrix_.conservativeResize(size, size);
  archive.exchange("matrix/transport_mean", std::span(mean_matrix_.data(), species_ * species_));
  if (archive.reading()) mean_.compute(mean_matrix_);
}

// A chunk's part of what reactions make of u, for the sum over voxels.
void TransportSolver::sum_reacting(const double* u, std::size_t chunk, std::size_t begin, std::size_t end) {
  for (std::size_t d = 0; d < species_; ++d) {
    double part = 0.0;
    for (std::size_t e = 0; e < species_; ++e) {
      const float* entry = reaction_.data() + (d * species_ + e) * stride_;
#pragma omp simd reduction(+ : part)
      for (std::size_t v = begin; v < std::min(end, voxels_); ++v)
        part += static_cast<double>(entry[v]) * u[e * stride_ + v];
    }
    reaction_sums_[chunk * species_ + d] = part;
  }
}

// The constants, one per species, that added to u make the residual's sum over voxels vanish; after sum_reacting() of
// all chunks.
void TransportSolver::find_shift() {
  Eigen::VectorXd reacting(right_.size());
  sums_.of_chunks(reaction_sums_.data(), species_, {reacting.data(), species_});
  shift_ = mean_.solve(right_ - reacting);
}

void TransportSolver::correct_mean(const double* u) {
  for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) { sum_reacting(u, chunk, begin, end); });
  find_shift();
}

double TransportSolver::dot(const double* a, const double* b, std::size_t begin, std::size_t end) const {
  double total = 0.0;
  for (std::size_t d = 0; d < species_; ++d) {
    const double* x = a + d * stride_;
    const double* y = b + d * stride_;
    double part = 0.0;
#pragma omp simd reduction(+ : part)
    for (std::size_t v = begin; v < std::min(end, voxels_); ++v) part += x[v] * y[v];
    total += scale_[d] * part;
  }
  return total;
}

int TransportSolver::solve(double gamma, double* u, const double* weights, double unknowns, double tolerance) {
  const auto norm_of_chunk = [&](const double* a, std::size_t begin, std::size_t end) {
    double largest = 0.0;
    double all = 0.0;
    for (std::size_t v = begin; v < end; ++v) {
      double squares = 0.0;
      for (std::size_t d = 0; d < species_; ++d)
        squares += a[d * stride_ + v] * weights[d * stride_ + v] * (a[d * stride_ + v] * weights[d * stride_ + v]);
      largest = std::max(largest, squares);
      all += squares;
    }
    return std::isfinite(all) ? largest : all;
  };
  const auto norm = [&] { return std::sqrt(worst_ / unknowns); };
  const auto each = [&](std::size_t begin, std::size_t end, auto&& body) {
    for (std::size_t d = 0; d < species_; ++d) {
#pragma omp simd
      for (std::size_t i = d * stride_ + begin; i < d * stride_ + end; ++i) body(i);
    }
  };
  double* r = r_.data();
  double* p = p_.data();
  double* v = v_.data();
  double* t = t_.data();
  double* shadow = shadow_.data();

  // The first guess is the mean, whose residual u₀ - mean + γS⁻¹N₀ mean needs no neighbours.
  right_.resize(static_cast<Eigen::Index>(species_));
  sums_.of_blocks(right_sums_.data(), species_, {right_.data(), species_});
  const Eigen::VectorXd average = mean_.solve(right_);
  shift_.setZero(right_.size());
  for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
    for (std::size_t d = 0; d < species_; ++d) {
      const double own = average[static_cast<Eigen::Index>(d)];
      double* to = r + d * stride_;
      for (std::size_t i = begin; i < end; ++i) to[i] = u[d * stride_ + i] - own;
      for (std::size_t e = 0; e < species_; ++e) {
        const double other = gamma * average[static_cast<Eigen::Index>(e)];
        const float* inverse = inverse_.data() + (d * species_ + e) * stride_;
        const double* diagonal = transport_.diagonal(e);
        for (std::size_t i = begin; i < end; ++i) to[i] += static_cast<double>(inverse[i]) * diagonal[i] * other;
      }
    }
    for (std::size_t d = 0; d < species_; ++d) {
      std::fill(u + d * stride_ + begin, u + d * stride_ + end, average[static_cast<Eigen::Index>(d)]);
    }
    largest_[chunk] = norm_of_chunk(r, begin, end);
  });
  meet(0);
  double residual = norm();
  if (!std::isfinite(residual)) return -1;
  if (residual <= tolerance) return 0;

  // A Jacobi step: u + r has the residual γS⁻¹N r. It is often enough.
  for_chunks_with_halo(r, [&](std::size_t chunk, std::size_t begin, std::size_t end) {
    each(begin, end, [&](std::size_t i) { u[i] += r[i]; });
    sum_reacting(u, chunk, begin, end);
    apply(gamma, r, begin, end, p);
    largest_[chunk] = norm_of_chunk(p, begin, end);
    partial_[0][chunk] = dot(p, p, begin, end);
  });
  meet(1);
  double rho = product_[0];
  residual = norm();
  if (!std::isfinite(residual)) return -1;
  if (residual <= tolerance) {
    find_shift();
    return 1;
  }
  for_chunks([&](std::size_t, std::size_t begin, std::size_t end) {
    each(begin, end, [&](std::size_t i) { shadow[i] = r[i] = p[i]; });
  });

  for (int iteration = 1; iteration <= kMostIterations; ++iteration) {
    for_chunks_with_halo(p, [&](std::size_t chunk, std::size_t begin, std::size_t end) {
      apply(gamma, p, begin, end, v);
      each(begin, end, [&](std::size_t i) { v[i] = p[i] - v[i]; });
      partial_[0][chunk] = dot(shadow, v, begin, end);
    });
    meet(1);
    const double along = product_[0];
    if (along == 0.0 || !std::isfinite(along)) return -1;
    const double alpha = rho / along;
    for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
      each(begin, end, [&](std::size_t i) {
        r[i] -= alpha * v[i];
        u[i] += alpha * p[i];
      });
      largest_[chunk] = norm_of_chunk(r, begin, end);
    });
    meet(0);
    if (norm() <= tolerance) {
      correct_mean(u);
      return iteration + 1;
    }
    for_chunks_with_halo(r, [&](std::size_t chunk, std::size_t begin, std::size_t end) {
      apply(gamma, r, begin, end, t);
      each(begin, end, [&](std::size_t i) { t[i] = r[i] - t[i]; });
      partial_[0][chunk] = dot(t, r, begin, end);
      partial_[1][chunk] = dot(t, t, begin, end);
    });
    meet(2);
    const double tt = product_[1];
    if (!(tt > 0.0)) return -1;
    const double omega = product_[0] / tt;
    for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
      each(begin, end, [&](std::size_t i) {
        u[i] += omega * r[i];
        r[i] -= omega * t[i];
      });
      largest_[chunk] = norm_of_chunk(r, begin, end);
      partial_[0][chunk] = dot(shadow, r, begin, end);
    });
    meet(1);
    if (norm() <= tolerance) {
      correct_mean(u);
      return iteration + 1;
    }
    const double next = product_[0];
    if (next == 0.0 || omega == 0.0 || !std::isfinite(next)) return -1;
    const double beta = next / rho * (alpha / omega);
    rho = next;
    for_chunks([&](std::size_t, std::size_t begin, std::size_t end) {
      each(begin, end, [&](std::size_t i) { p[i] = r[i] + beta * (p[i] - omega * v[i]); });
    });
  }
  return -1;
}

}  // namespace howship::simulation
