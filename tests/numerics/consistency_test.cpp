// One code from one voxel to many, on any number of threads, whatever is looked at on the way.

#include <cmath>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

using model::Op;
using model::Reduction;
using simulation::Moment;
using simulation::Schedule;
using testing::tolerance;
using testing::Toy;

/// A small cycle: tumour n secretes p (diffuses), p raises osteoclasts c, which drive n; a drug holds c down; blood
/// marker m feels the osteoclasts of all tissue and, in turn, slows them.
struct Cycle {
  Toy toy;
  explicit Cycle(bool two_way) {
    const auto n = toy.local("n", toy.given("seed"));
    const auto p = toy.local("p", toy.number(0.0), 0.1);
    const auto c = toy.local("c", toy.number(1.0));
    const auto depot = toy.systemic("depot", toy.number(0.0));
    const auto drug = toy.systemic("drug", toy.number(0.0));
    const auto one = toy.number(1.0);
    toy.process("growth", toy.times(toy.times(0.05, c), toy.times(n, toy.minus(one, n))), {{"n", 1.0}});
    toy.process("secretion", toy.times(30.0, n), {{"p", 1.0}});
    toy.process("loss", toy.times(20.0, p), {{"p", -1.0}});
    toy.process("formation", toy.over(toy.plus(one, toy.times(3.0, p)), toy.plus(one, drug)), {{"c", 1.0}});
    auto apoptosis = c;
    toy.process("absorption", toy.times(0.3, depot), {{"depot", -1.0}, {"drug", 1.0}});
    toy.process("clearance", toy.times(0.1, drug), {{"drug", -1.0}});
    toy.diffuse("p", toy.number(2.0));
    toy.diffuse("n", toy.number(0.01));
    if (two_way) {
      const auto m = toy.systemic("m", one);
      const auto mean = toy.reduce(toy.times(c, c), Reduction::Kind::mean);
      toy.process("release", toy.times(mean, toy.over(one, toy.plus(one, m))), {{"m", 1.0}});
      toy.process("washout", toy.times(0.5, m), {{"m", -1.0}});
      apoptosis = toy.times(c, toy.plus(one, toy.times(0.2, m)));
    }
    toy.process("apoptosis", apoptosis, {{"c", -1.0}});
  }
};

Schedule treated(double every) {
  Schedule schedule{120.0, {}, {}};
  for (double day = 0.0; day <= 120.0; day += every) schedule.outputs.push_back(day);
  for (const double day : {40.0, 68.0, 96.0}) schedule.doses.push_back({day, 0, 2.0, "dose"});
  return schedule;
}

TEST(Consistency, UniformFieldIsTheSingleVoxel) {
  for (const bool two_way : {false, true}) {
    Cycle cycle(two_way);
    const auto kinetics = cycle.toy.build();
    // A single voxel is solved by other code than a field; as it costs nothing, it is the exact one here.
    const auto single = testing::run(kinetics, vertebra::Domain::single(0.2), treated(10.0), tolerance(1e-7), {{1e-3}});
    const auto pair = testing::run(kinetics, testing::box({2, 1, 1}), treated(10.0), tolerance(1e-5), {{1e-3, 1e-3}});
    for (const double spacing : {0.25, 1.0}) {
      const auto domain = testing::box({7, 5, 4}, spacing);
      const auto field =
          testing::run(kinetics, domain, treated(10.0), tolerance(1e-5), {std::vector<double>(domain.size(), 1e-3)});
      // Not exactly equal: the linear solver rounds differently for more voxels (factors are kept in single precision),
      // and step control amplifies it. Without the mean being solved for directly, steps grew by half and more.
      EXPECT_NEAR(static_cast<double>(field.statistics.steps), static_cast<double>(pair.statistics.steps),
                  0.1 * static_cast<double>(pair.statistics.steps));
      ASSERT_EQ(field.states.size(), single.states.size());
      for (std::size_t i = 0; i < field.states.size(); ++i) {
        for (std::size_t s = 0; s < 3; ++s) {
          const double expected = single.states[i].local[s][0];
          for (const double value : field.states[i].local[s]) {
            ASSERT_NEAR(value, expected, 5e-4 * (expected + 0.1)) << field.states[i].time;
          }
        }
        if (two_way) {
          ASSERT_NEAR(field.states[i].systemic[2], single.states[i].systemic[2], 5e-4 * single.states[i].systemic[2]);
        }
      }
    }
  }
}

std::vector<std::vector<double>> lesion(const vertebra::Domain& domain) {
  std::vector<std::vector<double>> given{std::vector<double>(domain.size(), 0.0)};
  for (std::size_t v = 0; v < domain.size(); ++v) {
    const auto [x, y, z] = domain.grid().position(domain.active()[v]);
    given[0][v] = 0.1 * std::exp(-((x - 3) * (x - 3) + (y - 4) * (y - 4) + (z - 2) * (z - 2)) / 4.0);
  }
  return given;
}

TEST(Consistency, ThreadsDoNotChangeABit) {
  const auto domain =
      testing::masked({25, 23, 21}, {1, 1, 1}, [](int i, int j, int k) { return (i * 7 + j * 5 + k * 3) % 6 != 0; });
  for (const bool two_way : {false, true}) {
    Cycle cycle(two_way);
    const auto kinetics = cycle.toy.build();
    const Schedule schedule{45.0, {{40.0, 0, 2.0, "dose"}}, {20.0, 45.0}};
    const auto one = testing::run(kinetics, domain, schedule, tolerance(1e-4, 1), lesion(domain));
    for (const int threads : {2, 3}) {
      const auto many = testing::run(kinetics, domain, schedule, tolerance(1e-4, threads), lesion(domain));
      EXPECT_EQ(many.step_ends, one.step_ends);
      ASSERT_EQ(many.states.size(), one.states.size());
      for (std::size_t i = 0; i < many.states.size(); ++i) {
        EXPECT_EQ(many.states[i].local, one.states[i].local);
        EXPECT_EQ(many.states[i].systemic, one.states[i].systemic);
      }
    }
  }
}

