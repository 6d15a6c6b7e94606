#include "howship/papers/scorecard.hpp"

#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "papers/paper_world.hpp"

namespace howship::papers {
namespace {

using test::kHead;
using test::PaperWorld;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Growth from 10 at rate 0.1 to a capacity of 1000, after 100 days.
const double kEnd = 1000.0 / (1.0 + 99.0 * std::exp(-10.0));

std::string target(const std::string& id, const std::string& basis, const std::string& expected,
                   const std::string& rest = "") {
  return "[[claim]]\nid = \"" + id + "\"\ntext = \"what " + id +
         " is\"\narm = \"slow\"\nof = \"n\"\ntake = \"final\"\nunit = \"cell\"\nexpected = " + expected +
         "\nbasis = \"" + basis + "\"\nsource = \"source of " + id + "\"\n" + rest;
}
const std::string kBand = "tolerance_absolute = 20\n";

std::vector<Report> reports(const std::string& claims) {
  return {PaperWorld().reproduce(kHead + claims)};
}

// Which line of a text holds a piece; the number of lines if none does.
std::size_t line_of(const std::string& text, const std::string& piece) {
  const auto at = text.find(piece);
  return static_cast<std::size_t>(
      std::count(text.begin(), at == std::string::npos ? text.end() : text.begin() + static_cast<long>(at), '\n'));
}

TEST(Scorecard, FittedAndPredictedAreNeverMixed) {
  const auto all = reports(target("a", "published", "1000", kBand) + target("b", "fitted", "1000", kBand) +
                           target("c", "published", "500", kBand) + target("d", "fitted", "500", kBand) +
                           target("e", "recomputed", "1010", kBand));
  const std::string text = scorecard_text(all, false, false);
  const std::size_t fitted = line_of(text, "Fitted: used in calibration"), predicted = line_of(text, "Predicted: ");
  for (const char* id : {"verhulst1838/b ", "verhulst1838/d "}) {
    EXPECT_GT(line_of(text, id), fitted);
    EXPECT_LT(line_of(text, id), predicted);
  }
  for (const char* id : {"verhulst1838/a ", "verhulst1838/c ", "verhulst1838/e "})
    EXPECT_GT(line_of(text, id), predicted);
  EXPECT_TRUE(text.ends_with("inside 3 of 5 (fitted 1 of 2, predicted 2 of 3)")) << text;
}

TEST(Scorecard, TheBandAndTheModelAreShown) {
  const std::string text =
      scorecard_text(reports(target("a", "published", "1000", "tolerance = 0.02\n")), false, false);
  EXPECT_THAT(text, HasSubstr("1000  980 to 1020  995.5  cell  inside"));
  EXPECT_THAT(text, Not(HasSubstr("Misses")));
  EXPECT_THAT(text, Not(HasSubstr("Fitted:")));
  EXPECT_NEAR(kEnd, 995.5, 0.05);
}

TEST(Scorecard, ABandEndsWhereItsToleranceEnds) {
  const auto at = [](double expected) {
    return inside(reports(target("a", "published", std::to_string(expected), kBand)).front().results.front());
  };
  EXPECT_TRUE(at(kEnd + 19.99));
  EXPECT_FALSE(at(kEnd + 20.01));
  EXPECT_TRUE(at(kEnd - 19.99));
  EXPECT_FALSE(at(kEnd - 20.01));
}

TEST(Scorecard, AMissStaysAndSaysWhyOrThatNobodyDoes) {
  const auto all =
      reports(target("explained", "published", "500", kBand + "met = false\nwhy = \"the capacity is too large\"\n") +
              target("bare", "published", "600", kBand));
  EXPECT_THAT(scorecard_text(all, false, false),
              AllOf(HasSubstr("explained: what explained is; the capacity is too large"),
                    HasSubstr("bare: what bare is; its file has no sentence on why"), HasSubstr("inside 0 of 2")));
}

TEST(Scorecard, ARowThatHoldsAfterAllIsInsideAndSaysSo) {
  const auto all = reports(target("a", "published", "1000", kBand + "met = false\nwhy = \"too fast\"\n"));
  EXPECT_THAT(scorecard_text(all, false, false),
              AllOf(HasSubstr("inside 1 of 1"), HasSubstr("cannot be met: too fast")));
}

TEST(Scorecard, SourcesAreThereOnWish) {
  const auto all = reports(target("a", "published", "1000", kBand));
  EXPECT_THAT(scorecard_text(all, true, false), AllOf(HasSubstr("what a is"), HasSubstr("source: source of a")));
  EXPECT_THAT(scorecard_text(all, false, false), Not(HasSubstr("source of a")));
}

TEST(Scorecard, TheTableHasEveryNumber) {
  const std::string csv =
      scorecard_csv(reports(target("a", "published", "1000", kBand) + target("b", "fitted", "500", kBand)));
  EXPECT_THAT(csv, HasSubstr("verhulst1838,b,n,500,480,520,995.5"));
  EXPECT_THAT(csv, HasSubstr(",cell,outside,yes,what b is,source of b,its file has no sentence on why\n"));
  EXPECT_THAT(csv, HasSubstr(",cell,inside,no,what a is,source of a,\n"));
}

TEST(Scorecard, MarkdownStandsAloneAndBetweenItsLines) {
  const std::string table = scorecard_markdown(reports(target("a", "published", "500", kBand)));
  EXPECT_THAT(table, AllOf(HasSubstr("| what a is | 500 | 480 to 520 | 995.5 | cell | **outside** | source of a |"),
                           HasSubstr("* what a is: its file has no sentence on why"),
                           HasSubstr("inside 0 of 1 (fitted 0 of 0, predicted 0 of 1).")));
  const std::string file = "before\n" + scorecard_file("old\n") + "after\n";
  EXPECT_EQ(with_scorecard(file, "new\n", "README.md"), "before\n" + scorecard_file("new\n") + "after\n");
  const std::string own = scorecard_file("x\n");
  for (const std::string& bad : {std::string("no lines"), own + own, own.substr(0, own.size() - 5), own.substr(5)})
    EXPECT_THROW(with_scorecard(bad, "new\n", "README.md"), InputError) << bad;
}

TEST(Scorecard, TargetsAreTheFoldersOfThatName) {
  const PaperWorld world;
  for (const char* name : {"targets_b", "targets_a", "not_targets_c"})
    test::put(world.path() / "papers" / name / "expected.toml", "");
  std::filesystem::create_directories(world.path() / "papers/targets_empty");
  EXPECT_THAT(scorecard_names(world.data()), testing::ElementsAre("targets_a", "targets_b"));
}

}  // namespace
}  // namespace howship::papers
