#include <array>
#include <cmath>
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmImageReader.h>
#include <gdcmImageWriter.h>
#include <optional>

#include <gtest/gtest.h>

#include "ct_support.hpp"
#include "vertebra/image.hpp"

namespace howship::vertebra {
namespace {

using test::append;
using test::refusal;
using test::Scratch;
using test::write_bytes;

/// A DICOM file written by hand (explicit little endian), so that each of its fields can be set, wrongly too.
struct Slice {
  std::string modality = "CT", class_uid = "1.2.840.10008.5.1.4.1.1.2", series = "1.2.3.4", instance = "1";
  std::string position = "10\\20\\30", orientation = "1\\0\\0\\0\\1\\0", spacing = "0.5\\2", thickness = "5";
  std::string slope = "2", intercept = "-100";
  std::uint16_t rows = 4, columns = 3, samples = 1;
  std::optional<std::string> pixels;  ///< absent: voxel n of the slice has the value n + first
  std::int16_t first = 0;
  bool image = true;

  static void element(std::string& out, std::uint16_t group, std::uint16_t number, const std::string& vr,
                      std::string value) {
    if (value.size() % 2 == 1) value += vr == "UI" || vr == "OB" ? '\0' : ' ';
    append(out, group);
    append(out, number);
    out += vr;
    if (vr == "OB" || vr == "OW") {
      append(out, std::uint16_t{0});
      append(out, static_cast<std::uint32_t>(value.size()));
    } else {
      append(out, static_cast<std::uint16_t>(value.size()));
    }
    out += value;
  }
  static std::string number(std::uint16_t value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

  std::string bytes() const {
    std::string meta;
    element(meta, 0x0002, 0x0001, "OB", std::string("\0\1", 2));
    element(meta, 0x0002, 0x0002, "UI", class_uid);
    element(meta, 0x0002, 0x0003, "UI", series + "." + instance);
    element(meta, 0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1");
    element(meta, 0x0002, 0x0012, "UI", "1.2.3");
    std::string out(128, '\0');
    out += "DICM";
    std::string length;
    append(length, static_cast<std::uint32_t>(meta.size()));
    element(out, 0x0002, 0x0000, "UL", length);
    out += meta;
    element(out, 0x0008, 0x0016, "UI", class_uid);
    element(out, 0x0008, 0x0018, "UI", series + "." + instance);
    element(out, 0x0008, 0x0060, "CS", modality);
    element(out, 0x0008, 0x103e, "LO", "test");
    if (image) element(out, 0x0018, 0x0050, "DS", thickness);
    element(out, 0x0020, 0x000d, "UI", "1.2.3");
    element(out, 0x0020, 0x000e, "UI", series);
    element(out, 0x0020, 0x0013, "IS", instance);
    if (!image) return out;
    element(out, 0x0020, 0x0032, "DS", position);
    element(out, 0x0020, 0x0037, "DS", orientation);
    element(out, 0x0028, 0x0002, "US", number(samples));
    element(out, 0x0028, 0x0004, "CS", samples == 3 ? "RGB" : "MONOCHROME2");
    if (samples == 3) element(out, 0x0028, 0x0006, "US", number(0));
    element(out, 0x0028, 0x0010, "US", number(rows));
    element(out, 0x0028, 0x0011, "US", number(columns));
    element(out, 0x0028, 0x0030, "DS", spacing);
    element(out, 0x0028, 0x0100, "US", number(samples == 3 ? 8 : 16));
    element(out, 0x0028, 0x0101, "US", number(samples == 3 ? 8 : 16));
    element(out, 0x0028, 0x0102, "US", number(samples == 3 ? 7 : 15));
    element(out, 0x0028, 0x0103, "US", number(samples == 3 ? 0 : 1));
    if (samples == 1) {
      element(out, 0x0028, 0x1052, "DS", intercept);
      element(out, 0x0028, 0x1053, "DS", slope);
    }
    std::string data;
    if (pixels) {
      data = *pixels;
    } else if (samples == 3) {
      data.assign(std::size_t{3} * rows * columns, '\1');
    } else {
      for (int n = 0; n < rows * columns; ++n) append(data, static_cast<std::int16_t>(first + n));
    }
    element(out, 0x7fe0, 0x0010, "OW", data);
    return out;
  }
};

class DicomSeries : public testing::Test {
 protected:
  /// Slices 3 mm apart whose names and numbers run against their positions.
  std::vector<Slice> stack(int count, double step = 3.0) const {
    std::vector<Slice> out(static_cast<std::size_t>(count));
    for (int n = 0; n < count; ++n) {
      Slice& slice = out[static_cast<std::size_t>(n)];
      slice.instance = std::to_string(count - n);
      slice.position = fmt::format("10\\20\\{}", 30.0 + step * n);
      slice.first = static_cast<std::int16_t>(100 * n);
    }
    return out;
  }
  void write(const std::vector<Slice>& slices) const {
    for (const Slice& slice : slices) write_bytes(path(slice), slice.bytes());
  }
  std::filesystem::path path(const Slice& slice) const {
    return scratch_ / (slice.series + "-" + slice.instance + ".dcm");
  }
  std::string refused(const std::string& series = {}) const {
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const std::string said = refusal([&] { read_image(scratch_.path(), series); });
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(said.find("itk::"), std::string::npos) << said;
    return said;
  }
  void expect_stack(const Image& image, int count) const {
    EXPECT_EQ(image.grid.size, (std::array<int, 3>{3, 4, count}));
    EXPECT_NEAR(image.grid.spacing[0], 2.0, 1e-12);  // PixelSpacing is row spacing first
    EXPECT_NEAR(image.grid.spacing[1], 0.5, 1e-12);
    EXPECT_NEAR(image.grid.spacing[2], 3.0, 1e-12);  // from positions; SliceThickness says 5
    EXPECT_EQ(image.grid.origin, (std::array<double, 3>{10, 20, 30}));
    for (int k = 0; k < count; ++k) {
      for (int n = 0; n < 12; ++n)
        ASSERT_EQ(image.value[static_cast<std::size_t>(12 * k + n)], 2.0 * (100 * k + n) - 100.0);
    }
  }

  Scratch scratch_;
};

TEST_F(DicomSeries, SpacingAndOrderComeFromPositions) {
  write(stack(5));
  expect_stack(read_image(scratch_.path(), {}), 5);
}

TEST_F(DicomSeries, OtherFilesInTheFolderDoNotMatter) {
  write(stack(3));
  write_bytes(scratch_ / "notes.txt", "not DICOM");
  write_bytes(scratch_ / "empty", "");
  Slice report;
  report.image = false;
  report.modality = "SR";
  report.series = "1.2.3.9";
  write({report});
  expect_stack(read_image(scratch_.path(), {}), 3);
}

TEST_F(DicomSeries, ObliqueAndReversedSlicesLieWhereTheySay) {
  auto slices = stack(4);
  const double c = std::cos(0.4), s = std::sin(0.4);
  for (std::size_t n = 0; n < slices.size(); ++n) {
    // Rows along x, columns in the y-z plane; the normal is (0, -s, c).
    slices[n].orientation = fmt::format("1\\0\\0\\0\\{:.9f}\\{:.9f}", c, s);
    slices[n].position = fmt::format("1\\{:.9f}\\{:.9f}", 2.0 + 3.0 * static_cast<double>(n) * s,
                                     5.0 - 3.0 * static_cast<double>(n) * c);
  }
  write(slices);
  const Image image = read_image(scratch_.path(), {});
  EXPECT_NEAR(image.grid.spacing[2], 3.0, 1e-6);
  for (std::size_t n = 0; n < slices.size(); ++n) {
    const auto k = slices.size() - 1 - n;
    const auto p = image.grid.position({0, 0, static_cast<double>(k)});
    EXPECT_NEAR(p[1], 2.0 + 3.0 * static_cast<double>(n) * s, 1e-6);
    EXPECT_NEAR(p[2], 5.0 - 3.0 * static_cast<double>(n) * c, 1e-6);
    EXPECT_EQ(image.value[12 * k], 200.0 * static_cast<double>(n) - 100.0);
  }
}

TEST_F(DicomSeries, RescaleMayDifferFromSliceToSlice) {
  auto slices = stack(2);
  slices[1].slope = "0.5";
  slices[1].intercept = "7";
  write(slices);
  const Image image = read_image(scratch_.path(), {});
  EXPECT_EQ(image.value[3], -94.0);
  EXPECT_EQ(image.value[15], 0.5 * 103.0 + 7.0);
}

TEST_F(DicomSeries, CompressedPixelsAreDecoded) {
  using Syntax = gdcm::TransferSyntax;
  for (const auto syntax :
       {Syntax::RLELossless, Syntax::JPEGLosslessProcess14_1, Syntax::JPEG2000Lossless, Syntax::JPEGLSLossless}) {
    auto slices = stack(3);
    for (Slice& slice : slices) slice.rows = 64, slice.columns = 48;  // the JPEG 2000 encoder fails on tiny images
    write(slices);
    const Image plain = read_image(scratch_.path(), {});
    for (const Slice& slice : slices) {
      const std::string file = path(slice).string();
      gdcm::ImageReader reader;
      reader.SetFileName(file.c_str());
      ASSERT_TRUE(reader.Read());
      gdcm::ImageChangeTransferSyntax change;
      change.SetTransferSyntax(syntax);
      change.SetInput(reader.GetImage());
      ASSERT_TRUE(change.Change()) << Syntax::GetTSString(syntax);
      gdcm::ImageWriter writer;
      writer.SetFile(reader.GetFile());
      writer.SetImage(change.GetOutput());
      writer.SetFileName(file.c_str());
      ASSERT_TRUE(writer.Write());
    }
    SCOPED_TRACE(Syntax::GetTSString(syntax));
    const Image image = read_image(scratch_.path(), {});
    EXPECT_EQ(image.value, plain.value);
    EXPECT_EQ(image.grid.size, (std::array<int, 3>{48, 64, 3}));
    EXPECT_NEAR(image.grid.spacing[2], 3.0, 1e-12);
  }
}

TEST_F(DicomSeries, SeveralSeriesAreListedAndOneCanBeChosen) {
  write(stack(3));
  auto other = stack(2);
  for (Slice& slice : other) slice.series = "1.2.3.5";
  write(other);
  const std::string said = refused();
  EXPECT_NE(said.find("several DICOM series"), std::string::npos) << said;
  EXPECT_NE(said.find("1.2.3.4  CT test (3 files)"), std::string::npos) << said;
  EXPECT_NE(said.find("1.2.3.5  CT test (2 files)"), std::string::npos) << said;
  expect_stack(read_image(scratch_.path(), "1.2.3.4"), 3);
  EXPECT_NE(refused("9.9").find("no DICOM series '9.9'"), std::string::npos);
}

TEST_F(DicomSeries, ObjectsWithoutAnImageAreRefusedByModality) {
  Slice contours;
  contours.image = false;
  contours.modality = "RTSTRUCT";
  contours.class_uid = "1.2.840.10008.5.1.4.1.1.481.3";
  write({contours});
  EXPECT_NE(refused().find("modality RTSTRUCT"), std::string::npos) << refused();
}

TEST_F(DicomSeries, SingleFilesAreRefusedWithAReason) {
  Slice slice;
  write({slice});
  EXPECT_NE(refused().find("two-dimensional"), std::string::npos) << refused();
  const std::string one = refusal([&] { read_image(path(slice), {}); });
  EXPECT_NE(one.find("2-dimensional"), std::string::npos) << one;
  slice.image = false;
  slice.modality = "SR";
  write({slice});
  const std::string report = refusal([&] { read_image(path(slice), {}); });
  EXPECT_NE(report.find("modality SR holds no image"), std::string::npos) << report;
}

TEST_F(DicomSeries, GapsDoublesTiltsAndStrangersAreRefused) {
  auto slices = stack(5);
  slices.erase(slices.begin() + 2);
  write(slices);
  EXPECT_NE(refused().find("6 mm between the slices"), std::string::npos) << refused();

  slices = stack(5);
  slices[2].position = slices[1].position;
  write(slices);
  EXPECT_NE(refused().find("0 mm between the slices"), std::string::npos) << refused();

  slices = stack(5);
  for (std::size_t n = 0; n < 5; ++n)
    slices[n].position =
        fmt::format("10\\{}\\{}", 20.0 + 0.8 * static_cast<double>(n), 30.0 + 3.0 * static_cast<double>(n));
  write(slices);
  EXPECT_NE(refused().find("tilted gantry"), std::string::npos) << refused();

  slices = stack(5);
  slices[3].rows = 5;
  write(slices);
  EXPECT_NE(refused().find("but the slices before it have"), std::string::npos) << refused();

  slices = stack(5);
  slices[3].orientation = "0\\1\\0\\1\\0\\0";
  write(slices);
  EXPECT_NE(refused().find("orientation differs"), std::string::npos) << refused();
}

TEST_F(DicomSeries, ColourAndCutFilesAreRefused) {
  auto slices = stack(3);
  for (Slice& slice : slices) slice.samples = 3;
  write(slices);
  EXPECT_NE(refused().find("3 components per pixel"), std::string::npos) << refused();

  slices = stack(3);
  write(slices);
  const std::string whole = slices[1].bytes();
  for (std::size_t length = whole.size() - 2; length > 132; length -= 7) {
    write_bytes(path(slices[1]), whole.substr(0, length));
    EXPECT_NE(refused(), "") << length;
  }
}

}  // namespace
}  // namespace howship::vertebra
