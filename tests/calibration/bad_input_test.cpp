// Each fault of a fit's files is one clear message at its place.
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

constexpr const char* kGood = "time [day],value [mg],error [mg]\n1,2,0.1\n";

class BadInput : public testing::Test {
 protected:
  std::string of_fit(const std::string& text) const {
    world_.file("good.csv", kGood);
    return world_.faults(text);
  }
  std::string of_csv(const std::string& csv, const std::string& rest = {}) const {
    world_.file("bad.csv", csv);
    return world_.faults(kStudy + parameter("a") + observed("y", "bad.csv", rest));
  }
  const FitWorld world_;
};

TEST_F(BadInput, NothingIsWrongWithTheGoodOne) {
  EXPECT_EQ(of_fit(kStudy + parameter("a") + observed("y", "good.csv")), "");
}

TEST_F(BadInput, OfTheFitFile) {
  const std::string data = observed("y", "good.csv");
  EXPECT_THAT(of_fit(kStudy + parameter("aa") + data),
              AllOf(HasSubstr("fit.toml:6:7: error: no arm with observations has a parameter 'aa'"),
                    HasSubstr("did you mean 'a'")));
  EXPECT_THAT(of_fit(kStudy + parameter("a", "start = \"3 day\"") + data),
              HasSubstr("fit.toml:7:9: error: a is in mg, and 'day' is no such unit"));
  EXPECT_THAT(of_fit(kStudy + parameter("a", "low = -200") + data),
              HasSubstr("fit.toml:7:7: error: the bounds of a leave its range in the model"));
  EXPECT_THAT(of_fit(kStudy + parameter("a", "start = 5\nhigh = 4") + data),
              HasSubstr("a starts at 5 mg, outside its bounds"));
  EXPECT_THAT(of_fit(kStudy + parameter("a", "scale = \"log\"") + data),
              HasSubstr("fit.toml:7:10: error: on a logarithmic scale a needs a positive lower bound"));
  EXPECT_THAT(of_fit(kStudy + parameter("a") + parameter("a") + data), HasSubstr("parameter 'a' is named twice"));
  EXPECT_THAT(
      of_fit(kStudy + parameter("a", "prior = { kind = \"flat\", mean = 1, sd = 1, source = \"before\" }") + data),
      HasSubstr("a prior is normal or lognormal"));
  EXPECT_THAT(of_fit(kStudy + parameter("a", "prior = { kind = \"normal\", mean = 1, sd = 1 }") + data),
              HasSubstr("source"));
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("yy", "good.csv")),
              HasSubstr("has no species, quantity or observable 'yy'"));
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("x", "good.csv", "as = \"percent\"")),
              HasSubstr("'percent' is no way to report"));
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("y", "good.csv", "shift = \"3 mm\"")),
              AllOf(HasSubstr("is in mm, and day was expected"), HasSubstr("write it as \"28 day\"")));
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("y", "none.csv")), HasSubstr("there are no observations"));
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("y", "good.csv", "arm = \"other\"")),
              HasSubstr("the study has no arm 'other'"));
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("y", "good.csv", "as = \"change\"")),
              HasSubstr("good.csv holds values in mg, and change of y is measured in 1 or %"));
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("y", "good.csv", "shift = \"120 day\"")),
              HasSubstr("good.csv:2:3: error: day 121 of the study lies outside it"));
  EXPECT_THAT(of_fit("title = \"a\"\n[[study]]\nfile = \"nowhere.toml\"\n" + parameter("a") + data),
              HasSubstr("fit.toml:3:9: error: there is no study"));
  EXPECT_THAT(of_fit("starts = 2.5\n" + kStudy + parameter("a") + data),
              HasSubstr("fit.toml:1:10: error: starts is 2.5; it is a whole number"));
  EXPECT_THAT(of_fit("colour = 1\n" + kStudy + parameter("a") + data), HasSubstr("colour"));
}

