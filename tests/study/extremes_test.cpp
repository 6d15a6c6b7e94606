// The models that ship, at the ends of what may be asked: they come to an end, or say why not.

#include <cmath>
#include <gmock/gmock.h>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"

#include "small_world.hpp"

namespace howship::study {
namespace {

using ::testing::HasSubstr;

constexpr const char* kVoxel = R"(id = "extreme"
models = ["vicious_cycle"]
duration = "10 year"
[vertebra]
voxel = { bvtv = 0.15, lesion = 1 }
[output]
every = "1 year"
[[arms]]
id = "untreated"
)";

constexpr const char* kBlock = R"(id = "extreme"
models = ["vicious_cycle"]
duration = "10 year"
[vertebra]
block = ["3 mm", "2 mm", "2 mm"]
voxel_size = "1 mm"
bvtv = 0.15
[lesion]
centre = ["0 mm", "0 mm", "0 mm"]
radius = "100 mm"
[output]
every = "1 year"
[[arms]]
id = "untreated"
)";

/// What a run came to: its last row, or what the user is told.
struct Outcome {
  std::optional<std::vector<double>> last;
  std::string message;
  int steps = 0;
};

class Extremes : public ::testing::Test {
 protected:
  Outcome run(const std::string& text, const std::vector<std::string>& overrides) const {
    const DataFolder data{std::filesystem::path(HOWSHIP_SOURCE_DIR)};
    RunOptions options;
    options.folder = results_ / "run";
    options.force = true;
    options.quiet = true;
    options.threads = {2};
    try {
      Diagnostics faults;
      const Study study = read_study(text, (results_ / "extreme.toml").string(), overrides, data, units_, faults);
      faults.raise_if_any();
      run_study(study, data, units_, options);
    } catch (const NumericalError& error) {
      return {std::nullopt, error.what()};
    }
    const auto json = nlohmann::json::parse(test::contents(results_ / "run/run.json"));
    Outcome out{std::vector<double>(), {}, json["arms"][0]["solver"]["steps"]};
    std::istringstream rows(test::contents(results_ / "run/untreated/timeseries.csv"));
    std::string last;
    for (std::string row; std::getline(rows, row);) last = row;
    std::istringstream cells(last);
    for (std::string cell; std::getline(cells, cell, ',');) out.last->push_back(std::stod(cell));
    return out;
  }

  /// Ends on the last day with numbers, or with a report that names a species, a day and what to try.
  void expect_an_end(const std::string& text, const std::vector<std::string>& overrides) const {
    std::string what;
    for (const std::string& one : overrides) what += " " + one;
    const Outcome outcome = run(text, overrides);
    if (!outcome.last) {
      EXPECT_THAT(outcome.message, HasSubstr("day")) << what;
      EXPECT_THAT(outcome.message, HasSubstr("process")) << what;
      return;
    }
    ASSERT_FALSE(outcome.last->empty()) << what;
    EXPECT_NEAR(outcome.last->front(), 3652.42, 0.01) << what;
    for (const double value : *outcome.last) EXPECT_TRUE(std::isfinite(value)) << what;
  }

  const UnitSystem units_;
  const test::TemporaryFolder results_;
};

TEST_F(Extremes, OneVoxel) {
  for (const char* tolerance : {"1e-3", "1e-12"}) {
    const std::string set = std::string("solver.relative_tolerance=") + tolerance;
    expect_an_end(kVoxel, {set});
    expect_an_end(kBlock, {set, R"(vertebra.block=["1 mm", "1 mm", "1 mm"])"});
    expect_an_end(kBlock, {set});
  }
}

// The tumour of kBlock fills every voxel; marrow or bone is all but gone from the first day.
TEST_F(Extremes, NoMarrowAndNoBone) {
  for (const char* bvtv : {"1e-6", "0.999"}) {
    expect_an_end(kVoxel, {std::string("vertebra.voxel.bvtv=") + bvtv});
    expect_an_end(kBlock, {std::string("vertebra.bvtv=") + bvtv});
  }
}

