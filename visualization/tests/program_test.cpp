// The program as the user meets it, and the Python script that reads what it reads.
#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "howship/core/files.hpp"

#include "synthetic_run.hpp"
#include "temporary_folder.hpp"

namespace howship::visualization {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

Outcome run_program(const fs::path& scratch, const std::string& command) {
  const fs::path out = scratch / "stdout";
  const fs::path err = scratch / "stderr";
  const int status = std::system(fmt::format("{} >'{}' 2>'{}'", command, out.string(), err.string()).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(out), read_text(err)};
}

class Program : public testing::Test {
 protected:
  fs::path folder() const { return temporary_.path() / "run"; }
  void write(SyntheticOptions options = {}) {
    options.voxel = 2.0;
    write_synthetic_run(folder(), options);
  }
  Outcome render(const std::string& arguments, const std::string& environment = "") const {
    return run_program(temporary_.path(), fmt::format("{} {} {}", environment, HOWSHIP_RENDER, arguments));
  }

 private:
  TemporaryFolder temporary_;
};

TEST_F(Program, DrawsAllPicturesAndNamesThem) {
  write();
  const Outcome outcome = render(fmt::format("'{}' --size 400", folder().string()), "env -u DISPLAY");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "") << "nothing of VTK or GLEW reaches the user";
  std::string expected;
  for (const char* name :
       {"final_untreated", "final_denosumab", "final_zoledronic_acid", "final", "slices", "changes", "timecourses"}) {
    const fs::path picture = folder() / "pictures" / (std::string(name) + ".png");
    expected += picture.string() + '\n';
    ASSERT_TRUE(fs::exists(picture));
    EXPECT_EQ(read_text(picture).substr(1, 3), "PNG");
  }
  EXPECT_EQ(outcome.out, expected);
}

TEST_F(Program, DrawsTheChosenArmsAndDaysElsewhere) {
  write();
  const fs::path elsewhere = folder().parent_path() / "a" / "b";
  const Outcome outcome = render(
      fmt::format("'{}' -o '{}' --size 400 --arms denosumab --days 0,190", folder().string(), elsewhere.string()));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("no frame of day 190; the nearest, of day 180"));
  EXPECT_TRUE(fs::exists(elsewhere / "final_denosumab.png"));
  EXPECT_FALSE(fs::exists(elsewhere / "final_untreated.png"));
  EXPECT_FALSE(fs::exists(folder() / "pictures"));
}

TEST_F(Program, DrawsOnlyChartsOfARunWithoutSpace) {
  write({.frames = false});
  const Outcome outcome = render(fmt::format("'{}' --size 400 --quiet", folder().string()));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, (folder() / "pictures" / "timecourses.png").string() + '\n');
}

TEST_F(Program, DrawsWhatAnUnfinishedRunHas) {
  write({.status = "interrupted"});
  fs::remove(folder() / "denosumab" / "frames" / "0003.vti");
  const Outcome outcome = render(fmt::format("'{}' --size 400", folder().string()));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("not complete (it says 'interrupted')"),
                                 HasSubstr("day 730 of 'denosumab' is not there yet")));
  EXPECT_TRUE(fs::exists(folder() / "pictures" / "slices.png"));
}

TEST_F(Program, LeavesNothingBehindAnError) {
  write();
  const fs::path frame = folder() / "zoledronic_acid" / "frames" / "0003.vti";
  fs::resize_file(frame, fs::file_size(frame) / 2);
  const Outcome outcome = render(fmt::format("'{}'", folder().string()));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("0003.vti' is damaged"), testing::Not(HasSubstr("ERR|"))));
  EXPECT_FALSE(fs::exists(folder() / "pictures"));
}

TEST_F(Program, SaysWhatIsWrongWithTheCommand) {
  EXPECT_THAT(render("/nowhere").err, HasSubstr("there is no folder '/nowhere'"));
  EXPECT_EQ(render("/nowhere").code, 1);
  EXPECT_EQ(render("").code, 1);
  const Outcome help = render("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("--days"));
}

TEST_F(Program, NamesThePackagesWhenEglIsMissing) {
  write({.frames = false});
  // Without any vendor's driver EGL is as good as absent.
  const Outcome outcome = render(fmt::format("'{}'", folder().string()), "__EGL_VENDOR_LIBRARY_DIRS=/nonexistent");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("cannot draw without a display"), HasSubstr("libegl1 libegl-mesa0 libgl1-mesa-dri")));
}

TEST_F(Program, ResultsOpenInPython) {
  write({.days = {0.0, 365.0}});
  if (std::system("/usr/bin/python3 -c 'import vtkmodules.vtkIOXML' 2>/dev/null") != 0) {
    GTEST_SKIP() << "python3-vtk9 is not installed";
  }
  const Outcome outcome = run_program(
      folder(), fmt::format("/usr/bin/python3 {}/read_run.py '{}'", HOWSHIP_VISUALIZATION_DIR, folder().string()));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("arm zoledronic_acid"), HasSubstr("day 365: 0001.vti"), HasSubstr("BMD"),
                                 HasSubstr("region       0 to 4")));
}

TEST_F(Program, ParaviewScriptIsPython) {
  if (std::system("test -x /usr/bin/python3") != 0) GTEST_SKIP() << "python3 is not installed";
  write({.frames = false});
  const Outcome outcome = run_program(
      folder(), fmt::format("/usr/bin/python3 -c 'import ast; ast.parse(open(\"{}/paraview_howship.py\").read())'",
                            HOWSHIP_VISUALIZATION_DIR));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

}  // namespace
}  // namespace howship::visualization
