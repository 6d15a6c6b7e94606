#include "howship/study/read_study.hpp"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "howship/study/place.hpp"

#include "small_world.hpp"

namespace howship::study {
namespace {

using test::kSpatialStudy;
using test::kVoxelStudy;
using test::with;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ReadStudy : public ::testing::Test {
 protected:
  const test::SmallWorld world_;
};

TEST_F(ReadStudy, TakesAStudyAsItIsMeant) {
  const Study study = world_.good(kSpatialStudy);
  EXPECT_EQ(study.id, "spatial");
  EXPECT_EQ(study.duration, 60.0);
  const auto& built_in = std::get<BuiltInVertebra>(study.vertebra);
  EXPECT_EQ(built_in.options.voxel, 4.0);
  EXPECT_EQ(built_in.options.heterogeneity, 0.3);
  EXPECT_EQ(built_in.options.seed, 1U);
  EXPECT_EQ(built_in.shape.superior_endplate_width, 44.1);
  EXPECT_EQ(built_in.shape.rim_width, 5.0);  // from [common]
  EXPECT_EQ(study.output.frames, (std::vector<double>{0.0, 30.0, 60.0}));
  ASSERT_EQ(study.arms.size(), 2U);
  ASSERT_EQ(study.arms[1].doses.size(), 1U);
  EXPECT_EQ(study.arms[1].doses[0].start.base(), 7.0);
}

TEST_F(ReadStudy, ExpandsARegimen) {
  const Study study = world_.good(kVoxelStudy);
  const DoseRule& rule = study.arms[1].doses.at(0);
  EXPECT_EQ(rule.drug, "agent");
  EXPECT_EQ(rule.amount.amount.value, 10.0);
  EXPECT_EQ(rule.every->base(), 28.0);
  EXPECT_EQ(rule.start.base(), 20.0);
}

struct Slip {
  const char* piece;
  const char* by;
  const char* message;
  const char* hint;
};

void PrintTo(const Slip& slip, std::ostream* out) {
  *out << slip.piece << " -> " << slip.by;
}

class Slips : public ::testing::TestWithParam<Slip> {
 protected:
  const test::SmallWorld world_;
};

TEST_P(Slips, AreNamedWithPlaceAndRemedy) {
  const Slip& slip = GetParam();
  const std::string text = with(kSpatialStudy, slip.piece, slip.by);
  const std::string faults = world_.faults(text);
  EXPECT_THAT(faults, HasSubstr(slip.message));
  EXPECT_THAT(faults, HasSubstr(slip.hint));
  EXPECT_THAT(faults, HasSubstr("study.toml:")) << "no place in the file";
  EXPECT_THAT(faults, HasSubstr("^")) << "no caret";
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, Slips,
    ::testing::Values(
        Slip{"duration = \"60 day\"", "duration = 60", "duration is a number", "60"},
        Slip{"duration = \"60 day\"", "duration = \"60 mm\"", "duration is in mm, and day was expected", "730 day"},
        Slip{"duration = \"60 day\"", "duration = \"60 dya\"", "unknown unit 'dya'", "did you mean 'day'?"},
        Slip{"duration = \"60 day\"", "duration = \"-60 day\"", "must be above 0", ""},
        Slip{"duration = \"60 day\"", "durration = \"60 day\"", "unknown key 'durration'", "did you mean 'duration'?"},
        Slip{"duration = \"60 day\"", "duration = ", "not valid TOML", ""},
        Slip{"models = [\"mini\"]", "models = [\"mimi\"]", "there is no model 'mimi'", "did you mean 'mini'?"},
        Slip{"models = [\"mini\"]", "models = \"mini\"", "a list of texts was expected", "models = [\"...\"]"},
        Slip{"models = [\"mini\"]\n", "", "models is missing", "vicious_cycle"},
        Slip{"models = [\"mini\"]", "models = []", "models is empty: name at least one", "vicious_cycle"},
        Slip{"models = [\"mini\"]", "models = [\"./no.toml\"]", "no.toml", ""},
        Slip{"id = \"treated\"", "id = \"Untreated\"", "'untreated' and 'Untreated' differ only in case", "its own id"},
        Slip{"id = \"treated\"", "id = \"Run.json\"", "the run folder holds 'run.json'", "another id"},
        Slip{"id = \"treated\"", "id = \"pictures\"", "the run folder holds 'pictures'", "another id"},
        Slip{"\"share\"]", "\"size\"]", "'size' is one number for the vertebra, not a field", "voxel to voxel"},
        Slip{"\"share\"]", "\"g\"]", "'g' is one number for the vertebra, not a field", "voxel to voxel"},
        Slip{"[lesion]", "[solver]\nmax_step = \"1e-10 day\"\n[lesion]", "at least 1e-09 day", "no limit"},
        Slip{"voxel_size = \"4 mm\"", "voxel_size = \"40 mm\"", "vertebra.voxel_size is 40 mm", "smaller voxels"},
        Slip{"g = \"0.0005 1/hour\"", "gg = 1", "there is no parameter 'gg'", "did you mean 'g'?"},
        Slip{"g = \"0.0005 1/hour\"", "g = \"1 mg\"", "parameter g is in 1/day", "'mg'"},
        Slip{"g = \"0.0005 1/hour\"", "g = -0.1", "parameter g = -0.1 1/day lies outside its range, 0 to 1 1/day",
             "range stands in the model"},
        Slip{"g = \"0.0005 1/hour\"", "g = nan", "parameters.g is nan", ""},
        Slip{"g = \"0.0005 1/hour\"", "g = inf", "parameters.g is inf", ""},
        Slip{"g = \"0.0005 1/hour\"", "g = \"24 1/hour\"",
             "parameter g = 24 1/hour lies outside its range, 0 to 0.0416667 1/hour", ""},
        Slip{"built_in = \"L3\"", "built_in = \"L9\"", "there is no built-in vertebra 'L9'", "did you mean 'L1'?"},
        Slip{"built_in = \"L3\"", "built_in = \"L3\"\nct = \"x.nii\"", "both built_in and ct", "give one of"},
        Slip{"built_in = \"L3\"\n", "", "does not say where", "built_in = \"L3\""},
        Slip{"voxel_size = \"4 mm\"", "voxel_size = \"0 mm\"", "must be above 0", ""},
        Slip{"built_in = \"L3\"", "block = [\"8 mm\", \"4 mm\"]\nbvtv = 0.2", "needs three lengths", "block = ["},
        Slip{"built_in = \"L3\"", "block = [\"8 mm\", \"4 mm\", \"5 mm\"]\nbvtv = 0.2",
             "an edge of 5 mm is no whole number of voxels of 4 mm", "change the edge"},
        Slip{"built_in = \"L3\"", "block = [\"8 mm\", \"4 mm\", \"4 mm\"]", "bvtv is missing", "0.15"},
        Slip{"voxel_size = \"4 mm\"", "voxle_size = \"4 mm\"", "unknown key 'vertebra.voxle_size'",
             "did you mean 'voxel_size'?"},
        Slip{"heterogeneity = 0.3", "heterogeneity = 3",
             "vertebra.heterogeneity is 3, and must be at least 0 and at most 0.6", ""},
        Slip{"radius = \"8 mm\"", "radius = \"-8 mm\"", "lesion.radius is -8 mm, and must be above 0", ""},
        Slip{"radius = \"8 mm\"", "site = \"posterior_boddy\"", "there is no site 'posterior_boddy'",
             "did you mean 'posterior_body'?"},
        Slip{"radius = \"8 mm\"", "centre = [\"0 mm\", \"1 mm\"]", "needs three lengths", "centre ="},
        Slip{"every = \"7 day\"", "every = \"1e-9 day\"", "more than 1000000 times", "longer interval"},
        Slip{"\"60 day\"]", "\"61 day\"]", "output.frames is 61 day, and must be at least 0 and at most 60", ""},
        Slip{"\"share\"]", "\"shere\"]", "nothing named 'shere'", "did you mean 'share'?"},
        Slip{"\"share\"]", "\"share\"]\ncharts = [\"sise\"]", "nothing named 'sise'", "did you mean 'size'?"},
        Slip{"\"share\"]", "\"share\"]\ncharts = [3]", "charts", "text"},
        Slip{"id = \"treated\"", "id = \"untreated\"", "two arms 'untreated'", "its own id"},
        Slip{"id = \"treated\"", "id = \"../treated\"", "cannot be an id", "letters"},
        Slip{"drug = \"agent\"", "drug = \"agnet\"", "the model has no drug 'agnet'", "did you mean 'agent'?"},
        Slip{"models = [\"drugs/agent\"]", "", "the model has no drug 'agent'", "add models = [\"drugs/agent\"]"},
        Slip{"models = [\"drugs/agent\"]", "models = [\"drugs/agent\", \"strange\"]", "given.oxygen",
             "bvtv, lesion, x, y, z"},
        Slip{"\"2500 ug\"", "\"2500 day\"", "a dose of agent is measured in mg, and 'day'", ""},
        Slip{"\"2500 ug\"", "\"-1 mg\"", "is not positive", ""},
        Slip{"start = \"1 week\"", "start = \"50 day\"", "no dose of agent falls into the study", "excluded"},
        Slip{"start = \"1 week\", ", "", "start is missing", "start = \"180 day\""},
        Slip{"doses = [{ drug = \"agent\", amount = \"2500 ug\",", "regimens = [{ use = \"agent_10mg_q3w\",",
             "no regimen 'agent_10mg_q3w'", "did you mean 'agent_10mg_q4w'?"}));

TEST_F(ReadStudy, ReportsEverythingAtOnce) {
  std::string text = with(kSpatialStudy, "\"60 day\"\n", "\"60 dya\"\n");
  text = with(text, "voxel_size", "voxelsize");
  text = with(text, "radius = \"8 mm\"", "radius = \"8 pM\"");
  const std::string faults = world_.faults(text);
  EXPECT_THAT(faults, AllOf(HasSubstr("unknown unit 'dya'"), HasSubstr("vertebra.voxelsize"),
                            HasSubstr("lesion.radius is in pM")));
  EXPECT_LT(faults.find("dya"), faults.find("voxelsize"));
}

TEST_F(ReadStudy, DoesNotSayWhatOnlyFollowsFromAnotherFault) {
  const auto count = [](const std::string& text) {
    std::size_t errors = 0;
    for (auto at = text.find("error:"); at != std::string::npos; at = text.find("error:", at + 1)) ++errors;
    return errors;
  };
  Diagnostics faults;
  const Study study = world_.read(with(kSpatialStudy, "\"60 day\"\n", "\"60 dya\"\n"), faults);
  world_.prepare(study, faults);
  EXPECT_EQ(faults.list().size(), 1U);
  const std::string flat =
      world_.faults(with(kSpatialStudy, "built_in = \"L3\"", "block = [\"0 mm\", \"4 mm\", \"4 mm\"]\nbvtv = 0.2"));
  EXPECT_THAT(flat, AllOf(HasSubstr("must be above 0"), Not(HasSubstr("three lengths"))));
  const std::string undecided = world_.faults(with(
      kSpatialStudy, "built_in = \"L3\"\nvoxel_size = \"4 mm\"\nheterogeneity = 0.3", "labels = { 1 = \"skip\" }"));
  EXPECT_EQ(count(undecided), 1U) << undecided;
}

TEST_F(ReadStudy, TakesAModelFileBesideTheStudy) {
  test::put(world_.path() / "mine.toml",
            "id = \"mine\"\ntitle = \"m\"\nextends = [\"mini\"]\n[modify.growth]\nmultiply = \"1/2\"\n");
  const Study study = world_.good(with(kVoxelStudy, "[\"mini\"]", "[\"./mine.toml\"]"));
  EXPECT_EQ(study.models, std::vector<std::string>{"mine"});
  Diagnostics faults;
  const auto arms = world_.prepare(study, faults);
  faults.raise_if_any();
  EXPECT_EQ(arms.at(0).model->title, "m");
  test::put(world_.path() / "mine.toml",
            "id = \"mine\"\ntitle = \"m\"\nextends = [\"mini\"]\n[modify.grwth]\nadd = \"1\"\n");
  EXPECT_THAT(world_.faults(with(kVoxelStudy, "[\"mini\"]", "[\"./mine.toml\"]")),
              HasSubstr((world_.path() / "mine.toml").string() + ":4:9: error: there is nothing called 'grwth'"));
  test::put(world_.path() / "sub/mine.toml", "another");
  EXPECT_THAT(world_.faults(with(kVoxelStudy, "[\"mini\"]", "[\"mine.toml\", \"sub/mine.toml\"]")),
              HasSubstr("two model files named 'mine.toml'"));
}

TEST_F(ReadStudy, ShowsTheLineAndTheColumn) {
  const std::string faults = world_.faults(with(kSpatialStudy, "radius = \"8 mm\"", "radius = \"8 kg\""));
  EXPECT_THAT(faults, HasSubstr("study.toml:11:10: error: lesion.radius"));
  EXPECT_THAT(faults, HasSubstr("    radius = \"8 kg\"\n             ^"));
}

TEST_F(ReadStudy, RefusesFramesOfASingleVoxel) {
  EXPECT_THAT(world_.faults(with(kVoxelStudy, "every = \"10 day\"", "every = \"10 day\"\nframes = [\"0 day\"]")),
              HasSubstr("a single voxel has no frames"));
  EXPECT_THAT(world_.faults(kVoxelStudy + "[lesion]\nradius = \"1 mm\"\n"),
              HasSubstr("a single voxel has no place for a [lesion]"));
}

TEST_F(ReadStudy, ABlockLiesAboutTheOriginAndIsALineIfThin) {
  const Study study =
      world_.good(with(with(kSpatialStudy, "built_in = \"L3\"", "block = [\"40 mm\", \"1 cm\", \"2 mm\"]"),
                       "voxel_size = \"4 mm\"\nheterogeneity = 0.3", "voxel_size = \"2 mm\"\nbvtv = 0.3"));
  const Place place = build_place(study);
  EXPECT_EQ(place.domain.grid().size, (std::array<int, 3>{20, 5, 1}));
  EXPECT_DOUBLE_EQ(place.domain.volume(), 800.0);
  EXPECT_EQ(place.domain.grid().position(std::size_t{0}), (std::array<double, 3>{-19.0, -4.0, 0.0}));
  EXPECT_EQ(place.given.at("bvtv").back(), 0.3);
  EXPECT_EQ(place.given_fields({"x", "y"}).at(0).front(), -19.0);
  EXPECT_EQ(place.given_fields({"x", "y"}).at(1).back(), 4.0);
}

TEST_F(ReadStudy, SpreadsFramesByAnInterval) {
  const Study study =
      world_.good(with(kSpatialStudy, "frames = [\"0 day\", \"30 day\", \"60 day\"]", "frames_every = \"25 day\""));
  EXPECT_EQ(study.output.frames, (std::vector<double>{0.0, 25.0, 50.0, 60.0}));
}

TEST_F(ReadStudy, LooksForImagesBesideTheFile) {
  const std::string text = with(kSpatialStudy, "built_in = \"L3\"\nvoxel_size = \"4 mm\"\nheterogeneity = 0.3",
                                "ct = \"a.nii\"\nmask = [\"/b.nii\"]\nlabels = { 10 = \"skip\", 9 = \"cortical\" }");
  const auto ct = std::get<CtVertebra>(world_.good(text).vertebra);
  EXPECT_EQ(ct.options.image, world_.path() / "a.nii");
  EXPECT_EQ(ct.options.masks.at(0), "/b.nii");
  ASSERT_EQ(ct.options.rules.size(), 2U);
  EXPECT_EQ(ct.options.rules[0].label, 9);
  EXPECT_EQ(ct.options.rules[0].region, vertebra::Region::cortical);
  EXPECT_FALSE(ct.options.rules[1].region.has_value());
  EXPECT_THAT(world_.faults(with(text, "\"skip\"", "\"skipp\"")), HasSubstr("did you mean 'skip'?"));
}

}  // namespace
}  // namespace howship::study
