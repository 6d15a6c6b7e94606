#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace howship::visualization {

/// A frame as it lies in its file: one value per voxel, i fastest, and where the voxels are in patient space (mm, LPS).
struct FrameImage {
  std::array<int, 3> size{0, 0, 0};
  std::array<double, 3> spacing{1.0, 1.0, 1.0};
  std::array<double, 3> corner{0.0, 0.0, 0.0};  ///< of the first voxel
  std::array<double, 9> direction{};            ///< row-major; columns are the axes of i, j, k
  std::vector<float> bmd;
  std::vector<float> tumour;  ///< empty when the run has no tumour
  std::vector<std::uint8_t> region;
};

/// @throws InputError for a damaged file or a missing array, with the arrays that are there
FrameImage read_frame(const std::filesystem::path& file);

}  // namespace howship::visualization
