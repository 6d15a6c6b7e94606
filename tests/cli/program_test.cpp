#include "program.hpp"

#include <csignal>
#include <cstdint>
#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

// The program as a user meets it: words in, text and exit code out.

namespace howship {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Program : public ::testing::Test {
 protected:
  Outcome howship(const std::string& words, const std::string& before = "") const {
    return program_.run(words, before);
  }
  const test::TemporaryFolder folder_;
  const test::Program program_{folder_.path()};
};

TEST_F(Program, ListsItsCommands) {
  const Outcome help = howship("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* command : {"run", "check", "explain", "list", "import", "render"})
    EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + command));
  EXPECT_EQ(howship("help help").out, help.out);
  EXPECT_EQ(howship("").code, 1);
  EXPECT_EQ(howship("--version").out, "howship " HOWSHIP_VERSION "\n");
}

TEST_F(Program, ExplainsACommand) {
  for (const char* words : {"help run", "run --help", "run -h"}) {
    const Outcome help = howship(words);
    EXPECT_EQ(help.code, 0) << words;
    EXPECT_THAT(help.out, AllOf(HasSubstr("usage: howship run STUDY"), HasSubstr("--force"), HasSubstr("--dry-run")))
        << words;
  }
}

TEST_F(Program, GuessesWhatWasMeant) {
  Outcome slip = howship("rnu x");
  EXPECT_EQ(slip.code, 1);
  EXPECT_EQ(slip.out, "");
  EXPECT_THAT(slip.err, AllOf(HasSubstr("there is no command 'rnu'"), HasSubstr("did you mean 'run'?")));
  slip = howship("run bone_agents_0d --dryrun");
  EXPECT_EQ(slip.code, 1);
  EXPECT_THAT(slip.err, HasSubstr("did you mean '--dry-run'?"));
  slip = howship("run bone_agents_0D2");
  EXPECT_EQ(slip.code, 1);
  EXPECT_THAT(slip.err, HasSubstr("did you mean 'bone_agents_0d'?"));
  EXPECT_THAT(howship("run").err, HasSubstr("STUDY is missing"));
  EXPECT_THAT(howship("run a b").err, HasSubstr("too many words"));
  EXPECT_THAT(howship("run bone_agents_0d -j many").err, HasSubstr("usage: howship run"));
  EXPECT_EQ(howship("run bone_agents_0d -j 0").code, 1);
  EXPECT_EQ(howship("list --data /nowhere").code, 1);
  EXPECT_EQ(howship("list", "HOWSHIP_DATA=/nowhere").code, 1);
}

TEST_F(Program, ListsWhatThereIs) {
  const Outcome list = howship("list");
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, HasSubstr("mm wide"));
  for (const char* id : {"vicious_cycle", "drugs/denosumab", "bone_agents_0d", "zoledronic_acid_4mg_q4w", "L3"})
    EXPECT_THAT(list.out, HasSubstr(id));
}

TEST_F(Program, ExportsSbml) {
  const Outcome good = howship("export prototype/vicious_cycle prototype/denosumab -o cycle.xml --set k_res=1.2");
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_EQ(good.out, "cycle.xml\n");
  EXPECT_EQ(good.err, "");
  EXPECT_THAT(test::contents(folder_ / "cycle.xml"),
              HasSubstr(R"(id="k_res" name="bone resorbed per osteoclast" value="1.2")"));
  EXPECT_THAT(howship("export prototype/vicious_cycle").out, HasSubstr("<sbml "));

  const Outcome again = howship("export prototype/vicious_cycle -o cycle.xml");
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("--force"));
  EXPECT_THAT(howship("export prototype/vicious_cycle --set k_re=1").err, HasSubstr("did you mean 'k_res'?"));
  EXPECT_THAT(howship("export prototype/vicious_cycle --set k_res=100").err, HasSubstr("outside the range"));
  EXPECT_THAT(howship("export prototype/vicious_cycle --set 'k_res=1 mg'").err, HasSubstr("no such unit"));
  EXPECT_THAT(howship("export prototype/vicious_cycle --set given.bvtv=3").err, HasSubstr("from 0 to 1"));
  EXPECT_THAT(howship("export prototype/vicious_cycle --volume '3 mm'").err, HasSubstr("volume above zero"));
}

TEST_F(Program, RunsAndStaysQuiet) {
  const Outcome run = howship("run bone_agents_0d --set duration='30 day' --set output.every='10 day' --quiet -o r");
  // The regimens start after day 30, which is an error of the study so shortened.
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("no dose of denosumab falls into the study"));
  EXPECT_FALSE(fs::exists(folder_ / "r"));

  const Outcome good = howship("run bone_agents_0d --set duration='410 day' --quiet -o r");
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_EQ(good.out, "r\n");
  EXPECT_EQ(good.err, "");
  EXPECT_TRUE(fs::exists(folder_ / "r/both/timeseries.csv"));
  const Outcome again = howship("run bone_agents_0d -o r");
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("holds an earlier run"), HasSubstr("--force")));
}

