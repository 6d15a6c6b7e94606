// howship fit as a user meets it.
#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "calibration/fit_world.hpp"
#include "program.hpp"

namespace howship {
namespace {

using test::kStudy;
using test::observed;
using test::Outcome;
using test::parameter;
using testing::AllOf;
using testing::HasSubstr;

class FitCommand : public testing::Test {
 protected:
  FitCommand() {
    world_.file("rows.csv",
                "time [day],value [mg],error [mg]\n0,1.1,0.1\n1,1.9,0.1\n2,3.2,0.1\n3,3.9,0.1\n4,5.1,0.1\n");
    world_.file("fit.toml", kStudy + parameter("a") + parameter("b") + observed("y", "rows.csv"));
    world_.file("level.toml", kStudy + "set = [\"b=0\"]\n" + parameter("a") + observed("y", "rows.csv"));
  }
  Outcome run(const std::string& words) const { return program_.run(words); }
  const test::FitWorld world_;
  const test::Program program_{world_.fit_folder(), world_.path()};
};

TEST_F(FitCommand, PrintsATableAndWritesTheFolder) {
  const Outcome good = run("fit fit.toml --profiles");
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, AllOf(HasSubstr("95 % limits"), HasSubstr("identified"),
                              HasSubstr("5 observations, 2 parameters"), HasSubstr("1 of 1 starts")));
  const auto folder = world_.fit_folder() / "out/fits/line";
  for (const char* file : {"parameters.toml", "residuals.csv", "profiles.csv"})
    EXPECT_TRUE(std::filesystem::exists(folder / file)) << file;
  const auto json = nlohmann::json::parse(read_text(folder / "fit.json"));
  EXPECT_NEAR(json["parameters"][1]["estimate"].get<double>(), 1.0, 1e-3);
  EXPECT_EQ(json["parameters"][0]["verdict"], "identified");
  EXPECT_EQ(run("fit . -o elsewhere --starts 2 -q").code, 0);
  EXPECT_TRUE(std::filesystem::exists(world_.fit_folder() / "elsewhere/fit.json"));
}

TEST_F(FitCommand, ComparesAndChecks) {
  const Outcome compared = run("fit --compare level.toml fit.toml");
  EXPECT_EQ(compared.code, 0) << compared.err;
  EXPECT_THAT(compared.out, AllOf(HasSubstr("hypothesis"), HasSubstr("weights from AICc")));
  EXPECT_LT(compared.out.find("\nline "), compared.out.find("\nlevel "));
  EXPECT_FALSE(std::filesystem::exists(world_.fit_folder() / "out"));
  world_.file("others.csv", "time [day],value [mg],error [mg]\n0,1.1,0.2\n");
  world_.file("other.toml", kStudy + parameter("a") + observed("y", "others.csv"));
  const Outcome refused = run("fit --compare other.toml fit.toml");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("are fitted to different observations"));
  const Outcome checked = run("check fit.toml");
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("2 parameters, 5 observations"));
  EXPECT_THAT(run("check level.toml").out, HasSubstr("1 parameters, 5 observations"));
  EXPECT_THAT(run("check .").out, HasSubstr("2 parameters, 5 observations"));
}

TEST_F(FitCommand, RefusesWithAMessageAndWritesNothing) {
  EXPECT_EQ(run("fit").code, 1);
  EXPECT_EQ(run("fit nowhere.toml").code, 1);
  EXPECT_EQ(run("fit fit.toml --starts none").code, 1);
  EXPECT_THAT(run("fit fit.toml --starts 0").err, HasSubstr("--starts must be from 1 to 10000"));
  EXPECT_THAT(run("fit fit.toml level.toml").err, HasSubstr("takes one file"));
  EXPECT_THAT(run("fit --compare fit.toml").err, HasSubstr("takes two files or more"));
  world_.file("bad.toml", kStudy + parameter("aa") + observed("y", "rows.csv"));
  const Outcome bad = run("fit bad.toml");
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, HasSubstr("bad.toml:6:7: error: no arm with observations has a parameter 'aa'"));
  EXPECT_FALSE(std::filesystem::exists(world_.fit_folder() / "out"));
}

}  // namespace
}  // namespace howship
