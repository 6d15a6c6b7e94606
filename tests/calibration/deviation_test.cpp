#include <cmath>

#include <gtest/gtest.h>

#include "calibration/latin_hypercube.hpp"
#include "calibration/problem.hpp"

namespace howship::calibration {
namespace {

Observation limit_of(double value, double error) {
  Observation o;
  o.value = value;
  o.error = error;
  o.censored = true;
  return o;
}

TEST(Deviation, OfACensoredObservationIsTwiceTheLogOfTheNormalDistribution) {
  // -2 ln Φ(z), computed independently (SciPy; the first two also by a continued fraction).
  for (const auto& [z, exact] : {std::pair{-35.0, 1233.950202523845},
                                 {-5.0, 30.129996787977454},
                                 {-1.0, 3.682043290018528},
                                 {0.0, 1.3862943611198906},
                                 {1.0, 0.3455075580468997},
                                 {5.0, 5.733032259275261e-07}}) {
    const Deviation off = deviation(limit_of(2.0, 0.5), false, 2.0 - 0.5 * z);
    EXPECT_NEAR(off.residual * off.residual, exact, 1e-11 * exact) << z;
  }
}

TEST(Deviation, SlopesAreThoseOfTheResidual) {
  for (const bool censored : {false, true}) {
    for (const bool logarithmic : {false, true}) {
      for (double predicted = 0.2; predicted < 30.0; predicted *= 1.3) {
        Observation o = limit_of(3.0, 0.4);
        o.censored = censored;
        const double h = 1e-6 * predicted;
        const double difference =
            (deviation(o, logarithmic, predicted + h).residual - deviation(o, logarithmic, predicted - h).residual) /
            (2 * h);
        EXPECT_NEAR(deviation(o, logarithmic, predicted).slope, difference, 1e-6 * std::abs(difference) + 1e-9)
            << predicted;
      }
    }
  }
}

TEST(Deviation, FarBelowTheLimitNothingIsLearnt) {
  const Deviation off = deviation(limit_of(100.0, 0.1), false, 1.0);
  EXPECT_EQ(off.residual, 0.0);
  EXPECT_EQ(off.slope, 0.0);
}

TEST(LatinHypercube, HasOnePointInEachSlice) {
  const auto points = latin_hypercube(20, 3, 7);
  EXPECT_EQ(points, latin_hypercube(20, 3, 7));
  EXPECT_NE(points, latin_hypercube(20, 3, 8));
  for (std::size_t d = 0; d < 3; ++d) {
    std::vector<bool> seen(20, false);
    for (const auto& point : points) seen.at(static_cast<std::size_t>(point[d] * 20.0)) = true;
    for (const bool slice : seen) EXPECT_TRUE(slice);
  }
  EXPECT_TRUE(latin_hypercube(0, 3, 7).empty());
}

}  // namespace
}  // namespace howship::calibration
