// Fits whose answers are known otherwise.
#include "howship/calibration/fit.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <numbers>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "calibration/fit_world.hpp"

namespace howship::calibration {
namespace {

using test::FitWorld;
using test::kStudy;
using test::observed;
using test::parameter;

struct LinePoint {
  double t, y, error;
};
const std::vector<LinePoint> kLine{{0, 2.1, 0.1}, {1, 2.9, 0.2},  {2, 4.3, 0.1},
                                   {5, 6.7, 0.3}, {9, 11.2, 0.2}, {12, 13.9, 0.4}};

std::string line_csv() {
  std::string csv = "time [day],value [mg],error [mg]\n";
  for (const LinePoint& p : kLine) csv += fmt::format("{},{},{}\n", p.t, p.y, p.error);
  return csv;
}

TEST(Fit, IsWeightedLinearRegressionWhereTheModelIsALine) {
  const FitWorld world;
  world.file("line.csv", line_csv());
  const Fit fit = world.fit(kStudy + parameter("a", "scale = \"linear\"") + parameter("b", "start = \"0.2 mg/day\"") +
                            observed("y", "line.csv"));
  double s = 0;
  double st = 0;
  double stt = 0;
  double sy = 0;
  double sty = 0;
  for (const LinePoint& p : kLine) {
    const double w = 1.0 / (p.error * p.error);
    s += w;
    st += w * p.t;
    stt += w * p.t * p.t;
    sy += w * p.y;
    sty += w * p.t * p.y;
  }
  const double determinant = s * stt - st * st;
  const double a = (stt * sy - st * sty) / determinant;
  const double b = (s * sty - st * sy) / determinant;
  ASSERT_TRUE(fit.good()) << fit.message;
  EXPECT_NEAR(fit.parameters[0].value, a, 1e-6);
  EXPECT_NEAR(fit.parameters[1].value, b, 1e-7);
  ASSERT_TRUE(fit.parameters[0].error && fit.parameters[1].error);
  EXPECT_NEAR(*fit.parameters[0].error, std::sqrt(stt / determinant), 1e-6);
  EXPECT_NEAR(*fit.parameters[1].error, std::sqrt(s / determinant), 1e-6);
  ASSERT_TRUE(fit.correlation[0][1]);
  EXPECT_NEAR(*fit.correlation[0][1], -st / std::sqrt(s * stt), 1e-6);
  double squares = 0;
  double constant = 0;
  for (const LinePoint& p : kLine) {
    squares += std::pow((p.y - a - b * p.t) / p.error, 2);
    constant += std::log(2 * std::numbers::pi * p.error * p.error);
  }
  EXPECT_NEAR(2 * fit.cost, squares, 1e-6);
  EXPECT_NEAR(fit.deviance, squares + constant, 1e-6);
  EXPECT_NEAR(fit.aic, squares + constant + 4, 1e-6);
  EXPECT_NEAR(*fit.aicc, squares + constant + 4 + 12.0 / 3.0, 1e-6);
  EXPECT_NEAR(fit.bic, squares + constant + 2 * std::log(6.0), 1e-6);
}

TEST(Fit, ProfileOfALineIsAParabola) {
  const FitWorld world;
  world.file("line.csv", line_csv());
  FitOptions options;
  options.profiles = true;
  const Fit fit = world.fit(
      kStudy + parameter("a", "scale = \"linear\"") + parameter("b", "scale = \"linear\"") + observed("y", "line.csv"),
      options);
  ASSERT_EQ(fit.profiles.size(), 2U);
  for (const Profile& profile : fit.profiles) {
    const Estimate& estimate = fit.parameters[profile.parameter];
    EXPECT_EQ(profile.identified, Identified::yes);
    ASSERT_TRUE(profile.lower && profile.upper);
    const double half = std::sqrt(3.841458820694124) * *estimate.error;
    EXPECT_NEAR(*profile.lower, estimate.value - half, 1e-3 * half);
    EXPECT_NEAR(*profile.upper, estimate.value + half, 1e-3 * half);
    for (std::size_t i = 0; i < profile.values.size(); ++i) {
      const double off = (profile.values[i] - estimate.value) / *estimate.error;
      EXPECT_NEAR(profile.costs[i] - fit.cost, 0.5 * off * off, 1e-4);
    }
  }
}

std::string decay_csv() {
  std::string csv = "time [day],value [ng],relative_error [%]\n";
  for (const double t : {0.0, 1.0, 2.0, 4.0, 7.0}) csv += fmt::format("{},{},10\n", t, 8000 * std::exp(-0.3 * t));
  return csv;
}

TEST(Fit, AProductOfTwoParametersIsReportedAsNotDetermined) {
  const FitWorld world;
  world.file("decay.csv", decay_csv());
  FitOptions options;
  options.profiles = true;
  const Fit fit = world.fit(kStudy + parameter("x0", "low = 1\nhigh = 100") + parameter("k1", "low = 0.1\nhigh = 1") +
                                parameter("k2", "low = 0.1\nhigh = 10") + observed("x", "decay.csv"),
                            options);
  EXPECT_NEAR(fit.parameters[0].value, 0.008, 1e-8);  // mg
  EXPECT_NEAR(fit.parameters[1].value * fit.parameters[2].value, 0.3, 1e-6);
  EXPECT_FALSE(fit.parameters[0].undetermined);
  EXPECT_TRUE(fit.parameters[0].error);
  for (const std::size_t p : {1U, 2U}) {
    EXPECT_TRUE(fit.parameters[p].undetermined);
    EXPECT_FALSE(fit.parameters[p].error);
  }
  // Along the ridge k1 goes from bound to bound; k2 goes as far as k1 lets it.
  EXPECT_EQ(fit.profiles[1].identified, Identified::no);
  EXPECT_EQ(fit.profiles[2].identified, Identified::yes);
  EXPECT_LT(*fit.profiles[2].lower, 0.3);
  EXPECT_GT(*fit.profiles[2].upper, 3.0);
}

TEST(Fit, AParameterThatDoesNothingIsNotIdentified) {
  const FitWorld world;
  world.file("decay.csv", decay_csv());
  FitOptions options;
  options.profiles = true;
  const Fit fit = world.fit(kStudy + parameter("x0", "low = 1\nhigh = 100") + parameter("k1") + parameter("idle") +
                                observed("x", "decay.csv"),
                            options);
  EXPECT_EQ(fit.profiles[1].identified, Identified::yes);
  EXPECT_EQ(fit.profiles[2].identified, Identified::no);
  EXPECT_TRUE(fit.parameters[2].undetermined);
  EXPECT_TRUE(fit.parameters[1].error);
}

// The likelihood of a constant with two values below an assay's limit, by bisection on its own derivative.
TEST(Fit, CensoredObservationsCountByTheNormalDistribution) {
  const FitWorld world;
  world.file(
      "c.csv",
      "time [day],value [mg],error [mg],censored\n1,1.4,0.5,\n2,0.9,0.5,0\n3,0.6,0.5,1\n4,0.6,0.5,1\n5,1.1,0.5,\n");
  const Fit fit = world.fit(kStudy + parameter("a", "scale = \"linear\"") + observed("y", "c.csv") +
                            parameter("b", "start = 0\nlow = -1e-9\nhigh = 1e-9"));
  const double sigma = 0.5;
  const auto score = [sigma](double m) {
    double sum = 0;
    for (const double y : {1.4, 0.9, 1.1}) sum += (y - m) / (sigma * sigma);
    const double z = (0.6 - m) / sigma;
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
    return sum - 2 * density / (0.5 * std::erfc(-z / std::numbers::sqrt2)) / sigma;
  };
  double low = -5;
  double high = 5;
  for (int n = 0; n < 100; ++n) {
    const double middle = 0.5 * (low + high);
    (score(middle) > 0 ? low : high) = middle;
  }
  EXPECT_NEAR(fit.parameters[0].value, low, 1e-5);
  // Far below the limit such an observation is certain and costs nothing.
  world.file("far.csv", "time [day],value [mg],error [mg],censored\n1,-3,0.5,\n2,90,0.5,1\n3,-3.5,0.5,\n");
  const Fit far = world.fit(kStudy + parameter("a", "scale = \"linear\"") + observed("y", "far.csv") +
                            parameter("b", "start = 0\nlow = -1e-9\nhigh = 1e-9"));
  EXPECT_NEAR(far.parameters[0].value, -3.25, 1e-6);
}

TEST(Fit, APriorPullsByItsPrecision) {
  const FitWorld world;
  world.file("c.csv", "time [day],value [mg],error [mg]\n0,4,1\n0,6,1\n");
  const Fit fit =
      world.fit(kStudy + parameter("a", "prior = { kind = \"normal\", mean = 2, sd = 0.5, source = \"before\" }") +
                observed("y", "c.csv"));
  EXPECT_NEAR(fit.parameters[0].value, (10 + 2 * 4) / (2.0 + 4.0), 1e-7);
  EXPECT_NEAR(*fit.parameters[0].error, 1 / std::sqrt(6.0), 1e-7);
  world.file("d.csv", "time [day],value [ug],relative_error [1]\n0,20,0.5\n");
  const Fit log = world.fit(
      kStudy +
      parameter("x0", "low = 0.1\nprior = { kind = \"lognormal\", median = 5, sd_log = 0.5, source = \"before\" }") +
      observed("x", "d.csv", "log = true"));
  EXPECT_NEAR(log.parameters[0].value, 0.010, 1e-9);  // mg
}

TEST(Fit, AnActiveBoundIsSaidAndLeavesNoError) {
  const FitWorld world;
  world.file("line.csv", line_csv());
  const Fit fit =
      world.fit(kStudy + parameter("a") + parameter("b", "start = 0.5\nhigh = 0.8") + observed("y", "line.csv"));
  EXPECT_TRUE(fit.good());
  EXPECT_NEAR(fit.parameters[1].value, 0.8, 1e-9);
  EXPECT_EQ(fit.parameters[1].at_bound, Bound::high);
  EXPECT_FALSE(fit.parameters[1].error);
  EXPECT_TRUE(fit.parameters[0].error);
}

TEST(Fit, ReportsOfTrialsAreFromTheBaseline) {
  const FitWorld world;
  std::string csv = "time [week],value [%],error [%]\n";
  for (const double t : {7.0, 14.0, 28.0}) csv += fmt::format("{},{},1\n", t / 7, 100 * (std::exp(-0.05 * t) - 1));
  world.file("change.csv", csv);
  const Fit fit = world.fit(kStudy + parameter("k1", "start = 1\nlow = 0.001") +
                            observed("x", "change.csv", "as = \"change\"\nbaseline = \"10 day\"\nshift = \"10 day\""));
  EXPECT_NEAR(fit.parameters[0].value, 0.05, 1e-7);
  EXPECT_NEAR(fit.points[0].predicted, 100 * (std::exp(-0.35) - 1), 1e-4);
}

TEST(Fit, TheSameBitsOnAnyNumberOfThreads) {
  const FitWorld world;
  world.file("decay.csv", decay_csv());
  world.file("fit.toml",
             kStudy + parameter("x0", "low = 1\nhigh = 100") + parameter("k1") + observed("x", "decay.csv"));
  const auto run = [&](int threads) {
    FitOptions options;
    options.threads = {threads};
    options.starts = 7;
    options.profiles = true;
    return run_fit(world.fit_folder() / "fit.toml", world.data(), world.units(), options);
  };
  const Fit one = run(1);
  const Fit three = run(3);
  EXPECT_EQ(one.starts_agreeing, 7U);
  ASSERT_EQ(three.starts.size(), 7U);
  for (std::size_t s = 0; s < 7; ++s) {
    EXPECT_EQ(one.starts[s].from, three.starts[s].from);
    EXPECT_EQ(one.starts[s].to, three.starts[s].to);
  }
  for (std::size_t p = 0; p < 2; ++p) {
    EXPECT_EQ(one.parameters[p].value, three.parameters[p].value);
    EXPECT_EQ(one.profiles[p].values, three.profiles[p].values);
    EXPECT_EQ(one.profiles[p].costs, three.profiles[p].costs);
  }
}

// A drug under the skin peaks at (ka/ke)^(-ke/(ka - ke)) of its dose.
TEST(Fit, APeakWhoseTimeIsNotKnown) {
  const FitWorld world;
  world.file("pk.toml", R"toml(id = "pk"
title = "absorption and elimination"
[species.depot]
title = "depot"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1e-3
[species.blood]
title = "blood"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1e-3
[parameters]
ka = { value = 0.5, unit = "1/day", range = [0.01, 10], source = "test" }
ke = { value = 0.1, unit = "1/day", range = [0.01, 10], source = "test" }
[processes.absorption]
title = "absorption"
rate = "ka*depot"
changes = { depot = -1, blood = 1 }
[processes.elimination]
title = "elimination"
rate = "ke*blood"
changes = { blood = -1 }
[dose.drug]
title = "drug"
enters = "depot"
bioavailability = "1"
)toml");
  world.file(
      "study.toml",
      "models = [\"./pk.toml\"]\nduration = \"60 day\"\n[parameters]\nka = 0.8\n[vertebra]\nvoxel = { bvtv = 0.15 }\n"
      "[[arms]]\nid = \"one\"\ndoses = [{ drug = \"drug\", amount = \"100 mg\", start = \"5 day\" }]\n");
  const auto peak = [](double ka, double ke) { return 100 * std::pow(ka / ke, -ke / (ka - ke)); };
  world.file("peak.csv", fmt::format("time [day],until [day],value [mg],error [mg]\n5,50,{},1\n", peak(0.8, 0.2)));
  const Fit fit = world.fit(kStudy + parameter("ke") + observed("blood", "peak.csv", "take = \"max\""));
  EXPECT_NEAR(fit.parameters[0].value, 0.2, 2e-4);  // the parabola through rows a quarter of a day apart
  const double h = 1e-5;
  const double slope = (peak(0.8, 0.2 + h) - peak(0.8, 0.2 - h)) / (2 * h);
  ASSERT_TRUE(fit.parameters[0].error);
  EXPECT_NEAR(*fit.parameters[0].error, 1 / std::abs(slope), 5e-3 / std::abs(slope));
  const FitWorld other;
  other.file("peak.csv", "time [day],value [mg],error [mg]\n5,6,1\n");
  EXPECT_THAT(other.faults(kStudy + parameter("a") + observed("y", "peak.csv", "take = \"max\"")),
              testing::HasSubstr("peak.csv:1:1: error: there is no column 'until [unit]'"));
}

// Two studies share b; each has a start of its own, and one of them is estimated.
TEST(Fit, SeveralStudiesShareParameters) {
  const FitWorld world;
  world.file("one.csv", "time [day],value [mg],error [mg]\n0,3,1\n10,23,1\n");
  world.file("two.csv", "time [day],value [mg],error [mg]\n10,31,1\n20,49,1\n");
  const Fit fit = world.fit(
      "title = \"two\"\nrelative_tolerance = 1e-9\n[[study]]\nid = \"one\"\nfile = \"study.toml\"\nset = [\"a=3\"]\n"
      "[[study]]\nid = \"two\"\nfile = \"study.toml\"\nset = [\"a=10\"]\n" +
      parameter("b") + observed("y", "one.csv", "study = \"one\"") + observed("y", "two.csv", "study = \"two\""));
  // Least squares of 23 - 3, 31 - 10, 49 - 10 on 10, 10, 20.
  EXPECT_NEAR(fit.parameters[0].value, (200.0 + 210.0 + 780.0) / 600.0, 1e-7);
  EXPECT_NEAR(*fit.parameters[0].error, 1 / std::sqrt(600.0), 1e-7);
}

}  // namespace
}  // namespace howship::calibration
