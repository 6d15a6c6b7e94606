#pragma once

#include <filesystem>

namespace howship::vertebra {

/// Makes sure that a MetaImage (.mha, .mhd) has as many voxel bytes as its header promises, after decompression if it
/// is compressed. ITK's reader returns whatever was in memory for what is missing. @throws InputError
void check_meta_image(const std::filesystem::path& path);

}  // namespace howship::vertebra
