// What a run folder says, and what is said of a bad one.
#include <fstream>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

#include "command_line.hpp"
#include "run_folder.hpp"
#include "synthetic_run.hpp"
#include "temporary_folder.hpp"
#include "volume.hpp"

namespace howship::visualization {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

template <class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

class RunFolder : public testing::Test {
 protected:
  void write(SyntheticOptions options = {}) {
    options.voxel = 2.0;
    write_synthetic_run(folder(), options);
  }
  const fs::path& folder() const { return temporary_.path(); }
  fs::path first_frame() const { return folder() / "untreated" / "frames" / "0000.vti"; }
  void replace(const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = read_text(file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    write_text(file, text.replace(at, from.size(), to));
  }

 private:
  TemporaryFolder temporary_;
};

TEST_F(RunFolder, IsReadWhole) {
  write();
  const visualization::Run run = read_run(folder());
  ASSERT_EQ(run.arms.size(), 3U);
  EXPECT_EQ(run.arms[2].title, "zoledronic acid");
  EXPECT_FALSE(run.arms[0].treatment_start);
  EXPECT_EQ(run.arms[1].treatment_start, 180.0);
  ASSERT_EQ(run.arms[0].frames.size(), 4U);
  EXPECT_EQ(run.arms[0].frames[1].day, 180.0);
  const Column* lesion = run.arms[0].series.find("lesion_volume");
  ASSERT_NE(lesion, nullptr);
  EXPECT_EQ(lesion->unit, "mm^3");
  EXPECT_EQ(lesion->values.size(), run.arms[0].series.days.size());
  EXPECT_TRUE(run.notes.empty());
}

TEST_F(RunFolder, KeepsOnlyTheArmsAskedFor) {
  write();
  EXPECT_EQ(read_run(folder(), {"denosumab"}).arms.size(), 1U);
  EXPECT_THAT(error_of([&] { read_run(folder(), {"denosumap"}); }),
              AllOf(HasSubstr("no arm 'denosumap'"), HasSubstr("denosumab")));
}

TEST_F(RunFolder, ThatIsNoneIsRefused) {
  EXPECT_THAT(error_of([&] { read_run(folder() / "nowhere"); }), HasSubstr("there is no folder"));
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("no run.json"));
  std::ofstream(folder() / "run.json") << "{\"something\": \"else\"}";
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("not written by Howship"));
  EXPECT_THAT(error_of([&] { read_run(folder() / "run.json"); }), HasSubstr("is a file"));
  write_text(folder() / "run.json", "{\"howship\": \"9\", \"format\": 2}");
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("format 2"));
  write_text(folder() / "run.json", R"({"howship": "1", "format": 1, "arms": [{"id": 3}]})");
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("damaged"));
  write_text(folder() / "run.json", R"({"howship": "1", "format": 1, "arms": []})");
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("no results"));
}

TEST_F(RunFolder, NeverLeadsOutOfItself) {
  write();
  replace(folder() / "untreated" / "frames.pvd", "frames/0000.vti", "../../0000.vti");
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("outside the folder"));
  replace(folder() / "run.json", "\"folder\": \"untreated\"", "\"folder\": \"../untreated\"");
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("without a folder of its own"));
}

TEST_F(RunFolder, OfAnUnfinishedRunIsReadAsFarAsItGoes) {
  write({.status = "running"});
  fs::remove(folder() / "denosumab" / "frames" / "0003.vti");
  fs::remove_all(folder() / "zoledronic_acid");
  const fs::path table = folder() / "untreated" / "timeseries.csv";
  fs::resize_file(table, fs::file_size(table) - 7);
  const visualization::Run run = read_run(folder());
  ASSERT_EQ(run.arms.size(), 2U);
  EXPECT_EQ(run.arms[1].frames.size(), 3U);
  EXPECT_EQ(run.arms[0].series.days.back(), 729.0);
  EXPECT_THAT(run.notes, testing::Contains(HasSubstr("not complete")));
  EXPECT_THAT(run.notes, testing::Contains(HasSubstr("'zoledronic_acid' has no results yet")));
}

