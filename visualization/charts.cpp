#include "charts.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <vtkAxis.h>
#include <vtkChartXY.h>
#include <vtkContextActor.h>
#include <vtkContextScene.h>
#include <vtkDoubleArray.h>
#include <vtkNew.h>
#include <vtkPen.h>
#include <vtkPlot.h>
#include <vtkRenderer.h>
#include <vtkStringArray.h>
#include <vtkTable.h>
#include <vtkTextProperty.h>

#include "howship/core/error.hpp"

#include "chart_panels.hpp"
#include "marks.hpp"

namespace howship::visualization {
namespace {

constexpr int kZoom = Canvas::kOversampling;

// Days are read in months and years, not in tens.
double day_step(double days) {
  for (const double step : {1.0, 2.0, 5.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0, 730.0, 1825.0, 3650.0}) {
    if (days / step <= 6.5) return step;
  }
  return tick_step(days, 5);
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

class PanelDrawing {
 public:
  PanelDrawing(const ChartPanel& panel, const Rect& place, double first_day, double last_day, double scale)
      : panel_(&panel), place_(place), first_(first_day), last_(last_day), scale_(scale) {}

  double x(double day) const { return place_.x + (day - first_) / (last_ - first_) * place_.width; }
  double y(double value) const {
    return place_.y + (panel_->high - value) / (panel_->high - panel_->low) * place_.height;
  }

  void add(vtkContextScene& scene, double canvas_height) const {
    vtkNew<vtkChartXY> chart;
    chart->SetAutoSize(false);
    chart->SetLayoutStrategy(vtkChart::AXES_TO_RECT);
    chart->SetSize(vtkRectf(static_cast<float>(place_.x * kZoom),
                            static_cast<float>((canvas_height - place_.y - place_.height) * kZoom),
                            static_cast<float>(place_.width * kZoom), static_cast<float>(place_.height * kZoom)));
    chart->SetShowLegend(false);
    set_axis(
        *chart->GetAxis(vtkAxis::BOTTOM), first_, last_, day_step(last_ - first_),
        [](double day) { return fmt::format("{:g}", day + 0.0); }, scale_);
    set_axis(
        *chart->GetAxis(vtkAxis::LEFT), panel_->low, panel_->high, panel_->step,
        [&](double v) { return panel_->tick_label(v); }, scale_);
    for (std::size_t c = 0; c < panel_->curves.size(); ++c) add_curve(*chart, c);
    scene.AddItem(chart);
  }

 private:
  // VTK's own dashes are too short for print, so the curve itself is cut: a row that is no number lifts the pen.
  void add_curve(vtkChartXY& chart, std::size_t place) const {
    const Curve& curve = panel_->curves[place];
    LineStyle style = arm_style(curve.arm);
    // A curve alone needs no dashes, and spikes would fall into their gaps.
    if (panel_->curves.size() == 1 || panel_->logarithmic) style.dash = {};
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
          days->InsertNextValue(first_ + (p.x - place_.x) / place_.width * (last_ - first_));
          values->InsertNextValue(panel_->high - (p.y - place_.y) / place_.height * (panel_->high - panel_->low));
        }
        days->InsertNextValue(days->GetValue(days->GetNumberOfValues() - 1));
        values->InsertNextValue(std::numeric_limits<double>::quiet_NaN());
      }
    };
    std::vector<Point> line;
    for (std::size_t i = 0; i < curve.days->size(); ++i) {
      const double value = panel_->axis_value(curve.column->values[i]);
      if (std::isfinite(value)) {
        line.push_back({x((*curve.days)[i]), y(value)});
      } else {
        flush(line);
        line.clear();
      }
    }
    flush(line);
    if (days->GetNumberOfValues() == 0) return;
    table->AddColumn(days);
    table->AddColumn(values);
    vtkPlot& plot = *chart.AddPlot(vtkChart::LINE);
    plot.SetInputData(table, 0, 1);
    plot.SetColor(style.colour.red, style.colour.green, style.colour.blue, 255);
    // Spikes of several arms lie on each other: the later are thinner.
    const double width =
        panel_->logarithmic && panel_->curves.size() > 1 ? std::max(2.0, 6.0 - 3.0 * static_cast<double>(place)) : 4.0;
    plot.SetWidth(static_cast<float>(width * scale_ * kZoom));
  }

  const ChartPanel* panel_;
  Rect place_;
  double first_;
  double last_;
  double scale_;
};

