#include "howship/output/run_folder.hpp"

#include <gtest/gtest.h>

#include "howship/core/error.hpp"
#include "howship/output/manifest.hpp"

#include "temporary_folder.hpp"

namespace howship::output {
namespace {

namespace fs = std::filesystem;

// A finished run of one arm in `folder`.
void make_run(const fs::path& folder, const std::string& arm) {
  fs::create_directories(folder);
  Manifest manifest;
  ArmRecord record;
  record.id = arm;
  manifest.arms = {record};
  write_manifest(folder, manifest);
  for (const char* name : {"resolved.toml", "citations.bib"}) test::put(folder / name, "x");
  for (const char* name : {"timeseries.csv", "fluxes.csv", "frames.pvd", "frames/0000.vti"})
    test::put(folder / arm / name, "x");
}

TEST(RunFolder, MayBeNewOrEmpty) {
  const test::TemporaryFolder folder;
  open_run_folder(folder / "new/deep", false);
  EXPECT_TRUE(fs::is_directory(folder / "new/deep"));
  open_run_folder(folder / "new/deep", false);
}

// A run that was killed in its first moment must not lock its folder for the next.
TEST(RunFolder, MayHoldTheFirstBreathOfAKilledRun) {
  const test::TemporaryFolder folder;
  test::put(folder / "run.json.part", "{");
  EXPECT_NO_THROW(open_run_folder(folder.path(), false));
  test::put(folder / "thesis.txt", "years of work");
  EXPECT_THROW(open_run_folder(folder.path(), true), InputError);
}

TEST(RunFolder, IsNeverTakenFromForeignFiles) {
  const test::TemporaryFolder folder;
  test::put(folder / "thesis.txt", "years of work");
  EXPECT_THROW(open_run_folder(folder.path(), false), InputError);
  EXPECT_THROW(open_run_folder(folder.path(), true), InputError);
  test::put(folder / "run.json", "{\"name\": \"of another program\"}");
  EXPECT_THROW(open_run_folder(folder.path(), true), InputError);
  EXPECT_EQ(test::contents(folder / "thesis.txt"), "years of work");
  EXPECT_THROW(check_run_folder(folder / "thesis.txt", true), InputError);
}

TEST(RunFolder, OfAnEarlierRunNeedsForce) {
  const test::TemporaryFolder folder;
  make_run(folder / "run", "untreated");
  EXPECT_THROW(open_run_folder(folder / "run", false), InputError);
  EXPECT_TRUE(fs::exists(folder / "run/untreated/frames/0000.vti"));
}

TEST(RunFolder, IsClearedOfItsOwnFilesOnly) {
  const test::TemporaryFolder folder;
  make_run(folder / "run", "untreated");
  test::put(folder / "run/notes.txt", "keep");
  for (const char* name :
       {"final.png", "final_untreated.png", "slices.png", "changes.png", "timecourses.png", "my.png"})
    test::put(folder / "run/pictures" / name, "x");
  test::put(folder / "run/untreated/figure.png", "keep");
  test::put(folder / "run/untreated/frames/mine.vti", "keep");
  test::put(folder / "run/untreated/frames/0001.vti.part", "left by a crash");
  open_run_folder(folder / "run", true);
  for (const char* gone :
       {"run.json", "resolved.toml", "citations.bib", "untreated/timeseries.csv", "untreated/frames.pvd",
        "untreated/frames/0000.vti", "untreated/frames/0001.vti.part", "pictures/final.png",
        "pictures/final_untreated.png", "pictures/slices.png", "pictures/changes.png", "pictures/timecourses.png"}) {
    EXPECT_FALSE(fs::exists(folder / "run" / gone)) << gone;
  }
  for (const char* kept : {"notes.txt", "untreated/figure.png", "untreated/frames/mine.vti", "pictures/my.png"})
    EXPECT_TRUE(fs::exists(folder / "run" / kept)) << kept;
}

TEST(RunFolder, IsNotLedOutOfItself) {
  const test::TemporaryFolder folder;
  make_run(folder / "other", "arm");
  make_run(folder / "run", "../other/arm");
  fs::create_directory_symlink(folder / "other/arm", folder / "run/linked");
  Manifest manifest;
  for (const char* name : {"../other/arm", "linked"}) {
    ArmRecord record;
    record.id = name;
    manifest.arms.push_back(record);
  }
  write_manifest(folder / "run", manifest);
  open_run_folder(folder / "run", true);
  EXPECT_TRUE(fs::exists(folder / "other/arm/timeseries.csv"));
  EXPECT_TRUE(fs::exists(folder / "other/arm/frames/0000.vti"));
}

}  // namespace
}  // namespace howship::output
