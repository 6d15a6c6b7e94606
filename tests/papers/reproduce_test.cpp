#include "howship/papers/reproduce.hpp"

#include <cmath>
#include <csignal>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "howship/papers/table.hpp"

#include "papers/paper_world.hpp"

namespace howship::papers {
namespace {

using test::claim;
using test::kHead;
using test::kVerhulst;
using test::PaperWorld;
using testing::HasSubstr;
using testing::Not;

// One claim, judged.
Result judged(const std::string& text) {
  const Report report = PaperWorld().reproduce(kHead + text);
  EXPECT_EQ(report.results.size(), 1U);
  return report.results.at(0);
}

TEST(Reproduce, AClosedFormHoldsInEveryArm) {
  const Report report = PaperWorld().reproduce(
      kHead + claim("slow", "arm = \"slow\"\nof = \"n\"\ntake = \"value\"\nat = \"30 day\"", kVerhulst) +
      claim("fast", "arm = \"fast\"\nof = \"n\"\ntake = \"value\"\nat = \"30 day\"", kVerhulst) +
      claim("end", "arm = \"fast\"\nof = \"n\"\ntake = \"final\"", kVerhulst) +
      claim("start", "arm = \"fast\"\nof = \"n\"\ntake = \"initial\"", kVerhulst));
  for (const Result& result : report.results) EXPECT_EQ(result.verdict, Verdict::holds) << result.claim.id;
  // The arm's own rate counts in the formula.
  EXPECT_NEAR(*report.results[0].expected, 1000.0 / (1.0 + 99.0 * std::exp(-3.0)), 1e-9);
  EXPECT_NEAR(*report.results[1].expected, 1000.0 / (1.0 + 99.0 * std::exp(-6.0)), 1e-9);
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.arms, 2U);
  EXPECT_EQ(report.studies, 1U);
  EXPECT_TRUE(report.digests.contains("model growth"));
  EXPECT_TRUE(report.digests.contains("study.toml"));
}

TEST(Reproduce, AWrongClaimFails) {
  const Result result = judged(claim("wrong", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"",
                                     "expected = 900\nunit = \"cell\"", "tolerance = 0.01"));
  EXPECT_EQ(result.verdict, Verdict::fails);
  EXPECT_NEAR(*result.difference, 0.1061, 1e-3);
}

TEST(Reproduce, JustOutsideTheToleranceFails) {
  const double end = 1000.0 / (1.0 + 99.0 * std::exp(-10.0));
  const auto verdict = [&](double off, const char* tolerance) {
    return judged(claim("edge", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"",
                        "expected = " + std::to_string(end + off) + "\nunit = \"cell\"", tolerance))
        .verdict;
  };
  EXPECT_EQ(verdict(0.099, "tolerance_absolute = 0.1"), Verdict::holds);
  EXPECT_EQ(verdict(0.101, "tolerance_absolute = 0.1"), Verdict::fails);
  EXPECT_EQ(verdict(-0.099, "tolerance = 1e-4"), Verdict::holds);
  EXPECT_EQ(verdict(-0.101, "tolerance = 1e-4"), Verdict::fails);
}

TEST(Reproduce, AClaimThatCannotBeMetStaysAndIsExplained) {
  const std::string measured = "arm = \"slow\"\nof = \"n\"\ntake = \"final\"";
  const std::string why = "tolerance = 0.01\nmet = false\nwhy = \"the capacity is 1000\"";
  const Report report =
      PaperWorld().reproduce(kHead + claim("too_many", measured, "expected = 2000\nunit = \"cell\"", why));
  EXPECT_EQ(report.results[0].verdict, Verdict::not_met);
  EXPECT_TRUE(report.good());
  EXPECT_THAT(table_text(report, false), HasSubstr("the capacity is 1000"));
  EXPECT_EQ(judged(claim("after_all", measured, "expected = 1000\nunit = \"cell\"", why)).verdict,
            Verdict::met_after_all);
}

TEST(Reproduce, AnotherMeasurementToBeRelativeTo) {
  // Inherits study, arm and what is measured; another arm when it says so.
  const Result own =
      judged(claim("own", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"\nrelative_to = { at = \"0 day\" }",
                   "expected = \"1/(n0/K + (1 - n0/K)*exp(-r*time))\"\nunit = \"1\""));
  EXPECT_EQ(own.verdict, Verdict::holds) << own.value.value_or(-1.0);
  const Result other = judged(
      claim("other", "arm = \"fast\"\nof = \"n\"\ntake = \"value\"\nat = \"20 day\"\nrelative_to = { arm = \"slow\" }",
            "expected = \"(1 + (K/n0 - 1)*exp(-r*time/2))/(1 + (K/n0 - 1)*exp(-r*time))\"\nunit = \"1\""));
  EXPECT_EQ(other.verdict, Verdict::holds) << other.value.value_or(-1.0);
}

TEST(Reproduce, AWindowIsNotInheritedByAValue) {
  const Result ratio = judged(
      claim("ratio", "arm = \"slow\"\nof = \"n\"\ntake = \"max\"\nfrom = \"50 day\"\nrelative_to = { at = \"0 day\" }",
            "expected = \"1/(n0/K + (1 - n0/K)*exp(-r*time))\"\nunit = \"1\""));
  EXPECT_EQ(ratio.verdict, Verdict::holds) << ratio.value.value_or(-1.0);
}

TEST(Reproduce, StopsWhenAsked) {
  const PaperWorld world;
  world.reproduce(kHead + claim("slow", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst));
  const InterruptGuard guard;
  std::raise(SIGINT);
  Reproduction options;
  options.interrupt = &guard;
  EXPECT_THROW(papers::reproduce(world.paper(), world.data(), world.units(), options), Interrupted);
}

TEST(Reproduce, APaperIsCheckedWithoutARun) {
  const PaperWorld world;
  world.reproduce(kHead + claim("slow", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst));
  EXPECT_THAT(check_paper(world.paper(), world.data(), world.units()),
              HasSubstr("verhulst1838: 1 claims, 0 figures, 1 studies with 1 arms"));
  EXPECT_THAT(list_papers(world.data()).entries,
              testing::ElementsAre(testing::Pair("verhulst1838", "Growth to a capacity")));
}

TEST(Reproduce, TimesAndUnitsAreConverted) {
  const Result hours =
      judged(claim("half", "arm = \"slow\"\nof = \"percent_full\"\ntake = \"crossing\"\nlevel = \"0.5\"",
                   "expected = \"ln(K/n0 - 1)/r\"\nunit = \"h\""));
  EXPECT_EQ(hours.verdict, Verdict::holds);
  EXPECT_NEAR(*hours.value, 24.0 * std::log(99.0) / 0.1, 1e-3);
  const Result percent = judged(
      claim("percent", "arm = \"slow\"\nof = \"fullness\"\ntake = \"initial\"", "expected = 1\nunit = \"percent\""));
  EXPECT_EQ(percent.verdict, Verdict::holds);
  const Result integral =
      judged(claim("auc", "arm = \"fast\"\nof = \"drug\"\ntake = \"integral\"\nto = \"30 day\"",
                   "expected = \"5 pM*(1 - exp(-k*20 day))/k\"\nunit = \"nM h\"", "tolerance = 1e-4"));
  EXPECT_EQ(integral.verdict, Verdict::holds) << integral.value.value_or(-1.0);
}

TEST(Reproduce, AMeasurementNeedsNoRowOfTheStudy) {
  const Result between =
      judged(claim("between", "arm = \"slow\"\nof = \"n\"\ntake = \"value\"\nat = \"17.3 day\"", kVerhulst));
  EXPECT_EQ(between.verdict, Verdict::holds);
}

TEST(Reproduce, AtADoseTheValueIsThatAfterIt) {
  const Result dose = judged(claim("dose", "arm = \"fast\"\nof = \"drug\"\ntake = \"value\"\nat = \"240 h\"",
                                   "expected = 5\nunit = \"pM\"", "tolerance = 1e-9"));
  EXPECT_EQ(dose.verdict, Verdict::holds);
  const Result trough =
      judged(claim("trough", "arm = \"fast\"\nof = \"drug\"\ntake = \"min\"\nfrom = \"10 day\"\nto = \"30 day\"",
                   "expected = \"5 pM*exp(-k*20 day)\"\nunit = \"pM\"", "tolerance = 1e-7"));
  EXPECT_EQ(trough.verdict, Verdict::holds);
}

TEST(Reproduce, WhatHasNoValueFails) {
  const Result never = judged(claim("never", "arm = \"slow\"\nof = \"n\"\ntake = \"crossing\"\nlevel = \"5000 cell\"",
                                    "expected = 1\nunit = \"day\""));
  EXPECT_EQ(never.verdict, Verdict::fails);
  EXPECT_FALSE(never.value);
  EXPECT_THAT(never.why_not, HasSubstr("not crossed"));
}

TEST(Reproduce, OnlyTheArmsNeededAreRun) {
  const Report report =
      PaperWorld().reproduce(kHead + claim("slow", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst));
  EXPECT_EQ(report.arms, 1U);
}

TEST(Reproduce, AFigureHoldsItsArmsInItsUnits) {
  const Report report =
      PaperWorld().reproduce(kHead + claim("slow", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst) +
                             "[[figure]]\nfile = \"a.png\"\ntitle = \"A\"\ntime_unit = \"h\"\nfrom = \"10 day\"\n"
                             "panels = [{ title = \"full\", y = [\"fullness\"], unit = \"percent\" }, "
                             "{ title = \"drug\", y = [\"drug\"], unit = \"nM\", log = true }]\n");
  ASSERT_EQ(report.figures.size(), 1U);
  const DrawnFigure& figure = report.figures[0];
  ASSERT_EQ(figure.panels.size(), 2U);
  ASSERT_EQ(figure.panels[0].curves.size(), 2U);
  const Curve& fast = figure.panels[0].curves[1];
  EXPECT_EQ(fast.arm_title, "twice as fast");
  EXPECT_DOUBLE_EQ(fast.times.front(), 240.0);
  EXPECT_NEAR(fast.values.back(), 100.0, 1e-3);
  EXPECT_TRUE(figure.panels[1].logarithmic);
  const Curve& drug = figure.panels[1].curves[1];
  EXPECT_NEAR(*std::max_element(drug.values.begin(), drug.values.end()), 0.005, 1e-3);
}

TEST(Reproduce, TheBasesAreCountedEachByItself) {
  std::string published = claim("p", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", "expected = 5\nunit = \"cell\"");
  published.replace(published.find("closed form"), 11, "published");
  const Report report = PaperWorld().reproduce(
      kHead + claim("slow", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst) + published);
  EXPECT_EQ(bases_text(report.results), "published 0 of 1, closed form 1 of 1");
  EXPECT_FALSE(report.good());
}

TEST(Reproduce, ATableFitsInto100Columns) {
  const Report report = PaperWorld().reproduce(
      kHead +
      claim("a_name_that_is_much_too_long_to_stand_beside_any_number_at_all_and_a_half",
            "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst) +
      claim("short", "arm = \"slow\"\nof = \"n\"\ntake = \"initial\"", "expected = 10\nunit = \"cell\""));
  const std::string table = table_text(report, false);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_THAT(table, HasSubstr("short"));
  EXPECT_THAT(table, Not(HasSubstr("\033")));
  EXPECT_THAT(table_text(report, true), HasSubstr("\033[32mholds"));
}

TEST(Reproduce, AnArmThatCannotBeSolvedFailsItsClaims) {
  const PaperWorld world;
  test::put(world.path() / "models/blow.toml", R"toml(id = "blow"
title = "blows up on day 1"
[species.x]
title = "x"
scope = "systemic"
unit = "1"
initial = "1"
typical = 1
[parameters]
a = { value = 1, unit = "1/day", range = [0, 10], source = "test" }
[processes.growth]
title = "growth"
rate = "a*x*x"
changes = { x = 1 }
)toml");
  test::put(world.paper() / "study.toml",
            "models = [\"blow\"]\nduration = \"5 day\"\n[vertebra]\nvoxel = { bvtv = 0.1 }\n");
  const Report report = world.reproduce(kHead + claim("x", "of = \"x\"\ntake = \"final\"", "expected = 1\nunit = \"1\"",
                                                      "tolerance = 1e-3\nmet = false\nwhy = \"no\""));
  EXPECT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.results[0].verdict, Verdict::fails);
  EXPECT_FALSE(report.good());
}

TEST(Reproduce, APaperIsFoundByNameAndByFolder) {
  const PaperWorld world;
  world.reproduce(kHead + claim("slow", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst));
  EXPECT_EQ(paper_names(world.data()), std::vector<std::string>{"verhulst1838"});
  EXPECT_EQ(paper_folder(world.data(), "verhulst1838"), world.paper());
  EXPECT_EQ(paper_folder(world.data(), "papers/verhulst1838"), world.paper());
  EXPECT_EQ(paper_folder(world.data(), world.paper().string() + "/"), world.paper());
  try {
    paper_folder(world.data(), "verhulst1839");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'verhulst1838'?"));
  }
}

}  // namespace
}  // namespace howship::papers
