#include "howship/vertebra/domain.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support.hpp"

namespace howship::vertebra {
namespace {

TEST(Grid, PositionFollowsDirectionAndSpacing) {
  Grid grid;
  grid.size = {4, 5, 6};
  grid.spacing = {2.0, 3.0, 0.5};
  grid.origin = {10.0, -20.0, 30.0};
  grid.direction = {0, -1, 0, 1, 0, 0, 0, 0, 1};  // i goes along +y, j along -x
  const auto p = grid.position(grid.index(1, 2, 3));
  EXPECT_DOUBLE_EQ(p[0], 10.0 - 6.0);
  EXPECT_DOUBLE_EQ(p[1], -20.0 + 2.0);
  EXPECT_DOUBLE_EQ(p[2], 30.0 + 1.5);
  EXPECT_EQ(grid.voxel(grid.index(1, 2, 3)), (std::array<int, 3>{1, 2, 3}));
}

TEST(Domain, NeighboursOfAMaskWithHolesAreThoseOfTheMask) {
  EXPECT_TRUE(rc::check([] {
    Grid grid;
    grid.size = {*rc::gen::inRange(1, 5), *rc::gen::inRange(1, 5), *rc::gen::inRange(1, 5)};
    std::vector<std::size_t> active;
    for (std::size_t n = 0; n < grid.count(); ++n) {
      if (*rc::gen::inRange(0, 3) > 0) active.push_back(n);
    }
    if (active.empty()) active.push_back(0);
    const Domain domain(grid, active, std::vector<double>(active.size(), 0.2),
                        std::vector<Region>(active.size(), Region::trabecular));
    RC_ASSERT(domain.size() == active.size());
    for (std::size_t v = 0; v < active.size(); ++v) {
      const auto here = grid.voxel(active[v]);
      for (int axis = 0; axis < 3; ++axis) {
        for (const int direction : {-1, 1}) {
          auto there = here;
          there[static_cast<std::size_t>(axis)] += direction;
          std::int32_t expected = Domain::kOutside;
          for (std::size_t w = 0; w < active.size(); ++w) {
            if (grid.voxel(active[w]) == there) expected = static_cast<std::int32_t>(w);
          }
          RC_ASSERT(domain.neighbour(v, axis, direction) == expected);
        }
      }
    }
  }));
}

TEST(Domain, RefusesAnEmptyMaskAndImpossibleFractions) {
  EXPECT_THROW(Domain(Grid{}, {}, {}, {}), InputError);
  for (const double bad : {0.0, 1.0, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(Domain(Grid{}, {0}, {bad}, {Region::trabecular}), InputError) << bad;
  }
}

TEST(Domain, RefusesArraysThatDoNotBelongTogether) {
  Grid grid;
  grid.size = {2, 1, 1};
  EXPECT_THROW(Domain(grid, {1, 0}, {0.2, 0.2}, {Region::trabecular, Region::trabecular}), std::logic_error);
  EXPECT_THROW(Domain(grid, {0, 2}, {0.2, 0.2}, {Region::trabecular, Region::trabecular}), std::logic_error);
  EXPECT_THROW(Domain(grid, {0}, {0.2, 0.2}, {Region::trabecular}), std::logic_error);
}

TEST(Domain, OneVoxelIsTheZeroDimensionalPatient) {
  const Domain domain = Domain::single(0.15);
  EXPECT_EQ(domain.size(), 1U);
  EXPECT_DOUBLE_EQ(domain.volume(), 1.0);
  for (int axis = 0; axis < 3; ++axis) EXPECT_EQ(domain.neighbour(0, axis, 1), Domain::kOutside);
}

}  // namespace
}  // namespace howship::vertebra
