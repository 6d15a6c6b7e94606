#pragma once

#include <array>
#include <vector>

#include <Eigen/Dense>

#include "howship/core/worker_team.hpp"
#include "howship/simulation/archive.hpp"

#include "simulation/buffer.hpp"
#include "simulation/halo.hpp"
#include "simulation/layout.hpp"
#include "simulation/tissue.hpp"
#include "simulation/transport.hpp"

namespace howship::simulation {

/// What is left of a Newton system when everything that does not diffuse is eliminated: the diffusing species d,
///   (I - γ S⁻¹ N) u = u₀,
/// with S = R + γN₀ the Schur complement of each voxel (R what reactions make of it, N₀ the sum of the conductances)
/// and N the conductances to its neighbours. Solved by BiCGStab (van der Vorst 1992) with S⁻¹ as preconditioner, and
/// with the mean over all voxels, which local preconditioners are slowest at, solved for directly: a uniform field
/// needs no iteration, and because transport drops out of the sum over voxels, what it conserves stays conserved to the
/// last digits however early the iteration stops.
class TransportSolver {
 public:
  TransportSolver(const Transport& transport, const Layout& layout, std::vector<double> typical, WorkerTeam& team,
                  Halo& halo, TissueSums& sums);

  /// Entry (row, column) of S⁻¹ over all lanes, filled at setup.
  float* inverse(std::size_t row, std::size_t column) { return inverse_.data() + (row * species_ + column) * stride_; }

  /// Entry (row, column) of R, likewise.
  float* reaction(std::size_t row, std::size_t column) {
    return reaction_.data() + (row * species_ + column) * stride_;
  }
  /// After both are filled. False if the sum of R over voxels cannot be inverted.
  bool prepare();
  /// What prepare() leaves behind.
  void exchange(Archive& archive);

  /// Sum over a block's voxels of the right-hand side S u₀, filled before a solve.
  double& right_sum(std::size_t block, std::size_t d) { return right_sums_[block * species_ + d]; }

  /// Solves in place but for a constant: the solution of species d in lane v is u[d*stride + v] + shift(d). All ranks,
  /// and the others with a halo likewise.
  /// @param weights    error weights, same shape
  /// @param unknowns   per voxel, for the norm: sqrt(max over voxels of Σ_d (w r)² / unknowns)
  /// @return iterations, or -1 if it does not converge
  int solve(double gamma, double* u, const double* weights, double unknowns, double tolerance);
  double shift(std::size_t d) const { return shift_[static_cast<Eigen::Index>(d)]; }

  std::size_t species() const { return species_; }
  std::size_t stride() const { return stride_; }

 private:
  template <class Body>
  void for_chunks(Body&& body);
  template <class Body>
  void for_chunks_with_halo(double* fields, Body&& body);
  template <class Body>
  void for_chunks(std::size_t first, std::size_t last, Body&& body);
  void apply(double gamma, const double* u, std::size_t begin, std::size_t end, double* out) const;
  double dot(const double* a, const double* b, std::size_t begin, std::size_t end) const;
  void meet(std::size_t products);
  void sum_reacting(const double* u, std::size_t chunk, std::size_t begin, std::size_t end);
  void find_shift();
  void correct_mean(const double* u);

  const Transport& transport_;
  std::size_t species_, stride_, padded_, whole_padded_, first_, voxels_;
  std::vector<double> scale_;  ///< 1/typical²
  WorkerTeam& team_;
  Halo& halo_;
  TissueSums& sums_;
  std::size_t inner_begin_ = 0, inner_end_ = 0;  ///< chunks that need nothing of other ranks
  Buffer<float> inverse_, reaction_;
  Buffer<double> right_sums_, reaction_sums_;  ///< per block or chunk, and species
  Eigen::VectorXd right_;                      ///< sums over all voxels, of the solve at hand
  Eigen::VectorXd shift_;                      ///< what is to be added to its result
  Eigen::MatrixXd mean_matrix_;
  Eigen::PartialPivLU<Eigen::MatrixXd> mean_;
  Buffer<double> r_, shadow_, p_, v_, t_;
  std::array<std::vector<double>, 2> partial_;  ///< scalar products, per chunk
  std::vector<double> largest_;                 ///< in the norm, per chunk
  std::vector<double> mine_, all_;              ///< these on their way
  std::array<double, 2> product_{};             ///< what came of them, over all ranks
  double worst_ = 0.0;
};

}  // namespace howship::simulation
