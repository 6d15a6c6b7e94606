// What is read as the neighbours of a group of lanes is what the domain says they are.
#include "simulation/neighbours.hpp"

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship::simulation {
namespace {

void expect_those_of(const vertebra::Domain& domain) {
  Ranks alone;
  const Slabs slabs(domain.size(), 1);
  const Layout layout(slabs, 0, 1, 0);
  const Halo halo(alone, slabs, domain, layout);
  const Neighbours neighbours(domain, layout, halo);
  Buffer<double> field(layout.padded());
  for (std::size_t lane = 0; lane < layout.padded(); ++lane) field[lane] = 100.0 + static_cast<double>(lane);
  Neighbours::Room room{};
  for (std::size_t first = 0; first < layout.padded(); first += Neighbours::kGroup) {
    const Neighbours::Values values = neighbours.of(field.data(), first, room);
    for (std::size_t face = 0; face < Neighbours::kFaces; ++face) {
      for (std::size_t l = 0; l < Neighbours::kGroup; ++l) {
        const std::size_t voxel = layout.source(first + l);
        const auto other = domain.neighbour(voxel, static_cast<int>(face / 2), face % 2 == 0 ? -1 : 1);
        const std::size_t expected = other == vertebra::Domain::kOutside ? voxel : static_cast<std::size_t>(other);
        ASSERT_EQ(values[face][l], field[expected]) << "lane " << first + l << ", face " << face;
        ASSERT_EQ(neighbours.lane_of(face, first + l), expected) << "lane " << first + l << ", face " << face;
      }
    }
  }
}

TEST(Neighbours, AreThoseOfTheDomain) {
  expect_those_of(howship::testing::box({1, 1, 1}));
  expect_those_of(howship::testing::box({2, 1, 1}));
  expect_those_of(howship::testing::box({8, 8, 8}));
  expect_those_of(howship::testing::box({41, 5, 3}));
  expect_those_of(howship::testing::box({3, 5, 41}));
}

TEST(Neighbours, AreThoseOfARaggedDomain) {
  const std::array<double, 3> spacing{1.0, 1.0, 1.0};
  expect_those_of(howship::testing::masked({23, 19, 11}, spacing, [](int i, int j, int k) {
    return (i - 11) * (i - 11) + (j - 9) * (j - 9) < 70 && (i * 7 + j * 5 + k * 3) % 17 != 0;
  }));
  expect_those_of(
      howship::testing::masked({40, 3, 3}, spacing, [](int i, int j, int k) { return (i + j + k) % 2 == 0; }));
}

}  // namespace
}  // namespace howship::simulation
