// howship scorecard as a user meets it.
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "papers/paper_world.hpp"
#include "program.hpp"

namespace howship {
namespace {

using test::claim;
using test::kHead;
using test::kVerhulst;
using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kGood = claim("curve", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst);
const std::string kMiss =
    claim("miss", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", "expected = 3\nunit = \"cell\"");

class Scorecard : public testing::Test {
 protected:
  Outcome scorecard(const std::string& words) const { return program_.run("scorecard " + words); }

  const test::PaperWorld world_;
  const test::TemporaryFolder folder_;
  const test::Program program_{folder_.path(), world_.path()};
};

TEST_F(Scorecard, RunsAllTargetsAndAMissIsNoError) {
  world_.put_paper("targets_a", kHead + kGood + kMiss);
  world_.put_paper("targets_b", kHead + kGood);
  world_.put_paper("another", kHead + kMiss);
  const Outcome all = scorecard("");
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("targets_a/curve"), HasSubstr("targets_b/curve"), Not(HasSubstr("another")),
                             HasSubstr("inside 2 of 3 (fitted 0 of 0, predicted 0 of 0, checked 2 of 3)\n"),
                             Not(HasSubstr("\033"))));
  EXPECT_EQ(scorecard("--strict").code, 1);
  EXPECT_EQ(scorecard("--strict targets_b targets_b").code, 0);
  EXPECT_THAT(scorecard("targets_b targets_b papers/targets_b").out, HasSubstr("inside 1 of 1"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(Scorecard, WritesTables) {
  world_.put_paper("targets_a", kHead + kGood);
  test::put(folder_ / "README.md", "# Mine\n<!-- scorecard: begin -->\nold\n<!-- scorecard: end -->\nrest\n");
  EXPECT_EQ(scorecard("--csv a.csv --markdown README.md").code, 0);
  EXPECT_THAT(read_text(folder_ / "a.csv"), HasSubstr("\ntargets_a,curve,n,"));
  EXPECT_THAT(read_text(folder_ / "README.md"),
              AllOf(HasSubstr("# Mine"), HasSubstr("inside 1 of 1"), HasSubstr("\nrest\n"), Not(HasSubstr("old"))));
  test::put(folder_ / "other.md", "not ours\n");
  const Outcome other = scorecard("--markdown other.md");
  EXPECT_EQ(other.code, 1);
  EXPECT_EQ(other.out, "");
  EXPECT_THAT(other.err, HasSubstr("no place for the scorecard"));
  EXPECT_EQ(read_text(folder_ / "other.md"), "not ours\n");
}

TEST_F(Scorecard, FaultsAreSaidBeforeAnythingRuns) {
  EXPECT_THAT(scorecard("").err, HasSubstr("there are no targets"));
  world_.put_paper("targets_a", kHead + kGood);
  world_.put_paper("targets_b", kHead + kGood + "wyh = 3\n");
  const Outcome faulty = scorecard("--csv a.csv");
  EXPECT_EQ(faulty.code, 1);
  EXPECT_EQ(faulty.out, "");
  EXPECT_THAT(faulty.err, HasSubstr("did you mean 'why'?"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.csv"));
  EXPECT_THAT(scorecard("targets_c").err, HasSubstr("there is no paper 'targets_c'"));
}

}  // namespace
}  // namespace howship
