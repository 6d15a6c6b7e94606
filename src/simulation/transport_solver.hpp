#pragma once

#include <vector>

#include "howship/core/parallel.hpp"

#include "simulation/buffer.hpp"
#include "simulation/layout.hpp"
#include "simulation/transport.hpp"

namespace howship::simulation {

/// What is left of a Newton system when everything that does not diffuse is eliminated: the diffusing species d,
///   (I - γ S⁻¹ N) u = u₀,
/// with S the Schur complement of each voxel (diffusion diagonal included) and N the conductances to its neighbours.
/// Solved by BiCGStab (van der Vorst 1992); S⁻¹ is the preconditioner.
class TransportSolver {
 public:
  TransportSolver(const Transport& transport, const Layout& layout, std::vector<double> typical, Threads threads);

  /// Entry (row, column) of S⁻¹ over all lanes, filled at setup.
  float* inverse(std::size_t row, std::size_t column) { return inverse_.data() + (row * species_ + column) * stride_; }

  /// Solves in place. Species d of lane v is u[d*padded + v].
  /// @param weights    error weights, same shape
  /// @param unknowns   per voxel, for the norm: sqrt(max over voxels of Σ_d (w r)² / unknowns)
  /// @return iterations, or -1 if it does not converge
  int solve(double gamma, double* u, const double* weights, double unknowns, double tolerance);

  std::size_t species() const { return species_; }
  std::size_t stride() const { return stride_; }

 private:
  template <class Body>
  void for_chunks(Body&& body);
  void apply(double gamma, const double* u, std::size_t begin, std::size_t end, double* out) const;
  double dot(const double* a, const double* b, std::size_t begin, std::size_t end) const;
  double sum(std::size_t which) const;

  const Transport& transport_;
  std::size_t species_, stride_, voxels_;
  std::vector<double> scale_;  ///< 1/typical²
  Threads threads_;
  Buffer<float> inverse_;
  Buffer<double> r_, shadow_, p_, v_, t_;
  std::vector<double> partial_[2], largest_;
};

}  // namespace howship::simulation
