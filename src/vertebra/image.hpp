#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "howship/vertebra/domain.hpp"

namespace howship::vertebra {

/// A three-dimensional scalar image, in patient space.
struct Image {
  Grid grid;
  std::vector<double> value;  ///< lattice order; rescale slope and intercept applied
};

/// Reads NIfTI (.nii, .nii.gz), MetaImage (.mha, .mhd), NRRD (.nrrd, .nhdr), a multi-frame DICOM file, or a folder with
/// a DICOM series.
/// @param series  DICOM series instance UID, when the folder holds several; may be empty
/// @throws InputError naming the file, what it is and what was expected
Image read_image(const std::filesystem::path& path, const std::string& series);

/// The DICOM half of read_image.
Image read_dicom_folder(const std::filesystem::path& folder, const std::string& series);

/// Throws InputError if a DICOM file is damaged or holds no image, naming its modality.
void check_dicom_image(const std::filesystem::path& path);

/// Throws InputError unless so many voxels, of so many bytes each while reading, fit into this machine's memory.
void check_memory(const std::filesystem::path& path, const std::array<std::uint64_t, 3>& size);

}  // namespace howship::vertebra
