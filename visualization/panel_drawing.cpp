#include "panel_drawing.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <vtkAxis.h>
#include <vtkChartXY.h>
#include <vtkContextScene.h>
#include <vtkDoubleArray.h>
#include <vtkNew.h>
#include <vtkPen.h>
#include <vtkPlot.h>
#include <vtkPlotPoints.h>
#include <vtkStringArray.h>
#include <vtkTable.h>
#include <vtkTextProperty.h>

#include "marks.hpp"

namespace howship::visualization {
namespace {

constexpr int kZoom = Canvas::kOversampling;

// Days are read in months and years, not in tens.
double time_step(const TimeAxis& time) {
  const double range = time.last - time.first;
  if (time.logarithmic) return range > 5.0 ? 2.0 : 1.0;
  if (time.unit != "day") return tick_step(range, 5);
  for (const double step : {1.0, 2.0, 5.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0, 730.0, 1825.0, 3650.0}) {
    if (range / step <= 6.5) return step;
  }
  return tick_step(range, 5);
}

void set_axis(vtkAxis& axis, double low, double high, double step, const auto& label, double scale) {
  axis.SetBehavior(vtkAxis::FIXED);
  axis.SetRange(low, high);
  vtkNew<vtkDoubleArray> places;
  vtkNew<vtkStringArray> labels;
  for (const double at : ticks(low, high, step)) {
    places->InsertNextValue(at);
    labels->InsertNextValue(label(at));
  }
  axis.SetCustomTickPositions(places, labels);
  axis.SetTitle("");
  set_font(*axis.GetLabelProperties(), 24 * scale * kZoom, false, kInk);
  axis.SetTickLength(static_cast<float>(8 * scale * kZoom));
  axis.SetLabelOffset(static_cast<float>(14 * scale * kZoom));
  const float line = static_cast<float>(1.5 * scale * kZoom);
  axis.GetPen()->SetColor(kInk.red, kInk.green, kInk.blue);
  axis.GetPen()->SetWidth(line);
  axis.GetGridPen()->SetColor(kLightGrey.red, kLightGrey.green, kLightGrey.blue);
  axis.GetGridPen()->SetWidth(line);
}

}  // namespace

void PanelDrawing::add(vtkContextScene& scene, double canvas_height) const {
  vtkNew<vtkChartXY> chart;
  chart->SetAutoSize(false);
  chart->SetLayoutStrategy(vtkChart::AXES_TO_RECT);
  chart->SetSize(vtkRectf(static_cast<float>(place_.x * kZoom),
                          static_cast<float>((canvas_height - place_.y - place_.height) * kZoom),
                          static_cast<float>(place_.width * kZoom), static_cast<float>(place_.height * kZoom)));
  chart->SetShowLegend(false);
  set_axis(
      *chart->GetAxis(vtkAxis::BOTTOM), time_.first, time_.last, time_step(time_),
      [this](double day) {
        return fmt::format("{:g}", time_.logarithmic ? std::pow(10.0, std::round(day)) : day + 0.0);
      },
      scale_);
  set_axis(
      *chart->GetAxis(vtkAxis::LEFT), panel_->low, panel_->high, panel_->step,
      [&](double v) { return panel_->tick_label(v); }, scale_);
  for (std::size_t c = 0; c < panel_->curves.size(); ++c) add_curve(*chart, c);
  scene.AddItem(chart);
}

// VTK's own dashes are too short for print, so the curve itself is cut: a row that is no number lifts the pen.
void PanelDrawing::add_curve(vtkChartXY& chart, std::size_t place) const {
  const Curve& curve = panel_->curves[place];
  LineStyle style = curve.style;
  // A curve alone needs no dashes, and spikes would fall into their gaps.
  if (panel_->curves.size() == 1 || panel_->spikes) style.dash = {};
  for (double& length : style.dash) length *= scale_;
  vtkNew<vtkTable> table;
  vtkNew<vtkDoubleArray> days;
  vtkNew<vtkDoubleArray> values;
  days->SetName("day");
  values->SetName("value");
  const auto flush = [&](const std::vector<Point>& line) {
    for (const auto& piece : dashes(line, style.dash)) {
      if (piece.size() < 2) continue;
      for (const Point& p : piece) {
        days->InsertNextValue(time_.first + (p.x - place_.x) / place_.width * (time_.last - time_.first));
        values->InsertNextValue(panel_->high - (p.y - place_.y) / place_.height * (panel_->high - panel_->low));
      }
      days->InsertNextValue(days->GetValue(days->GetNumberOfValues() - 1));
      values->InsertNextValue(std::numeric_limits<double>::quiet_NaN());
    }
  };
  // Rows closer than a pixel make no better curve, only a rough one.
  const double closest = 1.0 * scale_;
  std::vector<Point> line;
  for (std::size_t i = 0; i < curve.days->size(); ++i) {
    const double value = panel_->axis_value(curve.column->values[i]);
    if (std::isfinite(value)) {
      const Point point{x((*curve.days)[i]), y(value)};
      const bool is_last = i + 1 == curve.days->size();
      if (line.empty() || is_last || std::hypot(point.x - line.back().x, point.y - line.back().y) >= closest)
        line.push_back(point);
    } else {
      flush(line);
      line.clear();
    }
  }
  flush(line);
  if (time_.marked) add_marks(chart, curve);
  if (days->GetNumberOfValues() == 0) return;
  table->AddColumn(days);
  table->AddColumn(values);
  vtkPlot& plot = *chart.AddPlot(vtkChart::LINE);
  plot.SetInputData(table, 0, 1);
  plot.SetColor(style.colour.red, style.colour.green, style.colour.blue, 255);
  // Spikes of several arms lie on each other: the later are thinner.
  const double width =
      panel_->spikes && panel_->curves.size() > 1 ? std::max(2.0, 6.0 - 3.0 * static_cast<double>(place)) : 4.0;
  plot.SetWidth(static_cast<float>(width * scale_ * kZoom));
}

void PanelDrawing::add_marks(vtkChartXY& chart, const Curve& curve) const {
  vtkNew<vtkTable> table;
  vtkNew<vtkDoubleArray> days;
  vtkNew<vtkDoubleArray> values;
  days->SetName("day");
  values->SetName("value");
  for (std::size_t i = 0; i < curve.days->size(); ++i) {
    const double value = panel_->axis_value(curve.column->values[i]);
    if (!std::isfinite(value)) continue;
    days->InsertNextValue((*curve.days)[i]);
    values->InsertNextValue(value);
  }
  table->AddColumn(days);
  table->AddColumn(values);
  auto& plot = *vtkPlotPoints::SafeDownCast(chart.AddPlot(vtkChart::POINTS));
  plot.SetInputData(table, 0, 1);
  plot.SetColor(curve.style.colour.red, curve.style.colour.green, curve.style.colour.blue, 255);
  plot.SetMarkerStyle(vtkPlotPoints::CIRCLE);
  plot.SetMarkerSize(static_cast<float>(16.0 * scale_ * kZoom));
}

}  // namespace howship::visualization
