#include "slice_sheet.hpp"

#include <algorithm>
#include <cmath>

#include "marks.hpp"
#include "slice.hpp"

namespace howship::visualization {
namespace {

constexpr double kSagittalMargin = 3.0;  // mm behind the body

struct Block {
  Plane plane;
  Box box;  // what each of its pictures shows
  std::string title;
  double top = 0.0;         // of its first row
  double cell_width = 0.0;  // of the picture in a cell
  double cell_height = 0.0;
};

class Layout {
 public:
  Layout(const SliceSheet& sheet, const Anatomy& anatomy, int width) : scale_(width / 1800.0) {
    const auto columns = static_cast<double>(std::max<std::size_t>(sheet.days.size(), 1));
    left_ = 112 * scale_;
    gap_ = 30 * scale_;
    column_width_ = (width - left_ - 200 * scale_ - gap_ * (columns - 1)) / columns;
    const Box& window = anatomy.window;
    pixels_per_mm_ = std::min(column_width_ / std::max(window.extent(0), window.extent(1)), 14.0 * scale_);
    double y = 200 * scale_;
    for (const Plane plane : {Plane::sagittal, Plane::axial}) {
      Block block{plane, window, plane == Plane::sagittal ? sagittal_title(anatomy) : "axial", y + 52 * scale_};
      // In the sagittal plane the arch would be a sliver across the canal.
      if (plane == Plane::sagittal) block.box.high[1] = anatomy.body.high[1] + kSagittalMargin;
      block.cell_width = block.box.extent(plane == Plane::sagittal ? 1 : 0) * pixels_per_mm_;
      block.cell_height = block.box.extent(plane == Plane::sagittal ? 2 : 1) * pixels_per_mm_;
      y = block.top + static_cast<double>(sheet.arms.size()) * (block.cell_height + gap_) + 34 * scale_;
      blocks_.push_back(block);
    }
    height_ = static_cast<int>(std::lround(y + 56 * scale_));
  }

