#pragma once

#include <filesystem>

#include "canvas.hpp"

namespace howship::visualization {

/// Draws a figure from a recipe that `howship reproduce` or a benchmark wrote: panels of curves, in tables beside it.
/// Arms differ by colour and, where a panel shows several quantities, those by line style.
/// @param width  pixels
/// @throws InputError for a recipe or a table that is damaged
Raster draw_figure(const std::filesystem::path& recipe, int width);

}  // namespace howship::visualization