TEST_F(RunFolder, ThatLostAFileIsRefused) {
  write();
  fs::remove(first_frame());
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("0000.vti' is missing"));
  fs::remove(folder() / "untreated" / "frames.pvd");
  fs::remove(folder() / "untreated" / "timeseries.csv");
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("timeseries.csv' is missing"));
}

TEST_F(RunFolder, WithADamagedTableSaysWhere) {
  write({.frames = false});
  const fs::path table = folder() / "untreated" / "timeseries.csv";
  replace(table, "\n1,", "\n1,x");
  EXPECT_THAT(error_of([&] { read_run(folder()); }),
              AllOf(HasSubstr("timeseries.csv:3:3"), HasSubstr("is not a number")));
  write_text(table, "time [day],BVTV [1]\n0,0.1\n1\n");
  EXPECT_THAT(error_of([&] { read_run(folder()); }), AllOf(HasSubstr("timeseries.csv:3:"), HasSubstr("1 cells")));
  write_text(table, "BVTV [1]\n0.1\n");
  EXPECT_THAT(error_of([&] { read_run(folder()); }), HasSubstr("not 'time [day]'"));
}

TEST(TimeSeries, ReadsQuotedHeadsAndNumbersThatAreNone) {
  const TemporaryFolder temporary;
  const fs::path table = temporary.path() / "t.csv";
  write_text(table, "time [day],\"a, \"\"b\"\" [mm^3]\",c [1]\r\n0,1e-300,nan\r\n0,-2.5,3\r\n");
  const TimeSeries series = read_time_series(table, false);
  ASSERT_EQ(series.columns.size(), 2U);
  EXPECT_EQ(series.columns[0].name, "a, \"b\"");
  EXPECT_EQ(series.columns[0].unit, "mm^3");
  EXPECT_EQ(series.columns[0].values, (std::vector<double>{1e-300, -2.5}));
  EXPECT_TRUE(std::isnan(series.columns[1].values[0]));
  EXPECT_EQ(series.time_unit, "day");
  write_text(table, "time [second],c [1]\n0,1\n");
  EXPECT_EQ(read_time_series(table, false).time_unit, "second");
  EXPECT_EQ(printed_unit("ug/mL"), "µg/mL");
  EXPECT_EQ(printed_unit("mg/cm^3"), "mg/cm³");
  EXPECT_EQ(printed_unit("aug um^2"), "aug µm²");
}

TEST_F(RunFolder, FrameThatIsDamagedIsRefused) {
  write();
  const std::string whole = read_text(first_frame());
  write_text(first_frame(), whole.substr(0, whole.size() / 2));
  EXPECT_THAT(error_of([&] { read_volume(first_frame(), 0.0); }), HasSubstr("is damaged"));
  write_text(first_frame(), whole.substr(0, 40));
  EXPECT_THAT(error_of([&] { read_volume(first_frame(), 0.0); }), HasSubstr("is damaged"));
  write_text(first_frame(), "");
  EXPECT_THAT(error_of([&] { read_volume(first_frame(), 0.0); }), HasSubstr("is damaged"));
  std::string zeroed = whole;
  const auto data = zeroed.find("<AppendedData");
  std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(data + 200), zeroed.end() - 200, '\x07');
  write_text(first_frame(), zeroed);
  EXPECT_THAT(error_of([&] { read_volume(first_frame(), 0.0); }), HasSubstr("is damaged"));
}

TEST_F(RunFolder, FrameWithADirectionThatIsNoRotationIsRefused) {
  write();
  replace(first_frame(), "Direction=\"1 0 0", "Direction=\"0 0 0");
  EXPECT_THAT(error_of([&] { read_volume(first_frame(), 0.0); }), HasSubstr("direction matrix"));
}

TEST_F(RunFolder, FrameWithoutDensityNamesWhatItHas) {
  write({.arrays = {"BVTV", "tumour"}});
  EXPECT_THAT(error_of([&] { read_volume(first_frame(), 0.0); }),
              AllOf(HasSubstr("no array 'BMD'"), HasSubstr("BVTV, tumour, region")));
}

TEST_F(RunFolder, FrameWithoutTumourIsAHealthyOne) {
  write({.arrays = {"BMD"}});
  const Volume volume = read_volume(first_frame(), 0.0);
  EXPECT_THAT(volume.tumour, testing::Each(0.0F));
}

