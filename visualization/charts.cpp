#include "charts.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <vtkContextActor.h>
#include <vtkContextScene.h>
#include <vtkNew.h>
#include <vtkRenderer.h>

#include "howship/core/error.hpp"

#include "chart_panels.hpp"
#include "legend.hpp"
#include "marks.hpp"
#include "panel_drawing.hpp"

namespace howship::visualization {
namespace {

std::vector<LegendEntry> legend_of(const Run& run) {
  std::vector<LegendEntry> entries;
  for (std::size_t a = 0; a < run.arms.size(); ++a) entries.push_back({run.arms[a].title, arm_style(a)});
  return entries;
}

// Whether curves run along the foot of a panel between two days.
bool foot_is_free(const ChartPanel& panel, double from, double to) {
  const double foot = panel.low + 0.15 * (panel.high - panel.low);
  for (const Curve& curve : panel.curves) {
    for (std::size_t i = 0; i < curve.column->values.size(); ++i) {
      const double day = (*curve.days)[i];
      if (day >= from && day <= to && panel.axis_value(curve.column->values[i]) < foot) return false;
    }
  }
  return true;
}

}  // namespace

Raster draw_time_courses(const Run& run, int width) {
  const std::vector<ChartPanel> panels = choose_panels(run);
  if (panels.empty() && !run.charts.empty()) {
    throw InputError(
        fmt::format("none of the columns that the study of '{}' wants drawn is in the tables of these arms",
                    run.folder.string()),
        "choose other arms, or other columns in its [output] charts");
  }
  if (panels.empty()) {
    throw InputError(fmt::format("the tables of '{}' have nothing to draw", run.folder.string()),
                     "a chart needs a column besides the time, and a row");
  }
  double first = std::numeric_limits<double>::max();
  double last = std::numeric_limits<double>::lowest();
  std::string unit = "day";
  for (const Arm& arm : run.arms) {
    if (arm.series.days.empty()) continue;
    first = std::min(first, arm.series.days.front());
    last = std::max(last, arm.series.days.back());
    unit = arm.series.time_unit;
  }
  if (!(last > first)) last = first + 1.0;

  const double scale = width / 1800.0;
  const int columns = panels.size() > 1 ? 2 : 1;
  const auto rows = static_cast<int>((panels.size() + columns - 1) / columns);
  const Legend legend(legend_of(run), width - 52 * scale, scale);
  const double head = 150 * scale + legend.extra_height();
  const double left = 118 * scale;
  const double cell_width = (width - 20 * scale) / columns;
  const double cell_height = 430 * scale;
  const int height = static_cast<int>(std::lround(head + rows * cell_height + 50 * scale));
  Canvas canvas(width, height);
  draw_title(canvas, run.title, scale);
  legend.draw(canvas, {32 * scale, 100 * scale});

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
    const PanelDrawing drawing(panels[p], place, {first, last, unit}, scale);
    drawing.add(*scene, height);
    canvas.text({x - 60 * scale, y - 38 * scale}, panels[p].title, {.size = 28 * scale, .bold = true});
    canvas.text({x + 0.5 * place.width, y + place.height + 52 * scale}, unit == "1" ? "time" : printed_unit(unit),
                {.size = 26 * scale, .horizontal = Align::middle});
    if (treatment && *treatment >= first && *treatment <= last) {
      const double at = drawing.x(*treatment);
      canvas.line(std::array{Point{at, y}, Point{at, y + place.height}}, 2 * scale, kGrey,
                  {7 * scale, 6 * scale, 7 * scale, 6 * scale});
      if (p == 0) {
        const double third = (last - first) / 3.0;
        const bool low = foot_is_free(panels[p], *treatment, *treatment + third);
        canvas.text({at + 10 * scale, low ? y + place.height - 22 * scale : y + 12 * scale}, "treatment starts",
                    {.size = 24 * scale, .colour = kGrey});
      }
    }
  }
  return canvas.draw();
}

}  // namespace howship::visualization
