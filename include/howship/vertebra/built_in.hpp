#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "howship/vertebra/domain.hpp"

namespace howship::vertebra {

/// The dimensions of one vertebra. Lengths in mm; fractions are pure numbers; see params/vertebrae/lumbar.toml for the
/// published value and source of each. The defaults describe nobody: every field is meant to be set.
struct VertebraShape {
  double superior_endplate_width = 0.0;  ///< left to right, over the rim
  double superior_endplate_depth = 0.0;  ///< front to back in the mid-sagittal plane, over the rim
  double inferior_endplate_width = 0.0;
  double inferior_endplate_depth = 0.0;
  double anterior_height = 0.0;           ///< between the rims at the front
  double posterior_height = 0.0;          ///< between the rims at the back
  double waist_fraction = 0.0;            ///< width lost at mid-height, fraction of the endplate's width
  double posterior_wall_concavity = 0.0;  ///< how far the middle of the back wall lies before its sides
  double superior_endplate_concavity = 0.0;
  double inferior_endplate_concavity = 0.0;
  double rim_width = 0.0;  ///< epiphyseal rim, not concave

  double canal_width = 0.0;  ///< between the pedicles
  double canal_depth = 0.0;  ///< from the back wall of the body to the laminae, mid-sagittal
  double pedicle_width = 0.0;
  double pedicle_height = 0.0;
  double pedicle_length = 0.0;  ///< from the back wall of the body to the articular pillar
  double lamina_height = 0.0;
  double lamina_thickness = 0.0;
  double spinous_process_length = 0.0;  ///< from the back of the canal to the tip
  double spinous_process_height = 0.0;
  double spinous_process_thickness = 0.0;
  double transverse_process_span = 0.0;  ///< tip to tip
  double transverse_process_height = 0.0;
  double transverse_process_thickness = 0.0;
  double superior_facet_distance = 0.0;  ///< between the centres of the two superior articular processes
  double inferior_facet_distance = 0.0;
  double superior_facet_height = 0.0;  ///< how far the superior articular process rises above the upper rim
  double inferior_facet_height = 0.0;  ///< how far the inferior articular process reaches below the lower rim
  double facet_width = 0.0;
  double facet_thickness = 0.0;

  double basivertebral_foramen_width = 0.0;   ///< at the back wall
  double basivertebral_foramen_height = 0.0;  ///< at the back wall
  double basivertebral_foramen_depth = 0.0;   ///< from the back wall into the body
};

/// A number of a vertebra's description: its name (the field's) and its unit, "mm" or "1". What a parameter file may
/// set.
template <class Struct>
struct NamedField {
  std::string_view name;
  std::string_view unit;
  double Struct::*member;
};

/// Every field of VertebraShape.
std::span<const NamedField<VertebraShape>> shape_fields();

/// What fills the shape, and how finely it is cut. Lengths in mm; BV/TV and fractions are pure numbers.
struct BuiltInOptions {
  double voxel = 1.0;                        ///< edge of a cubic voxel
  std::uint64_t seed = 1;                    ///< same seed, same bone, at any voxel size
  double trabecular_bvtv = 0.15;             ///< mean over the cancellous core of the body
  double posterior_trabecular_factor = 1.8;  ///< cancellous BV/TV of the posterior elements over that of the body
  double heterogeneity = 0.25;               ///< standard deviation of the random field over its mean; 0: none
  double correlation_length = 3.0;           ///< distance at which the random field's correlation is 1/e
  double pattern = 1.0;           ///< strength of the anatomical pattern (dense near endplates and back); 0: none
  double cortical_bvtv = 0.90;    ///< of shell, endplates and cortex, where a voxel is filled by them
  double foramen_bvtv = 0.03;     ///< inside the basivertebral foramen
  double shell_thickness = 0.38;  ///< wall of the body
  double endplate_thickness = 0.5;
  double posterior_cortex_thickness = 1.0;  ///< pedicles, laminae and processes
};

/// Every field of BuiltInOptions except the voxel size and the seed.
std::span<const NamedField<BuiltInOptions>> built_in_fields();

/// No voxel of a built-in vertebra lies outside these.
inline constexpr double kBuiltInMinBvtv = 0.01;
inline constexpr double kBuiltInMaxBvtv = 0.95;

/// Cuts the vertebra into voxels. The centre of the body is the origin; axes are LPS, so the processes lie at +y.
///
/// A voxel is active when more than half of it lies inside the bone's outer surface. Its BV/TV is the mean over that
/// part (sub-voxel distances to the surface, so that a shell thinner than a voxel keeps its mass); its region is the
/// one that holds most of its bone. The random field is defined in space, not on voxels: smaller voxels refine the same
/// field.
/// @throws InputError if a dimension, a fraction or the voxel size makes no sense
Domain build_vertebra(const VertebraShape& shape, const BuiltInOptions& options);

}  // namespace howship::vertebra
