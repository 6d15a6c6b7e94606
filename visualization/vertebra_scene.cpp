#include "vertebra_scene.hpp"

#include <algorithm>
#include <cmath>

#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkCellArray.h>
#include <vtkClipPolyData.h>
#include <vtkContourTriangulator.h>
#include <vtkCutter.h>
#include <vtkFloatArray.h>
#include <vtkFlyingEdges3D.h>
#include <vtkImageData.h>
#include <vtkLight.h>
#include <vtkNew.h>
#include <vtkPlane.h>
#include <vtkPointData.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkPolyDataNormals.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>
#include <vtkTexture.h>
#include <vtkTubeFilter.h>
#include <vtkUnsignedCharArray.h>
#include <vtkWindowedSincPolyDataFilter.h>

#include "slice.hpp"

namespace howship::visualization {
namespace {

constexpr double kAzimuth = 26.0;    // degrees from the patient's left towards the front
constexpr double kElevation = 24.0;  // degrees above the axial plane
constexpr double kDegree = 0.017453292519943295;

double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

using Surface = vtkSmartPointer<vtkPolyData>;

// The smoothed surface where values exceed a level.
Surface isosurface(const Lattice& lattice, const std::vector<float>& values, double level) {
  vtkNew<vtkImageData> image;
  image->SetDimensions(lattice.size.data());
  image->SetSpacing(lattice.spacing.data());
  image->SetOrigin(lattice.origin.data());
  vtkNew<vtkFloatArray> array;
  array->SetNumberOfTuples(static_cast<vtkIdType>(values.size()));
  std::copy(values.begin(), values.end(), array->GetPointer(0));
  image->GetPointData()->SetScalars(array);
  vtkNew<vtkFlyingEdges3D> edges;
  edges->SetInputData(image);
  edges->SetValue(0, level);
  edges->ComputeNormalsOff();
  edges->ComputeScalarsOff();
  vtkNew<vtkWindowedSincPolyDataFilter> smooth;
  smooth->SetInputConnection(edges->GetOutputPort());
  smooth->SetNumberOfIterations(20);
  smooth->SetPassBand(0.08);
  smooth->NormalizeCoordinatesOn();
  smooth->NonManifoldSmoothingOn();
  smooth->FeatureEdgeSmoothingOff();
  smooth->BoundarySmoothingOff();
  vtkNew<vtkPolyDataNormals> normals;
  normals->SetInputConnection(smooth->GetOutputPort());
  normals->SplittingOff();
  normals->Update();
  return normals->GetOutput();
}

vtkSmartPointer<vtkPlane> cut_plane(const Anatomy& anatomy) {
  auto plane = vtkSmartPointer<vtkPlane>::New();
  plane->SetOrigin(anatomy.cut[0], 0.0, 0.0);
  plane->SetNormal(1.0, 0.0, 0.0);
  return plane;
}

Surface right_part(const Surface& surface, const Anatomy& anatomy) {
  vtkNew<vtkClipPolyData> clip;
  clip->SetInputData(surface);
  clip->SetClipFunction(cut_plane(anatomy));
  clip->InsideOutOn();
  clip->Update();
  return clip->GetOutput();
}

vtkActor& add(vtkRenderer& renderer, vtkPolyData* surface, Colour colour) {
  vtkNew<vtkPolyDataMapper> mapper;
  mapper->SetInputData(surface);
  mapper->ScalarVisibilityOff();
  vtkNew<vtkActor> actor;
  actor->SetMapper(mapper);
  vtkProperty& property = *actor->GetProperty();
  property.SetColor(colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
  property.SetAmbient(0.30);
  property.SetDiffuse(0.80);
  property.SetSpecular(0.06);
  property.SetSpecularPower(20.0);
  renderer.AddActor(actor);
  return *actor;
}

// The colour as it is: neither shaded nor lightened.
void plain(vtkActor& actor) {
  actor.GetProperty()->LightingOff();
  actor.GetProperty()->SetAmbient(1.0);
  actor.GetProperty()->SetDiffuse(0.0);
}

// The density of the whole plane of the cut as a texture; the polygons say how much of it is bone.
vtkSmartPointer<vtkTexture> density_texture(const Volume& volume, const Anatomy& anatomy, const ColourScale& colours,
                                            const Box& box, double pixel) {
  const int columns = static_cast<int>(std::ceil(box.extent(1) / pixel));
  const int rows = static_cast<int>(std::ceil(box.extent(2) / pixel));
  vtkNew<vtkImageData> image;
  image->SetDimensions(columns, rows, 1);
  image->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
  auto* out = static_cast<std::uint8_t*>(image->GetScalarPointer());
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const Vec3 p{anatomy.cut[0], box.low[1] + (column + 0.5) * box.extent(1) / columns,
                   box.low[2] + (row + 0.5) * box.extent(2) / rows};
      const Colour colour = colours(sample(volume.lattice, volume.bmd, p));
      *out++ = colour.red;
      *out++ = colour.green;
      *out++ = colour.blue;
    }
  }
  auto texture = vtkSmartPointer<vtkTexture>::New();
  texture->SetInputData(image);
  texture->InterpolateOn();
  return texture;
}

void add_cut_face(vtkRenderer& renderer, const Surface& bone, const Volume& volume, const Anatomy& anatomy,
                  const ColourScale& colours) {
  vtkNew<vtkCutter> cutter;
  cutter->SetInputData(bone);
  cutter->SetCutFunction(cut_plane(anatomy));
  vtkNew<vtkContourTriangulator> fill;
  fill->SetInputConnection(cutter->GetOutputPort());
  fill->Update();
  vtkPolyData& face = *fill->GetOutput();
  Box box = anatomy.bone;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] -= 2.0;
    box.high[axis] += 2.0;
  }
  vtkNew<vtkFloatArray> place;
  place->SetNumberOfComponents(2);
  for (vtkIdType i = 0; i < face.GetNumberOfPoints(); ++i) {
    const double* p = face.GetPoint(i);
    place->InsertNextTuple2((p[1] - box.low[1]) / box.extent(1), (p[2] - box.low[2]) / box.extent(2));
  }
  face.GetPointData()->Initialize();
  face.GetPointData()->SetTCoords(place);
  vtkActor& actor = add(renderer, &face, kWhite);
  actor.SetTexture(density_texture(volume, anatomy, colours, box, 0.1));
  plain(actor);
  cutter->Update();
  vtkNew<vtkTubeFilter> rim;
  rim->SetInputData(cutter->GetOutput());
  rim->SetRadius(0.12);
  rim->SetNumberOfSides(8);
  rim->Update();
  plain(add(renderer, rim->GetOutput(), kInk));
}

