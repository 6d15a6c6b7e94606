#pragma once

#include <filesystem>

namespace howship::vertebra {

/// Makes sure that an NRRD (.nrrd, .nhdr) has as many voxel bytes as its header promises, after decompression if they
/// are compressed, before anything is allocated for them. Voxels in another file must stand in the same folder
/// (voxel_file): the format itself also knows paths, patterns of names, lists of files and standard input.
/// @throws InputError
void check_nrrd(const std::filesystem::path& path);

}  // namespace howship::vertebra
