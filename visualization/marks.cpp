#include "marks.hpp"

#include <cmath>

#include <fmt/format.h>

namespace howship::visualization {
namespace {

const char* title_of(Palette palette) {
  return palette == Palette::density ? "bone mineral density (mg/cm³)" : "change of bone mineral density (mg/cm³)";
}

}  // namespace

void draw_title(Canvas& canvas, const std::string& title, double scale) {
  TextStyle style{.size = 32 * scale, .bold = true};
  const double room = canvas.width() - 64 * scale;
  if (const double width = text_width(title, style); width > room) style.size *= room / width;
  canvas.text({32 * scale, 44 * scale}, title, style);
}

void draw_colour_bar(Canvas& canvas, const Rect& place, const ColourScale& colours, double scale) {
  const bool upright = place.height > place.width;
  const double length = upright ? place.height : place.width;
  const double breadth = upright ? place.width : place.height;
  const double point = 0.8 * breadth;  // the pointed end stands for everything above the scale
  const bool both = colours.low < 0.0;
  const double bar = length - (both ? 2.0 : 1.0) * point;
  // A place along the bar and across it, both from its low end.
  const auto at = [&, upright, both](double along, double across) {
    if (both) along += point;
    return upright ? Point{place.x + across, place.y + place.height - along}
                   : Point{place.x + along, place.y + place.height - across};
  };
  constexpr int kSteps = 256;
  for (int i = 0; i < kSteps; ++i) {
    const double from = bar * i / kSteps;
    const double to = bar * (i + 1) / kSteps;
    const std::array<Point, 4> step{at(from, 0.0), at(to, 0.0), at(to, breadth), at(from, breadth)};
    canvas.polygon(step, colours.colour_at((i + 0.5) / kSteps));
  }
  const Point upper = at(bar + point, 0.5 * breadth);
  const Point lower = at(both ? -point : 0.0, 0.5 * breadth);
  canvas.polygon(std::array{at(bar, 0.0), upper, at(bar, breadth)}, colours.colour_at(1.0));
  if (both) canvas.polygon(std::array{at(0.0, breadth), lower, at(0.0, 0.0)}, colours.colour_at(0.0));
  const std::array<Point, 7> frame{at(0.0, 0.0),     at(bar, 0.0), upper,       at(bar, breadth),
                                   at(0.0, breadth), lower,        at(0.0, 0.0)};
  canvas.line(frame, 1.5 * scale, kInk);

  const double range = colours.high - colours.low;
  const double step = tick_step(range, 6);
  const double label_at = upright ? breadth + 14 * scale : -12 * scale;
  for (const double value : ticks(colours.low, colours.high, step)) {
    const double along = bar * (value - colours.low) / range;
    const std::array<Point, 2> tick = upright ? std::array<Point, 2>{at(along, breadth), at(along, breadth + 8 * scale)}
                                              : std::array<Point, 2>{at(along, 0.0), at(along, -8 * scale)};
    canvas.line(tick, 1.5 * scale, kInk);
    TextStyle style{.size = 26 * scale};
    style.horizontal = upright ? Align::begin : Align::middle;
    style.vertical = upright ? Align::middle : Align::begin;
    canvas.text(at(along, label_at), (both && value > 1e-9 * range ? "+" : "") + fmt::format("{:g}", value), style);
  }
  TextStyle style{.size = 26 * scale};
  style.horizontal = Align::middle;
  if (upright) {
    style.upwards = true;
    style.vertical = Align::begin;
    canvas.text(at(0.5 * bar, breadth + 78 * scale), title_of(colours.palette), style);
  } else {
    style.vertical = Align::end;
    canvas.text(at(0.5 * bar, breadth + 10 * scale), title_of(colours.palette), style);
  }
}

void draw_scale_bar(Canvas& canvas, Point place, double pixels_per_mm, double longest_pixels, double scale) {
  double length = 1.0;
  for (const double mm : {2.0, 5.0, 10.0, 20.0, 50.0}) {
    if (mm * pixels_per_mm <= longest_pixels) length = mm;
  }
  const double end = place.x + length * pixels_per_mm;
  const std::array<Point, 2> bar{Point{place.x, place.y}, Point{end, place.y}};
  canvas.line(bar, 6 * scale, kInk);
  canvas.text({0.5 * (place.x + end), place.y - 8 * scale}, fmt::format("{:g} mm", length),
              {.size = 26 * scale, .horizontal = Align::middle, .vertical = Align::end});
}

void draw_tumour_key(Canvas& canvas, Point place, double tumour_level, Colour colour, double scale) {
  if (tumour_level <= 0.0) return;
  const std::array<Point, 2> sample{Point{place.x, place.y}, Point{place.x + 44 * scale, place.y}};
  canvas.line(sample, 5 * scale, colour);
  canvas.text({place.x + 58 * scale, place.y},
              fmt::format("tumour at {:.3g} % of its densest growth", 100.0 * tumour_level), {.size = 26 * scale});
}

void draw_tumour_outline(Canvas& canvas, std::span<const Point> points, Colour colour, double scale) {
  canvas.line(points, 7 * scale, kWhite);
  canvas.line(points, 3.5 * scale, colour);
}

std::string day_text(double day) {
  return fmt::format("day {:.6g}", day);
}

double rounded_up(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  for (const double step : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    if (value <= step * power * (1.0 + 1e-9)) return step * power;
  }
  return 10.0 * power;
}

double tick_step(double range, int ticks) {
  const double rough = range / ticks;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (rough <= step * power * (1.0 + 1e-9)) return step * power;
  }
  return 10.0 * power;
}

std::vector<double> ticks(double low, double high, double step) {
  std::vector<double> values;
  const auto last = static_cast<long>(std::floor(high / step + 1e-9));
  for (auto i = static_cast<long>(std::ceil(low / step - 1e-9)); i <= last; ++i)
    values.push_back(static_cast<double>(i) * step);
  return values;
}

}  // namespace howship::visualization
