#pragma once

#include <filesystem>

namespace howship::vertebra {

/// Whether a file begins as DICOM files do.
bool is_dicom(const std::filesystem::path& path);

/// Walks through a DICOM file and makes sure that each element lies inside the file and the pixels are as many as the
/// header promises. Debian's GDCM ends the program at a file cut short (its assertions are on), so this comes first.
/// @throws InputError
void check_dicom(const std::filesystem::path& path);

}  // namespace howship::vertebra
