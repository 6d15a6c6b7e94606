#include "figure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <vtkContextActor.h>
#include <vtkContextScene.h>
#include <vtkNew.h>
#include <vtkRenderer.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

#include "chart_panels.hpp"
#include "legend.hpp"
#include "marks.hpp"
#include "panel_drawing.hpp"

namespace howship::visualization {
namespace {

using Json = nlohmann::json;

constexpr double kMostDecades = 8.0;

/// Names in the order in which they come up.
class Names {
 public:
  std::size_t place(const std::string& name) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    names_.push_back(name);
    return names_.size() - 1;
  }
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::vector<std::string> names_;
};

struct FigurePanel {
  ChartPanel chart;
  Names quantities;
};

/// What colours and dashes tell: a single arm's quantities differ by both, and so do arms that show one quantity a
/// panel. Where arms and quantities both are several, the colour says which arm and the dashes which quantity.
enum class Telling { quantities, arms, both };

struct Recipe {
  std::string title;
  TimeAxis time;
  Names arms;
  Telling telling = Telling::arms;
  std::vector<FigurePanel> panels;
  std::map<std::string, TimeSeries> tables;  ///< by file name; the curves point into it
};

LineStyle style_of(std::size_t arm, std::size_t quantity, Telling telling) {
  if (telling == Telling::quantities) return arm_style(quantity);
  LineStyle style = arm_style(arm);
  if (telling == Telling::both) style.dash = arm_style(quantity).dash;
  return style;
}

double decades_of(const ChartPanel& panel) {
  double low = std::numeric_limits<double>::max();
  double high = 0.0;
  for (const Curve& curve : panel.curves) {
    for (const double value : curve.column->values) {
      if (!(value > 0.0) || !std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (!(high > 0.0)) return 1.0;
  return std::clamp(std::ceil(std::log10(high) - 1e-9) - std::floor(std::log10(low) + 1e-9), 1.0, kMostDecades);
}

std::string unit_text(const std::string& unit) {
  return unit == "percent" ? "%" : unit == "cell" ? "cells" : printed_unit(unit);
}

// A curve that runs along the frame would be half cut off by it; the foot at 0 is an axis and hides nothing.
void give_room(ChartPanel& panel) {
  double low = std::numeric_limits<double>::max();
  double high = std::numeric_limits<double>::lowest();
  for (const Curve& curve : panel.curves) {
    for (const double value : curve.column->values) {
      const double at = panel.axis_value(value);
      if (!std::isfinite(at)) continue;
      low = std::min(low, at);
      high = std::max(high, at);
    }
  }
  const double room = 0.025 * (panel.high - panel.low);
  const bool at_foot = !panel.logarithmic && panel.low != 0.0 && low - panel.low < room;
  if (panel.high - high < room) panel.high += room;
  if (at_foot) panel.low -= room;
}

bool shows_something(const Column& column, bool logarithmic) {
  return !logarithmic ||
         std::any_of(column.values.begin(), column.values.end(), [](double value) { return value > 0.0; });
}

class RecipeReader {
 public:
  explicit RecipeReader(const std::filesystem::path& file) : file_(file) {}

  Recipe read() {
    const Json json = Json::parse(read_text(file_), nullptr, false);
    if (!json.is_object() || json.value("format", "") != "howship figure 1")
      throw InputError(fmt::format("'{}' is no figure of howship reproduce", file_.string()));
    try {
      recipe_.title = json.at("title");
      if (const auto x = json.find("x"); x != json.end()) {  // measurements, over something else than time
        x_ = x->at("column");
        recipe_.time = {.unit = x->at("title"), .logarithmic = x->at("log"), .marked = true};
      } else {
        recipe_.time.unit = json.at("time_unit");
      }
      bool several = false;
      for (const Json& panel : json.at("panels")) {
        Names quantities;
        for (const Json& curve : panel.at("curves")) {
          recipe_.arms.place(curve.at("arm"));
          several = several || quantities.place(curve.at("quantity")) > 0;
        }
      }
      recipe_.telling = recipe_.arms.all().size() < 2 ? Telling::quantities : several ? Telling::both : Telling::arms;
      for (const Json& panel : json.at("panels")) recipe_.panels.push_back(read_panel(panel));
    } catch (const Json::exception& error) {
      throw InputError(fmt::format("the figure '{}' is damaged: {}", file_.string(), error.what()));
    }
    set_time();
    return std::move(recipe_);
  }

 private:
  FigurePanel read_panel(const Json& json) {
    FigurePanel panel;
    const std::string unit = json.at("unit");
    const std::string title = json.at("title");
    panel.chart.title = unit == "1" ? title : fmt::format("{} ({})", title, unit_text(unit));
    panel.chart.logarithmic = json.at("log");
    for (const Json& curve : json.at("curves")) {
      const std::size_t quantity = panel.quantities.place(curve.at("quantity"));
      const LineStyle style = style_of(recipe_.arms.place(curve.at("arm")), quantity, recipe_.telling);
      const TimeSeries& table = table_of(curve.at("table"));
      const Column& column = column_of(table, curve.at("column"), unit);
      // An arm that never gets a drug has no curve on a logarithmic axis.
      if (shows_something(column, panel.chart.logarithmic)) panel.chart.curves.push_back({style, &table.days, &column});
    }
    if (panel.chart.curves.empty()) panel.chart.logarithmic = false;  // no decade to show
    set_value_axis(panel.chart, panel.chart.logarithmic ? decades_of(panel.chart) : 0.0);
    if (panel.chart.logarithmic && panel.chart.high - panel.chart.low > 5.0) panel.chart.step = 2.0;
    give_room(panel.chart);
    return panel;
  }

  const TimeSeries& table_of(const std::string& name) {
    const auto found = recipe_.tables.find(name);
    if (found != recipe_.tables.end()) return found->second;
    TimeSeries table = read_time_series(file_.parent_path() / name, false, x_);
    if (recipe_.time.logarithmic) {
      for (double& value : table.days) value = std::log10(value);
    }
    return recipe_.tables.emplace(name, std::move(table)).first->second;
  }

  const Column& column_of(const TimeSeries& table, const std::string& name, const std::string& unit) const {
    for (const Column& column : table.columns) {
      if (column.name == name && column.unit == unit) return column;
    }
    throw InputError(fmt::format("the figure '{}' asks for a column '{} [{}]' that its table does not have",
                                 file_.string(), name, unit));
  }

  void set_time() {
    double first = std::numeric_limits<double>::max();
    double last = std::numeric_limits<double>::lowest();
    for (const auto& [name, table] : recipe_.tables) {
      for (const double day : table.days) {
        if (!std::isfinite(day)) continue;
        first = std::min(first, day);
        last = std::max(last, day);
      }
    }
    if (recipe_.time.marked && first <= last) {  // marks are not cut by the frame
      const double room = recipe_.time.logarithmic ? 0.15 : 0.04 * (last - first);
      first -= room;
      last += room;
    }
    recipe_.time.first = first <= last ? first : 0.0;
    recipe_.time.last = last > first ? last : recipe_.time.first + 1.0;
  }

  std::filesystem::path file_;
  std::string x_ = "time";
  Recipe recipe_;
};

/// Where everything goes on the picture, in pixels.
class Layout {
 public:
  Layout(const Recipe& recipe, int width)
      : scale_(width / 1800.0), legend_(entries_of(recipe), width - 52 * scale_, scale_) {
    const std::size_t count = recipe.panels.size();
    columns_ = count == 1 ? 1 : count == 2 || count == 4 ? 2 : 3;
    rows_ = (count + columns_ - 1) / columns_;
    cell_width_ = (width - 20 * scale_) / static_cast<double>(columns_);
    const double plot_width = cell_width_ - (kLeft + kRight) * scale_;
    plot_ = {0.0, 0.0, plot_width, std::clamp(0.62 * plot_width, 280 * scale_, 720 * scale_)};
    for (const FigurePanel& panel : recipe.panels) {
      panel_legends_.emplace_back(entries_of(recipe, panel), plot_width + 60 * scale_, scale_);
      if (panel.quantities.all().size() > 1)
        legend_room_ = std::max(legend_room_, 46 * scale_ + panel_legends_.back().extra_height());
    }
    head_ = (recipe.arms.all().size() > 1 ? 150 : 92) * scale_ + legend_.extra_height();
    height_ = static_cast<int>(std::lround(head_ + static_cast<double>(rows_) * cell_height() + 20 * scale_));
  }

  double scale() const { return scale_; }
  int height() const { return height_; }
  const Legend& legend() const { return legend_; }
  const Legend& panel_legend(std::size_t p) const { return panel_legends_[p]; }
  Rect plot(std::size_t p) const {
    return {static_cast<double>(p % columns_) * cell_width_ + kLeft * scale_,
            head_ + static_cast<double>(p / columns_) * cell_height() + 62 * scale_ + legend_room_, plot_.width,
            plot_.height};
  }
  double legend_room() const { return legend_room_; }

 private:
  static constexpr double kLeft = 128.0, kRight = 40.0;

  static std::vector<LegendEntry> entries_of(const Recipe& recipe) {
    std::vector<LegendEntry> entries;
    if (recipe.arms.all().size() < 2) return entries;
    for (std::size_t a = 0; a < recipe.arms.all().size(); ++a)
      entries.push_back({recipe.arms.all()[a], style_of(a, 0, recipe.telling)});
    return entries;
  }
  static std::vector<LegendEntry> entries_of(const Recipe& recipe, const FigurePanel& panel) {
    std::vector<LegendEntry> entries;
    const std::vector<std::string>& names = panel.quantities.all();
    if (names.size() < 2) return entries;
    for (std::size_t q = 0; q < names.size(); ++q) {
      LineStyle style = arm_style(q);
      if (recipe.telling == Telling::both) style.colour = kGrey;
      entries.push_back({names[q], style});
    }
    return entries;
  }
  double cell_height() const { return plot_.height + 158 * scale_ + legend_room_; }

  double scale_;
  Legend legend_;
  std::vector<Legend> panel_legends_;
  std::size_t columns_ = 1, rows_ = 1;
  double cell_width_ = 0.0, head_ = 0.0, legend_room_ = 0.0;
  Rect plot_;
  int height_ = 0;
};

}  // namespace

Raster draw_figure(const std::filesystem::path& file, int width) {
  const Recipe recipe = RecipeReader(file).read();
  if (recipe.panels.empty()) throw InputError(fmt::format("the figure '{}' has no panel", file.string()));
  const Layout layout(recipe, width);
  const double scale = layout.scale();
  Canvas canvas(width, layout.height());
  draw_title(canvas, recipe.title, scale);
  layout.legend().draw(canvas, {32 * scale, 100 * scale});

  vtkNew<vtkContextActor> actor;
  vtkNew<vtkContextScene> scene;
  actor->SetScene(scene);
  vtkRenderer& renderer = canvas.scene({0.0, 0.0, static_cast<double>(width), static_cast<double>(layout.height())});
  scene->SetRenderer(&renderer);
  renderer.AddActor(actor);
  for (std::size_t p = 0; p < recipe.panels.size(); ++p) {
    const Rect place = layout.plot(p);
    const ChartPanel& panel = recipe.panels[p].chart;
    PanelDrawing(panel, place, recipe.time, scale).add(*scene, layout.height());
    const double title_at = place.y - 38 * scale - layout.legend_room();
    canvas.text({place.x - 60 * scale, title_at}, panel.title, {.size = 28 * scale, .bold = true});
    layout.panel_legend(p).draw(canvas, {place.x - 60 * scale, title_at + 46 * scale});
    canvas.text({place.x + 0.5 * place.width, place.y + place.height + 58 * scale}, recipe.time.unit,
                {.size = 26 * scale, .horizontal = Align::middle});
  }
  return canvas.draw();
}

}  // namespace howship::visualization
