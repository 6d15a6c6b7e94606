#include "howship/papers/report_files.hpp"

#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "papers/paper_world.hpp"

namespace howship::papers {
namespace {

namespace fs = std::filesystem;
using test::claim;
using test::kHead;
using test::kVerhulst;
using test::PaperWorld;
using testing::HasSubstr;

Report report() {
  return PaperWorld().reproduce(
      kHead + claim("slow", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", kVerhulst) +
      claim("no", "arm = \"slow\"\nof = \"n\"\ntake = \"final\"", "expected = 2000\nunit = \"cell\"",
            "tolerance = 0.01\nmet = false\nwhy = \"the capacity is 1000\"") +
      "[[figure]]\nfile = \"a.png\"\ntitle = \"A\"\npanels = [{ title = \"x\", y = [\"n\"], unit = \"cell\" }]\n");
}

TEST(ReportFiles, HoldWhatTheReportSays) {
  const test::TemporaryFolder folder;
  const fs::path to = folder / "out";
  const std::vector<fs::path> recipes = write_report(report(), to);
  ASSERT_EQ(recipes, std::vector<fs::path>{to / "figures/a.json"});
  const auto json = nlohmann::json::parse(read_text(to / "result.json"));
  EXPECT_EQ(json["claims"].size(), 2U);
  EXPECT_EQ(json["claims"][0]["verdict"], "holds");
  EXPECT_EQ(json["claims"][1]["verdict"], "not met (explained)");
  EXPECT_EQ(json["claims"][1]["why"], "the capacity is 1000");
  EXPECT_TRUE(json["digests"].contains("model growth"));
  EXPECT_THAT(read_text(to / "claims.csv"), HasSubstr("slow,closed form,"));
  EXPECT_THAT(read_text(to / "claims.md"), HasSubstr("| a test | closed form |"));
  EXPECT_THAT(read_text(to / "figures/a.slow.csv"), HasSubstr("time [day],n [cell]\n0,10\n"));
  EXPECT_TRUE(fs::exists(to / "figures/a.fast.csv"));
}

TEST(ReportFiles, ReplaceAnEarlierReportAndNothingElse) {
  const test::TemporaryFolder folder;
  const fs::path to = folder / "out";
  write_report(report(), to);
  test::put(to / "figures/a.png", "an earlier picture");
  test::put(to / "notes.txt", "the user's own");
  Report without = report();
  without.figures.clear();
  write_report(without, to);
  EXPECT_FALSE(fs::exists(to / "figures"));
  EXPECT_TRUE(fs::exists(to / "notes.txt"));
}

TEST(ReportFiles, LeaveWhatIsNotOurs) {
  const test::TemporaryFolder folder;
  test::put(folder / "out/result.json", "{}");
  EXPECT_THROW(check_report_folder(folder / "out"), InputError);
  EXPECT_THROW(write_report(report(), folder / "out"), InputError);
  EXPECT_EQ(read_text(folder / "out/result.json"), "{}");
  // A result.json that names a file elsewhere reaches nothing there.
  test::put(folder / "precious.txt", "keep");
  test::put(folder / "evil/result.json",
            R"({"format": "howship paper 1", "files": ["../precious.txt", "figures/../../precious.txt", "/etc/x"]})");
  write_report(report(), folder / "evil");
  EXPECT_TRUE(fs::exists(folder / "precious.txt"));
}

}  // namespace
}  // namespace howship::papers
