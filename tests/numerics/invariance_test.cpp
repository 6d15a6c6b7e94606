// What must not depend on how a vertebra lies in its lattice, and how the error falls with the step.

#include <cmath>
#include <map>
#include <numbers>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

using model::Op;
using model::Reduction;
using simulation::Schedule;
using testing::tolerance;
using testing::Toy;

using Cell = std::array<int, 3>;

constexpr Cell kSize{9, 7, 6};
constexpr std::array<double, 3> kSpacing{1.0, 0.7, 1.6};

// Bone with a notch, a canal and no symmetry at all.
bool inside(const Cell& c) {
  const auto [i, j, k] = c;
  if (i > 5 && j > 4 && k < 3) return false;
  if (i == 3 && j == 2 && k != 4) return false;
  return i + 2 * j + k > 2 && 3 * i + j + 2 * k < 40;
}

double seed_at(const Cell& c) {
  return 0.02 + 0.6 * std::exp(-0.5 * ((c[0] - 6) * (c[0] - 6) + (c[1] - 1) * (c[1] - 1) + (c[2] - 4) * (c[2] - 4)));
}

/// Growth that a diffusing factor drives, with a systemic marker of all tissue that slows it.
std::shared_ptr<const model::Kinetics> cycle() {
  Toy toy;
  const auto one = toy.number(1.0);
  const auto n = toy.local("n", toy.given("seed"));
  const auto p = toy.local("p", toy.number(0.0), 0.1);
  const auto m = toy.systemic("m", toy.number(0.0));
  toy.process("growth", toy.times(toy.times(toy.plus(toy.number(0.05), p), n), toy.minus(one, n)), {{"n", 1.0}});
  toy.process("secretion", toy.over(toy.times(6.0, n), toy.plus(one, m)), {{"p", 1.0}});
  toy.process("loss", toy.times(20.0, p), {{"p", -1.0}});
  toy.process("release", toy.reduce(toy.times(n, n), Reduction::Kind::mean), {{"m", 1.0}});
  toy.process("washout", toy.times(0.5, m), {{"m", -1.0}});
  toy.diffuse("p", toy.number(15.0));
  toy.diffuse("n", toy.number(0.02));
  return toy.build();
}

struct Result {
  std::map<Cell, std::vector<double>> voxels;  ///< by cell of the original lattice
  double marker = 0.0;
  long steps = 0;
};

/// Solves on the lattice whose axis a is axis `from[a]` of the original, mirrored if told.
Result solve(const std::array<int, 3>& from, const std::array<bool, 3>& mirrored) {
  Cell size{};
  std::array<double, 3> spacing{};
  for (std::size_t a = 0; a < 3; ++a) {
    size[a] = kSize[static_cast<std::size_t>(from[a])];
    spacing[a] = kSpacing[static_cast<std::size_t>(from[a])];
  }
  const auto original = [&](const Cell& here) {
    Cell cell{};
    for (std::size_t a = 0; a < 3; ++a)
      cell[static_cast<std::size_t>(from[a])] = mirrored[a] ? size[a] - 1 - here[a] : here[a];
    return cell;
  };
  std::vector<Cell> cells;
  std::vector<double> seed;
  const auto domain = testing::masked(size, spacing, [&](int i, int j, int k) {
    const Cell cell = original({i, j, k});
    if (!inside(cell)) return false;
    cells.push_back(cell);
    seed.push_back(seed_at(cell));
    return true;
  });
  const auto kinetics = cycle();
  const auto run = testing::run(kinetics, domain, Schedule{40.0, {}, {40.0}}, tolerance(1e-6), {seed});
  Result result;
  for (std::size_t v = 0; v < cells.size(); ++v)
    result.voxels[cells[v]] = {run.states.back().local[0][v], run.states.back().local[1][v]};
  result.marker = run.states.back().systemic[0];
  result.steps = run.statistics.steps;
  return result;
}

