#include "canvas.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkCellArray.h>
#include <vtkImageActor.h>
#include <vtkImageData.h>
#include <vtkImageMapper3D.h>
#include <vtkImageProperty.h>
#include <vtkNew.h>
#include <vtkPNGWriter.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>
#include <vtkTextActor.h>
#include <vtkTextProperty.h>
#include <vtkTextRenderer.h>
#include <vtkUnsignedCharArray.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

#include "egl_window.hpp"
#include "vtk_messages.hpp"

namespace howship::visualization {
namespace {

std::string font_file(bool bold) {
  const std::string liberation = bold ? "LiberationSans-Bold.ttf" : "LiberationSans-Regular.ttf";
  const std::string dejavu = bold ? "DejaVuSans-Bold.ttf" : "DejaVuSans.ttf";
  const std::filesystem::path fonts = "/usr/share/fonts/truetype";
  for (const auto& file :
       {fonts / "liberation" / liberation, fonts / "liberation2" / liberation, fonts / "dejavu" / dejavu}) {
    std::error_code error;
    if (std::filesystem::exists(file, error)) return file;
  }
  return {};
}

Raster averaged(const std::uint8_t* pixels, int width, int height) {
  constexpr int kFactor = Canvas::kOversampling;
  Raster raster{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3)};
  const std::size_t row = static_cast<std::size_t>(width) * kFactor * 3;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        int sum = 0;
        for (int dy = 0; dy < kFactor; ++dy) {
          // OpenGL counts rows from below.
          const std::size_t source = static_cast<std::size_t>((height - 1 - y) * kFactor + dy) * row;
          for (int dx = 0; dx < kFactor; ++dx)
            sum += pixels[source + static_cast<std::size_t>(x * kFactor + dx) * 3 + c];
        }
        raster.rgb[(static_cast<std::size_t>(y) * width + x) * 3 + c] =
            static_cast<std::uint8_t>((sum + kFactor * kFactor / 2) / (kFactor * kFactor));
      }
    }
  }
  return raster;
}

}  // namespace

struct Canvas::Impl {
  Impl(int width, int height) : window(width * kOversampling, height * kOversampling) {}

  VtkMessages quiet;
  EglWindow window;
  vtkNew<vtkRenderer> paper;    // white, below the scenes
  vtkNew<vtkRenderer> drawing;  // one unit is one pixel of the picture; above the scenes
  double depth = 0.0;           // later actors lie nearer

  // Shapes of one colour that follow each other share an actor.
  vtkSmartPointer<vtkPolyData> shapes;
  Colour shapes_colour;
};

Canvas::Canvas(int width, int height) : width_(width), height_(height), impl_(std::make_unique<Impl>(width, height)) {
  vtkRenderWindow& window = impl_->window.window();
  window.SetNumberOfLayers(2);
  impl_->paper->SetBackground(1.0, 1.0, 1.0);
  window.AddRenderer(impl_->paper);
  impl_->drawing->SetLayer(1);
  vtkCamera& camera = *impl_->drawing->GetActiveCamera();
  camera.ParallelProjectionOn();
  camera.SetParallelScale(0.5 * height);
  camera.SetPosition(0.5 * width, 0.5 * height, 1000.0);
  camera.SetFocalPoint(0.5 * width, 0.5 * height, 0.0);
  camera.SetViewUp(0.0, 1.0, 0.0);
  camera.SetClippingRange(1.0, 2000.0);
  window.AddRenderer(impl_->drawing);
}

Canvas::~Canvas() = default;

vtkRenderer& Canvas::scene(const Rect& place) {
  vtkNew<vtkRenderer> renderer;
  renderer->SetBackground(1.0, 1.0, 1.0);
  renderer->SetViewport(place.x / width_, 1.0 - (place.y + place.height) / height_, (place.x + place.width) / width_,
                        1.0 - place.y / height_);
  impl_->window.window().AddRenderer(renderer);
  return *renderer;
}

void Canvas::text(Point place, const std::string& text, const TextStyle& style) {
  vtkNew<vtkTextActor> actor;
  actor->SetInput(text.c_str());
  vtkTextProperty& property = *actor->GetTextProperty();
  set_font(property, style.size * kOversampling, style.bold, style.colour);
  property.SetJustification(static_cast<int>(style.horizontal));
  // VTK counts from below, we from above.
  property.SetVerticalJustification(style.vertical == Align::begin ? VTK_TEXT_TOP
                                    : style.vertical == Align::end ? VTK_TEXT_BOTTOM
                                                                   : VTK_TEXT_CENTERED);
  property.SetLineSpacing(1.15);
  if (style.upwards) property.SetOrientation(90.0);
  actor->SetPosition(place.x * kOversampling, (height_ - place.y) * kOversampling);
  impl_->drawing->AddActor2D(actor);
}