TEST_F(BadInput, OfTheObservations) {
  EXPECT_THAT(of_csv("time [day],value [mg]\n1,2\n"),
              HasSubstr("bad.csv:1:1: error: exactly one column says how large the errors are"));
  EXPECT_THAT(of_csv("time [day],value,error [mg]\n1,2,3\n"),
              HasSubstr("bad.csv:1:12: error: column 'value' has no unit"));
  EXPECT_THAT(of_csv("time [mg],value [mg],error [mg]\n1,2,3\n"),
              HasSubstr("bad.csv:1:1: error: column 'time' is in mg, which is not a time"));
  EXPECT_THAT(of_csv("time [day],value [mgg],error [mg]\n1,2,3\n"), HasSubstr("bad.csv:1:19: error:"));
  EXPECT_THAT(of_csv("time [day],valeu [mg],error [mg]\n1,2,3\n"),
              AllOf(HasSubstr("bad.csv:1:12: error: unknown column 'valeu'"), HasSubstr("did you mean 'value'")));
  EXPECT_THAT(of_csv("time [day],value [mg],error [mg]\n1,two,3\n"),
              HasSubstr("bad.csv:2:3: error: 'two' is no number"));
  EXPECT_THAT(of_csv("time [day],value [mg],error [mg]\n1,2,0\n"),
              HasSubstr("bad.csv:2:5: error: the error of an observation is positive"));
  EXPECT_THAT(of_csv("time [day],value [mg],error [mg]\n1,2\n"),
              HasSubstr("bad.csv:2:1: error: this row has 2 fields, and the header 3"));
  EXPECT_THAT(of_csv("time [day],value [mg],error [mg],censored\n1,2,3,yes\n"),
              HasSubstr("bad.csv:2:7: error: 'censored' is 1, 0 or empty"));
  EXPECT_THAT(of_csv("time [day],value [mg],error [day]\n1,2,3\n"),
              HasSubstr("the errors are in day, and the values in mg"));
  EXPECT_THAT(of_csv("time [day],value [mg],error [mg]\n1,2,3\n", "log = true"),
              HasSubstr("where logarithms are compared, errors are relative"));
  EXPECT_THAT(of_csv("time [day],value [mg],relative_error [%]\n1,-2,3\n", "log = true"),
              HasSubstr("bad.csv:2:3: error: where logarithms are compared, values are positive"));
  EXPECT_THAT(of_csv("series,time [day],value [mg],error [mg]\none,1,2,3\n"),
              HasSubstr("bad.csv:1:1: error: the file holds several series: say which"));
  EXPECT_THAT(of_csv("series,time [day],value [mg],error [mg]\none,1,2,3\n", "rows = \"two\""),
              AllOf(HasSubstr("the file has no rows of the series 'two'"), HasSubstr("one")));
  EXPECT_EQ(of_csv("series,time [day],value [mg],error [mg]\none,1,2,3\n", "rows = \"one\""), "");
  EXPECT_THAT(of_csv("# nothing\n\n"), HasSubstr("the file holds no observations"));
}

TEST_F(BadInput, OfAStudyInSpaceOrWithAValueOfItsOwn) {
  world_.file("study.toml",
              "models = [\"line\"]\nduration = \"10 day\"\n[vertebra]\nblock = [\"4 mm\", \"4 mm\", \"1 mm\"]\nbvtv = "
              "0.15\nvoxel_size = \"1 mm\"\n");
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("y", "good.csv")),
              HasSubstr("has space in it, and a fit runs without"));
  world_.file("study.toml",
              "models = [\"line\"]\nduration = \"10 day\"\n[vertebra]\nvoxel = { bvtv = 0.15 }\n[[arms]]\nid = "
              "\"one\"\nparameters = { a = 2 }\n");
  EXPECT_THAT(of_fit(kStudy + parameter("a") + observed("y", "good.csv")),
              HasSubstr("a is estimated, but arm 'one' sets a value of its own"));
}

}  // namespace
}  // namespace howship::calibration