void add_outline(vtkRenderer& renderer, const Volume& volume, const Anatomy& anatomy, const ColourScale& colours,
                 const View& view, double pixel) {
  const Slice slice = cut_slice(volume, anatomy, Plane::sagittal, anatomy.bone, pixel, colours);
  // Each is moved towards the viewer, which a parallel view does not show, so that it covers the other and the face.
  for (const auto& [colour, radius, lift] : {std::tuple{kWhite, 0.42, 0.5}, std::tuple{kTumour, 0.24, 1.5}}) {
    vtkNew<vtkPolyData> lines;
    lines->SetPoints(vtkNew<vtkPoints>());
    lines->SetLines(vtkNew<vtkCellArray>());
    for (const auto& line : slice.tumour_outline) {
      lines->GetLines()->InsertNextCell(static_cast<int>(line.size()));
      for (const Point& p : line) {
        const Vec3 at{anatomy.cut[0], anatomy.bone.low[1] + p.x * pixel, anatomy.bone.high[2] - p.y * pixel};
        lines->GetLines()->InsertCellPoint(lines->GetPoints()->InsertNextPoint(
            at[0] + lift * view.towards[0], at[1] + lift * view.towards[1], at[2] + lift * view.towards[2]));
      }
    }
    vtkNew<vtkTubeFilter> tube;
    tube->SetInputData(lines);
    tube->SetRadius(radius);
    tube->SetNumberOfSides(12);
    tube->Update();
    plain(add(renderer, tube->GetOutput(), colour));
  }
}

// A little inside the bone's own surface (0.5): where the two coincide, they would show through each other in patches.
constexpr float kInside = 0.7F;

Surface tumour_surface(const Volume& volume, const Anatomy& anatomy) {
  std::vector<float> inside(volume.tumour.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    inside[i] = std::min(static_cast<float>(volume.tumour[i] / anatomy.tumour_level), volume.bone[i] / kInside);
  }
  return isosurface(volume.lattice, inside, 1.0);
}

