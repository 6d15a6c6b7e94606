// howship reproduce as a user meets it.
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
const std::string kWrong =
    claim("wrong", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", "expected = 3\nunit = \"cell\"");

class Reproduce : public testing::Test {
 protected:
  Outcome reproduce(const std::string& words) const { return program_.run("reproduce --no-figures " + words); }

  const test::PaperWorld world_;
  const test::TemporaryFolder folder_;
  const test::Program program_{folder_.path(), world_.path()};
};

TEST_F(Reproduce, PrintsClaimAgainstResultAndWritesTheReport) {
  world_.put_paper("verhulst1838", kHead + kGood);
  const Outcome good = reproduce("verhulst1838");
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out,
              AllOf(HasSubstr("curve"), HasSubstr("holds"), HasSubstr("closed form 1 of 1"), Not(HasSubstr("\033"))));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/papers/verhulst1838/result.json"));
  EXPECT_EQ(reproduce("papers/verhulst1838 -o elsewhere").code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "elsewhere/claims.md"));
}

TEST_F(Reproduce, AFailedClaimIsExitCodeOne) {
  world_.put_paper("verhulst1838", kHead + kGood + kWrong);
  const Outcome wrong = reproduce("verhulst1838");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.out, AllOf(HasSubstr("FAILS"), HasSubstr("1 FAIL")));
}

TEST_F(Reproduce, AFaultyFileIsExitCodeOneAndWritesNothing) {
  world_.put_paper("verhulst1838", kHead + kGood + "wyh = 3\n");
  const Outcome faulty = reproduce("verhulst1838");
  EXPECT_EQ(faulty.code, 1);
  EXPECT_EQ(faulty.out, "");
  EXPECT_THAT(faulty.err, AllOf(HasSubstr("unknown key 'claim.wyh'"), HasSubstr("did you mean 'why'?")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

TEST_F(Reproduce, AllGivesEveryPaperALine) {
  world_.put_paper("a_good", kHead + kGood);
  world_.put_paper("b_wrong", kHead + kGood + kWrong);
  world_.put_paper("c_faulty", kHead + "claims = 3\n");
  world_.put_paper("d_good", kHead + kGood);
  const Outcome all = reproduce("--all");
  EXPECT_EQ(all.code, 1);
  EXPECT_THAT(all.out, AllOf(HasSubstr("ok    a_good"), HasSubstr("FAIL  b_wrong"), HasSubstr("1 of   2 hold"),
                             HasSubstr("FAIL  c_faulty"), HasSubstr("ok    d_good"),
                             HasSubstr("4 papers, 1 of them with faults in its files")));
  EXPECT_THAT(all.err, AllOf(HasSubstr("b_wrong: wrong fails"), HasSubstr("unknown key 'claims'")));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/papers/d_good/result.json"));
}

TEST_F(Reproduce, SaysWhatItDoesNotKnow) {
  world_.put_paper("verhulst1838", kHead + kGood);
  EXPECT_THAT(reproduce("verhulst1839").err, HasSubstr("did you mean 'verhulst1838'?"));
  EXPECT_EQ(reproduce("verhulst1839").code, 1);
  EXPECT_EQ(reproduce("").code, 1);
  EXPECT_EQ(reproduce("--all verhulst1838").code, 1);
}

}  // namespace
}  // namespace howship
