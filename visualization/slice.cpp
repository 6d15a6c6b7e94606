#include "slice.hpp"

#include <algorithm>
#include <cmath>

#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkFlyingEdges2D.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkStripper.h>

namespace howship::visualization {
namespace {

constexpr double kShortest = 2.5;  // pixels between points of an outline

// Lines where the values equal one, in pixels.
std::vector<std::vector<Point>> outline(const std::vector<float>& values, int columns, int rows) {
  vtkNew<vtkImageData> image;
  image->SetDimensions(columns, rows, 1);
  image->SetOrigin(0.5, 0.5, 0.0);
  vtkNew<vtkFloatArray> array;
  array->SetName("level");
  array->SetNumberOfTuples(static_cast<vtkIdType>(values.size()));
  std::copy(values.begin(), values.end(), array->GetPointer(0));
  image->GetPointData()->SetScalars(array);
  vtkNew<vtkFlyingEdges2D> edges;
  edges->SetInputData(image);
  edges->SetValue(0, 1.0);
  vtkNew<vtkStripper> stripper;
  stripper->SetInputConnection(edges->GetOutputPort());
  stripper->SetMaximumLength(100000);
  stripper->Update();
  std::vector<std::vector<Point>> lines;
  vtkPolyData& result = *stripper->GetOutput();
  vtkNew<vtkIdList> ids;
  for (result.GetLines()->InitTraversal(); result.GetLines()->GetNextCell(ids) != 0;) {
    std::vector<Point>& line = lines.emplace_back();
    const vtkIdType last = ids->GetNumberOfIds() - 1;
    for (vtkIdType i = 0; i <= last; ++i) {
      const double* p = result.GetPoint(ids->GetId(i));
      // A pixel's edges are finer than any eye; a third of the points draws the same line.
      if (!line.empty() && i < last && std::hypot(p[0] - line.back().x, p[1] - line.back().y) < kShortest) continue;
      line.push_back({p[0], p[1]});
    }
  }
  return lines;
}

}  // namespace

Slice cut_slice(const Volume& volume, const Anatomy& anatomy, Plane plane, const Box& box, double pixel,
                const ColourScale& colours) {
  const int across = plane == Plane::sagittal ? 1 : 0;
  const int down = plane == Plane::sagittal ? 2 : 1;
  Slice slice;
  slice.pixel = pixel;
  slice.columns = std::max(2, static_cast<int>(std::lround(box.extent(across) / pixel)));
  slice.rows = std::max(2, static_cast<int>(std::lround(box.extent(down) / pixel)));
  const auto count = static_cast<std::size_t>(slice.columns) * slice.rows;
  slice.rgba.resize(count * 4);
  std::vector<float> bone(count);
  std::vector<float> tumour(count);
  for (int row = 0; row < slice.rows; ++row) {
    Vec3 p = anatomy.cut;
    p[down] = plane == Plane::sagittal ? box.high[2] - (row + 0.5) * pixel : box.low[1] + (row + 0.5) * pixel;
    for (int column = 0; column < slice.columns; ++column) {
      p[across] = box.low[across] + (column + 0.5) * pixel;
      const std::size_t at = static_cast<std::size_t>(row) * slice.columns + column;
      bone[at] = static_cast<float>(sample(volume.lattice, volume.bone, p) / 0.5);
      if (anatomy.tumour_level > 0.0) {
        tumour[at] =
            std::min(bone[at], static_cast<float>(sample(volume.lattice, volume.tumour, p) / anatomy.tumour_level));
      }
      if (bone[at] < 1.0F) continue;
      const Colour colour = colours(sample(volume.lattice, volume.bmd, p));
      slice.rgba[4 * at] = colour.red;
      slice.rgba[4 * at + 1] = colour.green;
      slice.rgba[4 * at + 2] = colour.blue;
      slice.rgba[4 * at + 3] = 255;
    }
  }
  slice.bone_outline = outline(bone, slice.columns, slice.rows);
  if (anatomy.tumour_level > 0.0) slice.tumour_outline = outline(tumour, slice.columns, slice.rows);
  return slice;
}

}  // namespace howship::visualization
