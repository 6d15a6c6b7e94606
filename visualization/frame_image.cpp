#include "frame_image.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vtkCellData.h>
#include <vtkDataArray.h>
#include <vtkDataArraySelection.h>
#include <vtkImageData.h>
#include <vtkMatrix3x3.h>
#include <vtkSmartPointer.h>
#include <vtkXMLDataElement.h>
#include <vtkXMLImageDataReader.h>
#include <vtkXMLPImageDataReader.h>
#include <vtkXMLUtilities.h>

#include "howship/core/error.hpp"

#include "vtk_messages.hpp"

namespace howship::visualization {
namespace {

template <class Value>
std::vector<Value> values(vtkImageData& image, const char* name) {
  vtkDataArray* array = image.GetCellData()->GetArray(name);
  if (array == nullptr) return {};
  std::vector<Value> result(static_cast<std::size_t>(array->GetNumberOfTuples()));
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<Value>(array->GetComponent(static_cast<vtkIdType>(i), 0));
  return result;
}

// A sheet or a line of voxels is drawn as a slab: surfaces and slices are smoothed over neighbours, of which it has
// none.
void thicken(FrameImage& frame) {
  constexpr int kLayers = 9;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (frame.size[axis] >= kLayers) continue;
    const int last = frame.size[axis] - 1;
    const int more = (kLayers - frame.size[axis]) / 2;  // copies of the outermost layer, on either side
    const std::array<int, 3> old = frame.size;
    frame.size[axis] += 2 * more;
    for (std::size_t row = 0; row < 3; ++row)
      frame.corner[row] -= more * frame.spacing[axis] * frame.direction[3 * row + axis];
    const auto spread = [&](auto& values) {
      if (values.empty()) return;
      auto thick = values;
      thick.resize(static_cast<std::size_t>(frame.size[0]) * frame.size[1] * frame.size[2]);
      for (std::size_t index = 0; index < thick.size(); ++index) {
        std::array<std::size_t, 3> v{index % frame.size[0], index / frame.size[0] % frame.size[1],
                                     index / frame.size[0] / frame.size[1]};
        v[axis] = static_cast<std::size_t>(std::clamp(static_cast<int>(v[axis]) - more, 0, last));
        thick[index] = values[(v[2] * old[1] + v[1]) * old[0] + v[0]];
      }
      values = std::move(thick);
    };
    spread(frame.bmd);
    spread(frame.tumour);
    spread(frame.region);
  }
}

// A run that ranks shared has its frames in pieces, held together by a .pvti.
bool is_in_pieces(const std::filesystem::path& file) {
  return file.extension() == ".pvti";
}

vtkSmartPointer<vtkXMLReader> reader_of(const std::filesystem::path& file) {
  if (is_in_pieces(file)) return vtkSmartPointer<vtkXMLPImageDataReader>::New();
  return vtkSmartPointer<vtkXMLImageDataReader>::New();
}

// VTK 9.1 leaves the direction of an image in pieces aside.
void set_direction(vtkImageData& image, const std::filesystem::path& file) {
  const auto root = vtkSmartPointer<vtkXMLDataElement>::Take(vtkXMLUtilities::ReadElementFromFile(file.c_str()));
  vtkXMLDataElement* whole = root ? root->FindNestedElementWithName("PImageData") : nullptr;
  std::array<double, 9> direction{};
  constexpr int kEntries = 9;
  if (whole != nullptr && whole->GetVectorAttribute("Direction", kEntries, direction.data()) == kEntries)
    image.SetDirectionMatrix(direction.data());
}

}  // namespace

FrameImage read_frame(const std::filesystem::path& file) {
  const auto damaged = [&](const std::string& why) {
    return InputError(fmt::format("'{}' is damaged: {}", file.string(), why),
                      "run the study again; a disk that was full leaves such files");
  };
  VtkMessages messages;
  const vtkSmartPointer<vtkXMLReader> reader = reader_of(file);
  if (reader->CanReadFile(file.c_str()) == 0) throw damaged("it is not a VTK image");
  reader->SetFileName(file.c_str());
  reader->UpdateInformation();
  std::vector<std::string> names;
  for (int i = 0; i < reader->GetNumberOfCellArrays(); ++i) names.emplace_back(reader->GetCellArrayName(i));
  const auto is_there = [&](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  for (const char* name : {"BMD", "region"}) {
    if (messages.take_error().empty() && !is_there(name)) {
      throw InputError(
          fmt::format("'{}' has no array '{}'; it has {}", file.string(), name,
                      names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))),
          "a picture needs BMD and region of every voxel; add the field to the study's output and run it again");
    }
  }
  // The other fields are not drawn; reading them would take most of the time.
  reader->GetCellDataArraySelection()->DisableAllArrays();
  for (const char* name : {"BMD", "tumour", "region"}) reader->SetCellArrayStatus(name, is_there(name) ? 1 : 0);
  reader->Update();
  if (const std::string error = messages.take_error(); !error.empty()) throw damaged(error);

  vtkImageData* const read = vtkImageData::SafeDownCast(reader->GetOutputAsDataSet());
  if (read == nullptr) throw damaged("it is not a VTK image");
  vtkImageData& image = *read;
  if (is_in_pieces(file)) set_direction(image, file);
  FrameImage frame;
  const int* points = image.GetDimensions();
  for (int axis = 0; axis < 3; ++axis) {
    frame.size[axis] = points[axis] - 1;
    frame.spacing[axis] = image.GetSpacing()[axis];
    if (frame.size[axis] < 1 || !(frame.spacing[axis] > 0.0)) throw damaged("it has no voxels");
  }
  std::array<int, 6> extent{};
  image.GetExtent(extent.data());
  image.TransformIndexToPhysicalPoint(extent[0], extent[2], extent[4], frame.corner.data());
  std::copy_n(image.GetDirectionMatrix()->GetData(), 9, frame.direction.begin());
  if (const double size = std::abs(image.GetDirectionMatrix()->Determinant()); !(std::abs(size - 1.0) < 1e-3))
    throw damaged("its direction matrix is not a rotation");
  frame.bmd = values<float>(image, "BMD");
  frame.tumour = values<float>(image, "tumour");
  frame.region = values<std::uint8_t>(image, "region");
  const auto voxels = static_cast<std::size_t>(frame.size[0]) * frame.size[1] * frame.size[2];
  if (frame.bmd.size() != voxels || frame.region.size() != voxels ||
      (!frame.tumour.empty() && frame.tumour.size() != voxels)) {
    throw damaged("an array has not one value per voxel");
  }
  thicken(frame);
  return frame;
}

}  // namespace howship::visualization
