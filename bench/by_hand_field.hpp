#pragma once

#include <cstddef>

namespace howship::bench {

/// What is the same in all voxels of the vicious cycle with denosumab and zoledronic acid.
struct FieldScalars {
  double free_denosumab = 0.0;      ///< amol/mm^3
  double zoledronate_plasma = 0.0;  ///< mg/mm^3
};

/// The local rates of the vicious cycle with both drugs for `count` voxels, as one writes them by hand for a compiler
/// that vectorises: every parameter a constant, species s of voxel v at y[s * stride + v]. 10 species, in the model's
/// order.
void vicious_cycle_field_by_hand(const FieldScalars& scalars, std::size_t count, std::size_t stride, const double* y,
                                 const double* bvtv, double* out);

}  // namespace howship::bench
