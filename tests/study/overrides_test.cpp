#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "small_world.hpp"

namespace howship::study {
namespace {

using test::kSpatialStudy;
using test::kVoxelStudy;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Overrides : public ::testing::Test {
 protected:
  const test::SmallWorld world_;
};

TEST_F(Overrides, TakeTomlOrPlainText) {
  const Study study = world_.good(
      kSpatialStudy, {"duration=90 day", "vertebra.voxel_size='2 mm'", "vertebra.seed=7", "output.fields=[\"n\"]",
                      "output.charts=[\"share\"]", "output.states=[\"30 day\"]", "title=a = b"});
  EXPECT_EQ(study.duration, 90.0);
  EXPECT_EQ(std::get<BuiltInVertebra>(study.vertebra).options.voxel, 2.0);
  EXPECT_EQ(std::get<BuiltInVertebra>(study.vertebra).options.seed, 7U);
  EXPECT_EQ(study.output.fields, std::vector<std::string>{"n"});
  EXPECT_EQ(study.output.charts, std::vector<std::string>{"share"});
  EXPECT_EQ(study.output.states, std::vector<double>{30.0});
  EXPECT_EQ(study.title, "a = b");
}

TEST_F(Overrides, WithoutADotAreParameters) {
  const Study study = world_.good(kVoxelStudy, {"g=0.5", "parameters.loss=0.002 1/day"});
  Diagnostics faults;
  const auto arms = world_.prepare(study, faults);
  faults.raise_if_any();
  const auto value = [&](const std::string& id) {
    const auto& parameters = arms[0].model->parameters;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].id == id) return arms[0].parameters[i];
    }
    return -1.0;
  };
  EXPECT_EQ(value("g"), 0.5);
  EXPECT_EQ(value("loss"), 0.002);
}

TEST_F(Overrides, AreCheckedLikeTheFile) {
  EXPECT_THAT(world_.faults(kVoxelStudy, {"g=-1"}),
              AllOf(HasSubstr("--set parameters.g: error: parameter g = -1 1/day lies outside"), HasSubstr("0 to 1")));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"gg=1"}), HasSubstr("there is no parameter 'gg'"));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"g=nan"}), HasSubstr("g is nan"));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"output.evry=1 day"}), HasSubstr("did you mean 'output.every'?"));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"output.every=1 mm"}),
              HasSubstr("--set output.every: error: output.every is in mm"));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"nonsense"}), HasSubstr("section.key=value"));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"models.x=1"}), HasSubstr("no key of a study"));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"arms.treated.title=x"}), HasSubstr("arms are changed in the study file"));
}

TEST_F(Overrides, SayHowASectionIsSet) {
  EXPECT_THAT(world_.faults(kVoxelStudy, {"lesion={radius='3 mm'}"}),
              HasSubstr("'lesion' is a section: write --set lesion.radius="));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"solver=3"}), HasSubstr("'solver' is a section: write --set solver."));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"arms=[]"}), HasSubstr("arms are changed in the study file"));
  EXPECT_THAT(world_.faults(kVoxelStudy, {"parameters=3"}), HasSubstr("'parameters' is a section"));
}

TEST_F(Overrides, MayNameAParameterOfOneArm) {
  const Study study = world_.good(kVoxelStudy, {"half=2"});
  Diagnostics faults;
  const auto arms = world_.prepare(study, faults);
  faults.raise_if_any();
  ASSERT_EQ(arms.size(), 2U);
  const auto* half = arms[1].model->find_parameter("half");
  EXPECT_EQ(arms[1].parameters.at(static_cast<std::size_t>(half - arms[1].model->parameters.data())), 2.0);
  EXPECT_THAT(world_.faults(kVoxelStudy, {"hlaf=2"}), HasSubstr("did you mean 'half'?"));
}

TEST_F(Overrides, TakeAModelFileFromTheWorkingFolder) {
  const auto file = std::filesystem::relative(world_.path() / "models/mini.toml").string();
  const Study study = world_.good(kVoxelStudy, {"models=[\"" + file + "\"]"});
  EXPECT_EQ(study.models, std::vector<std::string>{"mini"});
  EXPECT_EQ(study.inline_models.count("mini"), 1U);
}

TEST_F(Overrides, MakeSectionsThatAreNotThere) {
  const Study study = world_.good(kVoxelStudy, {"solver.relative_tolerance=1e-8", "solver.max_step=2 day"});
  EXPECT_EQ(study.solver.relative_tolerance, 1e-8);
  EXPECT_EQ(study.solver.max_step, 2.0);
}

TEST_F(Overrides, TakeImagesFromTheWorkingFolder) {
  const std::string text = test::with(kSpatialStudy, "built_in = \"L3\"\nvoxel_size = \"4 mm\"\nheterogeneity = 0.3\n",
                                      "labels = { 1 = \"trabecular\" }\n");
  EXPECT_THAT(world_.faults(text),
              AllOf(HasSubstr("does not say where"), HasSubstr("--set vertebra.ct=PATH --set vertebra.mask=PATH")));
  const auto ct =
      std::get<CtVertebra>(world_.good(text, {"vertebra.ct=a.nii.gz", "vertebra.mask=sub/b.nii.gz"}).vertebra);
  EXPECT_EQ(ct.options.image, std::filesystem::current_path() / "a.nii.gz");
  EXPECT_EQ(ct.options.masks.at(0), std::filesystem::current_path() / "sub/b.nii.gz");
}

}  // namespace
}  // namespace howship::study