TEST(Consistency, LookingDoesNotChangeTheSteps) {
  Cycle cycle(true);
  const auto kinetics = cycle.toy.build();
  const auto domain = testing::box({5, 6, 7});
  const auto rarely = testing::run(kinetics, domain, treated(120.0), tolerance(1e-4), lesion(domain));
  const auto often = testing::run(kinetics, domain, treated(0.37), tolerance(1e-4), lesion(domain));
  EXPECT_EQ(rarely.step_ends, often.step_ends);
  EXPECT_EQ(rarely.states.back().local,
            testing::run(kinetics, domain, treated(60.0), tolerance(1e-4), lesion(domain)).states.back().local);
}

// The whole coupled system against classical Runge-Kutta on the equations written out.
TEST(Consistency, CoupledSystemAgainstRungeKutta) {
  constexpr int kSize = 3;
  const auto domain =
      testing::masked({kSize, kSize, kSize}, {0.8, 1.0, 1.3}, [](int i, int j, int k) { return i + j + k != 6; });
  const std::size_t count = domain.size();
  Cycle cycle(true);
  const auto kinetics = cycle.toy.build();
  auto given = lesion(domain);
  const auto solved =
      testing::run(kinetics, domain, {30.0, {{10.0, 0, 2.0, "dose"}}, {10.0, 30.0}}, tolerance(1e-7), given);

  using Vector = std::vector<double>;  // n, p, c per voxel; depot, drug, m
  const auto rates = [&](const Vector& y) {
    Vector f(y.size(), 0.0);
    const double depot = y[3 * count];
    const double drug = y[3 * count + 1];
    const double m = y[3 * count + 2];
    double squares = 0.0;
    for (std::size_t v = 0; v < count; ++v) {
      const double n = y[v];
      const double p = y[count + v];
      const double c = y[2 * count + v];
      squares += c * c;
      f[v] = 0.05 * c * n * (1 - n);
      f[count + v] = 30 * n - 20 * p;
      f[2 * count + v] = (1 + 3 * p) / (1 + drug) - c * (1 + 0.2 * m);
      for (int axis = 0; axis < 3; ++axis) {
        for (const int direction : {-1, 1}) {
          const auto other = domain.neighbour(v, axis, direction);
          if (other < 0) continue;
          const double h = domain.grid().spacing[axis];
          f[v] += 0.01 / (h * h) * (y[other] - n);
          f[count + v] += 2.0 / (h * h) * (y[count + other] - p);
        }
      }
    }
    f[3 * count] = -0.3 * depot;
    f[3 * count + 1] = 0.3 * depot - 0.1 * drug;
    f[3 * count + 2] = squares / static_cast<double>(count) / (1 + m) - 0.5 * m;
    return f;
  };
  Vector y(3 * count + 3, 0.0);
  for (std::size_t v = 0; v < count; ++v) {
    y[v] = given[0][v];
    y[2 * count + v] = 1.0;
  }
  y[3 * count + 2] = 1.0;
  const auto advance = [&](double days) {
    const double h = 0.01;
    for (int step = 0; step < static_cast<int>(std::lround(days / h)); ++step) {
      const auto moved = [&](const Vector& k, double factor) {
        Vector out = y;
        for (std::size_t i = 0; i < y.size(); ++i) out[i] += factor * k[i];
        return out;
      };
      const Vector k1 = rates(y);
      const Vector k2 = rates(moved(k1, h / 2));
      const Vector k3 = rates(moved(k2, h / 2));
      const Vector k4 = rates(moved(k3, h));
      for (std::size_t i = 0; i < y.size(); ++i) y[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
    }
  };
  const auto compare = [&](const testing::Snapshot& state) {
    for (std::size_t s = 0; s < 3; ++s) {
      for (std::size_t v = 0; v < count; ++v)
        EXPECT_NEAR(state.local[s][v], y[s * count + v], 2e-6 * (1 + std::abs(y[s * count + v])));
    }
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(state.systemic[i], y[3 * count + i], 2e-6 * (1 + y[3 * count + i]));
  };
  ASSERT_EQ(solved.states.size(), 3U);
  advance(10.0);
  EXPECT_EQ(solved.states[0].moment, Moment::before_dose);
  compare(solved.states[0]);
  y[3 * count] += 2.0;
  EXPECT_EQ(solved.states[1].moment, Moment::after_dose);
  compare(solved.states[1]);
  advance(20.0);
  compare(solved.states[2]);
}

// Newton's border solve is exact: the two-way system must not need more iterations than the one-way one by much.
TEST(Consistency, BorderKeepsNewtonFast) {
  const auto domain = testing::box({8, 8, 8});
  Cycle one_way(false);
  Cycle two_way(true);
  const auto a = testing::run(one_way.toy.build(), domain, treated(60.0), tolerance(1e-5), lesion(domain));
  const auto b = testing::run(two_way.toy.build(), domain, treated(60.0), tolerance(1e-5), lesion(domain));
  const double per_step_a =
      static_cast<double>(a.statistics.newton_iterations) / static_cast<double>(a.statistics.steps);
  const double per_step_b =
      static_cast<double>(b.statistics.newton_iterations) / static_cast<double>(b.statistics.steps);
  EXPECT_LT(per_step_b, per_step_a + 0.3);
  EXPECT_EQ(b.statistics.nonlinear_failures, 0);
}

}  // namespace
}  // namespace howship