  double scale() const { return scale_; }
  int height() const { return height_; }
  double left() const { return left_; }
  double pixels_per_mm() const { return pixels_per_mm_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  double column_centre(std::size_t column) const {
    return left_ + static_cast<double>(column) * (column_width_ + gap_) + 0.5 * column_width_;
  }
  Rect cell(const Block& block, std::size_t row, std::size_t column) const {
    return {column_centre(column) - 0.5 * block.cell_width,
            block.top + static_cast<double>(row) * (block.cell_height + gap_), block.cell_width, block.cell_height};
  }

 private:
  double scale_;
  double left_ = 0.0;
  double gap_ = 0.0;
  double column_width_ = 0.0;
  double pixels_per_mm_ = 1.0;
  int height_ = 0;
  std::vector<Block> blocks_;
};

void draw_cell(Canvas& canvas, const Rect& cell, const Volume& volume, const Anatomy& anatomy, const Block& block,
               const SliceSheet& sheet, const Layout& layout) {
  const double pixel = 1.0 / (layout.pixels_per_mm() * Canvas::kOversampling);
  const Slice slice = cut_slice(volume, anatomy, block.plane, block.box, pixel, sheet.colours);
  canvas.image(cell, slice.columns, slice.rows, slice.rgba);
  const auto placed = [&](const std::vector<Point>& line) {
    std::vector<Point> points;
    for (const Point& p : line)
      points.push_back({cell.x + p.x * cell.width / slice.columns, cell.y + p.y * cell.height / slice.rows});
    return points;
  };
  for (const auto& line : slice.bone_outline) canvas.line(placed(line), 1.5 * layout.scale(), kInk);
  for (const auto& line : slice.tumour_outline)
    draw_tumour_outline(canvas, placed(line), sheet.outline, layout.scale());
}

// Letters around the body in a block's first slice, as on a clinical film.
void draw_directions(Canvas& canvas, const Rect& cell, const Anatomy& anatomy, const Block& block, double pixels_per_mm,
                     double scale) {
  const bool sagittal = block.plane == Plane::sagittal;
  const TextStyle style{.size = 24 * scale, .bold = true, .colour = kGrey, .horizontal = Align::middle};
  const int across = sagittal ? 1 : 0;
  const int down = sagittal ? 2 : 1;
  const auto x = [&](double mm) { return cell.x + (mm - block.box.low[across]) * pixels_per_mm; };
  const auto y = [&](double mm) {
    return cell.y + (sagittal ? block.box.high[down] - mm : mm - block.box.low[down]) * pixels_per_mm;
  };
  const Box& body = anatomy.body;
  const double aside = 24 * scale / pixels_per_mm;
  const double top = sagittal ? body.high[down] + aside : body.low[down] - aside;
  const double bottom = sagittal ? body.low[down] - aside : body.high[down] + aside;
  canvas.text({x(body.low[across] - aside), y(body.centre(down))}, sagittal ? "A" : "R", style);
  canvas.text({x(body.high[across] + aside), y(body.centre(down))}, sagittal ? "P" : "L", style);
  canvas.text({x(body.centre(across)), y(top)}, sagittal ? "S" : "A", style);
  canvas.text({x(body.centre(across)), y(bottom)}, sagittal ? "I" : "P", style);
}

}  // namespace

Raster draw_slice_sheet(const SliceSheet& sheet, const Anatomy& anatomy, int width) {
  const Layout layout(sheet, anatomy, width);
  const double scale = layout.scale();
  Canvas canvas(width, layout.height());

  draw_title(canvas, sheet.title, scale);
  draw_tumour_key(canvas, {32 * scale, 94 * scale}, anatomy.tumour_level, sheet.outline, scale);
  for (std::size_t d = 0; d < sheet.days.size(); ++d) {
    canvas.text({layout.column_centre(d), 158 * scale}, day_text(sheet.days[d]),
                {.size = 30 * scale, .bold = true, .horizontal = Align::middle});
    canvas.text({layout.column_centre(d), 194 * scale}, sheet.day_notes[d],
                {.size = 24 * scale, .colour = kGrey, .horizontal = Align::middle});
  }
  for (const Block& block : layout.blocks()) {
    canvas.text({layout.left(), block.top - 28 * scale}, block.title, {.size = 26 * scale, .colour = kGrey});
    for (std::size_t a = 0; a < sheet.arms.size(); ++a) {
      const Rect row = layout.cell(block, a, 0);
      const TextStyle style{.size = 24 * scale, .bold = true, .horizontal = Align::middle, .upwards = true};
      canvas.text({50 * scale, row.y + 0.5 * row.height}, wrapped(sheet.arms[a], row.height + 24 * scale, style),
                  style);
      for (std::size_t d = 0; d < sheet.days.size(); ++d) {
        const Rect cell = layout.cell(block, a, d);
        if (const Volume* volume = sheet.volumes[a][d]) {
          draw_cell(canvas, cell, *volume, anatomy, block, sheet, layout);
        } else {
          canvas.text({cell.x + 0.5 * cell.width, cell.y + 0.5 * cell.height}, "no frame",
                      {.size = 24 * scale, .colour = kGrey, .horizontal = Align::middle});
        }
      }
    }
    draw_directions(canvas, layout.cell(block, 0, 0), anatomy, block, layout.pixels_per_mm(), scale);
  }
  const Block& last = layout.blocks().back();
  draw_scale_bar(canvas, {layout.left(), layout.height() - 36 * scale}, layout.pixels_per_mm(), 0.5 * last.cell_width,
                 scale);
  const double bar_height = std::min(720 * scale, 0.6 * layout.height());
  draw_colour_bar(canvas,
                  {width - 160 * scale, 0.5 * (layout.height() - bar_height) + 60 * scale, 40 * scale, bar_height},
                  sheet.colours, scale);
  return canvas.draw();
}

}  // namespace howship::visualization
