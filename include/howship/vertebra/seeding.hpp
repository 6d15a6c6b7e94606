#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "howship/vertebra/domain.hpp"

namespace howship::vertebra {

/// The active voxel nearest to a position, and how far its centre is (mm).
struct NearestVoxel {
  std::size_t active_index = 0;
  double distance = 0.0;
};
NearestVoxel nearest_voxel(const Domain& domain, const std::array<double, 3>& position);

/// Where a lesion starts, and how large it is. mm.
struct LesionOptions {
  std::string site = "posterior_body";          ///< see lesion_sites(); ignored when a centre is given
  std::optional<std::array<double, 3>> centre;  ///< mm, LPS
  double radius = 5.0;                          ///< where the profile is one half
  double edge = 1.0;                            ///< width over which it falls from one to zero; 0: sharp
};

/// "posterior_body", "central_body", "anterior_body", "left_body", "right_body", "superior_body", "inferior_body",
/// "left_pedicle", "right_pedicle". posterior_body, the default, is the end of the basivertebral vein's foramen, where
/// most metastases are first seen.
const std::vector<std::string>& lesion_sites();

/// How a vertebra lies in space, found from the bone alone because the axes of a file cannot be trusted to be the
/// patient's (those of published CTs are not always).
struct BodyFrame {
  std::array<double, 3> centre{};              ///< of the vertebral body, mm
  std::array<double, 3> left{}, back{}, up{};  ///< unit vectors
  std::array<double, 6> reach{};  ///< of the body's bone from its centre: right, left, front, back, down, up; mm
};

/// The body is what is not labelled posterior (without such a label, the thickest part of the bone). Up is +z; back
/// points from the body's centre to that of the rest, at right angles to up; left follows.
BodyFrame body_frame(const Domain& domain);

/// Position of a named site, mm: the body's centre, halfway from there to the surface, or the middle of the bone just
/// behind the back wall on one side. @throws InputError with a suggestion
std::array<double, 3> lesion_centre(const Domain& domain, const std::string& site);

/// One value in [0, 1] per active voxel: one inside, zero outside, smooth over the edge.
/// @throws InputError if the centre lies outside the bone (with the nearest bone), the radius is not positive, or no
/// voxel is covered
std::vector<double> seed_lesion(const Domain& domain, const LesionOptions& options);

}  // namespace howship::vertebra
