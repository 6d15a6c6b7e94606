#include "howship/output/frames.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <vtkCellData.h>
#include <vtkDoubleArray.h>
#include <vtkFieldData.h>
#include <vtkFloatArray.h>
#include <vtkImageData.h>
#include <vtkInformation.h>
#include <vtkInformationStringKey.h>
#include <vtkMatrix3x3.h>
#include <vtkNew.h>
#include <vtkUnsignedCharArray.h>
#include <vtkXMLImageDataWriter.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

namespace howship::output {
namespace {

void set_geometry(vtkImageData& image, const vertebra::Grid& grid) {
  // Cell data: one more point than voxels along each axis, and the first point is the corner of the first voxel.
  image.SetDimensions(grid.size[0] + 1, grid.size[1] + 1, grid.size[2] + 1);
  image.SetSpacing(grid.spacing[0], grid.spacing[1], grid.spacing[2]);
  const auto corner = grid.position(std::array<double, 3>{-0.5, -0.5, -0.5});
  image.SetOrigin(corner[0], corner[1], corner[2]);
  vtkNew<vtkMatrix3x3> direction;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) direction->SetElement(row, column, grid.direction[3 * row + column]);
  }
  image.SetDirectionMatrix(direction);
}

template <class Array, class Value>
void add_array(vtkImageData& image, const std::string& name, const std::vector<Value>& values,
               const std::string& unit) {
  if (values.size() != static_cast<std::size_t>(image.GetNumberOfCells()))
    throw std::logic_error("write_image: wrong size of " + name);
  vtkNew<Array> array;
  array->SetName(name.c_str());
  array->SetNumberOfTuples(static_cast<vtkIdType>(values.size()));
  std::copy(values.begin(), values.end(), array->GetPointer(0));
  if (!unit.empty()) array->GetInformation()->Set(vtkDataArray::UNITS_LABEL(), unit.c_str());
  image.GetCellData()->AddArray(array);
}

std::string frame_name(std::size_t index) {
  return fmt::format("frames/{:04}.vti", index);
}

}  // namespace

void write_image(const std::filesystem::path& path, const vertebra::Grid& grid, std::optional<double> time,
                 std::span<const ImageField> fields, std::span<const LabelField> labels) {
  vtkNew<vtkImageData> image;
  set_geometry(*image, grid);
  for (const ImageField& field : fields) add_array<vtkFloatArray>(*image, field.name, field.values, field.unit);
  for (const LabelField& field : labels) add_array<vtkUnsignedCharArray>(*image, field.name, field.values, {});
  if (time) {
    vtkNew<vtkDoubleArray> value;
    value->SetName("TimeValue");
    value->InsertNextValue(*time);
    image->GetFieldData()->AddArray(value);
  }
  // VTK composes in memory and we write, because our write notices a full disk and leaves nothing half-done.
  vtkNew<vtkXMLImageDataWriter> writer;
  writer->SetInputData(image);
  writer->SetDataModeToAppended();
  writer->EncodeAppendedDataOff();
  writer->SetCompressorTypeToZLib();
  writer->WriteToOutputStringOn();
  if (writer->Write() == 0) throw OutputError(fmt::format("cannot compose the image '{}'", path.string()));
  write_text(path, writer->GetOutputString());
}

FrameWriter::FrameWriter(std::filesystem::path folder, const vertebra::Domain& domain, std::vector<Field> fields)
    : folder_(std::move(folder)), domain_(&domain), fields_(std::move(fields)) {
  std::error_code error;
  std::filesystem::create_directories(folder_ / "frames", error);
  if (error) throw OutputError(fmt::format("cannot create '{}': {}", (folder_ / "frames").string(), error.message()));
  region_ = {"region", std::vector<std::uint8_t>(domain.grid().count(), 0)};
  for (std::size_t v = 0; v < domain.size(); ++v) {
    region_.values[domain.active()[v]] = static_cast<std::uint8_t>(domain.region()[v]);
  }
}

void FrameWriter::write(double time, std::span<const std::vector<double>> values) {
  if (values.size() != fields_.size()) throw std::logic_error("FrameWriter: wrong number of fields");
  std::vector<ImageField> images;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    ImageField image{fields_[f].name, fields_[f].unit, std::vector<float>(domain_->grid().count(), 0.0F)};
    for (std::size_t v = 0; v < domain_->size(); ++v)
      image.values[domain_->active()[v]] = static_cast<float>(values[f][v]);
    images.push_back(std::move(image));
  }
  const std::string name = frame_name(written_.size());
  write_image(folder_ / name, domain_->grid(), time, images, std::span(&region_, 1));
  written_.emplace_back(time, name);
  write_list();
}

void FrameWriter::write_list() const {
  std::string pvd =
      "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\" byte_order=\"LittleEndian\">\n  "
      "<Collection>\n";
  for (const auto& [day, file] : written_)
    pvd += fmt::format("    <DataSet timestep=\"{}\" part=\"0\" file=\"{}\"/>\n", day, file);
  write_text(folder_ / "frames.pvd", pvd + "  </Collection>\n</VTKFile>\n");
}

void FrameWriter::exchange(simulation::Archive& archive) {
  std::vector<double> times;
  for (const auto& [day, file] : written_) times.push_back(day);
  archive.exchange("frames/days", times);
  if (!archive.reading()) return;
  written_.clear();
  for (const double day : times) {
    const std::string name = frame_name(written_.size());
    std::error_code error;
    if (!std::filesystem::is_regular_file(folder_ / name, error))
      throw InputError(fmt::format("the frame '{}' is missing; it was there when the checkpoint was written",
                                   (folder_ / name).string()));
    written_.emplace_back(day, name);
  }
  write_list();
}

}  // namespace howship::output
