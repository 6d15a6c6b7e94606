#pragma once

#include <filesystem>

namespace howship::vertebra {

/// Makes sure that a NIfTI file (.nii, .nii.gz) decompresses to its end, checksum included, and holds as many bytes as
/// its header promises, and that the header says where it lies. ITK's reader returns zeros for what is missing and ends
/// the program at a place that is no number. @throws InputError
void check_nifti(const std::filesystem::path& path);

}  // namespace howship::vertebra
