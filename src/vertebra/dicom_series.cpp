#include <algorithm>
#include <cmath>
#include <gdcmScanner.h>
#include <gdcmTrace.h>
#include <map>

#include <fmt/format.h>
#include <itkGDCMImageIO.h>

#include "howship/core/error.hpp"

#include "vertebra/dicom_check.hpp"
#include "vertebra/image.hpp"
#include "vertebra/itk_support.hpp"
#include "vertebra/primitives.hpp"

namespace howship::vertebra {

namespace {

const gdcm::Tag kSeries(0x0020, 0x000e), kDescription(0x0008, 0x103e), kModality(0x0008, 0x0060), kRows(0x0028, 0x0010);

/// The files of one series, and what it says about itself.
struct Series {
  std::vector<std::string> files;
  std::string modality, description;
  bool is_image = true;
};

std::string trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == ' ' || out.back() == '\0')) out.pop_back();
  return out;
}

std::map<std::string, Series> find_series(std::vector<std::string> files) {
  std::erase_if(files, [](const std::string& file) { return !is_dicom(file); });
  for (const std::string& file : files) check_dicom(file);
  gdcm::Scanner scanner;
  for (const auto& tag : {kSeries, kDescription, kModality, kRows}) scanner.AddTag(tag);
  scanner.Scan(files);
  std::map<std::string, Series> out;
  for (const std::string& file : files) {
    if (!scanner.IsKey(file.c_str())) continue;
    Series& series = out[trimmed(scanner.GetValue(file.c_str(), kSeries))];
    series.files.push_back(file);
    series.modality = trimmed(scanner.GetValue(file.c_str(), kModality));
    series.description = trimmed(scanner.GetValue(file.c_str(), kDescription));
    series.is_image = series.is_image && scanner.GetValue(file.c_str(), kRows) != nullptr;
  }
  return out;
}

std::vector<std::string> files_of(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  if (files.empty())
    throw InputError(fmt::format("{}: no DICOM file, the folder is empty", folder.string()), "expected a DICOM series");
  return files;
}

void refuse_without_image(const Series& series) {
  if (series.is_image) return;
  throw InputError(
      fmt::format("{}: DICOM {} holds no image", series.files.front(),
                  series.modality.empty() ? "object without a modality" : "object of modality " + series.modality),
      "expected the slices of one CT series, not a structure set, report or plan");
}

void silence_gdcm() {
  gdcm::Trace::WarningOff();
  gdcm::Trace::ErrorOff();
  gdcm::Trace::DebugOff();
}

std::string listed(const std::map<std::string, Series>& all) {
  std::string out;
  for (const auto& [uid, series] : all) {
    out += fmt::format("\n  {}  {} {}{} ({} files)", uid, series.modality, series.description,
                       series.is_image ? "" : " [no image]", series.files.size());
  }
  return out;
}

const Series& choose(const std::filesystem::path& folder, const std::map<std::string, Series>& all,
                     const std::string& uid) {
  if (all.empty()) {
    throw InputError(fmt::format("{}: no DICOM file in this folder", folder.string()),
                     "expected the slices of one CT series");
  }
  if (!uid.empty()) {
    const auto found = all.find(uid);
    if (found == all.end()) {
      throw InputError(fmt::format("{}: no DICOM series '{}'; the folder holds:{}", folder.string(), uid, listed(all)));
    }
    return found->second;
  }
  const auto images = std::count_if(all.begin(), all.end(), [](const auto& item) { return item.second.is_image; });
  if (images > 1) {
    throw InputError(fmt::format("{}: the folder holds several DICOM series:{}", folder.string(), listed(all)),
                     "name one by its series instance UID");
  }
  if (images == 0) return all.begin()->second;
  return std::find_if(all.begin(), all.end(), [](const auto& item) { return item.second.is_image; })->second;
}

struct Slice {
  std::string file;
  Vec3 origin{};
  double along = 0.0;  ///< the origin's place along the stack, mm
};

/// Geometry that all slices share.
struct Stack {
  std::array<std::uint64_t, 2> size{};
  std::array<double, 2> spacing{};
  Vec3 row{}, column{}, normal{};
  std::vector<Slice> slices;
  double step = 0.0;  ///< mm between slices
};

Vec3 direction_of(const itk::ImageIOBase& io, unsigned axis) {
  const auto d = io.GetDirection(axis);
  return {d.at(0), d.at(1), d.at(2)};
}

