#include "howship/vertebra/ct_import.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include "howship/vertebra/seeding.hpp"

#include "ct_support.hpp"

namespace howship::vertebra {
namespace {

using test::meta_image;
using test::raw;
using test::refusal;
using test::Scratch;
using test::write_bytes;

constexpr std::array<int, 3> kSize{6, 7, 8};
constexpr std::size_t kCount = 6 * 7 * 8;
const std::string kGeometry = "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 10 20 30\nElementSpacing = 1 2 3\n";

std::size_t at(int i, int j, int k) {
  return (static_cast<std::size_t>(k) * 7 + j) * 6 + i;
}

/// A little CT with a mask of three labels, one voxel of bone away from every face of the image or more.
class SmallCt : public testing::Test {
 protected:
  SmallCt() : value_(kCount, -1000.0F), label_(kCount, 0) {
    for (int k = 2; k < 5; ++k) {
      for (int j = 1; j < 6; ++j) {
        for (int i = 2; i < 4; ++i) {
          label_[at(i, j, k)] = j < 3 ? 1 : j == 3 ? 2 : 7;
          value_[at(i, j, k)] = static_cast<float>(100 * label_[at(i, j, k)] + k);
        }
      }
    }
  }
  CtOptions write() {
    CtOptions options;
    options.image = scratch_ / "ct.mha";
    options.masks = {scratch_ / "mask.mha"};
    write_bytes(options.image, meta_image(kSize, "MET_FLOAT", kGeometry, raw(value_)));
    write_bytes(options.masks[0], meta_image(kSize, "MET_UCHAR", kGeometry, raw(label_)));
    return options;
  }
  std::string refused(const CtOptions& options) {
    return refusal([&] { import_ct(options); });
  }