constexpr double kLegendLine = 44.0;  // pixels from one line of the legend to the next, at width 1800

// Where each arm's entry begins, below (0, 0); a line that is full goes on in the next.
std::vector<Point> legend_places(const Run& run, int width, double scale) {
  std::vector<Point> places;
  Point at{32 * scale, 0.0};
  for (const Arm& arm : run.arms) {
    const double needed = 102 * scale + text_width(arm.title, {.size = 28 * scale});
    if (at.x > 32 * scale && at.x + needed > width - 20 * scale) at = {32 * scale, at.y + kLegendLine * scale};
    places.push_back(at);
    at.x += needed + 56 * scale;
  }
  return places;
}

void draw_legend(Canvas& canvas, const Run& run, const std::vector<Point>& places, double y, double scale) {
  for (std::size_t a = 0; a < run.arms.size(); ++a) {
    const Point at{places[a].x, places[a].y + y};
    LineStyle style = arm_style(a);
    for (double& length : style.dash) length *= scale;
    canvas.line(std::array{at, Point{at.x + 88 * scale, at.y}}, 5 * scale, style.colour, style.dash);
    canvas.text({at.x + 102 * scale, at.y}, run.arms[a].title, {.size = 28 * scale});
  }
}

}  // namespace

Raster draw_time_courses(const Run& run, int width) {
  const std::vector<ChartPanel> panels = choose_panels(run);
  if (panels.empty()) {
    throw InputError(fmt::format("no time series of '{}' has a quantity that is drawn", run.folder.string()),
                     "the tables need at least one of BVTV, lesion_volume, tumour, osteoclasts_relative, OCa");
  }
  double first = std::numeric_limits<double>::max();
  double last = std::numeric_limits<double>::lowest();
  for (const Arm& arm : run.arms) {
    if (arm.series.days.empty()) continue;
    first = std::min(first, arm.series.days.front());
    last = std::max(last, arm.series.days.back());
  }
  if (!(last > first)) last = first + 1.0;

  const double scale = width / 1800.0;
  const int columns = panels.size() > 1 ? 2 : 1;
  const auto rows = static_cast<int>((panels.size() + columns - 1) / columns);
  const std::vector<Point> legend = legend_places(run, width, scale);
  const double head = 150 * scale + legend.back().y;
  const double left = 118 * scale;
  const double cell_width = (width - 20 * scale) / columns;
  const double cell_height = 430 * scale;
  const int height = static_cast<int>(std::lround(head + rows * cell_height + 50 * scale));
  Canvas canvas(width, height);
  draw_title(canvas, run.title, scale);
  draw_legend(canvas, run, legend, 100 * scale, scale);

  vtkNew<vtkContextActor> actor;
  vtkNew<vtkContextScene> scene;
  actor->SetScene(scene);
  vtkRenderer& renderer = canvas.scene({0.0, 0.0, static_cast<double>(width), static_cast<double>(height)});
  scene->SetRenderer(&renderer);
  renderer.AddActor(actor);
  const std::optional<double> treatment = treatment_start(run);
  for (std::size_t p = 0; p < panels.size(); ++p) {
    const std::size_t row = p / columns;
    const double x = static_cast<double>(p % columns) * cell_width + left;
    const double y = head + static_cast<double>(row) * cell_height + 62 * scale;
    const Rect place{x, y, cell_width - left - 36 * scale, cell_height - 128 * scale};
    const PanelDrawing drawing(panels[p], place, first, last, scale);
    drawing.add(*scene, height);
    canvas.text({x - 60 * scale, y - 38 * scale}, panels[p].title, {.size = 28 * scale, .bold = true});
    canvas.text({x + 0.5 * place.width, y + place.height + 52 * scale}, "day",
                {.size = 26 * scale, .horizontal = Align::middle});
    if (treatment && *treatment >= first && *treatment <= last) {
      const double at = drawing.x(*treatment);
      canvas.line(std::array{Point{at, y}, Point{at, y + place.height}}, 2 * scale, kGrey,
                  {7 * scale, 6 * scale, 7 * scale, 6 * scale});
      if (p == 0) {
        canvas.text({at + 10 * scale, y + place.height - 22 * scale}, "treatment starts",
                    {.size = 24 * scale, .colour = kGrey});
      }
    }
  }
  return canvas.draw();
}

}  // namespace howship::visualization