Stack read_geometry(const std::filesystem::path& folder, const Series& series) {
  Stack stack;
  for (const std::string& file : series.files) {
    const auto io = itk::GDCMImageIO::New();
    io->SetFileName(file);
    io->ReadImageInformation();
    if (io->GetNumberOfComponents() != 1) {
      throw InputError(fmt::format("{}: {} components per pixel, not one", file, io->GetNumberOfComponents()),
                       "a colour image is not a CT");
    }
    if (io->GetNumberOfDimensions() > 2 && io->GetDimensions(2) > 1) {
      throw InputError(fmt::format("{}: several frames in one file of a series", file),
                       "give that file itself as the image");
    }
    const std::array<std::uint64_t, 2> size{io->GetDimensions(0), io->GetDimensions(1)};
    const std::array<double, 2> spacing{io->GetSpacing(0), io->GetSpacing(1)};
    const Vec3 row = direction_of(*io, 0), column = direction_of(*io, 1);
    if (stack.slices.empty()) {
      stack.size = size;
      stack.spacing = spacing;
      stack.row = row;
      stack.column = column;
      stack.normal = cross(row, column);
      check_memory(folder, {size[0], size[1], series.files.size()});
    } else if (size != stack.size) {
      throw InputError(fmt::format("{}: {} x {} pixels, but the slices before it have {} x {}", file, size[0], size[1],
                                   stack.size[0], stack.size[1]),
                       "remove what does not belong to the series");
    } else if (std::abs(spacing[0] - stack.spacing[0]) + std::abs(spacing[1] - stack.spacing[1]) >
                   1e-3 * stack.spacing[0] ||
               norm(row - stack.row) + norm(column - stack.column) > 1e-3) {
      throw InputError(
          fmt::format("{}: its pixel spacing or orientation differs from that of the slices before it", file),
          "remove what does not belong to the series");
    }
    const Vec3 origin{io->GetOrigin(0), io->GetOrigin(1), io->GetOrigin(2)};
    stack.slices.push_back({file, origin, dot(origin, stack.normal)});
  }
  std::stable_sort(stack.slices.begin(), stack.slices.end(),
                   [](const Slice& a, const Slice& b) { return a.along < b.along; });
  return stack;
}

/// The step between slices comes from their positions: SliceThickness may be anything, with gaps or overlap.
void set_step(const std::filesystem::path& folder, Stack& stack) {
  const std::size_t count = stack.slices.size();
  if (count < 2) {
    throw InputError(fmt::format("{}: the series has one slice, so it is two-dimensional", folder.string()),
                     "a three-dimensional scalar image is needed");
  }
  const Vec3 whole = stack.slices.back().origin - stack.slices.front().origin;
  stack.step = dot(whole, stack.normal) / static_cast<double>(count - 1);
  std::vector<double> gaps;
  for (std::size_t n = 1; n < count; ++n) gaps.push_back(stack.slices[n].along - stack.slices[n - 1].along);
  std::vector<double> sorted = gaps;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
  const double usual = sorted[sorted.size() / 2];
  const auto further = [&](double a, double b) { return std::abs(a - usual) < std::abs(b - usual); };
  const auto worst = static_cast<std::size_t>(std::max_element(gaps.begin(), gaps.end(), further) - gaps.begin());
  if (!(std::abs(gaps[worst] - usual) <= 0.02 * usual + 1e-3) || usual < 1e-3) {
    const auto name = [&](std::size_t n) { return std::filesystem::path(stack.slices[n].file).filename().string(); };
    throw InputError(fmt::format("{}: {:.4g} mm between the slices {} and {}, but {:.4g} mm as a rule", folder.string(),
                                 gaps[worst], name(worst), name(worst + 1), usual),
                     "slices are missing, doubled or unevenly spaced: export the series again or resample it");
  }
  if (norm(whole - dot(whole, stack.normal) * stack.normal) > 0.02 * norm(whole)) {
    throw InputError(fmt::format("{}: the slices are shifted against each other (tilted gantry)", folder.string()),
                     "resample the image onto a rectangular lattice");
  }
}

Image read_slices(const Stack& stack) {
  Image out;
  const std::size_t count = stack.slices.size();
  out.grid.size = {static_cast<int>(stack.size[0]), static_cast<int>(stack.size[1]), static_cast<int>(count)};
  out.grid.spacing = {stack.spacing[0], stack.spacing[1], stack.step};
  out.grid.origin = stack.slices.front().origin;
  for (std::size_t r = 0; r < 3; ++r) {
    out.grid.direction[3 * r] = stack.row[r];
    out.grid.direction[3 * r + 1] = stack.column[r];
    out.grid.direction[3 * r + 2] = stack.normal[r];
  }
  out.value.reserve(out.grid.count());
  for (const Slice& slice : stack.slices) {
    const auto io = itk::GDCMImageIO::New();
    const auto image = read_voxels(slice.file, io);
    const double* begin = image->GetBufferPointer();
    out.value.insert(out.value.end(), begin, begin + stack.size[0] * stack.size[1]);
  }
  return out;
}

}  // namespace

void check_dicom_image(const std::filesystem::path& path) {
  silence_gdcm();
  const QuietErrors quiet;
  for (const auto& [uid, series] : find_series({path.string()})) refuse_without_image(series);
}

Image read_dicom_folder(const std::filesystem::path& folder, const std::string& uid) {
  silence_gdcm();
  const QuietErrors quiet;
  const auto all = find_series(files_of(folder));
  const Series& series = choose(folder, all, uid);
  refuse_without_image(series);
  try {
    Stack stack = read_geometry(folder, series);
    set_step(folder, stack);
    return read_slices(stack);
  } catch (const itk::ExceptionObject& fault) {
    throw InputError(fmt::format("{}: a slice of the DICOM series cannot be read", folder.string()),
                     "the file may be damaged, cut short, or not an image; reason given: " + reason(fault));
  }
}

}  // namespace howship::vertebra