  Scratch scratch_;
  std::vector<float> value_;
  std::vector<std::uint8_t> label_;
};

TEST_F(SmallCt, ReportsEveryLabelAndCropsToTheBone) {
  CtOptions options = write();
  options.rules = {{1, Region::trabecular}, {2, Region::posterior}, {7, std::nullopt}};
  const CtImport found = import_ct(options);
  ASSERT_EQ(found.labels.size(), 3U);
  EXPECT_EQ(found.labels[0].label, 1);
  EXPECT_EQ(found.labels[0].voxels, 12U);
  EXPECT_DOUBLE_EQ(found.labels[0].volume, 72.0);
  EXPECT_DOUBLE_EQ(found.labels[0].mean_value, 103.0);
  EXPECT_DOUBLE_EQ(found.labels[0].centroid[0], 12.5);
  EXPECT_DOUBLE_EQ(found.labels[0].centroid[1], 23.0);
  EXPECT_DOUBLE_EQ(found.labels[0].centroid[2], 39.0);
  EXPECT_FALSE(found.labels[2].region.has_value());
  EXPECT_EQ(found.domain.size(), 18U);
  EXPECT_EQ(found.domain.grid().size, (std::array<int, 3>{4, 5, 5}));
  EXPECT_EQ(found.grid.size, kSize);
  for (std::size_t v = 0; v < found.domain.size(); ++v) {
    const auto p = found.domain.grid().position(found.domain.active()[v]);
    const int i = static_cast<int>(std::lround(p[0] - 10)), j = static_cast<int>(std::lround((p[1] - 20) / 2)),
              k = static_cast<int>(std::lround((p[2] - 30) / 3));
    EXPECT_EQ(found.domain.region()[v], label_[at(i, j, k)] == 1 ? Region::trabecular : Region::posterior);
    EXPECT_NEAR(found.domain.bvtv()[v], value_[at(i, j, k)] / 1320.0, 1e-9);
  }
}

TEST_F(SmallCt, LabelsWithoutRulesAreBoneOrLeftOut) {
  CtOptions options = write();
  EXPECT_EQ(import_ct(options).domain.size(), 30U);
  options.rules = {{2, Region::cortical}};
  const CtImport found = import_ct(options);
  EXPECT_EQ(found.domain.size(), 6U);
  EXPECT_EQ(found.domain.region()[0], Region::cortical);
  EXPECT_FALSE(found.labels[0].region.has_value());
}

TEST_F(SmallCt, CalibrationAndLimitsAreAppliedAndCounted) {
  value_[at(2, 1, 2)] = -5000.0F;
  value_[at(3, 1, 2)] = 9000.0F;
  CtOptions options = write();
  options.calibration = Calibration{0.8, 10.0};
  options.density_of_bone = 1000.0;
  const CtImport found = import_ct(options);
  EXPECT_EQ(found.raised, 1U);
  EXPECT_EQ(found.lowered, 1U);
  EXPECT_DOUBLE_EQ(found.domain.bvtv()[0], options.min_bvtv);
  EXPECT_DOUBLE_EQ(found.domain.bvtv()[1], options.max_bvtv);
  EXPECT_NEAR(found.domain.bvtv()[29], (0.8 * 704.0 + 10.0) / 1000.0, 1e-9);
  EXPECT_NEAR(found.labels[1].mean_density, 0.8 * 203.0 + 10.0, 1e-9);
  EXPECT_FLOAT_EQ(found.density[0], 0.8F * -1000.0F + 10.0F);
}

TEST_F(SmallCt, SeveralBinaryMasksAreLabelsOneAndUp) {
  CtOptions options = write();
  std::vector<std::uint8_t> a(kCount, 0), b(kCount, 0);
  for (std::size_t n = 0; n < kCount; ++n) {
    a[n] = label_[n] == 1 ? 255 : 0;
    b[n] = label_[n] == 7 ? 255 : 0;
  }
  options.masks = {scratch_ / "a.mha", scratch_ / "b.mha"};
  write_bytes(options.masks[0], meta_image(kSize, "MET_UCHAR", kGeometry, raw(a)));
  write_bytes(options.masks[1], meta_image(kSize, "MET_UCHAR", kGeometry, raw(b)));
  options.rules = {{1, Region::trabecular}, {2, Region::posterior}};
  const CtImport found = import_ct(options);
  EXPECT_EQ(found.labels[0].voxels, 12U);
  EXPECT_EQ(found.labels[1].voxels, 12U);

  b = a;
  write_bytes(options.masks[1], meta_image(kSize, "MET_UCHAR", kGeometry, raw(b)));
  EXPECT_NE(refused(options).find("overlap at voxel"), std::string::npos) << refused(options);
  std::fill(b.begin(), b.end(), std::uint8_t{0});
  write_bytes(options.masks[1], meta_image(kSize, "MET_UCHAR", kGeometry, raw(b)));
  EXPECT_NE(refused(options).find("b.mha: the mask is empty"), std::string::npos) << refused(options);
}

TEST_F(SmallCt, MaskOfAnotherGeometryIsRefusedWithBothValues) {
  CtOptions options = write();
  const auto with = [&](const std::array<int, 3>& size, const std::string& geometry) {
    write_bytes(options.masks[0], meta_image(size, "MET_UCHAR", geometry, raw(label_)));
    return refused(options);
  };
  const std::string size = with({7, 6, 8}, kGeometry);
  EXPECT_NE(size.find("size differs: 6 x 7 x 8"), std::string::npos) << size;
  EXPECT_NE(size.find("7 x 6 x 8"), std::string::npos) << size;
  const std::string origin =
      with(kSize, "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 10 20 31\nElementSpacing = 1 2 3\n");
  EXPECT_NE(origin.find("origin differs: (10, 20, 30) mm"), std::string::npos) << origin;
  EXPECT_NE(origin.find("(10, 20, 31) mm"), std::string::npos) << origin;
  const std::string spacing =
      with(kSize, "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 10 20 30\nElementSpacing = 1 2 3.1\n");
  EXPECT_NE(spacing.find("spacing differs: (1, 2, 3) mm"), std::string::npos) << spacing;
  const std::string turned =
      with(kSize, "TransformMatrix = -1 0 0 0 -1 0 0 0 1\nOffset = 10 20 30\nElementSpacing = 1 2 3\n");
  EXPECT_NE(turned.find("orientation differs"), std::string::npos) << turned;
}

TEST_F(SmallCt, UnusableMasksAreRefused) {
  CtOptions options = write();
  options.rules = {{1, Region::trabecular}, {3, Region::cortical}};
  EXPECT_NE(refused(options).find("no voxel has label 3; the labels are 1, 2, 7"), std::string::npos)
      << refused(options);
  options.rules = {{1, std::nullopt}};
  EXPECT_NE(refused(options).find("no label of"), std::string::npos) << refused(options);
  options.rules.clear();
  options.masks[0] = options.image;
  EXPECT_NE(refused(options).find("which is no label"), std::string::npos) << refused(options);
  options = write();
  write_bytes(options.masks[0], meta_image(kSize, "MET_UCHAR", kGeometry, std::string(kCount, '\0')));
  EXPECT_NE(refused(options).find("the mask is empty"), std::string::npos) << refused(options);
  value_[at(2, 2, 3)] = std::numeric_limits<float>::quiet_NaN();
  options = write();
  EXPECT_NE(refused(options).find("voxel (2, 2, 3) under label 1"), std::string::npos) << refused(options);
}

TEST_F(SmallCt, EveryBadOptionIsReportedAtOnce) {
  CtOptions options = write();
  options.masks.clear();
  options.min_bvtv = 0.5;
  options.max_bvtv = 0.4;
  options.density_of_bone = 0.0;
  options.calibration = Calibration{-1.0, 0.0};
  options.rules = {{0, Region::cortical}, {2, Region::cortical}, {2, Region::endplate}};
  try {
    import_ct(options);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_EQ(error.diagnostics().size(), 6U) << error.what();
  }
}

TEST(RegionFromText, KnowsItsNamesAndSuggestsThem) {
  EXPECT_EQ(region_from_text("cortical"), Region::cortical);
  EXPECT_EQ(region_from_text("posterior"), Region::posterior);
  EXPECT_EQ(region_from_text("skip"), std::nullopt);
  EXPECT_NE(refusal([] { region_from_text("cortcal"); }).find("did you mean 'cortical'"), std::string::npos);
}

// The figures that accompany the data.
TEST(RealVertebra, MatchesItsReadmeExactly) {
  const char* folder = std::getenv("HOWSHIP_TEST_DATA");
  const auto data =
      folder != nullptr ? std::filesystem::path(folder) : std::filesystem::path(HOWSHIP_SOURCE_DIR) / "../shared/data";
  if (!std::filesystem::exists(data / "verse004-L2/density.nii.gz")) {
    GTEST_SKIP() << "no verse004-L2 in " << data << "; set HOWSHIP_TEST_DATA to the folder that holds it";
  }
  CtOptions options;
  options.image = data / "verse004-L2/density.nii.gz";
  options.masks = {data / "verse004-L2/labels.nii.gz"};
  options.rules = {{1, Region::trabecular}, {2, Region::cortical}, {3, Region::posterior},
                   {4, Region::posterior},  {5, std::nullopt},     {6, std::nullopt}};
  const CtImport found = import_ct(options);
  EXPECT_EQ(found.grid.size, (std::array<int, 3>{100, 89, 74}));
  EXPECT_EQ(found.grid.direction, Grid{}.direction);  // axes L, P, S
  const std::array<std::size_t, 6> voxels{22553, 11093, 7761, 12343, 7015, 6425};
  const std::array<double, 6> density{75.47, 181.13, 232.03, 414.83, 0.0, 0.0};
  ASSERT_EQ(found.labels.size(), 6U);
  for (std::size_t n = 0; n < 6; ++n) {
    EXPECT_EQ(found.labels[n].label, static_cast<int>(n) + 1);
    EXPECT_EQ(found.labels[n].voxels, voxels[n]);
    EXPECT_NEAR(found.labels[n].mean_density, density[n], 0.005);
    EXPECT_EQ(found.labels[n].region.has_value(), n < 4);
  }
  EXPECT_NEAR(found.domain.volume(), 53750.0, 1e-6);
  const auto [low, high] = std::minmax_element(found.density.begin(), found.density.end());
  EXPECT_NEAR(*low, -214.0, 1.0);
  EXPECT_NEAR(*high, 1894.0, 1.0);
  // A lesion in the posterior body lies between the body's centre and the processes, whichever way the file is turned.
  const auto site = lesion_centre(found.domain, "posterior_body");
  EXPECT_GT(site[1], found.labels[2].centroid[1]);
  EXPECT_LT(site[1], found.labels[0].centroid[1]);
  EXPECT_FALSE(found.notes.empty());
}

}  // namespace
}  // namespace howship::vertebra
