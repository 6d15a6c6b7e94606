#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "howship/vertebra/domain.hpp"

namespace howship::vertebra {

/// What a label of the mask stands for.
struct LabelRule {
  int label = 0;
  std::optional<Region> region;  ///< empty: not bone, leave it out
};

/// Straight line from the image's value (Hounsfield units as a rule) to mineral density in mg/cm^3.
struct Calibration {
  double slope = 1.0;      ///< mg/cm^3 per unit of the image
  double intercept = 0.0;  ///< mg/cm^3
};

struct CtOptions {
  std::filesystem::path image;  ///< NIfTI, MetaImage, NRRD, or a folder with one DICOM series
  /// One file: its values are the labels. Several files: file n is label n (from 1), wherever it is not zero.
  std::vector<std::filesystem::path> masks;
  /// None at all: every label is trabecular bone. Otherwise a label without a rule is left out, and reported so.
  std::vector<LabelRule> rules;
  std::string series;                      ///< DICOM series instance UID, when the folder holds several
  std::optional<Calibration> calibration;  ///< empty: the image is in mg/cm^3 already
  /// Mineral density of a voxel filled with bone (BV/TV = 1), mg/cm^3: 3200 mg/cm^3 of mineral, 41.25 % of the volume.
  double density_of_bone = 1320.0;
  double min_bvtv = 0.01;  ///< voxels below are raised to this, and counted
  double max_bvtv = 0.95;  ///< voxels above are lowered to this, and counted
};

/// What was found under one label, for the user to see that the image was read right.
struct LabelReport {
  int label = 0;
  std::size_t voxels = 0;
  double volume = 0.0;               ///< mm^3
  double mean_value = 0.0;           ///< in the image's unit
  double mean_density = 0.0;         ///< mg/cm^3
  std::array<double, 3> centroid{};  ///< mm, LPS
  std::optional<Region> region;      ///< empty: left out
};

struct CtImport {
  Domain domain;                    ///< cropped to the bone, with a margin of one voxel
  std::vector<LabelReport> labels;  ///< ascending; zero is not a label
  std::size_t raised = 0;           ///< voxels below min_bvtv
  std::size_t lowered = 0;          ///< voxels above max_bvtv
  Grid grid;                        ///< the whole image
  std::vector<float> density;       ///< mg/cm^3, one per voxel of `grid`
  std::vector<int> label;           ///< one per voxel of `grid`
  std::vector<std::string> notes;   ///< what the user should know, one sentence each
};

/// Reads an image and its mask through ITK. Orientation comes from the file (NIfTI: sform, or qform when there is no
/// sform); the spacing of a DICOM series comes from the positions of its slices.
/// @throws InputError, naming the file and what was expected, for anything that is not a three-dimensional scalar image
/// with a mask of the same geometry and at least one voxel under every label asked for
CtImport import_ct(const CtOptions& options);

/// "trabecular", "cortical", "endplate", "posterior", or "skip" (empty). @throws InputError with a suggestion
std::optional<Region> region_from_text(const std::string& text);

}  // namespace howship::vertebra
