#include "vertebra/itk_support.hpp"

#include <cmath>
#include <unistd.h>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::vertebra {

QuietErrors::QuietErrors()
    : cerr_(std::cerr.rdbuf(sink_.rdbuf())),
      cout_(std::cout.rdbuf(sink_.rdbuf())),
      warnings_(itk::Object::GetGlobalWarningDisplay()) {
  itk::Object::SetGlobalWarningDisplay(false);
}

QuietErrors::~QuietErrors() {
  itk::Object::SetGlobalWarningDisplay(warnings_);
  std::cout.rdbuf(cout_);
  std::cerr.rdbuf(cerr_);
}

std::string reason(const itk::ExceptionObject& fault) {
  std::string text = fault.GetDescription();
  if (const auto address = text.find("(0x"); address != std::string::npos) {
    if (const auto end = text.find("): ", address); end != std::string::npos) text.erase(0, end + 3);
  }
  for (char& c : text) c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

void check_memory(const std::filesystem::path& path, const std::array<std::uint64_t, 3>& size) {
  // Image and mask as double, one of them twice while it is converted, then density and label.
  constexpr double kBytesPerVoxel = 36.0;
  const double count = static_cast<double>(size[0]) * static_cast<double>(size[1]) * static_cast<double>(size[2]);
  const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  if (count * kBytesPerVoxel > memory || count > 2147483647.0) {
    throw InputError(
        fmt::format("{}: the header says {} x {} x {} voxels, which need {:.3g} GB; this machine has {:.3g} GB",
                    path.string(), size[0], size[1], size[2], count * kBytesPerVoxel * 1e-9, memory * 1e-9),
        "crop or resample the image around the vertebra, or check that the file is what you think it is");
  }
}

void check_information(const std::filesystem::path& path, const itk::ImageIOBase& io) {
  const unsigned dimensions = io.GetNumberOfDimensions();
  const std::string expected = "a three-dimensional scalar image is needed";
  if (io.GetNumberOfComponents() != 1 || io.GetPixelType() != itk::CommonEnums::IOPixel::SCALAR) {
    throw InputError(fmt::format("{}: {} components per voxel ({}), not one", path.string(), io.GetNumberOfComponents(),
                                 itk::ImageIOBase::GetPixelTypeAsString(io.GetPixelType())),
                     expected + "; a colour or vector image is not a CT");
  }
  std::array<std::uint64_t, 3> size{1, 1, 1};
  std::string sizes;
  unsigned real_dimensions = 0;
  for (unsigned axis = 0; axis < dimensions; ++axis) {
    const auto extent = static_cast<std::uint64_t>(io.GetDimensions(axis));
    sizes += fmt::format("{}{}", axis > 0 ? " x " : "", extent);
    if (extent > 1) real_dimensions = axis + 1;
    if (axis < 3) size[axis] = extent;
    if (extent == 0)
      throw InputError(fmt::format("{}: the header says {} voxels along axis {}", path.string(), extent, axis + 1));
  }
  if (real_dimensions != 3) {
    throw InputError(
        fmt::format("{}: the image has {} voxels, so it is {}-dimensional", path.string(), sizes, real_dimensions),
        expected + (real_dimensions < 3 ? "; for DICOM give the folder with all slices" : "; extract one volume"));
  }
  check_memory(path, size);
  for (unsigned axis = 0; axis < 3; ++axis) {
    const double spacing = io.GetSpacing(axis);
    if (!(spacing > 1e-4 && spacing < 1e3)) {
      throw InputError(fmt::format("{}: the voxel spacing along axis {} is {} mm", path.string(), axis + 1, spacing),
                       "set the spacing in the file; it is taken to be in mm");
    }
    if (!std::isfinite(io.GetOrigin(axis)))
      throw InputError(fmt::format("{}: the origin is not a number", path.string()));
  }
}

ItkImage::Pointer read_voxels(const std::filesystem::path& path, itk::ImageIOBase* io) {
  const auto reader = itk::ImageFileReader<ItkImage>::New();
  reader->SetImageIO(io);
  reader->SetFileName(path.string());
  reader->Update();
  return reader->GetOutput();
}

Image to_image(const std::filesystem::path& path, const ItkImage& image) {
  Image out;
  const auto size = image.GetLargestPossibleRegion().GetSize();
  const auto& direction = image.GetDirection();
  for (unsigned axis = 0; axis < 3; ++axis) {
    out.grid.size[axis] = static_cast<int>(size[axis]);
    out.grid.spacing[axis] = image.GetSpacing()[axis];
    out.grid.origin[axis] = image.GetOrigin()[axis];
    for (unsigned row = 0; row < 3; ++row) out.grid.direction[3 * row + axis] = direction[row][axis];
  }
  const auto& d = out.grid.direction;
  for (unsigned a = 0; a < 3; ++a) {
    for (unsigned b = a; b < 3; ++b) {
      const double product = d[a] * d[b] + d[3 + a] * d[3 + b] + d[6 + a] * d[6 + b];
      if (std::abs(product - (a == b ? 1.0 : 0.0)) > 1e-3) {
        throw InputError(fmt::format("{}: the image's axes are not at right angles", path.string()),
                         "resample it onto a rectangular lattice");
      }
    }
  }
  out.value.assign(image.GetBufferPointer(), image.GetBufferPointer() + out.grid.count());
  return out;
}

}  // namespace howship::vertebra