TEST(Invariance, HowAVertebraLiesInItsLattice) {
  const Result upright = solve({0, 1, 2}, {false, false, false});
  ASSERT_GT(upright.voxels.size(), 200U);
  struct Placing {
    std::array<int, 3> from;
    std::array<bool, 3> mirrored;
  };
  for (const Placing& placing : {Placing{{0, 1, 2}, {true, false, false}}, Placing{{0, 1, 2}, {false, true, true}},
                                 Placing{{1, 2, 0}, {false, false, false}}, Placing{{2, 1, 0}, {true, false, true}}}) {
    const Result other = solve(placing.from, placing.mirrored);
    ASSERT_EQ(other.voxels.size(), upright.voxels.size());
    double worst = 0.0;
    for (const auto& [cell, values] : upright.voxels) {
      for (std::size_t s = 0; s < 2; ++s)
        worst = std::max(worst, std::abs(values[s] - other.voxels.at(cell)[s]) / (std::abs(values[s]) + 0.1));
    }
    // Sums are taken in another order, which the control of the step amplifies, far below the tolerance of 1e-6.
    EXPECT_LT(worst, 1e-7);
    EXPECT_NEAR(upright.marker, other.marker, 1e-7);
    EXPECT_NEAR(static_cast<double>(other.steps), static_cast<double>(upright.steps),
                0.02 * static_cast<double>(upright.steps));
  }
}

/// A manufactured solution with all parts of the solver in it: u = w (2 + sin t) in tissue, with w an eigenvector of
/// the discrete Laplacian, z = cos t in blood, each driven by the other's deviation.
double error_with_step(double step, int order) {
  constexpr int kCells = 6;
  constexpr double kDiffusion = 0.4;
  constexpr double kPull = 0.7;
  const double rate = kDiffusion * 4.0 * std::pow(std::sin(0.5 * std::numbers::pi / kCells), 2);
  const auto domain = testing::box({kCells, 3, 2});
  std::vector<double> mode;
  for (std::size_t v = 0; v < domain.size(); ++v)
    mode.push_back(1.0 + std::cos(std::numbers::pi *
                                  (static_cast<double>(domain.grid().voxel(domain.active()[v])[0]) + 0.5) / kCells));
  double mean_square = 0.0;
  for (const double w : mode) mean_square += w * w / static_cast<double>(mode.size());

  Toy toy;
  const auto w = toy.given("mode");
  const auto wave = toy.minus(w, toy.number(1.0));  // what diffuses of w; its mean does not
  const auto sine = toy.apply(Op::sine, toy.time());
  const auto cosine = toy.apply(Op::cosine, toy.time());
  const auto amplitude = toy.plus(toy.number(2.0), sine);
  const auto u = toy.local("u", toy.times(2.0, w));
  const auto z = toy.systemic("z", toy.number(1.0));
  toy.diffuse("u", toy.number(kDiffusion));
  toy.process("driven", toy.plus(toy.times(w, cosine), toy.times(rate, toy.times(wave, amplitude))), {{"u", 1.0}});
  toy.process("felt", toy.times(toy.minus(z, cosine), u), {{"u", 1.0}});
  const auto mean = toy.reduce(toy.times(u, w), Reduction::Kind::mean);
  toy.process("marker", toy.minus(toy.times(kPull, toy.minus(toy.times(mean_square, amplitude), mean)), sine),
              {{"z", 1.0}});

  // Loose enough for every step to be as long as it may; what linear and Newton's iterations leave falls with it.
  simulation::SolverOptions options = tolerance(3.0 * std::pow(step, order + 1));
  options.max_step = step;
  options.max_order = order;
  const auto run = testing::run(toy.build(), domain, Schedule{8.0, {}, {8.0}}, options, {mode});
  double worst = std::abs(run.states.back().systemic[0] - std::cos(8.0));
  for (std::size_t v = 0; v < domain.size(); ++v)
    worst = std::max(worst, std::abs(run.states.back().local[0][v] - mode[v] * (2.0 + std::sin(8.0))));
  return worst;
}

TEST(Convergence, OrderInTimeWithDiffusionReactionAndBlood) {
  for (const int order : {1, 2, 3}) {
    const double coarse = error_with_step(0.08, order);
    const double fine = error_with_step(0.02, order);
    const double observed = std::log(coarse / fine) / std::log(4.0);
    EXPECT_GT(observed, order - 0.3) << "errors " << coarse << " and " << fine;
    EXPECT_LT(observed, order + 0.6) << "errors " << coarse << " and " << fine;
  }
}

}  // namespace
}  // namespace howship
