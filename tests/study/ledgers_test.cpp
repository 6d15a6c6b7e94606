#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"
#include "howship/study/simulation.hpp"

#include "small_world.hpp"

namespace howship::study {
namespace {

using test::kSpatialStudy;
using test::with;

// Bone that is eaten, and drug that is lost, are counted; a ledger that forgets one does not close.
const std::string kCounting = R"toml(id = "counting"
title = "counts what goes"
extends = ["drugs/agent"]
[species.gone]
title = "drug that was lost"
scope = "systemic"
unit = "ug"
initial = "0"
typical = 1
[species.eaten]
title = "bone that was eaten"
scope = "systemic"
unit = "mm^3"
initial = "0"
typical = 1
[processes.losing]
title = "losing"
rate = "k*depot"
changes = { gone = 1 }
[processes.counting]
title = "counting"
rate = "integral(loss*n*f)"
changes = { eaten = 1 }
[observables.drug_ledger]
title = "drug in the body and out of it"
formula = "depot + gone"
unit = "ug"
conserved = true
[observables.bone_ledger]
title = "bone, and what became of it"
formula = "integral(f) + eaten"
unit = "cm^3"
conserved = true
[observables.wrong_ledger]
title = "drug in the body"
formula = "depot"
unit = "ug"
conserved = true
)toml";

TEST(Ledgers, CloseWhereTheEquationsWereSolved) {
  const test::SmallWorld world;
  test::put(world.path() / "models/counting.toml", kCounting);
  for (const std::string& text : {kSpatialStudy, test::kVoxelStudy}) {
    RunOptions options;
    options.quiet = true;
    options.folder = world.path() / "run";
    options.force = true;
    run_study(world.good(text, {"models=[\"counting\"]", "loss=0.01"}), world.data(), world.units(), options);
    const auto json = nlohmann::json::parse(test::contents(options.folder / "run.json"));
    const auto& ledgers = json["arms"][1]["ledgers"];
    ASSERT_EQ(ledgers.size(), 3U);
    const double doses = 0.5 * (text == kSpatialStudy ? 3 * 2500.0 : 3 * 10000.0);  // half arrives
    EXPECT_EQ(ledgers[0]["name"], "drug_ledger");
    EXPECT_NEAR(ledgers[0]["entered"].get<double>(), doses, 1e-9 * doses);
    EXPECT_LT(ledgers[0]["imbalance_relative"].get<double>(), 1e-7);
    EXPECT_EQ(ledgers[1]["unit"], "cm^3");
    EXPECT_EQ(ledgers[1]["entered"], 0.0);
    EXPECT_LT(ledgers[1]["imbalance_relative"].get<double>(), 1e-6);
    EXPECT_GT(json["arms"][0]["ledgers"][1]["start"].get<double>(), 1e-4);
    EXPECT_GT(ledgers[2]["imbalance_relative"].get<double>(), 0.1);
    EXPECT_NEAR(ledgers[2]["imbalance"].get<double>(), ledgers[2]["end"].get<double>() - doses, 1e-6 * doses);
  }
}

TEST(Ledgers, AreNumbers) {
  const test::SmallWorld world;
  test::put(world.path() / "models/counting.toml", with(kCounting, "\"integral(f) + eaten\"", "\"f\""));
  EXPECT_THAT(world.faults(kSpatialStudy, {"models=[\"counting\"]"}),
              ::testing::HasSubstr("differs from voxel to voxel"));
}

}  // namespace
}  // namespace howship::study
