#include "vertebra_picture.hpp"

#include <algorithm>
#include <cmath>

#include "marks.hpp"

namespace howship::visualization {
namespace {

void draw_arrow(Canvas& canvas, Point from, Point to, double scale) {
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  const double ux = (to.x - from.x) / length;
  const double uy = (to.y - from.y) / length;
  const double head = 14 * scale;
  const Point neck{to.x - head * ux, to.y - head * uy};
  canvas.line(std::array{from, neck}, 3 * scale, kInk);
  canvas.polygon(std::array<Point, 3>{to,
                                      {neck.x - 0.42 * head * uy, neck.y + 0.42 * head * ux},
                                      {neck.x + 0.42 * head * uy, neck.y - 0.42 * head * ux}},
                 kInk);
}

// Where the patient's directions lie in the picture.
void draw_directions(Canvas& canvas, Point centre, const View& view, double scale) {
  const double length = 74 * scale;
  const auto direction = [&](const Vec3& axis) {
    const auto along = [&](const Vec3& v) { return axis[0] * v[0] + axis[1] * v[1] + axis[2] * v[2]; };
    return Point{centre.x + length * along(view.right), centre.y - length * along(view.up)};
  };
  TextStyle style{.size = 24 * scale};
  const Point up = direction({0.0, 0.0, 1.0});
  const Point front = direction({0.0, -1.0, 0.0});
  const Point back = direction({0.0, 1.0, 0.0});
  for (const Point& end : {up, front, back}) draw_arrow(canvas, centre, end, scale);
  style.horizontal = Align::middle;
  style.vertical = Align::end;
  canvas.text({up.x, up.y - 6 * scale}, "superior", style);
  style.vertical = Align::middle;
  style.horizontal = Align::end;
  canvas.text({front.x - 8 * scale, front.y}, "anterior", style);
  style.horizontal = Align::begin;
  canvas.text({back.x + 8 * scale, back.y}, "posterior", style);
}

}  // namespace

Raster draw_vertebrae(const std::string& title, const std::vector<VertebraPanel>& panels, const Anatomy& anatomy,
                      const View& view, int width) {
  const double scale = width / 1800.0;
  const bool single = panels.size() == 1;
  // Cut and glass lie beside each other for one arm, and below each other for several.
  const auto count = static_cast<int>(panels.size());
  const int arms_per_row = std::min(count, 3);
  const int columns = single ? 2 : arms_per_row;
  const int rows = (count + arms_per_row - 1) / arms_per_row;
  const double head = 120 * scale;
  const double foot = 200 * scale;
  const double margin = 24 * scale;
  const double panel_width = (width - margin * (columns + 1)) / columns;
  const double pixels_per_mm = std::min(panel_width / view.width, 1150 * scale / view.height);
  const double panel_height = view.height * pixels_per_mm;
  const TextStyle name_style{.size = 29 * scale, .bold = true, .horizontal = Align::middle, .vertical = Align::end};
  const double label = single ? 0.0 : 110 * scale;
  const double row_height = label + (single ? 1.0 : 2.0) * panel_height;
  const int height = static_cast<int>(std::lround(head + rows * row_height + foot));
  Canvas canvas(width, height);
  const ColourScale colours{0.0, anatomy.density_top};

  draw_title(canvas, title, scale);
  draw_tumour_key(canvas, {32 * scale, 94 * scale}, anatomy.tumour_level, kTumour, scale);
  for (int p = 0; p < count; ++p) {
    const VertebraPanel& panel = panels[p];
    const int row = p / arms_per_row;
    const double x = margin + (p % arms_per_row) * (panel_width + margin);
    const double y = head + row * row_height + label;
    const Rect cut{x, y, panel_width, panel_height};
    const Rect glass = single ? Rect{x + panel_width + margin, y, panel_width, panel_height}
                              : Rect{x, y + panel_height, panel_width, panel_height};
    add_cut_vertebra(canvas.scene(cut), *panel.volume, anatomy, colours, view, panel_height / pixels_per_mm);
    add_glass_vertebra(canvas.scene(glass), *panel.volume, anatomy, view, panel_height / pixels_per_mm);
    if (!single) {
      const double middle = x + 0.5 * panel_width;
      canvas.text({middle, y - 48 * scale}, wrapped(panel.arm, panel_width, name_style), name_style);
      canvas.text({middle, y - 26 * scale}, day_text(panel.volume->day),
                  {.size = 26 * scale, .colour = kGrey, .horizontal = Align::middle});
    }
  }
  const double base = height - 66 * scale;
  draw_directions(canvas, {186 * scale, base - 20 * scale}, view, scale);
  draw_scale_bar(canvas, {440 * scale, base}, pixels_per_mm, 260 * scale, scale);
  draw_colour_bar(canvas, {0.5 * width + 120 * scale, base - 38 * scale, 0.5 * width - 180 * scale, 38 * scale},
                  colours, scale);
  return canvas.draw();
}

}  // namespace howship::visualization
