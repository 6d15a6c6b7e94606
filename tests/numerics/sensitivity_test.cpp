// Sensitivities of models without space, held against closed forms.
#include <cmath>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"

#include "numerics/patient.hpp"

namespace howship::simulation {
namespace {

using namespace howship::test;

void expect_close(double is, double exact, double relative, double size) {
  EXPECT_NEAR(is, exact, relative * std::abs(exact) + 1e-9 * size);
}

constexpr const char* kDecay = R"toml(
id = "toy"
title = "decay"
[species.x]
title = "x"
scope = "systemic"
unit = "mg"
initial = "2*x0"
typical = 1e-3
[parameters]
x0 = { value = 3, unit = "mg", range = [0, 10], source = "assumed: a test" }
k = { value = 0.2, unit = "1/day", range = [0, 10], source = "assumed: a test" }
[processes.loss]
title = "loss"
rate = "k*x"
changes = { x = -1 }
[observables.squared]
title = "a read-out that names a parameter"
formula = "k*x*x"
unit = "mg^2/day"
)toml";

TEST(Sensitivity, ExponentialDecayAndItsInitialValue) {
  Patient patient = of_text(kDecay, {"k", "x0"}, {"x", "squared"});
  patient.schedule = {20.0, {}, {0.0, 1.0, 5.0, 20.0}};
  const auto rows = patient.run(1e-9);
  ASSERT_EQ(rows.size(), 4U);
  for (const Row& row : rows) {
    const double t = row.time;
    const double x = 6.0 * std::exp(-0.2 * t);
    expect_close(row.values[0], x, 1e-7, 1.0);
    expect_close(row.derivatives[0], -t * x, 1e-6, 1.0);
    expect_close(row.derivatives[1], x / 3.0, 1e-6, 1.0);
    expect_close(row.derivatives[2], x * x - 0.4 * x * t * x, 1e-6, 1.0);
    expect_close(row.derivatives[3], 0.4 * x * x / 3.0, 1e-6, 1.0);
  }
}

TEST(Sensitivity, LogisticGrowth) {
  Patient patient = of_text(R"toml(
id = "toy"
title = "growth"
[species.n]
title = "n"
scope = "local"
unit = "1"
initial = "n0"
typical = 1e-3
[parameters]
n0 = { value = 0.01, unit = "1", range = [0, 1], source = "assumed: a test" }
r = { value = 0.3, unit = "1/day", range = [0, 10], source = "assumed: a test" }
K = { value = 2, unit = "1", range = [0, 10], source = "assumed: a test" }
[processes.growth]
title = "growth"
rate = "r*n*(1 - n/K)"
changes = { n = 1 }
)toml",
                            {"n0", "r", "K"}, {"n"});
  patient.schedule = {60.0, {}, {10.0, 20.0, 60.0}};
  for (const Row& row : patient.run(1e-9)) {
    const double e = std::exp(-0.3 * row.time);
    const double a = 2.0 / 0.01 - 1.0;
    const double bottom = 1.0 + a * e;
    expect_close(row.values[0], 2.0 / bottom, 1e-6, 1.0);
    expect_close(row.derivatives[0], 2.0 / (bottom * bottom) * e * 2.0 / (0.01 * 0.01), 1e-5, 1.0);
    expect_close(row.derivatives[1], 2.0 / (bottom * bottom) * a * e * row.time, 1e-5, 1.0);
    expect_close(row.derivatives[2], 1.0 / bottom - 2.0 / (bottom * bottom) * e / 0.01, 1e-5, 1.0);
  }
}

constexpr const char* kBateman = R"toml(
id = "toy"
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
ka = { value = 0.5, unit = "1/day", range = [0, 10], source = "assumed: a test" }
ke = { value = 0.1, unit = "1/day", range = [0, 10], source = "assumed: a test" }
F = { value = 0.6, unit = "1", range = [0, 1], source = "assumed: a test" }
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
bioavailability = "F"
)toml";

