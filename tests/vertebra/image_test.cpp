#include "vertebra/image.hpp"

#include <algorithm>
#include <cmath>
#include <zlib.h>

#include <gtest/gtest.h>

#include "ct_support.hpp"

#ifdef __SANITIZE_ADDRESS__
// ITK's NRRD library forgets its handles when a file turns out to be damaged.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libITKNrrdIO";
}
#endif

namespace howship::vertebra {
namespace {

using test::Matrix;
using test::meta_image;
using test::Nifti;
using test::nrrd;
using test::ramp;
using test::raw;
using test::refusal;
using test::Scratch;
using test::write_bytes;

void gzip(const std::filesystem::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), static_cast<int>(bytes.size()));
  gzclose(file);
}

/// All 48 ways in which voxel axes can run along patient axes.
std::vector<Matrix> axis_orders() {
  std::vector<Matrix> out;
  std::array<std::size_t, 3> order{0, 1, 2};
  do {
    for (int signs = 0; signs < 8; ++signs) {
      Matrix m{};
      for (std::size_t axis = 0; axis < 3; ++axis) m[3 * order[axis] + axis] = (signs >> axis) & 1 ? -1.0 : 1.0;
      out.push_back(m);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return out;
}

/// RAS position of a voxel by the affine that was written, as LPS.
std::array<double, 3> expected_lps(const Matrix& r, const std::array<float, 3>& spacing,
                                   const std::array<double, 3>& origin, const std::array<double, 3>& voxel) {
  std::array<double, 3> p = origin;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      p[row] += r[3 * row + axis] * static_cast<double>(spacing[axis]) * voxel[axis];
  }
  return {-p[0], -p[1], p[2]};
}

void expect_at(const Grid& grid, const std::array<double, 3>& voxel, const std::array<double, 3>& expected,
               const std::string& what) {
  const auto p = grid.position(voxel);
  for (std::size_t axis = 0; axis < 3; ++axis) EXPECT_NEAR(p[axis], expected[axis], 1e-4) << what << " axis " << axis;
}

TEST(NiftiImage, EveryAxisOrderIsHonouredFromQformAloneAndFromSformAlone) {
  const Scratch scratch;
  const std::array<double, 3> origin{12.5, -30.0, 7.25};
  auto matrices = axis_orders();
  const double c = std::cos(0.3), s = std::sin(0.3);
  matrices.push_back({c, -s, 0, s, c, 0, 0, 0, 1});
  matrices.push_back({1, 0, 0, 0, c, -s, 0, s, c});
  for (const Matrix& r : matrices) {
    for (const bool qform : {true, false}) {
      Nifti file;
      file.spacing = {0.5F, 1.0F, 2.0F};
      if (qform) {
        file.set_qform(r, origin);
      } else {
        file.set_sform(r, origin);
      }
      write_bytes(scratch / "a.nii", file.bytes(ramp(120)));
      const Image image = read_image(scratch / "a.nii", {});
      EXPECT_EQ(image.grid.size, (std::array<int, 3>{4, 5, 6}));
      for (std::size_t n = 0; n < 120; ++n) ASSERT_EQ(image.value[n], static_cast<double>(n));
      const std::string what = qform ? "qform" : "sform";
      for (const std::array<double, 3> v : {std::array<double, 3>{0, 0, 0}, {3, 0, 0}, {0, 4, 0}, {0, 0, 5}}) {
        expect_at(image.grid, v, expected_lps(r, file.spacing, origin, v), what);
      }
    }
  }
}

TEST(NiftiImage, SformGoesBeforeQformWhenBothAreSet) {
  const Scratch scratch;
  Nifti file;
  file.set_qform({1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
  file.set_sform({1, 0, 0, 0, 1, 0, 0, 0, 1}, {10, 20, 30});
  write_bytes(scratch / "a.nii", file.bytes(ramp(120)));
  expect_at(read_image(scratch / "a.nii", {}).grid, {0, 0, 0}, {-10, -20, 30}, "sform");
}

TEST(NiftiImage, IntegersWithSlopeAndInterceptCompressedToo) {
  const Scratch scratch;
  Nifti file;
  file.datatype = 4;
  file.bits = 16;
  file.slope = 0.5F;
  file.intercept = -10.0F;
  file.set_qform({1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
  gzip(scratch / "a.nii.gz", file.bytes(ramp<std::int16_t>(120)));
  const Image image = read_image(scratch / "a.nii.gz", {});
  for (std::size_t n = 0; n < 120; ++n) ASSERT_DOUBLE_EQ(image.value[n], 0.5 * static_cast<double>(n) - 10.0);
}

TEST(MetaImage, DirectionAndOffsetAreHonoured) {
  const Scratch scratch;
  // TransformMatrix lists the direction of each axis in turn: i along +y, j along -x.
  const std::string geometry = "TransformMatrix = 0 1 0 -1 0 0 0 0 1\nOffset = 5 6 7\nElementSpacing = 2 3 4\n";
  write_bytes(scratch / "a.mha", meta_image({4, 5, 6}, "MET_FLOAT", geometry, raw(ramp(120))));
  write_bytes(scratch / "b.mhd", meta_image({4, 5, 6}, "MET_FLOAT", geometry, "", "b.raw"));
  write_bytes(scratch / "b.raw", raw(ramp(120)));
  for (const char* name : {"a.mha", "b.mhd"}) {
    const Image image = read_image(scratch / name, {});
    expect_at(image.grid, {1, 2, 3}, {5 - 6, 6 + 2, 7 + 12}, name);
    EXPECT_EQ(image.value[119], 119.0);
  }
}

TEST(NrrdImage, SpaceDirectionsAreHonoured) {
  const Scratch scratch;
  const std::string geometry = "space directions: (0,2,0) (-3,0,0) (0,0,4)\nspace origin: (5,6,7)\n";
  write_bytes(scratch / "a.nrrd", nrrd({4, 5, 6}, "float", geometry, raw(ramp(120))));
  const Image image = read_image(scratch / "a.nrrd", {});
  expect_at(image.grid, {1, 2, 3}, {5 - 6, 6 + 2, 7 + 12}, "nrrd");
  EXPECT_EQ(image.value[119], 119.0);
}

/// Reads a file that must be refused, and watches that nothing is printed on the way.
std::string refused(const std::filesystem::path& path) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  const std::string said = refusal([&] { read_image(path, {}); });
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "") << path;
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << path;
  EXPECT_NE(said, "") << path;
  EXPECT_NE(said.find(path.filename().string()), std::string::npos) << said;
  EXPECT_EQ(said.find("itk::"), std::string::npos) << said;
  EXPECT_EQ(said.find("(0x"), std::string::npos) << said;
  return said;
}

TEST(ImageRefusal, MissingEmptyAndUnknown) {
  const Scratch scratch;
  EXPECT_NE(refused(scratch / "none.nii").find("no such file"), std::string::npos);
  write_bytes(scratch / "empty.nii", "");
  EXPECT_NE(refused(scratch / "empty.nii").find("empty"), std::string::npos);
  write_bytes(scratch / "notes.txt", "these are not voxels");
  EXPECT_NE(refused(scratch / "notes.txt").find("not an image of a known format"), std::string::npos);
  for (const char* name : {"text.nii", "text.nii.gz", "text.mha", "text.nrrd"}) {
    write_bytes(scratch / name, "these are not voxels");
    refused(scratch / name);
  }
  EXPECT_NE(refusal([&] { read_image(scratch.path(), {}); }).find("no DICOM"), std::string::npos);
}

// ITK itself ends the program at some of these.
TEST(ImageRefusal, APlaceThatIsNoNumber) {
  const Scratch scratch;
  for (const float bad : {std::nanf(""), HUGE_VALF, -3e38F}) {
    for (int which = 0; which < 4; ++which) {
      Nifti nifti;
      nifti.set_qform({1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
      nifti.set_sform({1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
      (which == 0   ? nifti.spacing[1]
       : which == 1 ? nifti.quaternion[2]
       : which == 2 ? nifti.offset[0]
                    : nifti.rows[3]) = bad;
      write_bytes(scratch / "a.nii", nifti.bytes(ramp(120)));
      EXPECT_NE(refusal([&] { read_image(scratch / "a.nii", {}); }).find("where the image lies"), std::string::npos)
          << bad << " " << which;
    }
  }
}

// Every length is tried, so that no place to stop is a lucky one.
TEST(ImageRefusal, CutShortAtAnyLength) {
  const Scratch scratch;
  Nifti nifti;
  nifti.set_qform({1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
  const std::string whole = nifti.bytes(ramp(120));
  gzip(scratch / "whole.nii.gz", whole);
  const std::string zipped = test::read_bytes(scratch / "whole.nii.gz");
  const std::string geometry = "Offset = 0 0 0\nElementSpacing = 1 1 1\n";
  const std::string meta = meta_image({4, 5, 6}, "MET_FLOAT", geometry, raw(ramp(120)));
  const std::string nearly = nrrd({4, 5, 6}, "float", "space directions: (1,0,0) (0,1,0) (0,0,1)\n", raw(ramp(120)));
  for (std::size_t length = 1; length < whole.size(); length += 37) {
    write_bytes(scratch / "cut.nii", whole.substr(0, length));
    refused(scratch / "cut.nii");
    gzip(scratch / "inner.nii.gz", whole.substr(0, length));
    refused(scratch / "inner.nii.gz");
  }
  for (std::size_t length = 1; length < zipped.size(); length += 7) {
    write_bytes(scratch / "cut.nii.gz", zipped.substr(0, length));
    refused(scratch / "cut.nii.gz");
  }
  for (std::size_t length = 1; length < meta.size(); length += 23) {
    write_bytes(scratch / "cut.mha", meta.substr(0, length));
    refused(scratch / "cut.mha");
  }
  gzip(scratch / "voxels.gz", raw(ramp(120)));
  const std::string voxels = test::read_bytes(scratch / "voxels.gz");
  const auto zipped_nrrd = [&](std::size_t length) {
    return nrrd({4, 5, 6}, "float", "space directions: (1,0,0) (0,1,0) (0,0,1)\n", voxels.substr(0, length), "gzip");
  };
  write_bytes(scratch / "whole.nrrd", zipped_nrrd(voxels.size()));
  EXPECT_EQ(read_image(scratch / "whole.nrrd", {}).value[119], 119.0);
  for (std::size_t length = 0; length + 9 < voxels.size(); length += 11) {
    write_bytes(scratch / "zipped.nrrd", zipped_nrrd(length));
    refused(scratch / "zipped.nrrd");
  }
  for (std::size_t length = 1; length < nearly.size(); length += 23) {
    write_bytes(scratch / "cut.nrrd", nearly.substr(0, length));
    refused(scratch / "cut.nrrd");
  }
}

TEST(MetaImage, CompressedVoxelsAreReadAndCheckedToTheirEnd) {
  const Scratch scratch;
  const std::string plain = raw(ramp(120));
  std::string packed(compressBound(plain.size()), '\0');
  uLongf length = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(plain.data()),
                     plain.size()),
            Z_OK);
  packed.resize(length);
  const auto file = [&](const std::string& data) {
    std::string text =
        meta_image({4, 5, 6}, "MET_FLOAT",
                   fmt::format("CompressedDataSize = {}\nOffset = 0 0 0\nElementSpacing = 1 1 1\n", length), data);
    text.replace(text.find("CompressedData = False"), 22, "CompressedData = True");
    return text;
  };
  write_bytes(scratch / "whole.mha", file(packed));
  EXPECT_EQ(read_image(scratch / "whole.mha", {}).value[119], 119.0);
  for (std::size_t n = 0; n < packed.size(); n += 11) {
    write_bytes(scratch / "cut.mha", file(packed.substr(0, n)));
    refused(scratch / "cut.mha");
    std::string damaged = packed;
    damaged[n] = static_cast<char>(damaged[n] ^ 0x55);
    write_bytes(scratch / "damaged.mha", file(damaged));
    refused(scratch / "damaged.mha");
  }
}

TEST(ImageRefusal, DamagedCompression) {
  const Scratch scratch;
  Nifti nifti;
  nifti.dim = {3, 40, 30, 20, 1, 1, 1, 1};
  const std::string whole = nifti.bytes(ramp(24000));
  gzip(scratch / "whole.nii.gz", whole);
  const std::string zipped = test::read_bytes(scratch / "whole.nii.gz");
  for (std::size_t at = 20; at + 8 < zipped.size(); at += zipped.size() / 23) {
    std::string damaged = zipped;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    write_bytes(scratch / "damaged.nii.gz", damaged);
    refused(scratch / "damaged.nii.gz");
  }
}

TEST(ImageRefusal, ColourVectorAndWrongDimension) {
  const Scratch scratch;
  Nifti rgb;
  rgb.datatype = 128;
  rgb.bits = 24;
  write_bytes(scratch / "rgb.nii", rgb.bytes(std::vector<std::uint8_t>(360, 1)));
  EXPECT_NE(refused(scratch / "rgb.nii").find("components per voxel"), std::string::npos);
  write_bytes(scratch / "vector.mha", meta_image({4, 5, 6}, "MET_FLOAT", "Offset = 0 0 0\nElementSpacing = 1 1 1\n",
                                                 raw(ramp(360)), "LOCAL", 3));
  EXPECT_NE(refused(scratch / "vector.mha").find("3 components per voxel"), std::string::npos);
  Nifti flat;
  flat.dim = {2, 4, 5, 1, 1, 1, 1, 1};
  write_bytes(scratch / "flat.nii", flat.bytes(ramp(20)));
  EXPECT_NE(refused(scratch / "flat.nii").find("2-dimensional"), std::string::npos);
  flat.dim = {3, 4, 5, 1, 1, 1, 1, 1};
  write_bytes(scratch / "slice.nii", flat.bytes(ramp(20)));
  EXPECT_NE(refused(scratch / "slice.nii").find("2-dimensional"), std::string::npos);
  Nifti film;
  film.dim = {4, 4, 5, 6, 3, 1, 1, 1};
  write_bytes(scratch / "film.nii", film.bytes(ramp(360)));
  EXPECT_NE(refused(scratch / "film.nii").find("4-dimensional"), std::string::npos);
}

TEST(ImageRefusal, AbsurdHeaders) {
  const Scratch scratch;
  Nifti nifti;
  nifti.dim = {3, 32000, 32000, 32000, 1, 1, 1, 1};
  write_bytes(scratch / "huge.nii", nifti.bytes(ramp(120)));
  refused(scratch / "huge.nii");
  gzip(scratch / "huge.nii.gz", nifti.bytes(ramp(120)));
  refused(scratch / "huge.nii.gz");
  const std::string geometry = "Offset = 0 0 0\nElementSpacing = 1 1 1\n";
  write_bytes(scratch / "huge.mha", meta_image({100000, 100000, 100000}, "MET_FLOAT", geometry, raw(ramp(120))));
  refused(scratch / "huge.mha");
  // A sparse file may be as long as its header says and still not fit.
  write_bytes(scratch / "sparse.mhd", meta_image({20000, 20000, 5000}, "MET_UCHAR", geometry, "", "sparse.raw"));
  write_bytes(scratch / "sparse.raw", "");
  std::error_code cannot;
  std::filesystem::resize_file(scratch / "sparse.raw", 2000000000000, cannot);
  if (!cannot) {
    EXPECT_NE(refused(scratch / "sparse.mhd").find("this machine has"), std::string::npos);
  }
  write_bytes(scratch / "huge.nrrd",
              nrrd({100000, 100000, 100000}, "float", "space directions: (1,0,0) (0,1,0) (0,0,1)\n", raw(ramp(120))));
  refused(scratch / "huge.nrrd");
  write_bytes(scratch / "negative.mha", meta_image({-4, 5, 6}, "MET_FLOAT", geometry, raw(ramp(120))));
  refused(scratch / "negative.mha");
  write_bytes(scratch / "flat.mha",
              meta_image({4, 5, 6}, "MET_FLOAT", "Offset = 0 0 0\nElementSpacing = 0 1 1\n", raw(ramp(120))));
  refused(scratch / "flat.mha");
  Nifti zero;
  zero.dim = {3, 0, 5, 6, 1, 1, 1, 1};
  write_bytes(scratch / "zero.nii", zero.bytes(ramp(120)));
  refused(scratch / "zero.nii");
  Nifti sheared;
  sheared.set_sform({1, 0.5, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
  write_bytes(scratch / "sheared.nii", sheared.bytes(ramp(120)));
  refused(scratch / "sheared.nii");
}

constexpr const char* kGeometry = "Offset = 0 0 0\nElementSpacing = 1 1 1\n";
constexpr const char* kDirections = "space directions: (1,0,0) (0,1,0) (0,0,1)\n";

/// A text with one piece replaced, which must be there.
std::string with(std::string text, const std::string& piece, const std::string& by) {
  const auto at = text.find(piece);
  if (at == std::string::npos) throw std::logic_error("no '" + piece + "'");
  return text.replace(at, piece.size(), by);
}

// An image that somebody sent may name a file of its own folder, and nothing else of this machine.
TEST(ImageRefusal, VoxelsElsewhere) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "inside");
  write_bytes(scratch / "secret.raw", raw(ramp(120)));
  write_bytes(scratch / "inside/a.raw", raw(ramp(120)));
  const std::string absolute = (scratch / "secret.raw").string();
  const std::string plain_nrrd = nrrd({4, 5, 6}, "float", kDirections, "");
  for (const std::string& name : {absolute, std::string("../secret.raw"), std::string("LIST"), std::string("-"),
                                  std::string("a%d.raw 0 1 1"), std::string("..\\secret.raw"), std::string("..")}) {
    write_bytes(scratch / "inside/a.mhd", meta_image({4, 5, 6}, "MET_FLOAT", kGeometry, "", name));
    EXPECT_NE(refused(scratch / "inside/a.mhd").find("one file beside it"), std::string::npos) << name;
    for (const char* file : {"inside/a.nhdr", "inside/a.nrrd"}) {
      write_bytes(scratch / file, with(plain_nrrd, "\n\n", "\ndata file: " + name + "\n"));
      EXPECT_NE(refused(scratch / file).find("one file beside it"), std::string::npos) << name;
    }
  }
  write_bytes(scratch / "inside/a.nhdr", with(plain_nrrd, "\n\n", "\ndata file: a.raw\n"));
  EXPECT_EQ(read_image(scratch / "inside/a.nhdr", {}).value[119], 119.0);
  write_bytes(scratch / "inside/b.nhdr", with(plain_nrrd, "\n\n", "\ndata file: none.raw\n"));
  EXPECT_NE(refused(scratch / "inside/b.nhdr").find("none.raw, which cannot be read"), std::string::npos);
  Nifti half;
  std::string bytes = half.bytes(ramp(120));
  bytes.replace(344, 3, "ni1");
  write_bytes(scratch / "half.nii", bytes);
  write_bytes(scratch / "half.img", raw(ramp(120)));
  EXPECT_NE(refused(scratch / "half.nii").find("in another file"), std::string::npos);
}

// What a reader of ours and ITK's could understand differently must not pass as checked.
TEST(ImageRefusal, HeadersThatSayTwoThings) {
  const Scratch scratch;
  const std::string meta = meta_image({4, 5, 6}, "MET_FLOAT", kGeometry, raw(ramp(120)));
  write_bytes(scratch / "plain.mha", meta);
  EXPECT_EQ(read_image(scratch / "plain.mha", {}).value[119], 119.0);
  const std::string long_word(200, '1');
  for (const auto& [piece, by] : std::vector<std::pair<std::string, std::string>>{
           {"NDims = 3", "NDims = 3\nNDims = 3"},
           {"NDims = 3", "ElementDataFile : /etc/passwd\nNDims = 3"},
           {"NDims = 3", "NDims = 3\nComment = a\x01"},
           {"NDims = 3", "NDims = 3\nComment = " + long_word},
           {"NDims = 3", "NDims = 3\n" + long_word + long_word + " = 1"},
           {"NDims = 3", "NDims = 11"},
           {"NDims = 3", "NDims = -1"},
           {"NDims = 3", "NDims = 2"},
           {"Offset = 0 0 0", "Offset = 0 0"},
           {"Offset = 0 0 0", "Offset = 0 0 zero"},
           {"Offset = 0 0 0", "TransformMatrix = 1 0 0"},
           {"DimSize = 4 5 6", "DimSize = 4 5 6.5"},
           {"DimSize = 4 5 6", "DimSize = 4 5 6\nHeaderSize = 100"},
           {"CompressedData = False", "CompressedData = True\nCompressedDataSize = -3"},
           {"BinaryData = True", "BinaryData = False"},
           {"CompressedData = False", "CompressedData = True\nCompressedDataSize = 1e9"}}) {
    write_bytes(scratch / "bad.mha", with(meta, piece, by));
    refused(scratch / "bad.mha");
  }
  const std::string good = nrrd({4, 5, 6}, "float", kDirections, raw(ramp(120)));
  for (const auto& [piece, by] : std::vector<std::pair<std::string, std::string>>{
           {"endian: little", "endian: little\nendian: big"},
           {"endian: little", "endian: little\r# \rdata file: /etc/passwd"},
           {"endian: little", "endian: little\nfile data: a"},
           {"endian: little", "endian: little\nnothing"},
           {"endian: little", "endian: little\nline skip: 1"},
           {"endian: little", "endian: little\nbyte skip: -2"},
           {"endian: little", "endian: little\nbyte skip: 1"},
           {"dimension: 3", "dimension: 17"},
           {"sizes: 4 5 6", "sizes: 4 5"},
           {"sizes: 4 5 6", "sizes: 4 5 -6"},
           {"type: float", "type: block"},
           {"encoding: raw", "encoding: hex"},
           {"NRRD0004", "NRRD00.01"}}) {
    write_bytes(scratch / "bad.nrrd", with(good, piece, by));
    refused(scratch / "bad.nrrd");
  }
  // Lines of Windows, keys of the user's own and comments are no fault.
  write_bytes(scratch / "good.nrrd",
              with(good, "endian: little\n", "endian: little\r\nmy key:=a: b\n# data file: x\n"));
  EXPECT_EQ(read_image(scratch / "good.nrrd", {}).value[119], 119.0);
}

// Numbers of a header are held against the length of the file before anything is allocated for them.
TEST(ImageRefusal, MoreVoxelsThanTheFileCanHold) {
  const Scratch scratch;
  const std::string zeros(1000, '\0');
  write_bytes(scratch / "a.nrrd", nrrd({4, 5, 6000}, "uchar", kDirections, zeros));
  EXPECT_NE(refused(scratch / "a.nrrd").find("promises 120000 bytes"), std::string::npos);
  Nifti nifti;
  nifti.dim = {3, 20, 20, 20, 1, 1, 1, 1};
  nifti.bits = 1;  // of a float: the type is what counts
  Nifti odd;
  odd.datatype = 17;
  write_bytes(scratch / "odd.nii", odd.bytes(ramp(1000)));
  EXPECT_NE(refused(scratch / "odd.nii").find("makes no sense"), std::string::npos);
  write_bytes(scratch / "a.nii", nifti.bytes(ramp(1000)));
  EXPECT_NE(refused(scratch / "a.nii").find("promises 32352 bytes"), std::string::npos);
}

// Debian's GDCM ends the program by an assertion where a file holds no data set.
TEST(ImageRefusal, DicomThatEndsItsLibrary) {
  const Scratch scratch;
  write_bytes(scratch / "a.dcm", std::string(128, '\0') + "DICM");
  refused(scratch / "a.dcm");
  std::filesystem::create_directory(scratch / "series");
  write_bytes(scratch / "series/a", std::string(128, '\0') + "DICM");
  EXPECT_NE(refusal([&] { read_image(scratch / "series", {}); }), "");
}

}  // namespace
}  // namespace howship::vertebra
