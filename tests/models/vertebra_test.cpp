// The shipped model in the built-in L3: health stays health in every voxel, and the lesion stays what it is.
#include <algorithm>
#include <cmath>
#include <memory>

#include <gtest/gtest.h>

#include "howship/core/diagnostics.hpp"
#include "howship/study/place.hpp"
#include "howship/study/prepare.hpp"
#include "howship/study/read_study.hpp"

namespace howship {
namespace {

constexpr const char* kStudy = R"(
id = "test"
title = "a coarse L3"
models = ["vicious_cycle"]
duration = "3652 day"
[vertebra]
built_in = "L3"
voxel_size = "2.5 mm"
[output]
every = "365 day"
[[arms]]
id = "untreated"
)";

struct Voxels {
  std::vector<double> bvtv, tumour;
};

class Vertebra : public testing::Test {
 protected:
  /// Start and end of the study, with overrides.
  std::pair<Voxels, Voxels> run(const std::vector<std::string>& overrides) {
    const UnitSystem units;
    const study::DataFolder data{HOWSHIP_SOURCE_DIR};
    Diagnostics faults;
    const study::Study study = study::read_study(kStudy, "test.toml", overrides, data, units, faults);
    faults.raise_if_any();
    const auto arms = study::prepare_arms(study, study::library_of(study, data.models()), units, faults);
    faults.raise_if_any();
    const study::Place place = study::build_place(study);
    const auto kinetics = std::make_shared<const model::Kinetics>(arms[0].model);
    simulation::Simulation simulation(kinetics, arms[0].parameters, place.domain,
                                      place.given_fields(arms[0].model->given), {});
    const auto slot = [&](const char* id) { return arms[0].model->find_species(id)->slot; };
    std::pair<Voxels, Voxels> ends;
    region_ = place.domain.region();
    simulation.run(
        arms[0].schedule,
        [&](const simulation::State& state, simulation::Moment) {
          Voxels now;
          const auto copy = [&](std::size_t species, std::vector<double>& to) {
            const double* from = state.local.data + species * state.local.stride;
            to.assign(from, from + place.domain.size());
          };
          copy(slot("BVTV"), now.bvtv);
          copy(slot("tumour"), now.tumour);
          (state.time == 0.0 ? ends.first : ends.second) = now;
        },
        [](double, double) { return true; });
    return ends;
  }
  std::vector<vertebra::Region> region_;
};

TEST_F(Vertebra, HealthIsSteadyForTenYearsInEveryVoxel) {
  const auto [start, end] = run({});
  double largest = 0.0;
  for (std::size_t v = 0; v < start.bvtv.size(); ++v)
    largest = std::max(largest, std::abs(end.bvtv[v] - start.bvtv[v]));
  EXPECT_GT(start.bvtv.size(), 2000U);
  EXPECT_LT(largest, 1e-6);
}

TEST_F(Vertebra, BoneThatIsUsedUpEndsAtNothing) {
  const auto [start, end] = run(
      {"duration=7300 day", "vertebra.voxel_size=4 mm", "lesion.site=posterior_body", "lesion.radius=5 mm", "n0=0.1"});
  double least = 1.0;
  for (const double bvtv : end.bvtv) least = std::min(least, bvtv);
  EXPECT_LT(least, 1e-3);
  EXPECT_GT(least, -5e-6);  // a few times the absolute tolerance of a step: 1e-4 of the typical size 0.01
}

TEST_F(Vertebra, ALesionEatsBoneAndNothingElseMoves) {
  const auto [start, end] = run({"duration=730 day", "lesion.site=posterior_body", "lesion.radius=5 mm", "n0=0.1"});
  double deepest = 0.0;
  std::size_t untouched = 0;
  for (std::size_t v = 0; v < start.bvtv.size(); ++v) {
    EXPECT_GT(end.tumour[v], -1e-6);
    EXPECT_LT(end.tumour[v], 1.0 + 1e-3);
    deepest = std::max(deepest, start.bvtv[v] - end.bvtv[v]);
    if (end.tumour[v] < 1e-6) {
      ++untouched;
      EXPECT_NEAR(end.bvtv[v], start.bvtv[v], 1e-3) << "bone changed where there is no tumour";
    }
  }
  EXPECT_GT(untouched, 100U);
  EXPECT_GT(deepest, 0.05);
}

}  // namespace
}  // namespace howship