TEST_F(Program, DryRunTellsTheCost) {
  const Outcome dry = howship("run bone_agents_L3 --dry-run");
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_THAT(dry.out, AllOf(HasSubstr("3 arms"), HasSubstr("unknowns"), HasSubstr("memory about"),
                             HasSubstr("out/bone_agents_L3")));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(Program, RefusesMoreMemoryThanThereIsBeforeTakingAny) {
  const Outcome run = howship("run bone_agents_L3 --set vertebra.voxel_size='0.001 mm'");
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("of memory, and"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(Program, ChecksModelsAndStudies) {
  EXPECT_THAT(howship("check vicious_cycle").out, HasSubstr("species"));
  EXPECT_THAT(howship("check bone_agents_0d").out, HasSubstr("5 arms"));
  test::put(folder_ / "mine.toml",
            "id = \"mine\"\ntitle = \"m\"\nextends = [\"vicious_cycle\"]\n[modify.tumour_growth]\nmultiply = \"1 + "
            "PTHrp\"\n");
  const Outcome model = howship("check mine.toml");
  EXPECT_EQ(model.code, 1);
  test::put(folder_ / "strange.toml",
            "id = \"strange\"\ntitle = \"s\"\nextends = [\"vicious_cycle\"]\n[modify.tumour_growth]\nmultiply = "
            "\"given.oxygen\"\n");
  const Outcome strange = howship("check strange.toml");
  EXPECT_EQ(strange.code, 1);
  EXPECT_THAT(strange.err, AllOf(HasSubstr("strange.toml"), HasSubstr("given.oxygen")));
  EXPECT_THAT(model.err, AllOf(HasSubstr("mine.toml:"), HasSubstr("PTHrp"), HasSubstr("did you mean 'PTHrP'?")));
  test::put(folder_ / "study.toml",
            "models = [\"vicious_cycle\"]\nduration = \"1 day\"\n[vertebra]\nbuilt_inn = \"L3\"\n");
  const Outcome study = howship("check study.toml");
  EXPECT_EQ(study.code, 1);
  EXPECT_THAT(study.err, HasSubstr("study.toml:"));
}

TEST_F(Program, ExplainsAModel) {
  const Outcome text = howship("explain vicious_cycle drugs/denosumab");
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("d/dt tumour = + tumour_growth"), HasSubstr("OC_life = 14 day"), HasSubstr("source: ")));
  const Outcome graph = howship("explain vicious_cycle --graph");
  EXPECT_THAT(graph.out,
              AllOf(HasSubstr("digraph"), HasSubstr("\"tumour_growth\" -> \"tumour\""), HasSubstr("style=dashed")));
}

TEST_F(Program, ImportRefusesWhatIsNoImage) {
  test::put(folder_ / "broken.nii.gz", "not an image");
  const Outcome import = howship("import broken.nii.gz --mask broken.nii.gz -o i");
  EXPECT_EQ(import.code, 1);
  EXPECT_THAT(import.err, HasSubstr("broken.nii.gz"));
  EXPECT_FALSE(fs::exists(folder_ / "i"));
  EXPECT_THAT(howship("import broken.nii.gz").err, HasSubstr("--mask"));
}

// An image of four voxels along each axis.
template <class Value>
std::string small_image(const std::string& type, const std::vector<Value>& values) {
  return "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nOffset = 1 0 0\n"
         "ElementSpacing = 1 1 1\nDimSize = 4 4 4\nElementType = " +
         type + "\nElementDataFile = LOCAL\n" +
         std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));  // NOLINT: voxels
}

TEST_F(Program, SaysWhatItMadeOfAnImage) {
  std::vector<std::int16_t> values(64, 200);
  for (std::size_t voxel = 0; voxel < values.size(); voxel += 4) values[voxel] = 5000;
  test::put(folder_ / "ct.mha", small_image("MET_SHORT", values));
  test::put(folder_ / "mask.mha", small_image("MET_UCHAR", std::vector<std::uint8_t>(64, 1)));
  test::put(folder_ / "ct.toml",
            "models = [\"vicious_cycle\"]\nduration = \"10 day\"\n[vertebra]\nct = \"ct.mha\"\nmask = \"mask.mha\"\n");
  const auto notes =
      AllOf(HasSubstr("note: no calibration"), HasSubstr("note: 16 voxels above BV/TV 0.95 were lowered"));
  const Outcome import = howship("import ct.mha --mask mask.mha");
  EXPECT_EQ(import.code, 0) << import.err;
  EXPECT_THAT(import.out, HasSubstr("(no region given: trabecular)"));
  EXPECT_THAT(import.err, notes);
  EXPECT_THAT(howship("run ct.toml --dry-run").err, notes);
  EXPECT_EQ(howship("run ct.toml --dry-run --quiet").err, "");
}