void Canvas::polygon(std::span<const Point> points, Colour colour) {
  if (!impl_->shapes || !(impl_->shapes_colour == colour)) {
    impl_->shapes = vtkSmartPointer<vtkPolyData>::New();
    impl_->shapes_colour = colour;
    impl_->depth += 0.05;
    impl_->shapes->SetPoints(vtkNew<vtkPoints>());
    impl_->shapes->SetPolys(vtkNew<vtkCellArray>());
    vtkNew<vtkPolyDataMapper> mapper;
    mapper->SetInputData(impl_->shapes);
    vtkNew<vtkActor> actor;
    actor->SetMapper(mapper);
    actor->GetProperty()->LightingOff();
    actor->GetProperty()->SetColor(colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
    impl_->drawing->AddActor(actor);
  }
  vtkPolyData& shapes = *impl_->shapes;
  shapes.GetPolys()->InsertNextCell(static_cast<int>(points.size()));
  for (const Point& p : points)
    shapes.GetPolys()->InsertCellPoint(shapes.GetPoints()->InsertNextPoint(p.x, height_ - p.y, impl_->depth));
}

void Canvas::line(std::span<const Point> points, double width, Colour colour, const std::array<double, 4>& dash) {
  for (const std::vector<Point>& piece : dashes(points, dash)) {
    for (std::size_t i = 0; i + 1 < piece.size(); ++i) {
      const Point& a = piece[i];
      const Point& b = piece[i + 1];
      const double length = std::hypot(b.x - a.x, b.y - a.y);
      if (length <= 0.0) continue;
      const double ux = (b.x - a.x) / length * 0.5 * width;
      const double uy = (b.y - a.y) / length * 0.5 * width;
      // Joints inside a line overlap by a little, so that a bend leaves no gap.
      const double before = i > 0 ? 0.5 : 0.0;
      const double after = i + 2 < piece.size() ? 0.5 : 0.0;
      const Point start{a.x - before * ux, a.y - before * uy};
      const Point end{b.x + after * ux, b.y + after * uy};
      const std::array<Point, 4> quad{{{start.x - uy, start.y + ux},
                                       {end.x - uy, end.y + ux},
                                       {end.x + uy, end.y - ux},
                                       {start.x + uy, start.y - ux}}};
      polygon(quad, colour);
    }
  }
}

void Canvas::image(const Rect& place, int columns, int rows, const std::vector<std::uint8_t>& rgba) {
  vtkNew<vtkImageData> data;
  data->SetDimensions(columns, rows, 1);
  data->SetSpacing(place.width / columns, place.height / rows, 1.0);
  impl_->depth += 0.05;
  data->SetOrigin(place.x + 0.5 * place.width / columns, height_ - place.y - place.height + 0.5 * place.height / rows,
                  impl_->depth);
  vtkNew<vtkUnsignedCharArray> colours;
  colours->SetNumberOfComponents(4);
  colours->SetNumberOfTuples(static_cast<vtkIdType>(columns) * rows);
  const std::size_t row = static_cast<std::size_t>(columns) * 4;
  for (int y = 0; y < rows; ++y)
    std::copy_n(rgba.begin() + static_cast<std::ptrdiff_t>(row * (rows - 1 - y)), row,
                colours->GetPointer(0) + row * y);
  data->GetPointData()->SetScalars(colours);
  vtkNew<vtkImageActor> actor;
  actor->GetMapper()->SetInputData(data);
  actor->InterpolateOff();
  actor->GetProperty()->SetAmbient(1.0);
  impl_->drawing->AddActor(actor);
  impl_->shapes = nullptr;
}

Raster Canvas::draw() {
  vtkRenderWindow& window = impl_->window.window();
  window.Render();
  const int width = width_ * kOversampling;
  const int height = height_ * kOversampling;
  vtkNew<vtkUnsignedCharArray> pixels;
  if (window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels) == 0 ||
      pixels->GetNumberOfValues() != static_cast<vtkIdType>(width) * height * 3) {
    throw OutputError("the renderer gave no picture: " + impl_->quiet.take_error());
  }
  return averaged(pixels->GetPointer(0), width_, height_);
}