void add_lights(vtkRenderer& renderer) {
  renderer.AutomaticLightCreationOff();
  // Fixed to the viewer: one from the upper left, one weaker from the lower right.
  for (const auto& [x, y, z, intensity] : {std::array{-0.9, 1.3, 1.8, 0.86}, std::array{1.5, -0.4, 1.4, 0.35}}) {
    vtkNew<vtkLight> light;
    light->SetLightTypeToCameraLight();
    light->SetPosition(x, y, z);
    light->SetFocalPoint(0.0, 0.0, 0.0);
    light->SetIntensity(intensity);
    renderer.AddLight(light);
  }
}

void look(vtkRenderer& renderer, const View& view, double millimetres) {
  add_lights(renderer);
  vtkCamera& camera = *renderer.GetActiveCamera();
  constexpr double kDistance = 1000.0;
  camera.ParallelProjectionOn();
  camera.SetParallelScale(0.5 * millimetres);
  camera.SetFocalPoint(view.focus.data());
  camera.SetPosition(view.focus[0] + kDistance * view.towards[0], view.focus[1] + kDistance * view.towards[1],
                     view.focus[2] + kDistance * view.towards[2]);
  camera.SetViewUp(view.up.data());
  renderer.ResetCameraClippingRange();
}

}  // namespace

View oblique_view(const Volume& volume) {
  View view;
  view.towards = {std::cos(kElevation * kDegree) * std::cos(kAzimuth * kDegree),
                  -std::cos(kElevation * kDegree) * std::sin(kAzimuth * kDegree), std::sin(kElevation * kDegree)};
  view.right = {-view.towards[1], view.towards[0], 0.0};
  const double length = std::hypot(view.right[0], view.right[1]);
  for (double& x : view.right) x /= length;
  view.up = cross(view.towards, view.right);
  std::array<double, 2> low{1e300, 1e300};
  std::array<double, 2> high{-1e300, -1e300};
  const Lattice& lattice = volume.lattice;
  for (int k = 0; k < lattice.size[2]; ++k) {
    for (int j = 0; j < lattice.size[1]; ++j) {
      for (int i = 0; i < lattice.size[0]; ++i) {
        const Vec3 p = lattice.position(i, j, k);
        if (volume.region[lattice.index(i, j, k)] == 0) continue;
        const std::array<double, 2> seen{dot(p, view.right), dot(p, view.up)};
        for (int axis = 0; axis < 2; ++axis) {
          low[axis] = std::min(low[axis], seen[axis]);
          high[axis] = std::max(high[axis], seen[axis]);
        }
      }
    }
  }
  constexpr double kRoom = 2.0;  // mm
  view.width = high[0] - low[0] + 2.0 * kRoom;
  view.height = high[1] - low[1] + 2.0 * kRoom;
  for (int axis = 0; axis < 3; ++axis)
    view.focus[axis] = 0.5 * (low[0] + high[0]) * view.right[axis] + 0.5 * (low[1] + high[1]) * view.up[axis];
  return view;
}

void add_cut_vertebra(vtkRenderer& renderer, const Volume& volume, const Anatomy& anatomy, const ColourScale& colours,
                      const View& view, double millimetres) {
  const Surface bone = isosurface(volume.lattice, volume.bone, 0.5);
  add(renderer, right_part(bone, anatomy), kBone);
  add_cut_face(renderer, bone, volume, anatomy, colours);
  if (anatomy.tumour_level > 0.0) add_outline(renderer, volume, anatomy, colours, view, 0.15);
  look(renderer, view, millimetres);
}

void add_glass_vertebra(vtkRenderer& renderer, const Volume& volume, const Anatomy& anatomy, const View& view,
                        double millimetres) {
  vtkProperty& glass = *add(renderer, isosurface(volume.lattice, volume.bone, 0.5), kGlass).GetProperty();
  glass.SetOpacity(0.34);
  glass.BackfaceCullingOn();
  if (anatomy.tumour_level > 0.0) {
    if (const Surface tumour = tumour_surface(volume, anatomy); tumour->GetNumberOfCells() > 0)
      add(renderer, tumour, kTumour);
  }
  renderer.UseDepthPeelingOn();
  renderer.SetMaximumNumberOfPeels(8);
  look(renderer, view, millimetres);
}

}  // namespace howship::visualization
