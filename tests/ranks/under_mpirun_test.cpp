#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <vtkCellData.h>
#include <vtkDataArray.h>
#include <vtkImageData.h>
#include <vtkMatrix3x3.h>
#include <vtkNew.h>
#include <vtkXMLImageDataReader.h>
#include <vtkXMLPImageDataReader.h>

#include "program.hpp"

// The program as mpirun starts it: tables and frames are those of one process, and it talks like one.

namespace howship {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A frame as a reader of VTK sees it.
struct Frame {
  std::array<int, 6> extent{};
  std::array<double, 3> corner{};
  std::vector<double> direction;
  std::map<std::string, std::vector<float>> fields;
};

Frame frame_of(vtkImageData& image) {
  Frame frame;
  image.GetExtent(frame.extent.data());
  std::copy_n(image.GetOrigin(), 3, frame.corner.begin());
  frame.direction.assign(image.GetDirectionMatrix()->GetData(), image.GetDirectionMatrix()->GetData() + 9);
  for (int a = 0; a < image.GetCellData()->GetNumberOfArrays(); ++a) {
    vtkDataArray& array = *image.GetCellData()->GetArray(a);
    std::vector<float>& values = frame.fields[array.GetName()];
    for (vtkIdType i = 0; i < array.GetNumberOfTuples(); ++i)
      values.push_back(static_cast<float>(array.GetComponent(i, 0)));
  }
  return frame;
}

template <class Reader>
Frame read(const fs::path& file) {
  vtkNew<Reader> reader;
  reader->SetFileName(file.c_str());
  reader->Update();
  return frame_of(*reader->GetOutput());
}

void expect_same(const Frame& a, const Frame& b) {
  EXPECT_EQ(a.extent, b.extent);
  EXPECT_EQ(a.corner, b.corner);
  EXPECT_EQ(a.direction, b.direction);
  ASSERT_GT(a.fields.size(), 4U);
  EXPECT_TRUE(a.fields == b.fields);
}

class UnderMpirun : public ::testing::Test {
 protected:
  UnderMpirun() { test::put(folder_ / "study.toml", test::two_arms_in_a_vertebra(60, R"(["0 day", "40 day"])")); }

  static std::string mpirun(int ranks) {
    return "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 '" HOWSHIP_MPIRUN
           "' -q --oversubscribe --bind-to none -n " +
           std::to_string(ranks);
  }
  // 0 ranks: without mpirun.
  pid_t start(int ranks, const std::string& words) const {
    return program_.start(words, ranks > 0 ? mpirun(ranks) : "");
  }
  Outcome finish(pid_t child) const { return program_.finish(child); }
  Outcome howship(int ranks, const std::string& words) const { return finish(start(ranks, words)); }

  void expect_results_of(const std::string& run, const std::string& wanted) const {
    for (const char* arm : {"untreated", "denosumab"}) {
      for (const char* table : {"timeseries.csv", "fluxes.csv"})
        EXPECT_EQ(test::contents(folder_ / run / arm / table), test::contents(folder_ / wanted / arm / table));
      for (const char* frame : {"frames/0000", "frames/0001"}) {
        SCOPED_TRACE(run + " " + arm + " " + frame);
        const fs::path file = folder_ / run / arm / frame;
        const Frame whole = read<vtkXMLImageDataReader>((folder_ / wanted / arm / frame).string() + ".vti");
        expect_same(fs::exists(file.string() + ".pvti") ? read<vtkXMLPImageDataReader>(file.string() + ".pvti")
                                                        : read<vtkXMLImageDataReader>(file.string() + ".vti"),
                    whole);
      }
    }
  }
  nlohmann::json record(const std::string& run) const {
    return nlohmann::json::parse(test::contents(folder_ / run / "run.json"), nullptr, false);
  }

