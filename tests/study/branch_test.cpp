#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"
#include "howship/study/simulation.hpp"

#include "small_world.hpp"
#include "tables.hpp"

namespace howship::study {
namespace {

namespace fs = std::filesystem;
using test::kSpatialStudy;
using test::kVoxelStudy;
using test::table;
using test::with;
using ::testing::AllOf;
using ::testing::HasSubstr;

class BranchOfARun : public ::testing::Test {
 protected:
  RunOptions into(const std::string& name, int threads = 2) const {
    RunOptions options;
    options.folder = folder() / name;
    options.quiet = true;
    options.threads = {threads};
    return options;
  }
  void run(const std::string& text, const std::string& name, const std::vector<std::string>& overrides = {}) const {
    run_study(world_.good(text, overrides), world_.data(), world_.units(), into(name));
  }
  nlohmann::json manifest(const std::string& name) const {
    return nlohmann::json::parse(test::contents(folder() / name / "run.json"));
  }
  std::string message(const std::string& text) const {
    try {
      run(text, "bad");
    } catch (const InputError& error) {
      EXPECT_FALSE(fs::exists(folder() / "bad"));
      return error.what();
    }
    return "nothing was wrong";
  }
  /// As howship check finds it.
  std::string refusal_of_a_check(const std::string& text) const {
    RunOptions options = into("bad");
    options.dry_run = true;
    try {
      run_study(world_.good(text), world_.data(), world_.units(), options);
    } catch (const InputError& error) {
      return error.what();
    }
    return "nothing was wrong";
  }
  /// Studies stand in the folder of the world, so relative paths start there.
  fs::path folder() const { return world_.path() / "results"; }

