// The shipped model without a tumour stays where it is, in every kind of bone.

#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "howship/model/library.hpp"

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

TEST(HealthyState, TenYearsChangeNothing) {
  const UnitSystem units;
  const model::Library library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
  const std::vector<std::string> ids{"vicious_cycle"};
  const auto built = std::make_shared<const model::Model>(model::build_model(library, ids, units));
  const auto kinetics = std::make_shared<const model::Kinetics>(built);
  const auto domain = testing::box({6, 6, 6});
  std::vector<double> bvtv(domain.size());
  for (std::size_t v = 0; v < bvtv.size(); ++v)
    bvtv[v] = 0.02 + 0.9 * static_cast<double>(v) / static_cast<double>(bvtv.size());
  std::vector<std::vector<double>> given;
  for (const std::string& name : built->given)
    given.push_back(name == "bvtv" ? bvtv : std::vector<double>(domain.size(), 0.0));

  const auto result = testing::run(kinetics, domain, {3650.0, {}, {365.0, 1825.0, 3650.0}}, {}, given);
  const std::size_t slot = built->find_species("BVTV")->slot;
  for (const auto& state : result.states) {
    for (std::size_t v = 0; v < bvtv.size(); ++v)
      EXPECT_LT(std::abs(state.local[slot][v] - bvtv[v]), 1e-6) << state.time;
  }
  EXPECT_LT(result.statistics.steps, 50);
}

}  // namespace
}  // namespace howship
