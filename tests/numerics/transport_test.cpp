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

enum class Coefficient { uniform, of_place, of_state };

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
  for (const Coefficient kind : {Coefficient::uniform, Coefficient::of_place, Coefficient::of_state}) {
    Toy toy;
    const auto c = toy.local("c", toy.given("start"));
    toy.diffuse("c", kind == Coefficient::uniform ? toy.number(0.8)
                     : kind == Coefficient::of_place
                         ? toy.given("coefficient")
                         : toy.times(toy.given("coefficient"), toy.plus(toy.number(0.1), c)));
    std::vector<std::vector<double>> given(kind == Coefficient::uniform ? 1 : 2, std::vector<double>(domain.size()));
    for (std::size_t v = 0; v < domain.size(); ++v) {
      given[0][v] = noise(v) * noise(v) * noise(3 * v);
      if (given.size() > 1) given[1][v] = v % 11 == 0 ? 0.0 : 3.0 * noise(7 * v + 1);
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

TEST(Transport, ACoefficientThatFollowsTheStateIsRefusedWhereItIsNegative) {
  const auto domain = testing::box({3, 3, 3});
  std::vector<std::vector<double>> given{std::vector<double>(27, 1.0)};
  const auto run = [&](double loss) {
    Toy toy;
    const auto room = toy.local("room", toy.given("start"));
    toy.local("cytokine", toy.given("start"));
    toy.diffuse("cytokine", room);
    toy.process("closing", toy.number(loss), {{"room", -1.0}});
    testing::run(toy.build(), domain, {1.0, {}, {}}, tolerance(1e-4), given);
  };
  EXPECT_NO_THROW(run(0.9));
  try {  // negative from half the time on
    run(2.0);
    FAIL();
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("cytokine"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("diffusion coefficient"), std::string::npos) << error.what();
  }
  given[0][14] = -1.0;  // negative at the start
  try {
    run(0.9);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("cytokine"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("(2, 1, 1)"), std::string::npos) << error.what();
  }
}

// Bone that stays as it is, as a species and as a given field.
TEST(Transport, ACoefficientOfAStateThatStaysIsThatOfAPlace) {
  const auto domain = ball_with_a_hole(11, {0.5, 0.7, 1.1});
  std::vector<std::vector<double>> given(2, std::vector<double>(domain.size()));
  for (std::size_t v = 0; v < domain.size(); ++v) {
    given[0][v] = noise(5 * v);
    given[1][v] = 0.9 * noise(v);
  }
  const auto run = [&](bool followed) {
    Toy toy;
    toy.local("even", toy.given("start"));  // a neighbour that is not followed
    toy.diffuse("even", toy.number(0.3));
    toy.local("c", toy.given("start"));
    const auto place = toy.given("bone");
    const auto bone = toy.local("bone", place);
    toy.diffuse("c", toy.minus(toy.number(1.0), followed ? bone : place));
    return testing::run(toy.build(), domain, {5.0, {}, {0.5, 5.0}}, tolerance(1e-6), given);
  };
  const auto of_state = run(true);
  const auto of_place = run(false);
  for (std::size_t row = 0; row < 2; ++row) {
    for (const std::size_t species : {0U, 1U}) {
      for (std::size_t v = 0; v < domain.size(); ++v)
        EXPECT_NEAR(of_state.states[row].local[species][v], of_place.states[row].local[species][v], 1e-12);
    }
  }
}

// Two rooms behind a wall that dissolves: nothing passes, then both come to the mean.
TEST(Transport, AWallThatIsDissolvedLetsThrough) {
  const auto domain = testing::masked({5, 1, 1}, {1.0, 1.0, 1.0}, [](int, int, int) { return true; });
  Toy toy;
  toy.local("c", toy.given("start"));
  const auto wall = toy.local("wall", toy.given("wall"));
  toy.diffuse("c", toy.minus(toy.number(1.0), wall));
  toy.process("resorption", toy.times(6.0, wall), {{"wall", -1.0}});
  const std::vector<std::vector<double>> given{{1.0, 1.0, 0.0, 0.0, 0.0}, {0.0, 0.0, 1.0, 0.0, 0.0}};
  const auto result = testing::run(toy.build(), domain, {40.0, {}, {1e-3, 40.0}}, tolerance(1e-8), given);
  EXPECT_NEAR(result.states.front().local[0][3], 0.0, 1e-5);
  for (const double c : result.states.back().local[0]) EXPECT_NEAR(c, 0.4, 1e-5);
}

// c = 1 + e^{-t} cos(πx) cos(πy) has no flux through faces at integer x, y, so an L of unit squares is a mask on which
// it stays exact. With D = 1 + cos(πx)/2, and with D = 1 + c/2, the source that makes it a solution is found by hand.
double largest_error(int cells, Coefficient kind) {
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
  const auto c = toy.local("c", toy.plus(toy.number(1.0), shape));
  const auto decay = toy.apply(Op::exponential, toy.times(-1.0, toy.time()));
  const auto exact_c = toy.plus(toy.number(1.0), toy.times(decay, shape));
  const auto half_more = [&](Toy::NodeId a) { return toy.plus(toy.number(1.0), toy.times(0.5, a)); };
  const auto d = kind == Coefficient::uniform    ? toy.number(1.0)
                 : kind == Coefficient::of_place ? half_more(cosine(x))
                                                 : half_more(exact_c);
  toy.diffuse("c", kind == Coefficient::of_state ? half_more(c) : d);
  // dc/dt - ∇·(D∇c) = -e^{-t} shape + 2π² D e^{-t} shape - D' c_x, D' = -(π/2) sin πx, c_x = -π e^{-t} sin πx cos πy
  auto source = toy.times(toy.minus(toy.times(2.0 * pi * pi, d), toy.number(1.0)), shape);
  const auto square = [&](Toy::NodeId a) { return toy.times(a, a); };
  if (kind == Coefficient::of_place)
    source = toy.minus(source, toy.times(0.5 * pi * pi, toy.times(square(sine(x)), cosine(y))));
  // There ∇D·∇c is |∇c|²/2.
  if (kind == Coefficient::of_state) {
    const auto slopes = toy.plus(square(toy.times(sine(x), cosine(y))), square(toy.times(cosine(x), sine(y))));
    source = toy.minus(source, toy.times(0.5 * pi * pi, toy.times(decay, slopes)));
  }
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
  for (const Coefficient kind : {Coefficient::uniform, Coefficient::of_place, Coefficient::of_state}) {
    const double coarse = largest_error(8, kind);
    const double middle = largest_error(16, kind);
    const double fine = largest_error(32, kind);
    EXPECT_GT(std::log2(coarse / middle), 1.85) << "kind " << static_cast<int>(kind);
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
