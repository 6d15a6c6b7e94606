// howship compare as a user meets it.
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "papers/paper_world.hpp"
#include "program.hpp"

namespace howship {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Compare : public testing::Test {
 protected:
  Outcome howship(const std::string& words) const { return program_.run(words); }
  std::string study() const { return "'" + (world_.paper() / "study.toml").string() + "'"; }

  const test::PaperWorld world_;
  const test::TemporaryFolder folder_;
  const test::Program program_{folder_.path(), world_.path()};
};

TEST_F(Compare, AStudyAndItsRunGiveTheSameTable) {
  const std::string options = " --value n --at '30 day' --lesion n --size '500 cell' --control fast --csv t.csv";
  const Outcome study_table = howship("compare " + study() + options);
  EXPECT_EQ(study_table.code, 0) << study_table.err;
  // Growth from 10 to 1000 at a rate of 0.1 is at 168.7 on day 30 and at half on day 46.
  EXPECT_THAT(study_table.out, AllOf(HasSubstr("difference from fast"), HasSubstr("168.7 (-634)"),
                                     HasSubstr("500 cell reached on [day]"), HasSubstr("45.95 (+23)")));
  EXPECT_THAT(read_text(folder_ / "t.csv"), HasSubstr("\nn,on day 30,cell,slow,168.66"));
  EXPECT_EQ(howship("run " + study() + " -o run").code, 0);
  EXPECT_EQ(howship("compare run" + options).out, study_table.out);
}

TEST_F(Compare, FaultsAreSaidAndNothingIsWritten) {
  const Outcome misspelt = howship("compare " + study() + " --marker m --csv t.csv");
  EXPECT_EQ(misspelt.code, 1);
  EXPECT_EQ(misspelt.out, "");
  EXPECT_THAT(misspelt.err, AllOf(HasSubstr("compare.markers"), HasSubstr("no arm has a species or observable 'm'")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "t.csv"));
  EXPECT_THAT(howship("compare " + study() + " --value n --at 'never'").err, HasSubstr("compare.at"));
  EXPECT_THAT(howship("compare .").err, HasSubstr("'.' holds no run"));
  EXPECT_EQ(howship("run " + study() + " -o run").code, 0);
  EXPECT_THAT(howship("compare run --set r=0.2").err, HasSubstr("what has been run stays as it is"));
}

}  // namespace
}  // namespace howship
