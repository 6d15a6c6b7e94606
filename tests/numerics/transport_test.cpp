// Diffusion between voxels: conservation, and second order in space with a mask on.

#include <array>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

using model::Op;
using testing::tolerance;
using testing::Toy;

double noise(std::size_t i) {
  return 0.5 + 0.5 * std::sin(12.9898 * static_cast<double>(i) + 4.1);
}

double sum(const std::vector<double>& values) {
  long double total = 0.0L;
  for (const double value : values) total += value;
  return static_cast<double>(total);
}

vertebra::Domain ball_with_a_hole(int size, std::array<double, 3> spacing) {
  return testing::masked({size, size, size}, spacing, [size](int i, int j, int k) {
    const double x = i + 0.5 - 0.5 * size;
    const double y = j + 0.5 - 0.5 * size;
    const double z = k + 0.5 - 0.5 * size;
    return x * x + y * y + z * z < 0.25 * size * size && x * x + y * y > 3.0;
  });
}

TEST(Transport, PureDiffusionKeepsTheIntegral) {
  const auto domain = ball_with_a_hole(13, {0.5, 0.7, 1.1});
  for (const bool variable : {false, true}) {
    Toy toy;
    toy.local("c", toy.given("start"));
    toy.diffuse("c", variable ? toy.given("coefficient") : toy.number(0.8));
    std::vector<std::vector<double>> given(variable ? 2 : 1, std::vector<double>(domain.size()));
    for (std::size_t v = 0; v < domain.size(); ++v) {
      given[0][v] = noise(v) * noise(v) * noise(3 * v);
      if (variable) given[1][v] = v % 11 == 0 ? 0.0 : 3.0 * noise(7 * v + 1);
    }
    const auto result = testing::run(toy.build(), domain, {5.0, {}, {0.0, 0.1, 1.0, 5.0}}, tolerance(1e-5), given);
    const double start = sum(result.states.front().local[0]);
    for (const auto& state : result.states) EXPECT_NEAR(sum(state.local[0]), start, 1e-12 * start) << state.time;
    const auto& end = result.states.back().local[0];
    double moved = 0.0;
    for (std::size_t v = 0; v < domain.size(); ++v) moved = std::max(moved, std::abs(end[v] - given[0][v]));
    EXPECT_GT(moved, 0.3);
  }
}

TEST(Transport, NegativeCoefficientIsRefusedByPlace) {
  Toy toy;
  toy.local("cytokine", toy.number(0.0));
  toy.diffuse("cytokine", toy.given("d"));
  const auto domain = testing::box({3, 3, 3});
  std::vector<std::vector<double>> given{std::vector<double>(27, 1.0)};
  given[0][14] = -1.0;
  try {
    testing::run(toy.build(), domain, {1.0, {}, {}}, tolerance(1e-4), given);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("cytokine"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("(2, 1, 1)"), std::string::npos) << error.what();
  }
}

// c = 1 + e^{-t} cos(πx) cos(πy) has no flux through faces at integer x, y, so an L of unit squares is a mask on which
// it stays exact. With D = 1 + cos(πx)/2 the source that makes it a solution is found by hand.
double largest_error(int cells, bool variable) {
  constexpr double pi = std::numbers::pi;
  const double h = 1.0 / cells;
  const auto domain = testing::masked({2 * cells, 2 * cells, 2}, {h, h, 2 * h},
                                      [cells](int i, int j, int) { return i < cells || j < cells; });
  Toy toy;
  const auto x = toy.given("x");
  const auto y = toy.given("y");
  const auto cosine = [&](Toy::NodeId a) { return toy.apply(Op::cosine, toy.times(pi, a)); };
  const auto sine = [&](Toy::NodeId a) { return toy.apply(Op::sine, toy.times(pi, a)); };
  const auto shape = toy.times(cosine(x), cosine(y));
  toy.local("c", toy.plus(toy.number(1.0), shape));
  const auto decay = toy.apply(Op::exponential, toy.times(-1.0, toy.time()));
  const auto d = variable ? toy.plus(toy.number(1.0), toy.times(0.5, cosine(x))) : toy.number(1.0);
  toy.diffuse("c", d);
  // dc/dt - ∇·(D∇c) = -e^{-t} shape + 2π² D e^{-t} shape - D' c_x, D' = -(π/2) sin πx, c_x = -π e^{-t} sin πx cos πy
  auto source = toy.times(toy.minus(toy.times(2.0 * pi * pi, d), toy.number(1.0)), shape);
  if (variable) source = toy.minus(source, toy.times(0.5 * pi * pi, toy.times(toy.times(sine(x), sine(x)), cosine(y))));
  toy.process("source", toy.times(decay, source), {{"c", 1.0}});
  std::vector<std::vector<double>> given(2, std::vector<double>(domain.size()));
  for (std::size_t v = 0; v < domain.size(); ++v) {
    const auto [i, j, k] = domain.grid().voxel(domain.active()[v]);
    given[0][v] = (i + 0.5) * h;
    given[1][v] = (j + 0.5) * h;
  }
  const auto result = testing::run(toy.build(), domain, {0.5, {}, {0.5}}, tolerance(1e-8), given);
  double worst = 0.0;
  for (std::size_t v = 0; v < domain.size(); ++v) {
    const double exact = 1.0 + std::exp(-0.5) * std::cos(pi * given[0][v]) * std::cos(pi * given[1][v]);
    worst = std::max(worst, std::abs(result.states.front().local[0][v] - exact));
  }
  return worst;
}

TEST(Transport, SecondOrderInSpaceWithAMask) {
  for (const bool variable : {false, true}) {
    const double coarse = largest_error(8, variable);
    const double middle = largest_error(16, variable);
    const double fine = largest_error(32, variable);
    EXPECT_GT(std::log2(coarse / middle), 1.85) << (variable ? "variable" : "uniform") << " coefficient";
    EXPECT_GT(std::log2(middle / fine), 1.9) << coarse << " " << middle << " " << fine;
    EXPECT_LT(std::log2(middle / fine), 2.2);
    EXPECT_LT(fine, 2e-3);
  }
}

// Fast diffusion in small voxels: the linear solver has to work, and says how much.
TEST(Transport, StiffDiffusionConverges) {
  const auto domain = ball_with_a_hole(17, {0.1, 0.1, 0.1});
  Toy toy;
  const auto c = toy.local("c", toy.number(0.0), 1e-2);
  toy.diffuse("c", toy.number(7.0));
  const auto n = toy.local("n", toy.given("start"));
  toy.process("secretion", toy.times(100.0, n), {{"c", 1.0}});
  toy.process("loss", toy.times(86.0, c), {{"c", -1.0}});
  toy.process("growth", toy.over(toy.times(toy.times(0.1, n), c), toy.plus(toy.number(1.0), c)), {{"n", 1.0}});
  std::vector<std::vector<double>> given{std::vector<double>(domain.size(), 0.0)};
  given[0][domain.size() / 3] = 1.0;
  const auto loose = testing::run(toy.build(), domain, {20.0, {}, {20.0}}, tolerance(1e-4), given);
  const auto tight = testing::run(toy.build(), domain, {20.0, {}, {20.0}}, tolerance(1e-7), given);
  EXPECT_GT(loose.statistics.linear_iterations, 0);
  EXPECT_LT(loose.statistics.steps, 400);
  for (std::size_t v = 0; v < domain.size(); ++v) {
    EXPECT_NEAR(loose.states[0].local[0][v], tight.states[0].local[0][v], 1e-2 * (tight.states[0].local[0][v] + 1e-2));
  }
}

}  // namespace
}  // namespace howship
