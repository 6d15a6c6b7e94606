#include "howship/vertebra/seeding.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support.hpp"

namespace howship::vertebra {
namespace {

using test::refusal;

const Domain& l3() {
  static const Domain bone = build_vertebra(test::shape_of("L3"), test::options_of("L3", 1.0));
  return bone;
}

/// The same bone without region labels, turned about z: what a bare mask of a badly oriented CT gives.
Domain turned_and_unlabelled(double degrees) {
  Grid grid = l3().grid();
  const double c = std::cos(degrees * M_PI / 180.0), s = std::sin(degrees * M_PI / 180.0);
  grid.direction = {c, -s, 0, s, c, 0, 0, 0, 1};
  const auto o = grid.origin;
  grid.origin = {c * o[0] - s * o[1], s * o[0] + c * o[1], o[2]};
  return {grid, l3().active(), l3().bvtv(), std::vector<Region>(l3().size(), Region::trabecular)};
}

TEST(LesionSite, LiesWhereItsNameSays) {
  const auto at = [](const std::string& site) { return lesion_centre(l3(), site); };
  EXPECT_LT(at("anterior_body")[1], -5.0);
  EXPECT_NEAR(at("central_body")[1], 0.0, 3.0);
  EXPECT_GT(at("posterior_body")[1], 5.0);
  EXPECT_NEAR(at("posterior_body")[0], 0.0, 1.0);
  EXPECT_NEAR(at("posterior_body")[2], 0.0, 2.0);
  EXPECT_GT(at("left_body")[0], 5.0);
  EXPECT_LT(at("right_body")[0], -5.0);
  EXPECT_GT(at("superior_body")[2], 4.0);
  EXPECT_LT(at("inferior_body")[2], -4.0);
  const VertebraShape shape = test::shape_of("L3");
  EXPECT_NEAR(at("left_pedicle")[0], 0.5 * (shape.canal_width + shape.pedicle_width), 2.0);
  EXPECT_NEAR(at("right_pedicle")[0], -0.5 * (shape.canal_width + shape.pedicle_width), 2.0);
  EXPECT_NEAR(at("left_pedicle")[2], 0.5 * shape.posterior_height - 1.5 - 0.5 * shape.pedicle_height, 2.0);
}

TEST(LesionSite, FollowsTheBoneWithoutLabelsAndTurned) {
  for (const double degrees : {0.0, 30.0, 90.0, 180.0, -100.0}) {
    const Domain bone = turned_and_unlabelled(degrees);
    const double c = std::cos(degrees * M_PI / 180.0), s = std::sin(degrees * M_PI / 180.0);
    for (const std::string& site : lesion_sites()) {
      const auto p = lesion_centre(bone, site), q = lesion_centre(l3(), site);
      const std::array<double, 3> back{c * p[0] + s * p[1], -s * p[0] + c * p[1], p[2]};
      EXPECT_LT(std::hypot(back[0] - q[0], back[1] - q[1], back[2] - q[2]), 5.0) << site << " at " << degrees;
    }
  }
}

TEST(LesionSite, UnknownNameIsRefusedWithASuggestion) {
  const std::string said = refusal([] { lesion_centre(l3(), "posterior_bdy"); });
  EXPECT_NE(said.find("posterior_bdy"), std::string::npos);
  EXPECT_NE(said.find("posterior_body"), std::string::npos) << said;
}

TEST(Lesion, ProfileIsOneInsideZeroOutsideAndHalfAtTheRadius) {
  LesionOptions options;
  options.radius = 6.0;
  options.edge = 2.0;
  const auto profile = seed_lesion(l3(), options);
  const auto centre = lesion_centre(l3(), options.site);
  double volume = 0.0;
  for (std::size_t v = 0; v < profile.size(); ++v) {
    const auto p = l3().grid().position(l3().active()[v]);
    const double r = std::hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]);
    ASSERT_GE(profile[v], 0.0);
    ASSERT_LE(profile[v], 1.0);
    if (r < 5.0) {
      ASSERT_DOUBLE_EQ(profile[v], 1.0);
    }
    if (r > 7.0) {
      ASSERT_DOUBLE_EQ(profile[v], 0.0);
    }
    if (std::abs(r - 6.0) < 1e-12) {
      ASSERT_NEAR(profile[v], 0.5, 1e-9);
    }
    volume += profile[v];
  }
  EXPECT_NEAR(volume, 4.0 / 3.0 * M_PI * 216.0, 60.0);
}

TEST(Lesion, OutsideTheBoneIsRefusedWithTheNearestBone) {
  LesionOptions options;
  options.centre = {0.0, 26.0, 3.0};  // in the canal
  const std::string said = refusal([&] { seed_lesion(l3(), options); });
  EXPECT_NE(said.find("outside the bone"), std::string::npos) << said;
  EXPECT_NE(said.find("nearest bone is at"), std::string::npos) << said;
  options.centre = {0.0, 1e6, 0.0};
  EXPECT_NE(refusal([&] { seed_lesion(l3(), options); }), "");
  options.centre = {0.0, std::numeric_limits<double>::quiet_NaN(), 0.0};
  EXPECT_NE(refusal([&] { seed_lesion(l3(), options); }), "");
}

TEST(Lesion, BadRadiusOrEdgeIsRefused) {
  LesionOptions options;
  for (const double radius :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    options.radius = radius;
    EXPECT_NE(refusal([&] { seed_lesion(l3(), options); }).find("radius"), std::string::npos) << radius;
  }
  options.radius = 2.0;
  options.edge = -0.1;
  EXPECT_NE(refusal([&] { seed_lesion(l3(), options); }).find("edge"), std::string::npos);
  options.edge = 0.0;
  options.radius = 0.1;
  options.centre = {0.4, 0.4, 0.4};  // inside a voxel but far from its centre
  EXPECT_NE(refusal([&] { seed_lesion(l3(), options); }).find("covers no voxel"), std::string::npos);
}

TEST(NearestVoxel, IsTheNearest) {
  EXPECT_TRUE(rc::check([] {
    const auto coordinate = [] { return *rc::gen::inRange(-600, 900) * 0.1; };
    const std::array<double, 3> p{coordinate(), coordinate(), coordinate()};
    const NearestVoxel found = nearest_voxel(l3(), p);
    for (std::size_t v = 0; v < l3().size(); ++v) {
      const auto q = l3().grid().position(l3().active()[v]);
      RC_ASSERT(std::hypot(q[0] - p[0], q[1] - p[1], q[2] - p[2]) >= found.distance - 1e-9);
    }
  }));
}

}  // namespace
}  // namespace howship::vertebra
