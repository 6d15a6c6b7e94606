// What is wrong with an expected.toml is said all at once, with its place and what to do.
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "howship/papers/paper.hpp"

#include "papers/paper_world.hpp"

namespace howship::papers {
namespace {

using test::claim;
using test::kHead;
using test::kVerhulst;
using test::PaperWorld;
using testing::AllOf;
using testing::HasSubstr;

const std::string kGood = claim("good", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst);

std::string with(std::string text, const std::string& piece, const std::string& by) {
  const auto at = text.find(piece);
  if (at == std::string::npos) throw std::logic_error("no '" + piece + "'");
  return text.replace(at, piece.size(), by);
}

// The faults of the good claim with one piece replaced.
std::string fault(const std::string& piece, const std::string& by) {
  return PaperWorld().faults(kHead + with(kGood, piece, by));
}

TEST(ReadPaper, AGoodOneHasNoFault) {
  EXPECT_EQ(PaperWorld().faults(kHead + kGood), "");
}

TEST(ReadPaper, AllFaultsAtOnceWithTheirPlaces) {
  const std::string faults = PaperWorld().faults(
      kHead + claim("one", "arm = \"slow\"\nof = \"n\"\ntake = \"maximum\"", kVerhulst) +
      claim("two", "arm = \"slwo\"\nof = \"n\"\ntake = \"final\"", kVerhulst) +
      claim("three", "arm = \"slow\"\nof = \"m\"\ntake = \"final\"", kVerhulst, "tolerance = 1e-7\ntolerence = 3"));
  EXPECT_THAT(faults,
              AllOf(HasSubstr("expected.toml:8:9: error: take cannot be 'maximum'"), HasSubstr("has no arm 'slwo'"),
                    HasSubstr("did you mean 'slow'?"), HasSubstr("observable 'm'"),
                    HasSubstr("unknown key 'claim.tolerence'"), HasSubstr("did you mean 'tolerance'?")));
  EXPECT_THAT(faults, testing::Not(HasSubstr("at is missing")));
}

TEST(ReadPaper, NamesAreCheckedAgainstTheModel) {
  EXPECT_THAT(fault("of = \"n\"", "of = \"percent_ful\""),
              AllOf(HasSubstr("7:7"), HasSubstr("no species, quantity or observable 'percent_ful'"),
                    HasSubstr("did you mean 'percent_full'?")));
  EXPECT_THAT(fault("arm = \"slow\"\n", ""), AllOf(HasSubstr("has several arms"), HasSubstr("slow, fast")));
  EXPECT_THAT(fault("of = \"n\"", "study = \"stduy.toml\"\nof = \"n\""),
              AllOf(HasSubstr("there is no study 'stduy.toml'"), HasSubstr("did you mean 'study.toml'?")));
  EXPECT_THAT(PaperWorld().faults(with(kHead, "Verhulst1838", "Verhulst1839") + kGood),
              AllOf(HasSubstr("no key of papers/references.bib"), HasSubstr("did you mean 'Verhulst1838'?")));
}

TEST(ReadPaper, UnitsAreCheckedAgainstWhatIsMeasured) {
  EXPECT_THAT(fault("unit = \"cell\"", "unit = \"pM\""),
              AllOf(HasSubstr("\"final\" of n is in cell"), HasSubstr("'pM' is no unit of that")));
  EXPECT_THAT(fault("unit = \"cell\"", "unit = \"cel\""), HasSubstr("unit"));
  EXPECT_THAT(fault("take = \"final\"", "take = \"time_of_max\""), HasSubstr("is in day"));
  EXPECT_THAT(fault("take = \"final\"", "take = \"integral\""), HasSubstr("\"integral\" of n is in"));
  EXPECT_THAT(fault("take = \"final\"", "take = \"final\"\nrelative_to = { at = \"0 day\" }"),
              HasSubstr("\"final\" of n relative to another is in 1"));
  EXPECT_THAT(fault("take = \"final\"", "take = \"crossing\"\nlevel = \"3 pM\""),
              HasSubstr("a level of it cannot be in 'pM'"));
  EXPECT_THAT(fault("take = \"final\"", "take = \"value\"\nat = \"3 pM\""), HasSubstr("day was expected"));
}

TEST(ReadPaper, AFormulaIsCheckedWhereItStands) {
  EXPECT_THAT(fault("K/(1 + (K/n0", "K/(1 + (K/m0"),
              AllOf(HasSubstr("9:23: error: unknown name 'm0'"), HasSubstr("did you mean 'n0'?")));
  EXPECT_THAT(fault("exp(-r*time))", "exp(-r*time)"), HasSubstr("expected.toml:9:"));
  EXPECT_THAT(fault("K/(1 +", "n/(1 +"), HasSubstr("'n' is part of the solution"));
  EXPECT_THAT(fault("K/(1 +", "K*r/(1 +"), HasSubstr("the formula is in cell/day"));
  EXPECT_THAT(fault("exp(-r*time)", "exp(-time)"), HasSubstr("must be a pure number"));
}

TEST(ReadPaper, ToleranceAndReasonsMustBeThere) {
  EXPECT_THAT(fault("tolerance = 1e-7", ""), HasSubstr("the tolerance is missing"));
  EXPECT_THAT(fault("tolerance = 1e-7", "tolerance = 1e-7\ntolerance_absolute = 3"), HasSubstr("both given"));
  EXPECT_THAT(fault("tolerance = 1e-7", "tolerance = 0"), HasSubstr("must be above 0"));
  EXPECT_THAT(fault("tolerance = 1e-7", "tolerance = 5"), HasSubstr("above 1 says nothing"));
  EXPECT_THAT(fault(kVerhulst, "expected = nan\nunit = \"cell\""),
              AllOf(HasSubstr("expected is nan"), testing::Not(HasSubstr("relative terms"))));
  EXPECT_THAT(fault(kVerhulst, "expected = 0\nunit = \"cell\""), HasSubstr("write tolerance_absolute"));
  EXPECT_THAT(fault("tolerance = 1e-7", "tolerance = 1e-7\nmet = false"), HasSubstr("needs a reason"));
  EXPECT_THAT(fault("tolerance = 1e-7", "tolerance = 1e-7\nwhy = \"x\""), HasSubstr("write met = false"));
  EXPECT_THAT(fault("tolerance = 1e-7", "tolerance = 1e-7\nmet = \"no\"\nwhy = \"x\""), HasSubstr("true or false"));
  EXPECT_THAT(fault("source = \"integration\"", ""), HasSubstr("claim.source is missing"));
  EXPECT_THAT(fault("closed form", "guessed"), AllOf(HasSubstr("basis cannot be 'guessed'"), HasSubstr("recomputed")));
}

TEST(ReadPaper, TimesMustLieInTheStudy) {
  EXPECT_THAT(fault("take = \"final\"", "take = \"value\"\nat = \"200 day\""),
              AllOf(HasSubstr("day 200 lies past the end of the study, day 100"), HasSubstr("9:6")));
  EXPECT_THAT(fault("take = \"final\"", "take = \"value\""), HasSubstr("at is missing"));
  EXPECT_THAT(fault("take = \"final\"", "take = \"max\"\nat = \"20 day\""),
              HasSubstr("at has no meaning for take = \"max\""));
  EXPECT_THAT(fault("take = \"final\"", "take = \"final\"\nto = \"20 day\""), HasSubstr("to has no meaning"));
  EXPECT_THAT(fault("take = \"final\"", "take = \"max\"\nfrom = \"20 day\"\nto = \"10 day\""),
              HasSubstr("ends before it begins"));
  EXPECT_THAT(fault("take = \"final\"", "take = \"value\"\nat = \"-1 day\""), HasSubstr("before the study begins"));
}

TEST(ReadPaper, FaultsOfAStudyAreSaidToo) {
  const PaperWorld world;
  test::put(
      world.paper() / "broken.toml",
      "models = [\"grwoth\"]\nduration = \"1 day\"\n[vertebra]\nvoxel = { bvtv = 0.1 }\n[output]\nevry = \"1 day\"\n");
  EXPECT_THAT(world.faults(kHead + claim("a", "study = \"broken.toml\"\nof = \"n\"\ntake = \"final\"", kVerhulst) +
                           claim("b", "arm = \"slow\"\nof = \"m\"\ntake = \"final\"", kVerhulst)),
              AllOf(HasSubstr("there is no model 'grwoth'"), HasSubstr("unknown key 'output.evry'"),
                    HasSubstr("observable 'm'")));
}

// A model's id is its file's name, whoever reads it.
TEST(ReadPaper, AModelOfAnotherNameIsRefused) {
  const PaperWorld world;
  test::put(world.paper() / "mine.toml", "id = \"yours\"\ntitle = \"t\"\nextends = [\"growth\"]\n");
  test::put(world.paper() / "other.toml",
            "models = [\"./mine.toml\"]\nduration = \"1 day\"\n[vertebra]\nvoxel = { "
            "bvtv = 0.1 }\n[output]\nevery = \"1 day\"\n");
  EXPECT_THAT(world.faults(kHead + claim("a", "study = \"other.toml\"\nof = \"n\"\ntake = \"final\"", kVerhulst)),
              AllOf(HasSubstr("mine.toml:1:7: error: the id 'yours' is not the file's name"),
                    HasSubstr((world.paper() / "mine.toml").string())));
}

TEST(ReadPaper, FiguresAreChecked) {
  const auto figure = [](const std::string& text) {
    return PaperWorld().faults(kHead + kGood + "[[figure]]\n" + text);
  };
  const std::string panel = "panels = [{ y = [\"n\"], unit = \"cell\" }]\n";
  EXPECT_EQ(figure("file = \"a.png\"\n" + panel), "");
  EXPECT_THAT(figure("file = \"../a.png\"\n" + panel), HasSubstr("cannot be a figure's file"));
  EXPECT_THAT(figure("file = \"a.png\"\npanels = [{ y = [\"n\"], unit = \"pM\" }]\n"),
              HasSubstr("n is measured in cell, and the panel is in 'pM'"));
  EXPECT_THAT(figure("file = \"a.png\"\npanels = [{ y = [\"m\"], unit = \"cell\" }]\n"), HasSubstr("observable 'm'"));
  EXPECT_THAT(figure("file = \"a.png\"\narms = [\"fsat\"]\n" + panel), HasSubstr("did you mean 'fast'?"));
  EXPECT_THAT(figure("file = \"a.png\"\ntime_unit = \"mm\"\n" + panel), HasSubstr("is no time"));
  EXPECT_THAT(figure("file = \"a.png\"\npanels = [{ y = [], unit = \"cell\" }]\n"), HasSubstr("at least one thing"));
}

TEST(ReadPaper, WhatIsNoTomlIsSaid) {
  EXPECT_THAT(PaperWorld().faults("paper = \"x\ntitle"), HasSubstr("not valid TOML"));
  EXPECT_THAT(PaperWorld().faults(""), AllOf(HasSubstr("paper is missing"), HasSubstr("claim is missing")));
}

}  // namespace
}  // namespace howship::papers
