#include "study/pilot.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "small_world.hpp"

namespace howship::study {
namespace {

using test::kSpatialStudy;

Place spatial_place(const test::SmallWorld& world) {
  return build_place(world.good(kSpatialStudy));
}

TEST(Pilot, ThinningKeepsPlaceBoneAndLesion) {
  const test::SmallWorld world;
  const Place fine = spatial_place(world);
  for (const int stride : {1, 2, 3}) {
    SCOPED_TRACE(stride);
    const Place coarse = thinned(fine, stride);
    ASSERT_GT(coarse.domain.size(), 0U);
    // Each voxel stands for stride^3 of them.
    EXPECT_NEAR(coarse.domain.volume(), fine.domain.volume(), (stride == 1 ? 0.0 : 0.5) * fine.domain.volume());
    const auto& grid = fine.domain.grid();
    std::size_t found = 0;
    for (std::size_t v = 0; v < coarse.domain.size(); ++v) {
      const auto at = coarse.domain.grid().position(coarse.domain.active()[v]);
      for (std::size_t w = 0; w < fine.domain.size(); ++w) {
        const auto there = grid.position(fine.domain.active()[w]);
        if (std::abs(at[0] - there[0]) + std::abs(at[1] - there[1]) + std::abs(at[2] - there[2]) > 1e-6) continue;
        EXPECT_EQ(coarse.domain.bvtv()[v], fine.domain.bvtv()[w]);
        EXPECT_EQ(coarse.domain.region()[v], fine.domain.region()[w]);
        EXPECT_EQ(coarse.given.at("lesion")[v], fine.given.at("lesion")[w]);
        ++found;
      }
    }
    EXPECT_EQ(found, coarse.domain.size());
    if (stride == 1) {
      EXPECT_EQ(coarse.domain.size(), fine.domain.size());
    }
  }
}

TEST(Pilot, NothingIsEstimatedWhereItTakesMoments) {
  const test::SmallWorld world;
  const Study study = world.good(kSpatialStudy);
  Diagnostics faults;
  const auto arms = compile_arms(world.prepare(study, faults));
  EXPECT_FALSE(estimated_seconds(study, arms, build_place(study), {1}).has_value());
}

TEST(Pilot, ALargeVertebraIsEstimated) {
  const test::SmallWorld world;
  const Study study = world.good(kSpatialStudy, {"vertebra.voxel_size=1.2 mm", "duration=10 day", "output.frames=[]"});
  Diagnostics faults;
  const auto arms = compile_arms(world.prepare(study, faults));
  const auto seconds = estimated_seconds(study, arms, build_place(study), {1});
  ASSERT_TRUE(seconds.has_value());
  EXPECT_GT(*seconds, 0.0);
}

}  // namespace
}  // namespace howship::study
