#include "howship/study/prepare.hpp"

#include <algorithm>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "howship/core/files.hpp"

#include "small_world.hpp"

namespace howship::study {
namespace {

using test::kSpatialStudy;
using test::kVoxelStudy;
using test::with;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Prepare : public ::testing::Test {
 protected:
  std::vector<PreparedArm> prepare(const std::string& text) const {
    Diagnostics faults;
    auto arms = world_.prepare(world_.good(text), faults);
    faults.raise_if_any();
    return arms;
  }
  const test::SmallWorld world_;
};

TEST_F(Prepare, SharesAModelAmongArmsThatHaveTheSame) {
  const auto arms = prepare(kVoxelStudy + "[[arms]]\nid = \"again\"\n");
  ASSERT_EQ(arms.size(), 3U);
  EXPECT_EQ(arms[0].model, arms[2].model);
  EXPECT_NE(arms[0].model, arms[1].model);
}

TEST_F(Prepare, GivesADoseInBaseUnitsAfterBioavailability) {
  const auto arms = prepare(kVoxelStudy);
  const auto& schedule = arms[1].schedule;
  ASSERT_EQ(schedule.doses.size(), 3U);  // days 20, 48, 76; 104 is past the end
  for (std::size_t n = 0; n < 3; ++n) {
    EXPECT_EQ(schedule.doses[n].time, 20.0 + 28.0 * static_cast<double>(n));
    EXPECT_EQ(schedule.doses[n].amount, 5.0);  // mg, half of ten
  }
  EXPECT_EQ(arms[1].doses[0].amount, "10 mg");
  EXPECT_TRUE(arms[0].schedule.doses.empty());
}

TEST_F(Prepare, LetsAnArmHaveItsOwnParameters) {
  const auto arms = prepare(kSpatialStudy);
  const auto value = [](const PreparedArm& arm, const std::string& id) {
    const auto& list = arm.model->parameters;
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& p) { return p.id == id; });
    return arm.parameters.at(static_cast<std::size_t>(found - list.begin()));
  };
  EXPECT_DOUBLE_EQ(value(arms[0], "g"), 0.012);
  EXPECT_DOUBLE_EQ(value(arms[1], "g"), 0.012);
  EXPECT_EQ(value(arms[1], "k"), 0.2);
}

TEST_F(Prepare, PutsDosesAndOutputsOnOneClock) {
  const auto arms = prepare(kSpatialStudy);
  const auto& schedule = arms[1].schedule;
  for (const auto& dose : schedule.doses)
    EXPECT_TRUE(std::binary_search(arms[1].rows.begin(), arms[1].rows.end(), dose.time)) << dose.time;
  EXPECT_EQ(schedule.end, 60.0);
  EXPECT_EQ(schedule.outputs.front(), 0.0);
  EXPECT_EQ(schedule.outputs.back(), 60.0);
  EXPECT_TRUE(std::binary_search(schedule.outputs.begin(), schedule.outputs.end(), 30.0));  // a frame between two rows
  EXPECT_EQ(schedule.doses.size(), 3U);                                                     // 7, 21, 35; 49 is excluded
}

TEST_F(Prepare, NamesAFaultOfTheSharedModelOnce) {
  test::put(world_.path() / "models/broken.toml",
            "id = \"broken\"\ntitle = \"b\"\nextends = [\"mini\"]\n[modify.growth]\nmultiply = \"1 + nobody\"\n");
  const std::string faults = world_.faults(with(kVoxelStudy, "[\"mini\"]", "[\"broken\"]"));
  const auto first = faults.find("nobody");
  ASSERT_NE(first, std::string::npos) << faults;
  EXPECT_EQ(faults.find("error:", faults.find("error:") + 1), std::string::npos) << faults;
}

TEST_F(Prepare, AParameterOfTheStudyMayNotMakeADelayNegative) {
  test::put(
      world_.path() / "models/waits.toml",
      "id = \"waits\"\ntitle = \"w\"\nextends = [\"drugs/agent\"]\n[events.late]\ntitle = \"l\"\nwhen = \"time > 1 "
      "day\"\ndelay = \"2 day - k*(10*(1 day)^2)\"\nset = { depot = \"0\" }\n");
  const std::string study = with(kVoxelStudy, "[\"mini\"]", "[\"waits\"]");
  EXPECT_EQ(world_.faults(study), "");
  EXPECT_THAT(world_.faults(with(study, "id = \"untreated\"", "id = \"untreated\"\nparameters = { k = 2 }")),
              AllOf(HasSubstr("waits.toml:4:"), HasSubstr("arm untreated"), HasSubstr("'late' is -18 day")));
}

TEST_F(Prepare, ShowsAFieldInTheArmsThatHaveIt) {
  test::put(world_.path() / "models/drugs/agent_in_bone.toml",
            "id = \"agent_in_bone\"\ntitle = \"b\"\nextends = [\"drugs/agent\"]\n[observables.slowed]\ntitle = \"s\"\n"
            "formula = \"n/(1 + depot/half)\"\nunit = \"1\"\n");
  const auto arms =
      prepare(with(with(kSpatialStudy, "\"share\"]", "\"slowed\"]"), "[\"drugs/agent\"]", "[\"drugs/agent_in_bone\"]"));
  ASSERT_EQ(arms.size(), 2U);
  EXPECT_EQ(arms[0].fields.size(), 2U);
  ASSERT_EQ(arms[1].fields.size(), 3U);
  EXPECT_EQ(arms[1].fields[2].name, "slowed");
}

// Every study that ships must be right, and one that needs an image must say so.
TEST(ShippedStudies, AreRight) {
  const DataFolder data{std::filesystem::path(HOWSHIP_SOURCE_DIR)};
  const UnitSystem units;
  ASSERT_FALSE(DataFolder::ids(data.studies()).empty());
  for (const std::string& id : DataFolder::ids(data.studies())) {
    const auto path = data.studies() / (id + ".toml");
    const std::string text = read_text(path);
    std::vector<std::string> overrides;
    if (text.find("[vertebra.labels]") != std::string::npos)
      overrides = {"vertebra.ct=ct.nii.gz", "vertebra.mask=mask.nii.gz"};
    Diagnostics faults;
    const Study study = read_study(text, path.string(), overrides, data, units, faults);
    EXPECT_EQ(study.id, id);
    prepare_arms(study, library_of(study, data.models()), units, faults);
    EXPECT_NO_THROW(faults.raise_if_any()) << id;
  }
}

}  // namespace
}  // namespace howship::study