TEST(Sensitivity, DosesWhoseAmountDependsOnAParameter) {
  Patient patient = of_text(kBateman, {"ka", "ke", "F"}, {"blood", "depot"});
  patient.schedule = {40.0, {}, {3.0, 10.0, 12.0, 40.0}};
  patient.dose("drug", 100.0, 2.0, 10.0, 2);
  for (const Row& row : patient.run(1e-9)) {
    double blood = 0.0;
    double by_ka = 0.0;
    double by_ke = 0.0;
    double depot = 0.0;
    for (const double given : {2.0, 12.0}) {
      const double t = row.time - given;
      if (t < 0.0 || (t == 0.0 && row.moment == Moment::before_dose)) continue;
      const double a = std::exp(-0.5 * t);
      const double e = std::exp(-0.1 * t);
      const double c = 60.0 * 0.5 / 0.4;
      depot += 60.0 * a;
      blood += c * (e - a);
      by_ka += -60.0 * 0.1 / (0.4 * 0.4) * (e - a) + c * t * a;
      by_ke += c / 0.4 * (e - a) - c * t * e;
    }
    expect_close(row.values[0], blood, 1e-7, 10.0);
    expect_close(row.derivatives[0], by_ka, 1e-6, 10.0);
    expect_close(row.derivatives[1], by_ke, 1e-6, 10.0);
    expect_close(row.derivatives[2], blood / 0.6, 1e-6, 10.0);
    expect_close(row.derivatives[5], depot / 0.6, 1e-6, 10.0);
  }
}

// x grows at rate a until `off`, an instant that is itself asked for, and from then on at rate b until it reaches a
// level that is asked for too; then it rests.
TEST(Sensitivity, InstantsThatParametersMove) {
  Patient patient = of_text(R"toml(
id = "toy"
title = "switched"
[species.x]
title = "x"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1
[species.y]
title = "filled at a steady rate until x is full"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1
[parameters]
a = { value = 2, unit = "mg/day", range = [0, 10], source = "assumed: a test" }
b = { value = 1, unit = "mg/day", range = [0, 10], source = "assumed: a test" }
off = { value = 5, unit = "day", range = [0, 10], source = "assumed: a test" }
c = { value = 1, unit = "mg/day", range = [0, 10], source = "assumed: a test" }
full = { value = 13, unit = "mg", range = [0, 100], source = "assumed: a test" }
[processes.growth]
title = "growth"
rate = "piecewise(a, time < off, b)"
changes = { x = 1 }
[processes.filling]
title = "filling"
rate = "piecewise(c, x < full, 0)"
changes = { y = 1 }
)toml",
                            {"a", "b", "off", "full"}, {"x", "y"});
  patient.schedule = {20.0, {}, {4.0, 7.0, 20.0}};
  const auto rows = patient.run(1e-8);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_NEAR(rows[0].derivatives[0], 4.0, 1e-6);
  EXPECT_NEAR(rows[0].derivatives[2], 0.0, 1e-6);
  // x = a off + b (t - off); y ends at the instant off + (full - a off)/b = 8.
  EXPECT_NEAR(rows[1].derivatives[0], 5.0, 1e-5);
  EXPECT_NEAR(rows[1].derivatives[1], 2.0, 1e-5);
  EXPECT_NEAR(rows[1].derivatives[2], 1.0, 1e-5);
  EXPECT_NEAR(rows[2].values[1], 8.0, 1e-5);
  EXPECT_NEAR(rows[2].derivatives[4], -5.0, 1e-5);
  EXPECT_NEAR(rows[2].derivatives[5], -3.0, 1e-5);
  EXPECT_NEAR(rows[2].derivatives[6], -1.0, 1e-5);
  EXPECT_NEAR(rows[2].derivatives[7], 1.0, 1e-5);
}

TEST(Sensitivity, WhatIsNotFollowedIsRefusedByName) {
  const std::string steps = std::string(kDecay) + R"toml(
[processes.steps]
title = "steps"
rate = "k*x0*floor(k*time)"
changes = { x = 1 }
)toml";
  try {
    of_text(steps, {"k"}, {"x"}).run(1e-6);
    FAIL();
  } catch (const UnsupportedError& error) {
    EXPECT_NE(std::string(error.what()).find("parameter k moves the instants"), std::string::npos) << error.what();
  }
  Patient fixed = of_text(steps, {"x0"}, {"x"});
  fixed.schedule = {20.0, {}, {20.0}};
  EXPECT_NO_THROW(fixed.run(1e-6));
  const std::string event = std::string(kDecay) + R"toml(
[events.flare]
title = "flare"
when = "x < 0.1*x0"
set = { x = "x + x0" }
)toml";
  try {
    of_text(event, {"k"}, {"x"}).run(1e-6);
    FAIL();
  } catch (const UnsupportedError& error) {
    EXPECT_NE(std::string(error.what()).find("event 'flare'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace howship::simulation
