#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship::simulation {
namespace {

using howship::testing::Toy;
using model::NodeId;
using model::Reduction;

struct Probed {
  Probed() {
    const auto x = toy.local("x", toy.number(0.0));
    const auto z = toy.systemic("z", toy.number(0.0));
    field = toy.times(x, toy.plus(z, toy.given("bvtv")));
    number = toy.times(3.0, z);
    total = toy.reduce(x, Reduction::Kind::integral);
    cortical = toy.reduce(x, Reduction::Kind::mean, "cortical");
    body = toy.reduce(x, Reduction::Kind::integral, "body");
    largest = toy.reduce(x, Reduction::Kind::maximum);
    nowhere = toy.reduce(x, Reduction::Kind::mean, "endplate");
    relative = toy.over(x, largest);
    // Only observers look at these.
    kinetics = toy.build();
    auto model = kinetics->model();
    model.rate_reductions = 0;
    kinetics = std::make_shared<const model::Kinetics>(std::make_shared<const model::Model>(model));
  }
  Toy toy;
  NodeId field, number, total, cortical, body, largest, nowhere, relative;
  std::shared_ptr<const model::Kinetics> kinetics;
};

vertebra::Domain striped(int size) {
  vertebra::Grid grid;
  grid.size = {size, 3, 1};
  grid.spacing = {0.5, 1.0, 2.0};
  std::vector<std::size_t> active(grid.count());
  std::iota(active.begin(), active.end(), std::size_t{0});
  std::vector<vertebra::Region> region;
  for (std::size_t v = 0; v < active.size(); ++v) {
    region.push_back(v % 3 == 0   ? vertebra::Region::cortical
                     : v % 3 == 1 ? vertebra::Region::posterior
                                  : vertebra::Region::trabecular);
  }
  const std::size_t count = active.size();
  return {grid, std::move(active), std::vector<double>(count, 0.2), std::move(region)};
}

TEST(Probe, SumsMeansFieldsAndNumbers) {
  Probed on;
  for (const int size : {1, 2, 50}) {
    const auto domain = striped(size);
    const std::size_t count = domain.size();
    std::vector<double> x(count);  // not padded: a probe must not read past it
    std::vector<double> bvtv(count);
    for (std::size_t v = 0; v < count; ++v) {
      x[v] = std::sin(static_cast<double>(v)) + 2.0;
      bvtv[v] = 0.1 + 0.001 * static_cast<double>(v);
    }
    const std::vector<double> systemic{5.0};
    const State state{1.0, systemic, {x.data(), count}};
    Probe probe(on.kinetics, {}, domain, {bvtv}, {2});

    double all = 0.0;
    double cortical = 0.0;
    double body = 0.0;
    double integral = 0.0;
    std::size_t corticals = 0;
    for (std::size_t v = 0; v < count; ++v) {
      all += x[v];
      if (v % 3 == 0) {
        cortical += x[v];
        ++corticals;
      }
      if (v % 3 != 1) body += x[v];
      integral += x[v] * (5.0 + bvtv[v]);
    }
    const double largest = *std::max_element(x.begin(), x.end());
    const std::vector<NodeId> nodes{on.number, on.total, on.cortical, on.body, on.largest, on.nowhere};
    const auto numbers = probe.numbers(state, nodes);
    EXPECT_DOUBLE_EQ(numbers[0], 15.0);
    EXPECT_NEAR(numbers[1], all, 1e-12 * all);  // voxels of 1 mm^3
    EXPECT_NEAR(numbers[2], cortical / static_cast<double>(corticals), 1e-12);
    EXPECT_NEAR(numbers[3], body, 1e-12 * body);
    EXPECT_DOUBLE_EQ(numbers[4], largest);
    EXPECT_TRUE(std::isnan(numbers[5]));

    const std::vector<NodeId> mixed{on.field, on.number, on.relative};
    const auto fields = probe.fields(state, mixed);
    for (std::size_t v = 0; v < count; ++v) {
      EXPECT_DOUBLE_EQ(fields[0][v], x[v] * (5.0 + bvtv[v]));
      EXPECT_DOUBLE_EQ(fields[1][v], 15.0);
      EXPECT_DOUBLE_EQ(fields[2][v], x[v] / largest);
    }
    const auto totals = probe.totals(state, mixed);
    EXPECT_NEAR(totals[0], integral, 1e-12 * integral);
    EXPECT_DOUBLE_EQ(totals[1], 15.0);
    EXPECT_NEAR(probe.means(state, mixed)[0], integral / static_cast<double>(count), 1e-12 * integral);
    const std::vector<NodeId> only_field{on.field};
    EXPECT_THROW(probe.numbers(state, only_field), std::logic_error);

    Probe alone(on.kinetics, {}, domain, {bvtv}, {1});
    EXPECT_EQ(alone.totals(state, mixed), totals);
  }
}

}  // namespace
}  // namespace howship::simulation
