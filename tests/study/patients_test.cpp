#include "howship/study/patients.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

#include "small_world.hpp"

namespace howship::study {
namespace {

namespace fs = std::filesystem;
using test::kSpatialStudy;
using test::kVoxelStudy;
using test::with;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> all{""};
  for (const char c : line) {
    if (c == ',') {
      all.emplace_back();
    } else {
      all.back() += c;
    }
  }
  return all;
}

class RunPatients : public ::testing::Test {
 protected:
  static PatientTable table(const std::string& text) {
    Diagnostics faults;
    PatientTable table = read_patients(text, "patients.csv", faults);
    faults.raise_if_any();
    return table;
  }
  RunResult run(const std::string& study, const std::string& patients, const std::string& name, int threads = 2) const {
    RunOptions options;
    options.folder = results_ / name;
    options.quiet = true;
    options.threads = {threads};
    return run_patients(world_.good(study), table(patients), world_.data(), world_.units(), options);
  }
  std::string rows(const std::string& name) const { return test::contents(results_ / name / "patients.csv"); }
  nlohmann::json manifest(const std::string& name) const {
    return nlohmann::json::parse(test::contents(results_ / name / "run.json"));
  }
  /// What the user reads when a run is refused; nothing must have been written.
  std::string refusal(const std::string& patients, const std::string& study = kVoxelStudy) const {
    try {
      run(study, patients, "refused");
    } catch (const InputError& error) {
      EXPECT_FALSE(fs::exists(results_ / "refused"));
      return error.what();
    }
    return "accepted";
  }

