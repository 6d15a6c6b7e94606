// Arms against each other, where every measure has a closed form: a marker that decays and a lesion that grows.
#include "howship/study/comparison.hpp"

#include <cmath>
#include <gmock/gmock.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "howship/study/simulation.hpp"

#include "small_world.hpp"

namespace howship::study {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kModel = R"(id = "decay"
title = "a marker that decays, and a lesion that grows"
[species.m]
title = "marker"
scope = "systemic"
unit = "pM"
initial = "m0"
typical = 1
[species.v]
title = "lesion"
scope = "systemic"
unit = "mm^3"
initial = "v0"
typical = 1
[parameters]
v0 = { value = 2, unit = "mm^3", range = [0, 10], source = "test" }
m0 = { value = 4, unit = "pM", range = [0, 10], source = "test" }
k = { value = 0.1, unit = "1/day", range = [0, 1], source = "test" }
g = { value = 0.05, unit = "1/day", range = [0, 1], source = "test" }
[processes.decay]
title = "decay"
rate = "k*m"
changes = { m = -1 }
[processes.growth]
title = "growth"
rate = "g*v"
changes = { v = 1 }
[observables.marker]
title = "the marker"
formula = "m"
unit = "fM"
)";
const std::string kStudy = R"(id = "decay"
models = ["decay"]
duration = "40 day"
[vertebra]
voxel = { bvtv = 0.15 }
[solver]
relative_tolerance = 1e-9
[output]
every = "1 day"
[[arms]]
id = "slow"
[[arms]]
id = "fast"
parameters = { k = 0.2, g = 0.01 }
)";
const std::string kCompare = R"([compare]
from = "10 day"
to = "30 day"
markers = ["m"]
below = ["50 %", "0.5 pM"]
values = ["marker"]
at = ["20 day", "12.3 day"]
lesions = ["v"]
sizes = ["200 %", "5 mm^3"]
)";

