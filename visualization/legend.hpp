#pragma once

#include <string>
#include <vector>

#include "canvas.hpp"

namespace howship::visualization {

struct LegendEntry {
  std::string text;
  LineStyle style;
};

/// Pieces of line and what they mean, side by side; a line that is full goes on in the next.
class Legend {
 public:
  /// @param width  pixels it may take
  /// @param scale  of the picture: 1 at width 1800
  Legend(std::vector<LegendEntry> entries, double width, double scale);

  double extra_height() const { return places_.empty() ? 0.0 : places_.back().y; }  ///< of the lines after the first
  /// @param place  left end of the first line, in the middle of its letters
  void draw(Canvas& canvas, Point place) const;

 private:
  std::vector<LegendEntry> entries_;
  std::vector<Point> places_;
  double scale_;
};

}  // namespace howship::visualization
