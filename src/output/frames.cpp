#include "howship/output/frames.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
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

void set_geometry(vtkImageData& image, const vertebra::Grid& grid, const Layers& layers) {
  // Cell data: one more point than voxels along each axis, and the first point is the corner of the first voxel.
  image.SetExtent(0, grid.size[0], 0, grid.size[1], layers.begin, layers.end);
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

std::size_t layer_size(const vertebra::Grid& grid) {
  return static_cast<std::size_t>(grid.size[0]) * static_cast<std::size_t>(grid.size[1]);
}

}  // namespace

void write_image(const std::filesystem::path& path, const vertebra::Grid& grid, std::optional<double> time,
                 std::span<const ImageField> fields, std::span<const LabelField> labels) {
  write_image(path, grid, {0, grid.size[2]}, time, fields, labels);
}

void write_image(const std::filesystem::path& path, const vertebra::Grid& grid, const Layers& layers,
                 std::optional<double> time, std::span<const ImageField> fields, std::span<const LabelField> labels) {
  vtkNew<vtkImageData> image;
  set_geometry(*image, grid, layers);
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

FrameWriter::FrameWriter(std::filesystem::path folder, const vertebra::Domain& domain, std::vector<Field> fields,
                         Ranks* ranks)
    : folder_(std::move(folder)),
      domain_(&domain),
      fields_(std::move(fields)),
      ranks_(ranks != nullptr && !ranks->alone() ? ranks : nullptr),
      pieces_(domain, ranks_) {
  const auto create = [this] {
    std::error_code error;
    std::filesystem::create_directories(folder_ / "frames", error);
    if (error) throw OutputError(fmt::format("cannot create '{}': {}", (folder_ / "frames").string(), error.message()));
  };
  ranks_ == nullptr ? create() : ranks_->together(create);
  const Layers layers = pieces_.mine();
  const std::size_t layer = layer_size(domain.grid());
  region_ = {"region", std::vector<std::uint8_t>(layer * static_cast<std::size_t>(layers.size()), 0)};
  for (std::size_t v = pieces_.voxels().begin; v < pieces_.voxels().end; ++v) {
    region_.values[domain.active()[v] - layer * static_cast<std::size_t>(layers.begin)] =
        static_cast<std::uint8_t>(domain.region()[v]);
  }
}

std::string FrameWriter::frame_name(std::size_t index) const {
  return fmt::format("frames/{:04}.{}", index, ranks_ == nullptr ? "vti" : "pvti");
}

std::string FrameWriter::piece_name(std::size_t index, int rank) const {
  return ranks_ == nullptr ? frame_name(index) : fmt::format("frames/{:04}_{}.vti", index, rank);
}

void FrameWriter::write(double time, std::span<const std::vector<double>> values) {
  if (values.size() != fields_.size()) throw std::logic_error("FrameWriter: wrong number of fields");
  const Layers layers = pieces_.mine();
  const std::size_t layer = layer_size(domain_->grid());
  std::vector<ImageField> images;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    const std::vector<float> own = pieces_.collect(std::vector<float>(values[f].begin(), values[f].end()));
    ImageField image{fields_[f].name, fields_[f].unit,
                     std::vector<float>(layer * static_cast<std::size_t>(layers.size()), 0.0F)};
    const std::size_t begin = pieces_.voxels().begin;
    for (std::size_t v = 0; v < own.size(); ++v)
      image.values[domain_->active()[begin + v] - layer * static_cast<std::size_t>(layers.begin)] = own[v];
    images.push_back(std::move(image));
  }
  const std::size_t index = written_.size();
  const auto write_mine = [&] {
    if (layers.size() == 0) return;
    write_image(folder_ / piece_name(index, ranks_ == nullptr ? 0 : ranks_->rank()), domain_->grid(), layers, time,
                images, std::span(&region_, 1));
  };
  ranks_ == nullptr ? write_mine() : ranks_->together(write_mine);
  written_.emplace_back(time, frame_name(index));
  if (ranks_ == nullptr) {
    write_list();
    return;
  }
  ranks_->together([&] {
    if (!ranks_->first()) return;
    write_pieces_list(index);
    write_list();
  });
}

// What VTK calls a parallel image: its whole extent, and which file holds which part.
void FrameWriter::write_pieces_list(std::size_t index) const {
  const vertebra::Grid& grid = domain_->grid();
  const auto corner = grid.position(std::array<double, 3>{-0.5, -0.5, -0.5});
  const auto extent = [&grid](const Layers& layers) {
    return fmt::format("0 {} 0 {} {} {}", grid.size[0], grid.size[1], layers.begin, layers.end);
  };
  std::string text = fmt::format(
      "<?xml version=\"1.0\"?>\n<VTKFile type=\"PImageData\" version=\"0.1\" byte_order=\"LittleEndian\">\n"
      "  <PImageData WholeExtent=\"{}\" GhostLevel=\"0\" Origin=\"{}\" Spacing=\"{}\" Direction=\"{}\">\n"
      "    <PCellData>\n",
      extent({0, grid.size[2]}), fmt::join(corner, " "), fmt::join(grid.spacing, " "), fmt::join(grid.direction, " "));
  for (const Field& field : fields_)
    text += fmt::format("      <PDataArray type=\"Float32\" Name=\"{}\"/>\n", field.name);
  text += "      <PDataArray type=\"UInt8\" Name=\"region\"/>\n    </PCellData>\n";
  for (int rank = 0; rank < ranks_->count(); ++rank) {
    if (pieces_.of(rank).size() == 0) continue;
    text += fmt::format("    <Piece Extent=\"{}\" Source=\"{}\"/>\n", extent(pieces_.of(rank)),
                        std::filesystem::path(piece_name(index, rank)).filename().string());
  }
  write_text(folder_ / frame_name(index), text + "  </PImageData>\n</VTKFile>\n");
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
    const std::string name = found_frame(written_.size());
    if (name.empty())
      throw InputError(fmt::format("the frame '{}' is missing; it was there when the checkpoint was written",
                                   (folder_ / frame_name(written_.size())).string()));
    written_.emplace_back(day, name);
  }
  if (ranks_ == nullptr || ranks_->first()) write_list();
}

// A run may go on with another number of ranks than it began with.
std::string FrameWriter::found_frame(std::size_t index) const {
  for (const char* ending : {"vti", "pvti"}) {
    const std::string name = fmt::format("frames/{:04}.{}", index, ending);
    std::error_code error;
    if (std::filesystem::is_regular_file(folder_ / name, error)) return name;
  }
  return {};
}

}  // namespace howship::output