// Whatever the image's own axes, a place in the patient keeps its density.
TEST_F(RunFolder, FrameIsTurnedToThePatient) {
  write();
  const Volume straight = read_volume(first_frame(), 0.0);
  const double c = std::cos(0.3);
  const double s = std::sin(0.3);
  const std::vector<std::array<double, 9>> directions{{0, -1, 0, 0, 0, 1, -1, 0, 0}, {c, -s, 0, s, c, 0, 0, 0, 1}};
  for (const auto& direction : directions) {
    write({.direction = direction});
    const Volume turned = read_volume(first_frame(), 0.0);
    for (int axis = 0; axis < 3; ++axis) {
      const auto middle = [&](const Volume& v) {
        return v.lattice.origin[axis] + 0.5 * (v.lattice.size[axis] - 1) * v.lattice.spacing[axis];
      };
      EXPECT_NEAR(middle(turned), middle(straight), 2.0) << axis;
    }
    EXPECT_TRUE(turned.in_bone({0.0, 0.0, 0.0}));
    EXPECT_TRUE(turned.in_bone({0.0, 50.0, -3.0})) << "the spinous process is behind and below";
    EXPECT_FALSE(turned.in_bone({0.0, 23.0, 0.0})) << "the canal";
    EXPECT_FALSE(turned.in_bone({0.0, 50.0, 9.0}));
    EXPECT_GT(sample(turned.lattice, turned.tumour, {4.0, 8.0, 1.0}), 0.5);
    EXPECT_LT(sample(turned.lattice, turned.tumour, {-8.0, -8.0, 1.0}), 0.1);
  }
}

// A header with the signs of NIfTI taken for DICOM's, or the reverse, turns the patient by half a turn.
TEST_F(RunFolder, FrameWithTheProcessesInFrontIsTurned) {
  write();
  EXPECT_FALSE(read_volume(first_frame(), 0.0).turned);
  std::string text = read_text(first_frame());
  const auto direction = text.find("Direction=\"1 0 0 0 1 0 0 0 1\"");
  ASSERT_NE(direction, std::string::npos);
  text.replace(direction, 29, "Direction=\"-1 0 0 0 -1 0 0 0 1\"");
  write_text(first_frame(), text);
  const Volume turned = read_volume(first_frame(), 0.0);
  EXPECT_TRUE(turned.turned);
  const auto middle = [&](int axis) {
    return turned.lattice.origin[axis] + 0.5 * (turned.lattice.size[axis] - 1) * turned.lattice.spacing[axis];
  };
  const double body = middle(1) - 19.0;  // the bone's middle lies 19 mm behind the body's
  EXPECT_TRUE(turned.in_bone({middle(0), body + 50.0, -3.0})) << "the spinous process is behind again";
}

TEST(CommandLine, IsUnderstood) {
  const auto options =
      parse_command_line({"out/demo", "-o", "here", "--days", "0,180,730", "--arms=a,b", "--size", "900", "--quiet"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->run, "out/demo");
  EXPECT_EQ(options->output, "here");
  EXPECT_EQ(options->days, (std::vector<double>{0, 180, 730}));
  EXPECT_EQ(options->arms, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options->width, 900);
  EXPECT_TRUE(options->quiet);
  EXPECT_FALSE(parse_command_line({"--help"}));
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(error_of([] { parse_command_line({}); }), HasSubstr("No folder"));
  EXPECT_THAT(error_of([] {
                parse_command_line({"a", "--dayz", "1"});
              }),
              AllOf(HasSubstr("--dayz"), HasSubstr("--days")));
  EXPECT_THAT(error_of([] { parse_command_line({"a", "--days", "1,soon"}); }), HasSubstr("'soon' is not a number"));
  EXPECT_THAT(error_of([] { parse_command_line({"a", "--size", "20"}); }), HasSubstr("out of range"));
  EXPECT_THAT(error_of([] { parse_command_line({"a", "--size", "nan"}); }), HasSubstr("not a number"));
  EXPECT_THAT(error_of([] { parse_command_line({"a", "-o"}); }), HasSubstr("needs a value"));
  EXPECT_THAT(error_of([] { parse_command_line({"a", "b"}); }), HasSubstr("one folder"));
}

}  // namespace
}  // namespace howship::visualization