  const test::SmallWorld world_;
  const test::TemporaryFolder results_;
};

const std::string kThree = "patient,g [1/day],n0\nanna,0.02,0.1\nbert,0.05,0.2\n\"carl, the third\",0,0.5\n";

TEST_F(RunPatients, GiveTheClosedFormForEach) {
  run(with(kVoxelStudy, "[vertebra]", "[solver]\nrelative_tolerance = 1e-8\n[vertebra]"), kThree, "p");
  const auto all = lines(rows("p"));
  EXPECT_EQ(all[0], "patient,arm,time [day],n [1],f [1],size [mm^3],share [percent],depot [ug]");
  ASSERT_EQ(all.size(), 1U + 3U * (11U + 16U));  // rows at doses too
  const std::vector<std::pair<double, double>> truth{{0.02, 0.1}, {0.05, 0.2}};
  for (std::size_t patient = 0; patient < 2; ++patient) {
    const auto [g, n0] = truth[patient];
    for (std::size_t row = 0; row < 11; ++row) {
      const auto c = cells(all[1 + patient * 27 + row]);
      EXPECT_EQ(c[0], patient == 0 ? "anna" : "bert");
      EXPECT_EQ(c[1], "untreated");
      EXPECT_EQ(c[2], std::to_string(10 * row));
      EXPECT_NEAR(std::stod(c[3]), 1.0 / (1.0 + (1.0 / n0 - 1.0) * std::exp(-g * 10.0 * static_cast<double>(row))),
                  1e-7);
      EXPECT_EQ(c.back(), "");  // this arm has no drug
    }
  }
  EXPECT_THAT(all.back(), HasSubstr("\"carl, the third\",treated,100,0.5,"));  // without growth nothing changes
}

// Who clears the drug slowly has too much of it left and does not get the next dose.
TEST_F(RunPatients, CountTheDosesThatWereHeld) {
  const std::string rule = "start = \"20 day\"";
  const std::string study = with(kVoxelStudy, rule, rule + ", hold = { of = \"depot\", above = \"1 mg\" }");
  run(study, "patient,k [1/day]\nquick,1\nslow,0.01\n", "p");
  const auto all = lines(rows("p"));
  ASSERT_EQ(cells(all[0]).back(), "doses_held [1]");
  std::map<std::string, std::string> last;  // of an arm's rows
  for (const std::string& line : all) last[cells(line)[0] + ", " + cells(line)[1]] = cells(line).back();
  EXPECT_EQ(last["quick, treated"], "0");
  EXPECT_EQ(last["slow, treated"], "2");  // of those on days 20, 48 and 76
  EXPECT_EQ(last["slow, untreated"], "");
  // Before the first of them is due nothing has been held.
  for (const std::string& line : all) {
    const auto c = cells(line);
    if (c[0] != "slow" || c[1] != "treated") continue;
    EXPECT_TRUE(std::stod(c[2]) >= 48.0 || c.back() == "0") << line;
  }
}

TEST_F(RunPatients, AreTheSameForAnyNumberOfThreads) {
  std::string many = "patient,g [1/week]\n";
  for (int p = 0; p < 60; ++p) many += fmt::format("p{},{}\n", p, 0.01 * p);
  run(kVoxelStudy, many, "one", 1);
  run(kVoxelStudy, many, "four", 4);
  EXPECT_EQ(rows("one"), rows("four"));
  EXPECT_EQ(lines(rows("one")).size(), 1U + 60U * 27U);
}

// The same bits as --set gives, doses and what a drug's bioavailability makes of them included.
TEST_F(RunPatients, EqualARunOfTheirOwn) {
  run(kVoxelStudy, "patient,g [1/hour],F,half [ug],k [1/day]\nx,0.002,0.5,900,0.1\ny,0.001,0.25,800,0.3\n", "all");
  const auto all = lines(rows("all"));
  RunOptions options;
  options.folder = results_ / "own";
  options.quiet = true;
  run_study(world_.good(kVoxelStudy, {"g=0.001 1/hour", "F=0.25", "half=800 ug", "k=0.3"}), world_.data(),
            world_.units(), options);
  const auto untreated = lines(test::contents(results_ / "own/untreated/timeseries.csv"));
  const auto treated = lines(test::contents(results_ / "own/treated/timeseries.csv"));
  ASSERT_EQ(all.size(), 1U + 2U * 27U);
  for (std::size_t row = 1; row < untreated.size(); ++row)
    EXPECT_EQ(all[27 + row], "y,untreated," + untreated[row] + ",");
  const std::vector<std::string> header = cells(treated[0]);
  EXPECT_EQ(header[3], "depot [ug]");  // last in the common table
  for (std::size_t row = 1; row < treated.size(); ++row) {
    auto c = cells(treated[row]);
    std::rotate(c.begin() + 3, c.begin() + 4, c.end());
    std::string expected = "y,treated";
    for (const std::string& cell : c) expected += "," + cell;
    EXPECT_EQ(all[27 + 11 + row], expected);
  }
}

TEST_F(RunPatients, CountBelowWhatAnArmSetsItself) {
  const std::string study = with(kVoxelStudy, "id = \"treated\"", "id = \"treated\"\nparameters = { g = 0 }");
  run(study, "patient,g [1/day]\nx,0.1\n", "p");
  const auto all = lines(rows("p"));
  EXPECT_GT(std::stod(cells(all[11])[3]), 0.9);
  EXPECT_EQ(cells(all.back())[3], "0.1");
  EXPECT_THAT(refusal("patient,k [1/day]\nx,0.2\n",
                      with(kVoxelStudy, "id = \"treated\"", "id = \"treated\"\nparameters = { k = 0.1 }")),
              AllOf(HasSubstr("patients.csv:1:9"), HasSubstr("every arm sets k itself")));
}

TEST_F(RunPatients, LeaveARecord) {
  run(kVoxelStudy, "# assumed: for a test\r\n" + kThree, "p");
  const auto json = manifest("p");
  EXPECT_EQ(json["status"], "complete");
  EXPECT_EQ(json["arms"].size(), 0U);  // none has a folder
  EXPECT_EQ(json["patients"]["count"], 3);
  EXPECT_EQ(json["patients"]["done"], 3);
  EXPECT_EQ(json["patients"]["failed"].size(), 0U);
  EXPECT_EQ(json["patients"]["parameters"], (std::vector<std::string>{"g [1/day]", "n0"}));
  EXPECT_EQ(json["patients"]["arms"][1]["doses"].size(), 3U);
  const std::string given = test::contents(results_ / "p/patients_given.csv");
  EXPECT_EQ(json["digests"]["patients"], digest(given));
  // The folder repeats itself.
  Diagnostics faults;
  const Study again = read_study(test::contents(results_ / "p/resolved.toml"), "resolved.toml", {}, world_.data(),
                                 world_.units(), faults);
  RunOptions options;
  options.folder = results_ / "again";
  options.quiet = true;
  run_patients(again, table(given), world_.data(), world_.units(), options);
  EXPECT_EQ(rows("again"), rows("p"));
  options.force = true;
  options.folder = results_ / "p";
  run_study(world_.good(kVoxelStudy), world_.data(), world_.units(), options);
  EXPECT_FALSE(fs::exists(results_ / "p/patients.csv"));
}

TEST_F(RunPatients, FailAlone) {
  test::put(world_.path() / "models/fragile.toml", R"toml(id = "fragile"
title = "a root that some cannot draw"
extends = ["mini"]
[parameters]
q = { value = 1, unit = "1", range = [-10, 10], source = "test" }
start = { value = 1, unit = "1", range = [-10, 10], source = "test" }
[species.r]
title = "what is left"
scope = "local"
unit = "1"
initial = "sqrt(start)"
typical = 1
[processes.drain]
title = "loss"
rate = "loss*sqrt(q - 1 + f)"
changes = { r = -1 }
)toml");
  const std::string study = with(kVoxelStudy, "[\"mini\"]", "[\"fragile\"]");
  try {
    run(study, "patient,q,start\nfirst,1,1\nsecond,-1,1\nthird,1,-1\nfourth,2,1\n", "p");
    FAIL() << "this run must not look like a good one";
  } catch (const NumericalError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("2 of 4 patients"), HasSubstr("patient second, arm untreated: the eq"),
                                    HasSubstr("patient third, arm treated: the initial value of r is")));
  }
  const auto json = manifest("p");
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["patients"]["done"], 4);
  ASSERT_EQ(json["patients"]["failed"].size(), 4U);
  EXPECT_EQ(json["patients"]["failed"][3]["patient"], "third");
  EXPECT_EQ(json["patients"]["failed"][3]["arm"], "treated");
  const std::string text = rows("p");
  EXPECT_THAT(text, AllOf(HasSubstr("\nfirst,treated,100,"), HasSubstr("\nfourth,treated,100,"),
                          Not(HasSubstr("second")), Not(HasSubstr("third"))));
}

