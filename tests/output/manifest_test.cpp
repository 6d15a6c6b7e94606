#include "howship/output/manifest.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"

#include "temporary_folder.hpp"

namespace howship::output {
namespace {

Manifest example() {
  Manifest manifest;
  manifest.study_id = "s";
  manifest.started = utc_now();
  manifest.vertebra = {"built_in", "L3", 7, {1.0, 1.0, 2.0}, 14.0, {"a note"}};
  manifest.fields = {{"BMD", "mg/cm^3", "bone mineral density"}};
  ArmRecord arm;
  arm.id = "denosumab";
  arm.treatment_start = 180.0;
  arm.doses = {{180.0, "denosumab", "120 mg"}};
  arm.solver = {{"steps", 12.0}, {"seconds", 0.25}};
  manifest.arms = {ArmRecord{}, arm};
  return manifest;
}

TEST(Manifest, SaysWhatReadersGoBy) {
  const test::TemporaryFolder folder;
  write_manifest(folder.path(), example());
  const auto json = nlohmann::json::parse(test::contents(folder / "run.json"));
  EXPECT_EQ(json["format"], 1);
  EXPECT_EQ(json["status"], "running");
  EXPECT_EQ(json["vertebra"]["spacing_mm"], (std::vector<double>{1.0, 1.0, 2.0}));
  EXPECT_TRUE(json["arms"][0]["treatment_start_day"].is_null());
  EXPECT_EQ(json["arms"][0]["status"], "pending");
  EXPECT_EQ(json["arms"][1]["treatment_start_day"], 180.0);
  EXPECT_EQ(json["arms"][1]["folder"], "denosumab");
  EXPECT_EQ(json["arms"][1]["doses"][0]["amount"], "120 mg");
  EXPECT_TRUE(json["arms"][1]["solver"]["steps"].is_number_integer());
  EXPECT_EQ(json["arms"][1]["solver"]["seconds"], 0.25);
  EXPECT_FALSE(std::filesystem::exists(folder / "run.json.part"));
}

TEST(Manifest, RecordsAFailureWhateverItsMessageHolds) {
  Manifest manifest = example();
  manifest.status = Status::failed;
  manifest.message = "bad byte \xff here";
  const auto json = nlohmann::json::parse(manifest.to_json());
  EXPECT_EQ(json["status"], "failed");
  EXPECT_NE(json["message"].get<std::string>().find("bad byte"), std::string::npos);
}

TEST(Manifest, RecordsTheEndOnAFullDisk) {
  const test::SmallDisk disk("64k");
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small disk";
  Manifest manifest = example();
  write_manifest(disk.path(), manifest);
  test::put(disk.path() / "table.csv", std::string(100'000, '1'));
  EXPECT_THROW(write_manifest(disk.path(), manifest), OutputError);
  manifest.status = Status::failed;
  manifest.message = "cannot write 'table.csv': no space left on device";
  write_manifest(disk.path(), manifest);
  const auto json = nlohmann::json::parse(test::contents(disk.path() / "run.json"));
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["message"], manifest.message);
}

TEST(Manifest, TellsTheTimeInUtc) {
  const std::string now = utc_now();
  ASSERT_EQ(now.size(), 20U) << now;
  EXPECT_EQ(now[10], 'T');
  EXPECT_EQ(now.back(), 'Z');
}

}  // namespace
}  // namespace howship::output
