#include "simulation/transport_solver.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace howship::simulation {
namespace {

constexpr std::size_t kChunk = 1024;
constexpr int kMostIterations = 60;

}  // namespace

TransportSolver::TransportSolver(const Transport& transport, const Layout& layout, std::vector<double> typical, Threads threads)
    : transport_(transport), species_(transport.species()), stride_(layout.padded()), voxels_(layout.voxels), threads_(threads) {
  if (!transport.couples()) return;
  for (const double size : typical) scale_.push_back(1.0 / (size * size));
  inverse_ = Buffer<float>(species_ * species_ * stride_);
  for (Buffer<double>* vector : {&r_, &shadow_, &p_, &v_, &t_}) *vector = Buffer<double>(species_ * stride_);
  const std::size_t chunks = (stride_ + kChunk - 1) / kChunk;
  partial_[0].resize(chunks);
  partial_[1].resize(chunks);
  largest_.resize(chunks);
}

template <class Body>
void TransportSolver::for_chunks(Body&& body) {
  for_blocks(threads_, largest_.size(), [&](std::size_t chunk, std::size_t) {
    body(chunk, chunk * kChunk, std::min(stride_, (chunk + 1) * kChunk));
  });
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

double TransportSolver::sum(std::size_t which) const {
  double total = 0.0;
  for (const double part : partial_[which]) total += part;
  return total;
}

int TransportSolver::solve(double gamma, double* u, const double* weights, double unknowns, double tolerance) {
  const auto norm_of_chunk = [&](const double* a, std::size_t begin, std::size_t end) {
    double largest = 0.0;
    double all = 0.0;
    for (std::size_t v = begin; v < end; ++v) {
      double squares = 0.0;
      for (std::size_t d = 0; d < species_; ++d) squares += a[d * stride_ + v] * weights[d * stride_ + v] * (a[d * stride_ + v] * weights[d * stride_ + v]);
      largest = std::max(largest, squares);
      all += squares;
    }
    return std::isfinite(all) ? largest : all;
  };
  const auto norm = [&] {
    double worst = 0.0;
    for (const double part : largest_) {
      if (!std::isfinite(part)) return part;
      worst = std::max(worst, part);
    }
    return std::sqrt(worst / unknowns);
  };
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

  // From u₀ the residual is γS⁻¹N u₀, and adding it is a Jacobi step that costs nothing.
  for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
    apply(gamma, u, begin, end, r);
    largest_[chunk] = norm_of_chunk(r, begin, end);
  });
  const double start = norm();
  if (!std::isfinite(start)) return -1;
  for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
    each(begin, end, [&](std::size_t i) { u[i] += r[i]; });
    (void)chunk;
  });
  if (start <= tolerance) return 0;
  // The residual after it: γS⁻¹N r.
  for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
    apply(gamma, r, begin, end, p);
    each(begin, end, [&](std::size_t i) { shadow[i] = p[i]; });
    largest_[chunk] = norm_of_chunk(p, begin, end);
    partial_[0][chunk] = dot(p, p, begin, end);
  });
  for_chunks([&](std::size_t, std::size_t begin, std::size_t end) { each(begin, end, [&](std::size_t i) { r[i] = p[i]; }); });
  double rho = sum(0);
  if (norm() <= tolerance) {
    for_chunks([&](std::size_t, std::size_t begin, std::size_t end) { each(begin, end, [&](std::size_t i) { u[i] += r[i]; }); });
    return 1;
  }

  for (int iteration = 1; iteration <= kMostIterations; ++iteration) {
    for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
      apply(gamma, p, begin, end, v);
      each(begin, end, [&](std::size_t i) { v[i] = p[i] - v[i]; });
      partial_[0][chunk] = dot(shadow, v, begin, end);
    });
    const double along = sum(0);
    if (along == 0.0 || !std::isfinite(along)) return -1;
    const double alpha = rho / along;
    for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
      each(begin, end, [&](std::size_t i) {
        r[i] -= alpha * v[i];
        u[i] += alpha * p[i];
      });
      largest_[chunk] = norm_of_chunk(r, begin, end);
    });
    if (norm() <= tolerance) return iteration;
    for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
      apply(gamma, r, begin, end, t);
      each(begin, end, [&](std::size_t i) { t[i] = r[i] - t[i]; });
      partial_[0][chunk] = dot(t, r, begin, end);
      partial_[1][chunk] = dot(t, t, begin, end);
    });
    const double tt = sum(1);
    if (!(tt > 0.0)) return -1;
    const double omega = sum(0) / tt;
    for_chunks([&](std::size_t chunk, std::size_t begin, std::size_t end) {
      each(begin, end, [&](std::size_t i) {
        u[i] += omega * r[i];
        r[i] -= omega * t[i];
      });
      largest_[chunk] = norm_of_chunk(r, begin, end);
      partial_[0][chunk] = dot(shadow, r, begin, end);
    });
    if (norm() <= tolerance) return iteration;
    const double next = sum(0);
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