Colour Raster::at(int x, int y) const {
  const std::size_t place = (static_cast<std::size_t>(y) * width + x) * 3;
  return {rgb[place], rgb[place + 1], rgb[place + 2]};
}

void write_png(const Raster& raster, const std::filesystem::path& path) {
  vtkNew<vtkImageData> image;
  image->SetDimensions(raster.width, raster.height, 1);
  image->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
  const std::size_t row = static_cast<std::size_t>(raster.width) * 3;
  auto* pixels = static_cast<std::uint8_t*>(image->GetScalarPointer());
  for (int y = 0; y < raster.height; ++y)
    std::copy_n(raster.rgb.begin() + static_cast<std::ptrdiff_t>(row * (raster.height - 1 - y)), row, pixels + row * y);
  vtkNew<vtkPNGWriter> writer;
  writer->WriteToMemoryOn();
  writer->SetInputData(image);
  writer->Write();
  vtkUnsignedCharArray* result = writer->GetResult();
  write_text(path, {reinterpret_cast<const char*>(result->GetPointer(0)),
                    static_cast<std::size_t>(result->GetNumberOfValues())});
}

void set_font(vtkTextProperty& property, double size, bool bold, Colour colour) {
  if (const std::string file = font_file(bold); !file.empty()) {
    property.SetFontFamily(VTK_FONT_FILE);
    property.SetFontFile(file.c_str());
  } else {
    property.SetFontFamilyToArial();
    property.SetBold(bold ? 1 : 0);
  }
  property.SetFontSize(static_cast<int>(std::lround(size)));
  property.SetColor(colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
  property.ShadowOff();
}

double text_width(const std::string& text, const TextStyle& style) {
  if (text.empty()) return 0.0;
  vtkNew<vtkTextProperty> property;
  set_font(*property, style.size * Canvas::kOversampling, style.bold, style.colour);
  std::array<int, 4> box{};
  constexpr int kDotsPerInch = 72;  // at which a font's size is in pixels
  if (!vtkTextRenderer::GetInstance()->GetBoundingBox(property, text, box.data(), kDotsPerInch)) return 0.0;
  return static_cast<double>(box[1] - box[0] + 1) / Canvas::kOversampling;
}

namespace {

std::string broken(const std::string& text, double width, const TextStyle& style) {
  std::istringstream words(text);
  std::string result;
  std::string line;
  for (std::string word; words >> word;) {
    // A number stays with its unit.
    if (word.find_first_not_of("0123456789.") == std::string::npos) {
      if (std::string unit; words >> unit) word += ' ' + unit;
    }
    const std::string longer = line.empty() ? word : fmt::format("{} {}", line, word);
    if (!line.empty() && text_width(longer, style) > width) {
      result += line + '\n';
      line = word;
    } else {
      line = longer;
    }
  }
  return result + line;
}

}  // namespace

std::string wrapped(const std::string& text, double width, const TextStyle& style) {
  const auto lines = [](const std::string& t) { return std::count(t.begin(), t.end(), '\n'); };
  std::string best = broken(text, width, style);
  if (lines(best) == 0) return best;
  // As narrow as the same number of lines allows, so that no last word stands alone.
  for (int percent = 95; percent > 40; percent -= 5) {
    std::string next = broken(text, 0.01 * percent * width, style);
    if (lines(next) > lines(best)) break;
    best = std::move(next);
  }
  return best;
}

std::vector<std::vector<Point>> dashes(std::span<const Point> points, const std::array<double, 4>& pattern) {
  std::vector<std::vector<Point>> pieces;
  if (points.empty()) return pieces;
  const double period = pattern[0] + pattern[1] + pattern[2] + pattern[3];
  pieces.push_back({points.front()});
  if (period <= 0.0) {
    pieces.front().assign(points.begin(), points.end());
    return pieces;
  }
  std::size_t part = 0;  // even parts are drawn
  double left = pattern[0];
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Point a = points[i];
    const Point b = points[i + 1];
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    double done = 0.0;
    while (length - done > left) {
      done += left;
      const Point at{a.x + (b.x - a.x) * done / length, a.y + (b.y - a.y) * done / length};
      if (part % 2 == 0) pieces.back().push_back(at);
      part = (part + 1) % 4;
      left = pattern[part];
      if (part % 2 == 0) pieces.push_back({at});
    }
    left -= length - done;
    if (part % 2 == 0) pieces.back().push_back(b);
  }
  return pieces;
}

}  // namespace howship::visualization