class Compare : public testing::Test {
 protected:
  Compare() { test::put(world_.path() / "models/decay.toml", kModel); }
  Comparison compared(const std::string& text) const {
    return compare_study(world_.good(text), world_.data(), world_.units(), {});
  }
  Comparison of_run(const std::string& text, const std::string& compare) const {
    RunOptions options;
    options.folder = results_ / "run";
    options.quiet = true;
    options.force = true;
    run_study(world_.good(text), world_.data(), world_.units(), options);
    return compare_run(world_.good(test::contents(options.folder / "resolved.toml") + compare), options.folder,
                       world_.data(), world_.units());
  }
  std::string faults(const std::string& text) const {
    try {
      compared(text);
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  }

  test::SmallWorld world_;
  test::TemporaryFolder results_;
};

const ComparedMeasure& find(const Comparison& comparison, const std::string& id, const std::string& name) {
  for (const ComparedQuantity& quantity : comparison.quantities) {
    if (quantity.id != id) continue;
    for (const ComparedMeasure& measure : quantity.measures) {
      if (measure.name == name) return measure;
    }
  }
  throw std::logic_error("no measure " + name + " of " + id);
}

// What the closed forms say of day 10 to 30.
void expect_closed_forms(const Comparison& comparison, double near) {
  const double rates[] = {0.1, 0.2}, growths[] = {0.05, 0.01};
  const auto value = [&](const std::string& id, const std::string& name, std::size_t arm) {
    return find(comparison, id, name).values[arm].value();
  };
  for (const std::size_t arm : {0U, 1U}) {
    const double k = rates[arm], g = growths[arm];
    const double start = 4.0 * std::exp(-10.0 * k), area = start * (1.0 - std::exp(-20.0 * k)) / k;
    EXPECT_NEAR(value("m", "on day 10", arm), start, near);
    EXPECT_NEAR(value("m", "area under the curve", arm), area, 100 * near);
    EXPECT_NEAR(value("m", "area of the change", arm), 100.0 * (area / start - 20.0), 1e4 * near);
    EXPECT_NEAR(value("m", "nadir", arm), 4.0 * std::exp(-30.0 * k), near);
    EXPECT_NEAR(value("m", "change at the nadir", arm), 100.0 * (std::exp(-20.0 * k) - 1.0), 1e3 * near);
    EXPECT_EQ(value("m", "nadir reached on", arm), 30.0);
    EXPECT_NEAR(value("m", "time below 50 % of its start", arm), 20.0 - std::log(2.0) / k, 1e4 * near);
    EXPECT_NEAR(value("m", "time below 0.5 pM", arm), 30.0 - std::max(10.0, std::log(8.0) / k), 1e4 * near);
    EXPECT_NEAR(value("marker", "on day 12.3", arm), 4000.0 * std::exp(-12.3 * k), 1e4 * near);
    EXPECT_NEAR(value("marker", "change on day 20", arm), 100.0 * (std::exp(-10.0 * k) - 1.0), 1e3 * near);
    EXPECT_NEAR(value("v", "at the end", arm), 2.0 * std::exp(30.0 * g), 10 * near);
  }
  EXPECT_NEAR(value("v", "200 % of its start reached on", 0), 10.0 + std::log(2.0) / 0.05, 1e4 * near);
  EXPECT_NEAR(value("v", "5 mm^3 reached on", 0), std::log(2.5) / 0.05, 1e4 * near);
  EXPECT_FALSE(find(comparison, "v", "5 mm^3 reached on").values[1]);
  EXPECT_EQ(find(comparison, "v", "5 mm^3 reached on").why_not[1], "not reached");
}

TEST_F(Compare, EveryMeasureHasItsClosedForm) {
  const Comparison comparison = compared(kStudy + kCompare);
  EXPECT_THAT(comparison.arms, testing::ElementsAre("slow", "fast"));
  expect_closed_forms(comparison, 1e-6);
}

// A finished run gives the same from its tables: ten digits, and a cubic between rows a day apart.
TEST_F(Compare, ARunFolderGivesTheSame) {
  expect_closed_forms(of_run(kStudy, kCompare), 2e-6);
  expect_closed_forms(of_run(kStudy + kCompare, ""), 2e-6);
}

// Rows three days apart, so that another row would move every measure that is made of several.
TEST_F(Compare, LookingAtADayChangesNothingElse) {
  const std::string study = test::with(kStudy, "every = \"1 day\"", "every = \"3 day\"");
  const std::string at = "at = [\"20 day\", \"12.3 day\"]";
  const std::string more = test::with(kCompare, at, "at = [\"10.7 day\", \"11.9 day\", \"12.3 day\", \"20 day\"]");
  const auto expect_same = [](const Comparison& few, const Comparison& many) {
    for (const ComparedQuantity& quantity : few.quantities) {
      for (const ComparedMeasure& measure : quantity.measures)
        EXPECT_EQ(find(many, quantity.id, measure.name).values, measure.values) << quantity.id << " " << measure.name;
    }
    EXPECT_TRUE(find(many, "marker", "on day 11.9").values[0]);
  };
  expect_same(compared(study + kCompare), compared(study + more));
  expect_same(of_run(study, kCompare), of_run(study, more));
  // Nor does a state that is kept, which is no row of the table.
  const std::string kept = test::with(study, "[output]", "[output]\nstates = [\"11.3 day\", \"14 day\"]");
  expect_same(compared(study + kCompare), compared(kept + more));
}

TEST_F(Compare, TheControlCanBeChosenAndTheDifferencesAreFromIt) {
  const Comparison comparison = compared(kStudy + kCompare + "control = \"fast\"\n");
  EXPECT_EQ(comparison.control, 1U);
  const double slow = 4.0 * std::exp(-3.0), fast = 4.0 * std::exp(-6.0);
  const std::string text = comparison_text(comparison);
  EXPECT_THAT(text, AllOf(HasSubstr("in parentheses the difference from fast"),
                          HasSubstr(fmt::format("{:.4g} ({:+.3g})", slow, slow - fast))));
  const std::string csv = comparison_csv(comparison);
  EXPECT_THAT(csv, AllOf(HasSubstr("\nm,nadir,pM,slow,0.1991"), HasSubstr(",fast,\n"),
                         HasSubstr("\nv,5 mm^3 reached on,day,fast,,,fast,not reached\n")));
}

TEST_F(Compare, WithoutATableEveryObservableIsCompared) {
  const Comparison comparison = compared(kStudy);
  ASSERT_EQ(comparison.quantities.size(), 1U);
  EXPECT_EQ(comparison.quantities[0].id, "marker");
  EXPECT_EQ(comparison.from, 0.0);
  EXPECT_EQ(comparison.to, 40.0);
  EXPECT_NEAR(find(comparison, "marker", "change on day 40").values[0].value(), 100.0 * (std::exp(-4.0) - 1.0), 1e-4);
}

// A study that --set made shorter still runs, and what lies past its end is not there.
TEST_F(Compare, ADateAfterTheEndHasNoValue) {
  const Comparison comparison = compared(kStudy + "[compare]\nvalues = [\"m\"]\nat = [\"30 day\", \"50 day\"]\n");
  EXPECT_TRUE(find(comparison, "m", "on day 30").values[0]);
  EXPECT_FALSE(find(comparison, "m", "change on day 50").values[0]);
  EXPECT_EQ(find(comparison, "m", "on day 50").why_not[0], "after the end");
}

TEST_F(Compare, WhatAnArmHasNotIsSaid) {
  test::put(world_.path() / "models/extra.toml",
            "id = \"extra\"\ntitle = \"t\"\nextends = [\"decay\"]\n[observables.twice]\ntitle = \"t\"\nformula = "
            "\"2*m\"\nunit = \"pM\"\n");
  const Comparison comparison =
      compared(kStudy + "[[arms]]\nid = \"more\"\nmodels = [\"extra\"]\n[compare]\nvalues = [\"twice\"]\n");
  EXPECT_EQ(find(comparison, "twice", "on day 40").why_not[0], "not in this arm");
  EXPECT_NEAR(find(comparison, "twice", "on day 40").values[2].value(), 8.0 * std::exp(-4.0), 1e-6);
}

TEST_F(Compare, AnArmThatCannotBeSolvedIsNamedAndTheOthersStand) {
  test::put(world_.path() / "models/explodes.toml",
            "id = \"explodes\"\ntitle = \"t\"\nextends = [\"decay\"]\n[processes.explosion]\ntitle = \"t\"\nrate = "
            "\"k*m*m/m0\"\nchanges = { m = 4 }\n");
  const Comparison comparison =
      compared(kStudy + "[[arms]]\nid = \"bad\"\nmodels = [\"explodes\"]\n[compare]\nvalues = [\"m\"]\n");
  ASSERT_EQ(comparison.failures.size(), 1U);
  EXPECT_THAT(comparison.failures[0], HasSubstr("arm bad"));
  EXPECT_EQ(find(comparison, "m", "on day 40").why_not[2], "not solved");
  EXPECT_TRUE(find(comparison, "m", "on day 40").values[1]);
  EXPECT_THAT(comparison_text(comparison), HasSubstr("not solved: arm bad"));
}

TEST_F(Compare, FaultsHaveTheirPlace) {
  const auto with_compare = [&](const std::string& text) { return faults(kStudy + "[compare]\n" + text); };
  EXPECT_THAT(with_compare("markers = [\"mm\"]\n"),
              AllOf(HasSubstr("study.toml:16:12: error: no arm has a species or observable 'mm'"),
                    HasSubstr("did you mean 'm'?")));
  EXPECT_THAT(with_compare("control = \"slwo\"\n"), AllOf(HasSubstr("16:11"), HasSubstr("did you mean 'slow'?")));
  EXPECT_THAT(with_compare("markers = [\"m\"]\nbelow = [\"3 mm\"]\n"),
              AllOf(HasSubstr("17:10"), HasSubstr("none of the markers is measured in 'mm'")));
  EXPECT_THAT(with_compare("lesions = [\"v\"]\nsizes = [\"3 pM\"]\n"), HasSubstr("none of the lesions"));
  EXPECT_THAT(with_compare("below = [\"50 %\"]\n"), HasSubstr("compare.below is given, and markers are not"));
  EXPECT_THAT(with_compare("to = \"50 day\"\n"), AllOf(HasSubstr("16:6"), HasSubstr("the study ends on day 40")));
  EXPECT_THAT(with_compare("from = \"40 day\"\n"), AllOf(HasSubstr("16:8"), HasSubstr("the study ends on day 40")));
  EXPECT_THAT(with_compare("values = [\"m\"]\nat = [\"-1 day\"]\n"), HasSubstr("17:7"));
  EXPECT_THAT(with_compare("from = \"20 day\"\nto = \"10 day\"\n"), HasSubstr("ends before it begins"));
  EXPECT_THAT(with_compare("marker = [\"m\"]\n"), HasSubstr("did you mean 'markers'?"));
  EXPECT_THAT(with_compare("markers = \"m\"\n"), HasSubstr("a list of texts was expected"));
}

TEST_F(Compare, AStudyInSpaceIsSentToItsRun) {
  try {
    compare_study(world_.good(test::kSpatialStudy), world_.data(), world_.units(), {});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("a study in space"), HasSubstr("howship compare DIR")));
  }
}

TEST_F(Compare, AFolderWithoutACompleteRunIsRefused) {
  EXPECT_THROW(compare_run(world_.good(kStudy), results_.path(), world_.data(), world_.units()), InputError);
  of_run(kStudy, "");
  const auto table = results_ / "run/fast/timeseries.csv";
  test::put(table, "time [day],m [pM]\n0,4\n40,zero\n");
  EXPECT_THROW(compare_run(world_.good(kStudy + "[compare]\nvalues = [\"m\"]\n"), results_ / "run", world_.data(),
                           world_.units()),
               InputError);
}

}  // namespace
}  // namespace howship::study
