#pragma once

#include <string>

#include "canvas.hpp"
#include "chart_panels.hpp"

class vtkChartXY;
class vtkContextScene;

namespace howship::visualization {

/// The time axis that the panels of a picture share, or that of what the curves are over instead.
struct TimeAxis {
  double first = 0.0, last = 1.0;
  std::string unit = "day";
  bool logarithmic = false;  ///< times, first and last are logarithms to base ten
  bool marked = false;       ///< each row is a measurement, and gets a mark
};

/// One panel at its place: axes, grid and curves.
class PanelDrawing {
 public:
  /// @param scale  of the picture: 1 at width 1800
  PanelDrawing(const ChartPanel& panel, const Rect& place, TimeAxis time, double scale)
      : panel_(&panel), place_(place), time_(std::move(time)), scale_(scale) {}

  double x(double time) const { return place_.x + (time - time_.first) / (time_.last - time_.first) * place_.width; }
  double y(double value) const {
    return place_.y + (panel_->high - value) / (panel_->high - panel_->low) * place_.height;
  }

  void add(vtkContextScene& scene, double canvas_height) const;

 private:
  void add_curve(vtkChartXY& chart, std::size_t place) const;
  void add_marks(vtkChartXY& chart, const Curve& curve) const;

  const ChartPanel* panel_;
  Rect place_;
  TimeAxis time_;
  double scale_;
};

}  // namespace howship::visualization