TEST_F(RunPatients, RefuseWhatMakesNoSense) {
  const auto says = [this](const std::string& patients, const std::string& place, const std::string& message) {
    EXPECT_THAT(refusal(patients), AllOf(HasSubstr("patients.csv:" + place), HasSubstr(message))) << patients;
  };
  says("patient,grow\nx,1\n", "1:9: error", "there is no parameter 'grow'");
  says("patient,Loss [1/day]\nx,1\n", "1:9: error", "did you mean 'loss'?");
  says("patient,g [1/mm]\nx,1\n", "1:9: error", "parameter g is in 1/day, and '1/mm' is no such unit");
  says("patient,g [dya]\nx,1\n", "1:9: error", "dya");
  says("patient,g\nx,1\n", "1:9: error", "its column names no unit");
  says("patient,g [1/day\nx,1\n", "1:9: error", "no heading");
  says("patient,n0,\nx,1,\n", "1:12: error", "column 3 has no name");
  says("patient,n0,n0\nx,1,1\n", "1:12: error", "two columns 'n0'");
  says("name,n0\nx,1\n", "1:1: error", "no column 'patient'");
  says("patient;n0\nx;1\n", "1:1: error", "by commas, not by semicolons");
  says("patient,n0\nx,1\ny,0.5\nx,0.1\n", "4:1: error", "two patients 'x'; the other is in line 2");
  says("patient,n0\n,1\n", "2:1: error", "no name");
  says("patient,n0\nx, \n", "2:4: error", "empty");
  says("patient,n0\nx,nan\n", "2:3: error", "no finite number");
  says("patient,n0\nx,1e999\n", "2:3: error", "no finite number");
  says("patient,n0\nx,0.1 kg\n", "2:3: error", "no number");
  says("patient,n0\nx,0,1\n", "2:1: error", "this row has 3 cells, and the header has 2");
  says("patient,n0\n\"x,0.1\n", "2:1: error", "not closed");
  says("n0,patient\n1,x\n 1.5,y\n", "3:2: error", "parameter n0 = 1.5 lies outside its range, 0 to 1\n");
  says("patient,n0\n", "", "there is no patient");
  says("\n", "", "there is no table");
  // All faults at once, but not without end.
  const std::string two = refusal("patient,n0\nx,2\ny,3\n");
  EXPECT_THAT(two, AllOf(HasSubstr("patients.csv:2:3"), HasSubstr("patients.csv:3:3")));
  std::string many = "patient,n0\n";
  for (int p = 0; p < 1000; ++p) many += fmt::format("p{},2\n", p);
  EXPECT_THAT(refusal(many),
              AllOf(HasSubstr("patients.csv:10:"), HasSubstr("too many faults"), Not(HasSubstr("patients.csv:500:"))));
  EXPECT_THAT(refusal("patient,n0\nx,0.1\n", kSpatialStudy),
              AllOf(HasSubstr("study.toml:6:"), HasSubstr("patients are run without space")));
}

TEST_F(RunPatients, SayWhatTheyWouldTake) {
  RunOptions options;
  options.folder = results_ / "dry";
  options.dry_run = true;
  const auto study = world_.good(kVoxelStudy);
  const RunResult result = run_patients(study, table(kThree), world_.data(), world_.units(), options);
  EXPECT_THAT(result.plan.text(study), HasSubstr("voxel: 3 patients, 2 arms"));
  EXPECT_EQ(result.plan.rows, 3U * (22U + 6U));
  EXPECT_FALSE(fs::exists(results_ / "dry"));
}

TEST_F(RunPatients, AskForADiskThatHoldsThem) {
  const test::SmallDisk disk("64k");
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small disk";
  std::string many = "patient,g [1/day]\n";
  for (int p = 0; p < 200; ++p) many += fmt::format("p{},{}\n", p, 0.001 * p);
  RunOptions options;
  options.folder = disk.path() / "p";
  options.quiet = true;
  EXPECT_THROW(run_patients(world_.good(kVoxelStudy), table(many), world_.data(), world_.units(), options),
               OutputError);
  EXPECT_FALSE(fs::exists(options.folder));
}

}  // namespace
}  // namespace howship::study
