#pragma once

#include <string>
#include <vector>

#include "canvas.hpp"
#include "run_folder.hpp"

namespace howship::visualization {

/// Time courses of all arms: bone volume, lesion, osteoclasts, drugs, as far as the run has them. @param width  pixels
/// @throws InputError if the run has none of them
Raster draw_time_courses(const Run& run, int width);

}  // namespace howship::visualization
