#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "howship/vertebra/domain.hpp"

#include "simulation/buffer.hpp"
#include "simulation/halo.hpp"
#include "simulation/layout.hpp"

namespace howship::simulation {

/// Diffusion by finite volumes: dc/dt = Σ over the faces of a voxel of g_face (c_neighbour - c), with
///   g_face = 2 D₁D₂/(D₁+D₂) / h²
/// (harmonic mean over the face, h the spacing across it) and no face, so no flux, where there is no active neighbour.
/// What leaves one voxel enters the next to the last bit, so the integral is conserved. Second order in h.
/// Patankar, Numerical Heat Transfer and Fluid Flow (1980), chapter 4.
class Transport {
 public:
  /// @param coefficients  for each diffusing species one value per voxel of the layout, mm^2/day. All ranks.
  Transport(const vertebra::Domain& domain, const Layout& layout, const std::vector<std::vector<double>>& coefficients,
            Halo& halo, Ranks& ranks);

  std::size_t species() const { return fields_.size(); }
  /// Whether any species flows between any two voxels.
  bool couples() const { return couples_; }

  /// Length of a field with its halo, to whole blocks.
  std::size_t stride() const { return stride_; }

  /// out[i] = the rate by transport in voxel lane begin + i, for lanes in [begin, end); c over all padded lanes and the
  /// halo.
  void rate(std::size_t species, const double* c, std::size_t begin, std::size_t end, double* out) const;

  /// Sum of the conductances of a voxel's faces, 1/day, over all padded lanes.
  const double* diagonal(std::size_t species) const { return fields_[species].diagonal.data(); }

 private:
  static constexpr std::size_t kFaces = 6;
  struct Field {
    bool uniform = false;
    std::array<double, 3> conductance{};              ///< along each axis, when the coefficient is the same everywhere
    std::array<Buffer<double>, kFaces> conductances;  ///< otherwise, of each face
    Buffer<double> diagonal;
  };

  std::size_t stride_;
  std::array<Buffer<std::int32_t>, kFaces> neighbours_;  ///< lanes; the voxel itself where there is none
  std::vector<Field> fields_;
  bool couples_ = false;
};

}  // namespace howship::simulation
