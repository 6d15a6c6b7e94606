#include "vertebra/image.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <itkGDCMImageIO.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>

#include "howship/core/error.hpp"

#include "vertebra/dicom_check.hpp"
#include "vertebra/itk_support.hpp"
#include "vertebra/meta_check.hpp"
#include "vertebra/nifti_check.hpp"
#include "vertebra/nrrd_check.hpp"
#include "vertebra/trial.hpp"

namespace howship::vertebra {

namespace {

struct Format {
  std::string_view name;
  itk::ImageIOBase::Pointer io;
};

constexpr std::string_view kFormats =
    "expected NIfTI (.nii, .nii.gz), MetaImage (.mha, .mhd), NRRD (.nrrd, .nhdr), or a folder with a DICOM series";

bool ends_with(const std::filesystem::path& path, std::initializer_list<std::string_view> endings) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

/// The format is what the name says: a wrong name is a mistake that the user should hear of.
Format format_of(const std::filesystem::path& path) {
  if (ends_with(path, {".nii", ".nii.gz"})) {
    const auto io = itk::NiftiImageIO::New();
    io->SetLegacyAnalyze75Mode(itk::NiftiImageIOEnums::Analyze75Flavor::AnalyzeReject);
    return {"NIfTI", io.GetPointer()};
  }
  if (ends_with(path, {".mha", ".mhd"})) return {"MetaImage", itk::MetaImageIO::New().GetPointer()};
  if (ends_with(path, {".nrrd", ".nhdr"})) return {"NRRD", itk::NrrdImageIO::New().GetPointer()};
  if (is_dicom(path)) {
    check_dicom_image(path);
    return {"DICOM", itk::GDCMImageIO::New().GetPointer()};
  }
  throw InputError(fmt::format("{}: not an image of a known format", path.string()), std::string(kFormats));
}

Image read_here(const std::filesystem::path& path, const std::string& series) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw InputError(fmt::format("{}: no such file", path.string()), std::string(kFormats));
  if (std::filesystem::is_directory(status)) return read_dicom_folder(path, series);
  if (!std::filesystem::is_regular_file(status)) throw InputError(fmt::format("{}: not a file", path.string()));
  if (std::filesystem::file_size(path) == 0) throw InputError(fmt::format("{}: the file is empty", path.string()));

  const QuietErrors quiet;
  const Format format = format_of(path);
  const std::string damaged = fmt::format("{}: cannot be read as {}", path.string(), format.name);
  const std::string hint = "the file may be damaged or cut short; reason given: ";
  if (format.name == "NIfTI") check_nifti(path);
  if (format.name == "MetaImage") check_meta_image(path);
  if (format.name == "NRRD") check_nrrd(path);
  try {
    if (!format.io->CanReadFile(path.string().c_str())) {
      throw InputError(damaged + ", which its name says it is", "the file may be damaged, or of another format");
    }
    format.io->SetFileName(path.string());
    format.io->ReadImageInformation();
    check_information(path, *format.io);
    return to_image(path, *read_voxels(path, format.io));
  } catch (const itk::ExceptionObject& fault) {
    throw InputError(damaged, hint + reason(fault));
  } catch (const std::bad_alloc&) {
    throw InputError(fmt::format("{}: the image does not fit into memory", path.string()),
                     "crop it around the vertebra");
  }
}

}  // namespace

Image read_image(const std::filesystem::path& path, const std::string& series) {
  std::error_code error;
  const bool is_gdcm =
      std::filesystem::is_directory(path, error) || (std::filesystem::is_regular_file(path, error) && is_dicom(path));
  if (is_gdcm && !survives([&] { read_here(path, series); })) {
    throw InputError(fmt::format("{}: damaged, the DICOM library cannot read it", path.string()),
                     "copy or export it again, or convert it to NIfTI");
  }
  return read_here(path, series);
}

}  // namespace howship::vertebra
