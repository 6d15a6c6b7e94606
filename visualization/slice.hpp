#pragma once

#include <cstdint>
#include <vector>

#include "anatomy.hpp"
#include "canvas.hpp"
#include "colours.hpp"
#include "volume.hpp"

namespace howship::visualization {

enum class Plane { sagittal, axial };

/// A plane through a volume on a grid of pixels: sagittal seen from the patient's left (front to the left, head up),
/// axial seen from the feet, as radiologists do (patient's left to the right, front up).
struct Slice {
  int columns = 0;
  int rows = 0;
  double pixel = 1.0;                            ///< mm
  std::vector<std::uint8_t> rgba;                ///< density in colour; transparent outside the bone
  std::vector<std::vector<Point>> bone_outline;  ///< in pixels from the upper left corner
  std::vector<std::vector<Point>> tumour_outline;
};

/// @param box  what is shown, mm; @param pixel  edge of a pixel, mm
Slice cut_slice(const Volume& volume, const Anatomy& anatomy, Plane plane, const Box& box, double pixel,
                const ColourScale& colours);

}  // namespace howship::visualization