// Bone that is eaten up, and bone that fills its marrow, in ten years.
TEST_F(Extremes, BoneThatVanishesAndMarrowThatVanishes) {
  for (const char* text : {kVoxel, kBlock}) {
    expect_an_end(text, {"suppression=50", "rhoT=0.1", "n0=1"});
    expect_an_end(text, {"stimulation=50", "rhoT=0.1", "n0=1"});
    const std::string before = test::with(text, "vicious_cycle", "prototype/vicious_cycle");
    expect_an_end(before, {"k_res=10", "k_form=0.01"});
    expect_an_end(before, {"k_res=0.05", "k_form=2"});
    expect_an_end(before, {"k_res=10", "k_form=0.01", "rhoT=0.2", "n0=1"});
  }
}

/// Two species, one of which spreads, as a model that the study carries: it is called rates.
std::string exchange(const std::string& initial, const std::string& processes) {
  std::string species;
  for (const char* name : {"u", "v"}) {
    species += std::string("[species.") + name + "]\ntitle = \"" + name +
               "\"\nscope = \"local\"\nunit = \"pM\"\ninitial = \"" + initial + "\"\ntypical = 1\n";
    if (name[0] == 'u') species += "diffusion = \"D\"\n";
  }
  return "[inline.models]\nrates = '''\nid = \"rates\"\ntitle = \"exchange, fast and slow\"\n" + species +
         R"([parameters]
start = { value = 1, unit = "pM", range = [0, 10], source = "of this test" }
D = { value = 10, unit = "mm^2/day", range = [0, 1e9], source = "of this test" }
fast = { value = 1e6, unit = "1/day", range = [0, 1e9], source = "of this test" }
slow = { value = 1e-6, unit = "1/day", range = [0, 1], source = "of this test" }
)" + processes +
         "'''\n";
}

// Rates from 1e-6 to 1e6 per day, beside transport.
TEST_F(Extremes, RatesOverTwelveOrdersOfMagnitude) {
  const std::string model = exchange("start", R"toml(
[processes.exchange]
title = "fast"
rate = "fast*(u - v)"
changes = { u = -1, v = 1 }
[processes.loss]
title = "slow"
rate = "slow*v"
changes = { v = -1 }
[observables.left]
title = "what is left"
formula = "mean(u + v)"
unit = "pM"
)toml");
  for (const char* place : {kVoxel, kBlock}) {
    const std::string text = test::with(place, "vicious_cycle", "rates") + model;
    for (const char* tolerance : {"1e-4", "1e-8"}) {
      const Outcome outcome = run(text, {std::string("solver.relative_tolerance=") + tolerance});
      ASSERT_TRUE(outcome.last) << outcome.message;
      // Half of what there is can be lost at any time.
      EXPECT_NEAR(outcome.last->back(), 2.0 * std::exp(-0.5e-6 * 3652.42), 4.0 * std::stod(tolerance));
    }
  }
}

// All of u becomes v but for a millionth of a millionth, while u spreads: what its linear solve leaves wrong comes a
// million times greater in v, and must not be what holds the steps back.
TEST_F(Extremes, AFastReactionThatUsesUpWhatDiffuses) {
  const std::string model = exchange("start*given.lesion", R"toml(
[processes.there]
title = "fast"
rate = "fast*u"
changes = { u = -1, v = 1 }
[processes.again]
title = "slow"
rate = "slow*v"
changes = { v = -1, u = 1 }
[observables.ratio]
title = "of what is left to what it became"
formula = "mean(u)/mean(v)"
unit = "1"
)toml");
  const std::string block = test::with(test::with(kBlock, "vicious_cycle", "rates"), "100 mm", "1 mm");
  for (const char* tolerance : {"1e-4", "1e-8"}) {
    const Outcome outcome = run(block + model, {std::string("solver.relative_tolerance=") + tolerance});
    ASSERT_TRUE(outcome.last) << outcome.message;
    EXPECT_NEAR(outcome.last->back(), 1e-12, 1e-19);
    EXPECT_LT(outcome.steps, 500) << tolerance;
  }
}

// More voxels than any machine has room for are refused before anything is made.
TEST_F(Extremes, MoreVoxelsThanThereIsRoomFor) {
  try {
    run(kBlock, {R"(vertebra.block=["100 m", "100 m", "100 m"])"});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("memory"));
  }
  EXPECT_FALSE(std::filesystem::exists(results_ / "run"));
}

}  // namespace
}  // namespace howship::study