  const test::TemporaryFolder folder_;
  const test::Program program_{folder_.path()};
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_F(UnderMpirun, GivesTheResultsOfOneProcess) {
  ASSERT_EQ(howship(0, "run study.toml -o alone -q").code, 0);
  EXPECT_EQ(record("alone")["ranks"], 1);
  EXPECT_FALSE(record("alone")["arms"][0]["solver"].contains("halo_bytes"));
  for (const int ranks : {1, 2, 4}) {
    SCOPED_TRACE(ranks);
    const std::string name = "by" + std::to_string(ranks);
    const Outcome run = howship(ranks, "run study.toml -o " + name);
    ASSERT_EQ(run.code, 0) << run.err;
    EXPECT_EQ(run.out, name + "\n");
    EXPECT_EQ(count(run.err, "complete after"), 1U);
    expect_results_of(name, "alone");
    const auto json = record(name);
    EXPECT_EQ(json["status"], "complete");
    EXPECT_EQ(json["ranks"], ranks);
    EXPECT_EQ(json["arms"][0]["solver"].value("halo_bytes", 0) > 1000, ranks > 1);
    EXPECT_EQ(fs::exists(folder_ / name / "untreated/frames/0001.pvti"), ranks > 1);
    EXPECT_TRUE(record("alone")["arms"][1]["solver"]["steps"] == json["arms"][1]["solver"]["steps"]);
  }
  // Pieces of an earlier run go with it.
  ASSERT_EQ(howship(2, "run study.toml -o by4 --force -q").code, 0);
  EXPECT_FALSE(fs::exists(folder_ / "by4/untreated/frames/0001_3.vti"));
  expect_results_of("by4", "alone");
}

TEST_F(UnderMpirun, GoesOnWithAnyNumberOfRanks) {
  ASSERT_EQ(howship(0, "run study.toml -o whole -q").code, 0);
  const pid_t child = start(2, "run study.toml -o r -q");
  test::comes_true([this] { return test::has_bytes(folder_ / "r/denosumab/timeseries.csv", 4000); });
  ::kill(child, SIGUSR1);
  const Outcome stopped = finish(child);
  EXPECT_EQ(stopped.code, 3);
  EXPECT_EQ(count(stopped.err, "stopped: "), 1U) << stopped.err;
  EXPECT_EQ(record("r")["status"], "interrupted");
  ASSERT_TRUE(fs::exists(folder_ / "r/denosumab/checkpoint.h5"));
  fs::copy(folder_ / "r", folder_ / "s", fs::copy_options::recursive);
  // Damage that one rank alone reads is said by all, and nobody waits for it.
  for (const double at : {0.2, 0.4, 0.6, 0.8}) {
    SCOPED_TRACE(at);
    fs::remove_all(folder_ / "damaged");
    fs::copy(folder_ / "r", folder_ / "damaged", fs::copy_options::recursive);
    const fs::path file = folder_ / "damaged/denosumab/checkpoint.h5";
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(at * static_cast<double>(fs::file_size(file))));
    bytes << std::string(4096, 'x');
    bytes.close();
    const Outcome refused = howship(3, "resume damaged -q");
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(count(refused.err, "--from-start"), 1U) << refused.err;
  }
  const Outcome by_four = howship(4, "resume r");
  EXPECT_EQ(by_four.code, 0) << by_four.err;
  EXPECT_EQ(howship(0, "resume s -q").code, 0);
  expect_results_of("r", "whole");
  expect_results_of("s", "whole");
}

TEST_F(UnderMpirun, SaysWhatIsWrongOnce) {
  for (const std::string words :
       {"run nowhere.toml", "run study.toml --nonsense", "run study.toml --set n0=-1", "nonsense"}) {
    SCOPED_TRACE(words);
    const Outcome wrong = howship(3, words);
    EXPECT_EQ(wrong.code, 1);
    EXPECT_EQ(count(wrong.err, "error: "), 1U) << wrong.err;
    EXPECT_EQ(wrong.err, howship(0, words).err);
  }
  EXPECT_EQ(howship(3, "--version").out, "howship " HOWSHIP_VERSION "\n");
  EXPECT_EQ(count(howship(3, "check study.toml").out, "short"), count(howship(0, "check study.toml").out, "short"));
}

TEST_F(UnderMpirun, WithoutSpaceTheFirstProcessDoesIt) {
  const Outcome point = howship(3, "run bone_agents_0d -o p");
  ASSERT_EQ(point.code, 0) << point.err;
  EXPECT_EQ(point.out, "p\n");
  EXPECT_EQ(count(point.err, "complete after"), 1U);
  ASSERT_EQ(howship(0, "run bone_agents_0d -o q -q").code, 0);
  EXPECT_EQ(test::contents(folder_ / "p/untreated/timeseries.csv"),
            test::contents(folder_ / "q/untreated/timeseries.csv"));
  EXPECT_EQ(record("p")["ranks"], 1);
}

// What fails on one rank alone: it cannot create its pieces of the frames.
TEST_F(UnderMpirun, AFailureOfOneRankEndsAll) {
  test::put(folder_ / "limited.sh",
            "if [ \"$OMPI_COMM_WORLD_RANK\" = 1 ]; then ulimit -f 4; trap '' XFSZ; fi\nexec \"$@\"\n");
  const Outcome limited = program_.run("run study.toml -o r", mpirun(3) + " sh limited.sh");
  const std::string& err = limited.err;
  EXPECT_EQ(limited.code, 1) << err;
  EXPECT_EQ(count(err, "error: "), 1U) << err;
  EXPECT_THAT(err, AllOf(HasSubstr("cannot write"), HasSubstr("0000_1.vti")));
  EXPECT_EQ(record("r")["status"], "failed");
  EXPECT_THAT(record("r")["message"].get<std::string>(), HasSubstr("0000_1.vti"));
}

}  // namespace
}  // namespace howship
