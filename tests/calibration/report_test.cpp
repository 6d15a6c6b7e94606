#include "howship/calibration/report.hpp"

#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "calibration/fit_world.hpp"

namespace howship::calibration {
namespace {

using test::FitWorld;
using test::kStudy;
using test::observed;
using test::parameter;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kRows =
    "time [day],value [mg],error [mg]\n0,1.1,0.1\n1,1.9,0.1\n2,3.2,0.1\n3,3.9,0.1\n4,5.1,0.1\n";

TEST(Report, TheEstimatesAreAnOverlayThatGivesTheFitAgain) {
  const FitWorld world;
  world.file("rows.csv", kRows);
  const Fit fit = world.fit(kStudy + parameter("a") + parameter("b") + observed("y", "rows.csv"));
  const auto out = world.path() / "out";
  write_fit(fit, out);
  write_fit(fit, out);  // replaces an earlier one
  for (const char* file : {"fit.json", "parameters.toml", "residuals.csv"})
    EXPECT_TRUE(std::filesystem::exists(out / file)) << file;
  EXPECT_FALSE(std::filesystem::exists(out / "profiles.csv"));
  EXPECT_THAT(read_text(out / "parameters.toml"), HasSubstr("source = \"fitted: line, standard error"));
  world.file("parameters.toml", read_text(out / "parameters.toml"));
  world.file(
      "study.toml",
      "models = [\"line\", \"./parameters.toml\"]\nduration = \"100 day\"\n[vertebra]\nvoxel = { bvtv = 0.15 }\n");
  const Fit again = world.fit(kStudy + parameter("x0", "low = 9.99\nhigh = 10.01") + observed("y", "rows.csv"));
  EXPECT_NEAR(again.cost, fit.cost, 1e-8);
  world.file("strange/notes.txt", "mine");
  EXPECT_THROW(write_fit(fit, world.fit_folder() / "strange"), InputError);
}

TEST(Report, HypothesesAreComparedOnTheSameObservationsOnly) {
  const FitWorld world;
  world.file("rows.csv", kRows);
  const Fit line = world.fit(kStudy + parameter("a") + parameter("b") + observed("y", "rows.csv"));
  const Fit level = world.fit(kStudy + parameter("b", "low = 0\nhigh = 100") + observed("y", "rows.csv"));
  const std::string text = comparison_text({line, level});
  EXPECT_THAT(text, AllOf(HasSubstr("weights from AICc"), HasSubstr("5 observations")));
  world.file("rows.csv", std::string(kRows) + "5,6,0.1\n");
  const Fit other = world.fit(kStudy + parameter("b") + observed("y", "rows.csv"));
  EXPECT_THROW(comparison_text({line, other}), InputError);
  const auto weights = akaike_weights({10.0, 12.0, 10.0});
  EXPECT_NEAR(weights[0], 1.0 / (2.0 + std::exp(-1.0)), 1e-12);
  EXPECT_NEAR(weights[1], std::exp(-1.0) / (2.0 + std::exp(-1.0)), 1e-12);
}

}  // namespace
}  // namespace howship::calibration
