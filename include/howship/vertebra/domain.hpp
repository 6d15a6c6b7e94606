#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace howship::vertebra {

/// A uniform lattice of voxels in patient space: mm, LPS (x to the left, y to the back, z to the head), as ITK has it.
struct Grid {
  std::array<int, 3> size{1, 1, 1};                            ///< voxels along i, j, k
  std::array<double, 3> spacing{1.0, 1.0, 1.0};                ///< mm
  std::array<double, 3> origin{0.0, 0.0, 0.0};                 ///< centre of voxel (0,0,0), mm
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< row-major; columns are the axes of i, j, k

  std::size_t count() const { return static_cast<std::size_t>(size[0]) * size[1] * size[2]; }
  double voxel_volume() const { return spacing[0] * spacing[1] * spacing[2]; }  ///< mm^3
  std::size_t index(int i, int j, int k) const { return (static_cast<std::size_t>(k) * size[1] + j) * size[0] + i; }
  std::array<int, 3> voxel(std::size_t index) const;
  std::array<double, 3> position(std::array<double, 3> voxel) const;  ///< mm, of a (fractional) voxel index
  std::array<double, 3> position(std::size_t index) const;            ///< mm, of a voxel's centre
};

/// What a voxel is part of.
enum class Region : std::uint8_t { trabecular = 1, cortical = 2, endplate = 3, posterior = 4 };
std::string_view to_text(Region region);

/// The voxels that hold bone and marrow, in lattice order (i fastest), and what is known of each before time begins.
/// All arrays below have one entry per active voxel.
class Domain {
 public:
  static constexpr std::int32_t kOutside = -1;

  /// @param active  lattice indices, strictly ascending
  /// @param bvtv    bone volume fraction, in (0, 1)
  Domain(Grid grid, std::vector<std::size_t> active, std::vector<double> bvtv, std::vector<Region> region);

  /// One voxel of 1 mm^3: the 0-D patient.
  static Domain single(double bvtv);
  /// A block of trabecular bone of one density about the origin.
  /// @param count  voxels along x, y, z  @param spacing  mm  @throws InputError for a BV/TV outside (0, 1)
  static Domain block(std::array<int, 3> count, double spacing, double bvtv);

  const Grid& grid() const { return grid_; }
  std::size_t size() const { return active_.size(); }
  double volume() const { return static_cast<double>(size()) * grid_.voxel_volume(); }  ///< mm^3
  const std::vector<std::size_t>& active() const { return active_; }
  const std::vector<double>& bvtv() const { return bvtv_; }
  const std::vector<Region>& region() const { return region_; }

  /// Active index of a lattice voxel, or kOutside.
  std::int32_t active_index(std::size_t lattice_index) const { return lookup_[lattice_index]; }
  /// Active index of the neighbour one step along axis (0, 1, 2) in direction +1 or -1, or kOutside.
  std::int32_t neighbour(std::size_t active_index, int axis, int direction) const;

 private:
  Grid grid_;
  std::vector<std::size_t> active_;
  std::vector<double> bvtv_;
  std::vector<Region> region_;
  std::vector<std::int32_t> lookup_;
};

}  // namespace howship::vertebra
