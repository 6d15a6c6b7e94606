#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace howship::visualization {

using Vec3 = std::array<double, 3>;

/// Nodes at voxel centres along the patient's own axes (x to the left, y to the back, z to the head), mm.
struct Lattice {
  std::array<int, 3> size{0, 0, 0};
  Vec3 spacing{1.0, 1.0, 1.0};
  Vec3 origin{0.0, 0.0, 0.0};

  std::size_t count() const { return static_cast<std::size_t>(size[0]) * size[1] * size[2]; }
  std::size_t index(int i, int j, int k) const { return (static_cast<std::size_t>(k) * size[1] + j) * size[0] + i; }
  Vec3 position(int i, int j, int k) const {
    return {origin[0] + i * spacing[0], origin[1] + j * spacing[1], origin[2] + k * spacing[2]};
  }
};

/// A value at any position, linear between nodes; the outermost nodes hold beyond the lattice.
double sample(const Lattice& lattice, const std::vector<float>& values, const Vec3& position);

/// One frame of a run, cropped to the bone and turned to the patient's axes, whatever the image's axes were.
struct Volume {
  Lattice lattice;
  double day = 0.0;
  bool turned = false;  ///< the image had the processes in front of the body and was turned by half a turn about z
  std::vector<float>
      bmd;  ///< mg/cm³; continued a little beyond the bone, so that its edge is not blurred into the zero outside
  std::vector<float> tumour;  ///< share of the densest growth, continued likewise and smoothed over a voxel; all zero
                              ///< when the run has no tumour
  std::vector<float> bone;    ///< smoothed mask: the bone is where it exceeds one half
  std::vector<std::uint8_t> region;  ///< 0 outside, 1 trabecular, 2 cortical, 3 endplate, 4 posterior elements

  bool in_bone(const Vec3& position) const { return sample(lattice, bone, position) >= 0.5; }
};

/// The later volume with the change of density in place of the density. @throws InputError if their sizes differ
Volume change(const Volume& first, const Volume& later);

/// @throws InputError for a damaged file, a missing array (with the arrays that are there), or an image without bone
Volume read_volume(const std::filesystem::path& file, double day);

}  // namespace howship::visualization
