#pragma once

#include <string>
#include <vector>

#include "anatomy.hpp"
#include "canvas.hpp"
#include "volume.hpp"

namespace howship::visualization {

/// What the sheet of slices shows: a row for each arm, a column for each day.
struct SliceSheet {
  std::string title = {};
  ColourScale colours = {};
  Colour outline = kTumour;
  std::vector<std::string> arms = {};       ///< row heads
  std::vector<double> days = {};            ///< column heads
  std::vector<std::string> day_notes = {};  ///< under the column heads, "treatment starts" say; may be empty texts
  std::vector<std::vector<const Volume*>> volumes = {};  ///< [arm][day]; null where the arm has no frame of that day
};

/// Sagittal and axial slices through the lesion, one colour scale for all. @param width  pixels
Raster draw_slice_sheet(const SliceSheet& sheet, const Anatomy& anatomy, int width);

}  // namespace howship::visualization
