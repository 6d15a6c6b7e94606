#pragma once

#include <string>
#include <vector>

#include "canvas.hpp"
#include "colours.hpp"

namespace howship::visualization {

/// The picture's title in its upper left corner, in smaller letters if it is long.
void draw_title(Canvas& canvas, const std::string& title, double scale);

/// A colour scale in mg/cm³; a pointed end stands for all that lies beyond. An upright bar carries its title along its
/// side, a lying one above it. @param scale  of the picture: 1 at width 1800
void draw_colour_bar(Canvas& canvas, const Rect& place, const ColourScale& colours, double scale);

/// A bar of a round length and its label above it, from (x, y) to the right.
void draw_scale_bar(Canvas& canvas, Point place, double pixels_per_mm, double longest_pixels, double scale);

/// A piece of the tumour's outline and what it means, from (x, y) to the right.
void draw_tumour_key(Canvas& canvas, Point place, double tumour_level, Colour colour, double scale);

/// The outline of a tumour on a white rim, so that it stands out on every density.
void draw_tumour_outline(Canvas& canvas, std::span<const Point> points, Colour colour, double scale);

/// The first of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is not below a positive value.
double rounded_up(double value);

/// "day 730", "day 182.5"
std::string day_text(double day);

/// A round step for about so many ticks over a range.
double tick_step(double range, int ticks);

/// The multiples of the step in a range.
std::vector<double> ticks(double low, double high, double step);

}  // namespace howship::visualization