TEST_F(Program, FailsWithTwoWhenTheEquationsCannotBeSolved) {
  test::put(folder_ / "models/explosive.toml", R"toml(id = "explosive"
title = "infinite at day 10"
[species.x]
title = "x"
scope = "local"
unit = "1"
initial = "given.lesion"
typical = 1
[parameters]
a = { value = 0.1, unit = "1/day", range = [0, 1], source = "test" }
[processes.growth]
title = "growth"
rate = "a*x*x"
changes = { x = 1 }
)toml");
  test::put(folder_ / "study.toml",
            "models = [\"explosive\"]\nduration = \"20 day\"\n[vertebra]\nvoxel = { bvtv = 0.1, lesion = 1 }\n");
  const Outcome run = howship("run study.toml --data . -o r");
  EXPECT_EQ(run.code, 2) << run.err;
  EXPECT_THAT(run.err, HasSubstr("x"));
  EXPECT_EQ(nlohmann::json::parse(test::contents(folder_ / "r/run.json"))["status"], "failed");
}

TEST_F(Program, LeavesAConsistentFolderWhenInterrupted) {
  const pid_t child = program_.start("run bone_agents_0d -q -o r --set solver.max_step='0.0001 day'");
  EXPECT_TRUE(test::comes_true([this] { return fs::exists(folder_ / "r/untreated/timeseries.csv"); }));
  ::kill(child, SIGINT);
  EXPECT_EQ(program_.finish(child).code, 3);
  const auto json = nlohmann::json::parse(test::contents(folder_ / "r/run.json"));
  EXPECT_EQ(json["status"], "interrupted");
  EXPECT_EQ(json["arms"][0]["status"], "interrupted");
  EXPECT_EQ(json["arms"][1]["status"], "pending");
  const std::string rows = test::contents(folder_ / "r/untreated/timeseries.csv");
  EXPECT_TRUE(rows.empty() || rows.back() == '\n');
}

TEST_F(Program, RunsPatients) {
  const std::string table = HOWSHIP_SOURCE_DIR "/params/patients/denosumab_kinetics.csv";
  const Outcome run = howship("run bone_agents_0d --set output.every='100 day' --patients '" + table + "' -o p -j 2");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out, "p\n");
  const std::string rows = test::contents(folder_ / "p/patients.csv");
  EXPECT_EQ(rows.substr(0, 23), "patient,arm,time [day],");
  EXPECT_THAT(rows, AllOf(HasSubstr("\np01,untreated,0,"), HasSubstr("\np12,both,1095,")));
  const auto json = nlohmann::json::parse(test::contents(folder_ / "p/run.json"));
  EXPECT_EQ(json["patients"]["done"], 12);
  EXPECT_EQ(howship("run bone_agents_0d --patients '" + table + "' -o p").code, 1);  // the folder is taken
  EXPECT_THAT(howship("run bone_agents_0d --patients none.csv").err, HasSubstr("none.csv"));
  EXPECT_THAT(howship("run bone_agents_L3 --patients '" + table + "'").err, HasSubstr("without space"));
}

TEST_F(Program, StopsPatientsOnCtrlC) {
  std::ofstream(folder_ / "many.csv") << [] {
    std::string text = "patient,n0\n";
    for (int p = 0; p < 100000; ++p) text += "p" + std::to_string(p) + ",0.001\n";
    return text;
  }();
  const pid_t child = program_.start("run bone_agents_0d --set output.every='1095 day' --patients many.csv -o p");
  EXPECT_TRUE(test::comes_true([this] { return test::has_bytes(folder_ / "p/patients.csv", 10'000); }));
  ::kill(child, SIGINT);
  const Outcome run = program_.finish(child);
  EXPECT_EQ(run.code, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("of 100000 patients"));
  const auto json = nlohmann::json::parse(test::contents(folder_ / "p/run.json"));
  EXPECT_EQ(json["status"], "interrupted");
  const std::string rows = test::contents(folder_ / "p/patients.csv");
  EXPECT_EQ(rows.back(), '\n');
  // Whole patients only: two rows in the untreated arm, and four arms.
  const auto last = rows.substr(rows.rfind('\n', rows.size() - 2) + 1);
  EXPECT_THAT(last, HasSubstr(",both,1095,"));
}

}  // namespace
}  // namespace howship
