#include "howship/study/simulation.hpp"

#include <cmath>
#include <csignal>
#include <gmock/gmock.h>
#include <map>
#include <sstream>
#include <sys/resource.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"

#include "small_world.hpp"
#include "tables.hpp"

namespace howship::study {
namespace {

namespace fs = std::filesystem;
using test::kSpatialStudy;
using test::kVoxelStudy;
using test::Table;
using test::table;
using test::with;
using ::testing::HasSubstr;

class RunStudy : public ::testing::Test {
 protected:
  RunOptions into(const std::string& name) const {
    RunOptions options;
    options.folder = results_ / name;
    options.quiet = true;
    options.threads = {2};
    return options;
  }
  RunResult run(const std::string& text, const RunOptions& options,
                const std::vector<std::string>& overrides = {}) const {
    return run_study(world_.good(text, overrides), world_.data(), world_.units(), options);
  }
  nlohmann::json manifest(const std::string& name) const {
    return nlohmann::json::parse(test::contents(results_ / name / "run.json"));
  }

  const test::SmallWorld world_;
  const test::TemporaryFolder results_;
};

TEST_F(RunStudy, WritesTheTablesOfAVoxel) {
  run(kVoxelStudy, into("v"));
  const Table untreated = table(results_ / "v/untreated/timeseries.csv");
  EXPECT_EQ(untreated.header,
            (std::vector<std::string>{"time [day]", "n [1]", "f [1]", "size [mm^3]", "share [percent]"}));
  ASSERT_EQ(untreated.rows.size(), 11U);
  EXPECT_EQ(untreated.rows[0][1], 0.1);
  // Logistic growth has a closed form.
  for (const auto& row : untreated.rows) EXPECT_NEAR(row[1], 1.0 / (1.0 + 9.0 * std::exp(-0.02 * row[0])), 1e-3);
  EXPECT_NEAR(untreated.rows[0][4], 100.0 * 0.1 / 0.25, 1e-6);  // in the unit of the column
  const Table fluxes = table(results_ / "v/untreated/fluxes.csv");
  EXPECT_EQ(fluxes.header, (std::vector<std::string>{"time [day]", "growth [mm^3/day]", "eating [mm^3/day]"}));
  EXPECT_NEAR(fluxes.rows[0][1], 0.02 * 0.1 * 0.9, 1e-9);
  EXPECT_FALSE(fs::exists(results_ / "v/untreated/frames.pvd"));
}

TEST_F(RunStudy, WritesTwoRowsAtADose) {
  run(kVoxelStudy, into("v"));
  const Table treated = table(results_ / "v/treated/timeseries.csv");
  const std::size_t depot = treated.column("depot [ug]");
  std::vector<std::vector<double>> at;
  for (const auto& row : treated.rows) {
    if (row[0] == 20.0) at.push_back(row);
  }
  ASSERT_EQ(at.size(), 2U);  // day 20 is an output too, and is not written a third time
  EXPECT_EQ(at[0][depot], 0.0);
  EXPECT_NEAR(at[1][depot], 5000.0, 1e-6);             // half of 10 mg arrives
  EXPECT_EQ(at[0][1], at[1][1]);                       // tissue does not jump
  EXPECT_EQ(treated.rows.size(), 11U + 1U + 2U * 2U);  // 48 and 76 are no output times
  for (const auto& row : treated.rows) {
    if (row[0] != 30.0) continue;
    EXPECT_NEAR(row[depot], 5000.0 * std::exp(-0.1 * 10.0), 5.0);
  }
}

// What the tables hold is explained, and what the study wants drawn is passed on; resolved.toml says it again.
TEST_F(RunStudy, ExplainsItsColumnsAndSaysWhatToDraw) {
  const std::string text =
      with(kVoxelStudy, "every = \"10 day\"", "every = \"10 day\"\ncharts = [\"share\", \"depot\"]");
  run(text, into("s"));
  const auto json = manifest("s");
  EXPECT_EQ(json["charts"], nlohmann::json::array({"share", "depot"}));
  const auto& columns = json["columns"];
  const auto share = std::find_if(columns.begin(), columns.end(), [](const auto& c) { return c["name"] == "share"; });
  ASSERT_NE(share, columns.end());
  EXPECT_EQ((*share)["unit"], "percent");
  EXPECT_EQ((*share)["title"], "share");
  // The drug is in one arm only.
  EXPECT_TRUE(std::any_of(columns.begin(), columns.end(), [](const auto& c) { return c["name"] == "depot"; }));
  run(test::contents(results_ / "s/resolved.toml"), into("again"));
  EXPECT_EQ(manifest("again")["charts"], json["charts"]);
}

TEST_F(RunStudy, RecordsWhatItDid) {
  run(kSpatialStudy, into("s"));
  const auto json = manifest("s");
  EXPECT_EQ(json["status"], "complete");
  EXPECT_EQ(json["vertebra"]["kind"], "built_in");
  EXPECT_EQ(json["vertebra"]["name"], "L3");
  EXPECT_EQ(json["fields"][2]["name"], "share");
  EXPECT_EQ(json["fields"][2]["unit"], "percent");
  EXPECT_EQ(json["arms"][1]["treatment_start_day"], 7.0);
  EXPECT_EQ(json["arms"][1]["doses"].size(), 3U);
  EXPECT_EQ(json["arms"][1]["status"], "complete");
  EXPECT_GT(json["arms"][1]["solver"]["steps"], 5);
  EXPECT_NEAR(json["arms"][1]["mass_balance"]["depot_entered [ug]"].get<double>(), 3 * 1250.0, 1e-6);
  EXPECT_EQ(test::contents(results_ / "s/citations.bib"), "@article{A2001, title = {One}}\n\n% no entry for X1999\n");
  for (const char* frame : {"0000.vti", "0001.vti", "0002.vti"})
    EXPECT_TRUE(fs::exists(results_ / "s/treated/frames" / frame));
  EXPECT_FALSE(fs::exists(results_ / "s/treated/frames/0003.vti"));
}

// All files of two runs are the same, but for run.json, which tells the time.
void expect_same_results(const fs::path& a, const fs::path& b) {
  std::size_t compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(a)) {
    if (!entry.is_regular_file() || entry.path().filename() == "run.json") continue;
    const fs::path other = b / fs::relative(entry.path(), a);
    EXPECT_TRUE(test::contents(entry.path()) == test::contents(other)) << other;
    ++compared;
  }
  EXPECT_GE(compared, 6U);
}

TEST_F(RunStudy, IsRepeatedToTheBitByItsResolvedStudy) {
  for (const std::string& text : {kVoxelStudy, kSpatialStudy}) {
    const std::string name = &text == &kVoxelStudy ? "v" : text.substr(6, 4);
    run(text, into(name), {"loss=\"3e-5 1/hour\"", "title=it's \"quoted\" \\ here"});
    const std::string resolved = test::contents(results_ / name / "resolved.toml");
    // No models, no params, no papers, no other folder: all that was in force is in the file.
    const test::TemporaryFolder nowhere;
    Diagnostics faults;
    const Study again = read_study(resolved, (nowhere / "resolved.toml").string(), {}, DataFolder(nowhere.path()),
                                   world_.units(), faults);
    faults.raise_if_any();
    RunOptions options = into(name + "2");
    options.threads = {1};
    run_study(again, DataFolder(nowhere.path()), world_.units(), options);
    expect_same_results(results_ / name, results_ / (name + "2"));
  }
}

TEST_F(RunStudy, LeavesAnEarlierRunAloneUnlessForced) {
  run(kVoxelStudy, into("v"));
  const std::string before = test::contents(results_ / "v/run.json");
  EXPECT_THROW(run(kVoxelStudy, into("v")), InputError);
  EXPECT_EQ(test::contents(results_ / "v/run.json"), before);
  RunOptions forced = into("v");
  forced.force = true;
  // A forced run that cannot start must not cost the earlier one.
  EXPECT_THROW(run(kSpatialStudy, forced, {"lesion.centre=[\"500 mm\", \"0 mm\", \"0 mm\"]"}), InputError);
  EXPECT_EQ(test::contents(results_ / "v/run.json"), before);
  run(kVoxelStudy, forced, {"duration=50 day"});
  EXPECT_EQ(table(results_ / "v/untreated/timeseries.csv").rows.size(), 6U);
}

TEST_F(RunStudy, CreatesNothingForBadInput) {
  const std::string tiny = with(kSpatialStudy, "\"4 mm\"", "\"0.0001 mm\"");
  const std::string huge = with(kSpatialStudy, "\"4 mm\"", "\"400 mm\"");
  const std::string outside = with(kSpatialStudy, "radius = \"8 mm\"", "centre = [\"0 mm\", \"0 mm\", \"300 mm\"]");
  const std::string absent = with(kSpatialStudy, "built_in = \"L3\"\nvoxel_size = \"4 mm\"\nheterogeneity = 0.3",
                                  "ct = \"no.nii\"\nmask = \"no.nii\"");
  for (const std::string& text : {tiny, huge, outside, absent}) {
    EXPECT_THROW(run(text, into("bad")), InputError);
    EXPECT_FALSE(fs::exists(results_ / "bad"));
  }
}

TEST_F(RunStudy, SaysWhatIsWrongWithTheVertebra) {
  const auto message = [&](const std::string& text) -> std::string {
    try {
      run(text, into("bad"));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message(with(kSpatialStudy, "\"4 mm\"", "\"0.0001 mm\"")), HasSubstr("of memory, and"));
  EXPECT_THAT(message(with(kSpatialStudy, "radius = \"8 mm\"", "centre = [\"0 mm\", \"0 mm\", \"300 mm\"]")),
              HasSubstr("study.toml:"));
}

TEST_F(RunStudy, DryRunOnlyCounts) {
  RunOptions options = into("dry");
  options.dry_run = true;
  const RunResult result = run(kSpatialStudy, options);
  EXPECT_FALSE(fs::exists(results_ / "dry"));
  EXPECT_EQ(result.plan.arms, 2U);
  EXPECT_EQ(result.plan.frames, 6U);
  EXPECT_EQ(result.plan.doses, 3U);
  EXPECT_EQ(result.plan.unknowns, 2 * result.plan.voxels + 1);
  EXPECT_THAT(result.plan.text(world_.good(kSpatialStudy)), HasSubstr("memory about"));
  // Frames are images of the whole lattice, three fields here; without any there are none in memory.
  const RunResult none = run(with(kSpatialStudy, "\"0 day\", \"30 day\", \"60 day\"", ""), options);
  EXPECT_EQ(none.plan.frames, 0U);
  EXPECT_GT(result.plan.memory, none.plan.memory + 3 * 8 * result.plan.voxels);
}

TEST_F(RunStudy, RecordsThatTheEquationsCouldNotBeSolved) {
  // Growth without bound reaches infinity at day 1/(g*n0) = 50.
  test::put(world_.path() / "models/explosive.toml",
            "id = \"explosive\"\ntitle = \"e\"\nextends = [\"mini\"]\n[modify.growth]\nmultiply = \"n/(1 - n)\"\n");
  std::string text = with(with(kVoxelStudy, "[\"mini\"]", "[\"explosive\"]"), "every = \"10 day\"",
                          "every = \"10 day\"\n[parameters]\ng = 0.2");
  text = with(text, "models = [\"drugs/agent\"]", "models = [\"drugs/agent\"]\nparameters = { g = 0 }");
  EXPECT_THROW(run(text, into("x")), NumericalError);
  const auto json = manifest("x");
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["arms"][0]["status"], "failed");
  EXPECT_THAT(json["message"].get<std::string>(), HasSubstr("arm untreated: "));
  // The other arm is a result all the same.
  EXPECT_EQ(json["arms"][1]["status"], "complete");
  EXPECT_EQ(table(results_ / "x/treated/timeseries.csv").rows.back()[0], 100.0);
  const Table rows = table(results_ / "x/untreated/timeseries.csv");
  EXPECT_GE(rows.rows.size(), 3U);
  for (const auto& row : rows.rows) EXPECT_EQ(row.size(), rows.header.size());
}

TEST_F(RunStudy, DoesNotStartOnADiskThatIsTooSmall) {
  const test::SmallDisk disk("64k");
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small disk";
  RunOptions options = into("unused");
  options.folder = disk.path() / "run";
  EXPECT_THROW(run(kSpatialStudy, options, {"output.every=0.05 day"}), OutputError);
  EXPECT_FALSE(fs::exists(options.folder));
}

// Writing fails beyond a size, as on a disk that fills up on the way.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(RunStudy, NeverLooksGoodWhenWritingFails) {
  {
    const FileSizeLimit limit(8000);
    EXPECT_THROW(run(kVoxelStudy, into("full"), {"output.every=0.1 day"}), OutputError);
  }
  const auto json = manifest("full");
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["arms"][0]["status"], "failed");
  EXPECT_THAT(json["message"].get<std::string>(), HasSubstr("timeseries.csv"));
  const Table rows = table(results_ / "full/untreated/timeseries.csv");
  EXPECT_GT(rows.rows.size(), 50U);
  for (const auto& row : rows.rows) EXPECT_EQ(row.size(), rows.header.size());
  EXPECT_EQ(test::contents(results_ / "full/untreated/timeseries.csv").back(), '\n');
}

}  // namespace
}  // namespace howship::study