  const test::SmallWorld world_;
};

const std::string kBranch = R"(id = "branch"
duration = "100 day"
[branch]
run = "results/whole"
arm = "untreated"
day = "40 day"
[output]
every = "10 day"
[[arms]]
id = "on"
)";

TEST_F(BranchOfARun, GoesOnWhereTheRunWas) {
  for (const bool spatial : {false, true}) {
    SCOPED_TRACE(spatial);
    const std::string name = spatial ? "whole" : "voxel";
    run(with(spatial ? kSpatialStudy : kVoxelStudy, "[output]", "[output]\nstates = [\"40 day\"]"), name,
        {"solver.relative_tolerance=1e-8", "duration=100 day"});
    run(with(kBranch, "results/whole", "results/" + name), name + "_on", {"output.fields=[\"n\", \"f\"]"});
    const test::Table whole = table(folder() / name / "untreated/timeseries.csv");
    const test::Table on = table(folder() / (name + "_on") / "on/timeseries.csv");
    ASSERT_EQ(on.rows.front()[0], 40.0);
    ASSERT_EQ(on.rows.back()[0], 100.0);
    EXPECT_EQ(on.header, whole.header);
    // At 40 the very numbers; later what two integrations agree on.
    for (const auto& row : on.rows) {
      const auto same =
          std::find_if(whole.rows.begin(), whole.rows.end(), [&](const auto& r) { return r[0] == row[0]; });
      if (same == whole.rows.end()) continue;
      for (std::size_t c = 1; c < row.size(); ++c)
        EXPECT_NEAR(row[c], (*same)[c], (row[0] == 40.0 ? 0.0 : 1e-6) * std::abs((*same)[c]));
    }
  }
}

TEST_F(BranchOfARun, TakesADrugThatTheRunHadNot) {
  run(with(kVoxelStudy, "[output]", "[output]\nstates = [\"40 day\", \"60 day\"]"), "whole");
  run(with(kBranch, "id = \"on\"",
           "id = \"on\"\nmodels = [\"drugs/agent\"]\ndoses = [{ drug = \"agent\", amount = \"10 mg\", start = \"12 "
           "day\", "
           "every = \"28 day\", until = \"60 day\" }]"),
      "on");
  const test::Table on = table(folder() / "on/on/timeseries.csv");
  const std::size_t depot = on.column("depot [ug]");
  // The dose of day 12 is past; that of day 40 comes after the state that was kept.
  EXPECT_EQ(on.rows[0][depot], 0.0);
  EXPECT_NEAR(on.rows[1][depot], 5000.0, 1e-6);
  EXPECT_EQ(on.rows[1][0], 40.0);
  const auto json = manifest("on");
  EXPECT_EQ(json["branch"]["arm"], "untreated");
  EXPECT_EQ(json["branch"]["day"], 40.0);
  EXPECT_EQ(json["arms"][0]["begins_anew"], nlohmann::json::array({"depot"}));
  EXPECT_EQ(json["arms"][0]["doses"].size(), 1U);
  EXPECT_EQ(json["arms"][0]["states_day"], nlohmann::json::array({100.0}));
}

TEST_F(BranchOfARun, KeepsTheDrugThatIsInTheBody) {
  run(with(kVoxelStudy, "[output]", "[output]\nstates = [\"48 day\"]"), "whole");
  run(with(with(kBranch, "arm = \"untreated\"", "arm = \"treated\""), "\"40 day\"", "\"48 day\""), "on");
  const test::Table on = table(folder() / "on/on/timeseries.csv");
  const std::size_t depot = on.column("depot [ug]");
  // Given on day 20, not again on day 48: that is for the branch to say.
  for (const auto& row : on.rows) EXPECT_NEAR(row[depot], 5000.0 * std::exp(-0.1 * (row[0] - 20.0)), 1.0);
}

TEST_F(BranchOfARun, GoesOnFromTheLastDayUnlessToldOtherwise) {
  run(kVoxelStudy, "whole");
  const std::string text = with(with(kBranch, "day = \"40 day\"\n", ""), "\"100 day\"", "\"130 day\"");
  run(text, "on");
  EXPECT_EQ(table(folder() / "on/on/timeseries.csv").rows.front()[0], 100.0);
  EXPECT_EQ(manifest("on")["branch"]["day"], 100.0);
}

TEST_F(BranchOfARun, IsRepeatedToTheBitByItsResolvedStudy) {
  run(with(kSpatialStudy, "[output]", "[output]\nstates = [\"40 day\"]"), "whole");
  run(with(kBranch, "id = \"on\"", "id = \"on\"\nparameters = { loss = 0.5 }"), "on");
  run(test::contents(folder() / "on/resolved.toml"), "again");
  for (const char* file : {"on/timeseries.csv", "on/fluxes.csv", "on/states/day_100.h5", "resolved.toml"})
    EXPECT_EQ(test::contents(folder() / "on" / file), test::contents(folder() / "again" / file)) << file;
}

TEST_F(BranchOfARun, SaysWhatIsWrong) {
  run(with(kVoxelStudy, "[output]", "[output]\nstates = [\"40 day\"]"), "whole");
  EXPECT_THAT(message(with(kBranch, "whole", "wholly")), AllOf(HasSubstr("study.toml:4:7"), HasSubstr("holds no run")));
  EXPECT_THAT(message(with(kBranch, "\"untreated\"", "\"untraeted\"")), HasSubstr("did you mean 'untreated'?"));
  EXPECT_THAT(message(with(kBranch, "arm = \"untreated\"\n", "")), HasSubstr("one of: untreated, treated"));
  EXPECT_THAT(message(with(kBranch, "\"40 day\"", "\"41 day\"")), HasSubstr("it has those of the days 40"));
  EXPECT_THAT(message(with(kBranch, "\"100 day\"", "\"30 day\"")), HasSubstr("begins on day 40, where it branches"));
  EXPECT_THAT(message(with(kBranch, "[output]", "[vertebra]\nvoxel = { bvtv = 0.2 }\n[output]")),
              HasSubstr("another vertebra"));
  EXPECT_EQ(refusal_of_a_check(with(kBranch, "[output]", "[vertebra]\nvoxel = { bvtv = 0.2 }\n[output]")),
            message(with(kBranch, "[output]", "[vertebra]\nvoxel = { bvtv = 0.2 }\n[output]")));
  EXPECT_EQ(refusal_of_a_check(kBranch), "nothing was wrong");
  const std::string resolved = [&] {
    run(kBranch, "on");
    return test::contents(folder() / "on/resolved.toml");
  }();
  run_study(world_.good(with(kVoxelStudy, "[output]", "[output]\nstates = [\"40 day\"]"), {"g=0.03"}), world_.data(),
            world_.units(), [&] {
              RunOptions options = into("whole");
              options.force = true;
              return options;
            }());
  EXPECT_THAT(message(resolved), HasSubstr("has changed since"));
  EXPECT_THAT(refusal_of_a_check(resolved), HasSubstr("has changed since"));
}

TEST_F(BranchOfARun, ItsRunMayPointAtItself) {
  run(kVoxelStudy, "whole");
  fs::remove(folder() / "whole/resolved.toml");
  std::ofstream(folder() / "whole/resolved.toml") << with(kBranch, "results/whole", ".");
  EXPECT_THAT(message(kBranch), HasSubstr("cannot be read: models is missing"));
}

TEST(Arms, SideBySideGiveTheSameBits) {
  const test::SmallWorld world;
  const Study study = world.good(kSpatialStudy);
  for (const int at_once : {1, 2}) {
    RunOptions options;
    options.quiet = true;
    options.arms_at_once = at_once;
    options.threads = {3};
    options.folder = world.path() / std::to_string(at_once);
    run_study(study, world.data(), world.units(), options);
  }
  for (const char* file :
       {"untreated/timeseries.csv", "treated/timeseries.csv", "treated/frames/0002.vti", "treated/states/day_60.h5"})
    EXPECT_EQ(test::contents(world.path() / "1" / file), test::contents(world.path() / "2" / file)) << file;
}

TEST(Arms, OneThatFailsDoesNotCostThoseBesideIt) {
  const test::SmallWorld world;
  test::put(world.path() / "models/broken.toml", R"toml(id = "broken"
title = "is infinite after half a day"
extends = ["mini"]
[modify.growth]
replace = "1000*g*n*n"
)toml");
  const Study study = world.good(with(kVoxelStudy, "id = \"untreated\"", "id = \"untreated\"\nmodels = [\"broken\"]"));
  RunOptions options;
  options.quiet = true;
  options.arms_at_once = 2;
  options.folder = world.path() / "run";
  try {
    run_study(study, world.data(), world.units(), options);
    FAIL() << "a run with a failed arm must not look like a good one";
  } catch (const NumericalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("arm untreated"));
  }
  const auto json = nlohmann::json::parse(test::contents(options.folder / "run.json"));
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["arms"][0]["status"], "failed");
  EXPECT_EQ(json["arms"][1]["status"], "complete");
}

}  // namespace
}  // namespace howship::study
