#pragma once

#include <array>
#include <vector>

#include "howship/vertebra/domain.hpp"

#include "simulation/buffer.hpp"
#include "simulation/halo.hpp"
#include "simulation/layout.hpp"
#include "simulation/neighbours.hpp"

namespace howship::simulation {

/// Diffusion by finite volumes: dc/dt = Σ over the faces of a voxel of g_face (c_neighbour - c), with
///   g_face = 2 D₁D₂/(D₁+D₂) / h²
/// (harmonic mean over the face, h the spacing across it) and no face, so no flux, where there is no active neighbour.
/// A coefficient may follow the state; conductances and diagonal are then those it was last told.
/// What leaves one voxel enters the next to the last bit, so the integral is conserved. Second order in h.
/// Patankar, Numerical Heat Transfer and Fluid Flow (1980), chapter 4.
class Transport {
 public:
  /// @param coefficients  for each diffusing species one value per voxel of the layout, mm^2/day. All ranks.
  /// @param followed      ascending, those whose coefficients come later and change
  Transport(const vertebra::Domain& domain, const Layout& layout, const std::vector<std::vector<double>>& coefficients,
            const std::vector<std::size_t>& followed, Halo& halo, Ranks& ranks);

  std::size_t species() const { return fields_.size(); }
  /// Whether any species flows between any two voxels.
  bool couples() const { return couples_; }

  /// Length of a field with its halo, to whole blocks.
  std::size_t stride() const { return stride_; }

  /// out[i] = the rate by transport in voxel lane begin + i, for lanes in [begin, end), whole groups of Neighbours; c
  /// over all padded lanes and the halo.
  void rate(std::size_t species, const double* c, std::size_t begin, std::size_t end, double* out) const;
  /// The same with other coefficients, over all padded lanes and the halo.
  void rate(const double* c, const double* coefficient, std::size_t begin, std::size_t end, double* out) const;

  /// The conductances of lanes [begin, end) from coefficients over all padded lanes and the halo.
  void set_conductances(std::size_t species, const double* coefficient, std::size_t begin, std::size_t end);

  /// Sum of the conductances of a voxel's faces, 1/day, over all padded lanes.
  const double* diagonal(std::size_t species) const { return fields_[species].diagonal.data(); }

 private:
  static constexpr std::size_t kFaces = Neighbours::kFaces;
  struct Field {
    bool uniform = false;
    std::array<double, 3> conductance{};              ///< along each axis, when the coefficient is the same everywhere
    std::array<Buffer<double>, kFaces> conductances;  ///< otherwise, of each face
    Buffer<double> diagonal;
  };

  bool is_face(std::size_t face, std::size_t lane) const;
  void set_uniform(Field& field, double coefficient);

  std::size_t voxels_, stride_;
  std::array<double, 3> twice_per_area_{};  ///< 2 / h^2 along each axis
  Neighbours neighbours_;
  std::vector<Field> fields_;
  bool couples_ = false;
};

}  // namespace howship::simulation
