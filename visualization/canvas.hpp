#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "colours.hpp"

class vtkRenderer;
class vtkTextProperty;

namespace howship::visualization {

/// A place on a picture: pixels from its upper left corner, y down.
struct Point {
  double x = 0.0;
  double y = 0.0;
};

struct Rect {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;
};

enum class Align { begin, middle, end };  ///< begin is left or top

struct TextStyle {
  double size = 26.0;  ///< of the letters, pixels
  bool bold = false;
  Colour colour = kInk;
  Align horizontal = Align::begin;
  Align vertical = Align::middle;
  bool upwards = false;  ///< turned by 90°, read from below; horizontal is then along the text
};

/// Red, green, blue, eight bits each, from the upper left corner.
struct Raster {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;

  Colour at(int x, int y) const;
};

/// @throws OutputError when it cannot be written
void write_png(const Raster& raster, const std::filesystem::path& path);

/// A picture being composed: text, lines and filled shapes in pixels, over three-dimensional scenes and charts in
/// rectangles of it. It is drawn twice as large and averaged, which smooths every edge.
class Canvas {
 public:
  static constexpr int kOversampling = 2;

  Canvas(int width, int height);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  int width() const { return width_; }
  int height() const { return height_; }

  /// A renderer for a scene or chart in a rectangle, below everything drawn with the functions that follow.
  vtkRenderer& scene(const Rect& place);

  void text(Point place, const std::string& text, const TextStyle& style);
  void line(std::span<const Point> points, double width, Colour colour, const std::array<double, 4>& dash = {});
  void polygon(std::span<const Point> points, Colour colour);  ///< convex
  /// Pixels (4 bytes each: red, green, blue, opacity; from the upper left) spread over a rectangle.
  void image(const Rect& place, int columns, int rows, const std::vector<std::uint8_t>& rgba);

  Raster draw();

 private:
  struct Impl;
  int width_;
  int height_;
  std::unique_ptr<Impl> impl_;
};

/// Width of a text, pixels.
double text_width(const std::string& text, const TextStyle& style);

/// The text with line ends where it would be wider than so many pixels.
std::string wrapped(const std::string& text, double width, const TextStyle& style);

/// The one font of all pictures: Liberation Sans or DejaVu Sans where installed, VTK's own otherwise.
void set_font(vtkTextProperty& property, double size, bool bold, Colour colour);

/// A line cut into the pieces that a dash pattern draws.
std::vector<std::vector<Point>> dashes(std::span<const Point> points, const std::array<double, 4>& pattern);

}  // namespace howship::visualization
