#pragma once

#include <filesystem>

namespace howship::vertebra {

/// Makes sure that a MetaImage (.mha, .mhd) says what it says in a way that can be read only once: lines "key = value",
/// no key twice, as many numbers as there are axes. ITK's reader keeps texts and numbers in arrays of fixed length, and
/// returns whatever was in memory for voxels that are missing; so their bytes must be there, after decompression if
/// they are compressed. Voxels in another file must stand in the same folder (voxel_file). @throws InputError
void check_meta_image(const std::filesystem::path& path);

}  // namespace howship::vertebra
