#include "vertebra/random_field.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace howship::vertebra {
namespace {

constexpr double kLength = 3.0;
const std::array<double, 3> kLow{-60, -60, -60}, kHigh{60, 60, 60};

TEST(RandomField, HasMeanZeroVarianceOneAndTheStatedCorrelation) {
  const RandomField field(11, kLength, kLow, kHigh);
  double sum = 0.0, squares = 0.0, along = 0.0, twice = 0.0;
  int count = 0;
  // A step that shares no divisor with the lattice's, so that all places within a cell are met.
  for (double z = -50; z < 50; z += 2.7182) {
    for (double y = -50; y < 50; y += 2.7182) {
      for (double x = -50; x < 50; x += 2.7182) {
        const double here = field.at({x, y, z});
        sum += here;
        squares += here * here;
        along += here * field.at({x + kLength, y, z});
        twice += here * field.at({x, y, z + 3.0 * kLength});
        ++count;
      }
    }
  }
  EXPECT_NEAR(sum / count, 0.0, 0.03);
  EXPECT_NEAR(squares / count, 1.0, 0.05);
  EXPECT_NEAR(along / squares, std::exp(-1.0), 0.04);
  EXPECT_NEAR(twice / squares, 0.0, 0.04);
}

TEST(RandomField, IsSmooth) {
  const RandomField field(3, kLength, kLow, kHigh);
  for (double x = -10.0; x < 10.0; x += 0.01) {
    EXPECT_LT(std::abs(field.at({x + 0.01, 1.0, 2.0}) - field.at({x, 1.0, 2.0})), 0.02);
  }
}

TEST(RandomField, IsTheSameForTheSameSeedOnly) {
  const RandomField a(5, kLength, kLow, kHigh), b(5, kLength, kLow, kHigh), c(6, kLength, kLow, kHigh);
  EXPECT_EQ(a.at({1.0, 2.0, 3.0}), b.at({1.0, 2.0, 3.0}));
  EXPECT_NE(a.at({1.0, 2.0, 3.0}), c.at({1.0, 2.0, 3.0}));
}

}  // namespace
}  // namespace howship::vertebra
