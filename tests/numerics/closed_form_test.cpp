// Solutions that can be written down.

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

using model::Op;
using simulation::Moment;
using simulation::Schedule;
using testing::tolerance;
using testing::Toy;

TEST(ClosedForm, ExponentialDecay) {
  Toy toy;
  const auto x = toy.local("x", toy.number(2.0), 1e-3);
  toy.process("decay", toy.times(0.7, x), {{"x", -1.0}});
  for (const double rtol : {1e-4, 1e-6, 1e-8}) {
    const auto result =
        testing::run(toy.build(), vertebra::Domain::single(0.2), {10.0, {}, {0.0, 1.0, 2.5, 10.0}}, tolerance(rtol));
    ASSERT_EQ(result.states.size(), 4U);
    for (const auto& state : result.states) {
      const double exact = 2.0 * std::exp(-0.7 * state.time);
      EXPECT_NEAR(state.local[0][0], exact, 30 * rtol * (exact + 1e-3)) << "day " << state.time << " rtol " << rtol;
    }
  }
}

TEST(ClosedForm, LogisticAndGompertz) {
  Toy toy;
  const auto n = toy.local("n", toy.number(1e-3));
  toy.process("growth", toy.times(toy.times(0.2, n), toy.minus(toy.number(1.0), n)), {{"n", 1.0}});
  const auto g = toy.local("g", toy.number(1e-2));
  toy.process("gompertz", toy.times(-0.1, toy.times(g, toy.apply(Op::logarithm, g))), {{"g", 1.0}});
  const auto result =
      testing::run(toy.build(), vertebra::Domain::single(0.2), {80.0, {}, {5.0, 20.0, 40.0, 80.0}}, tolerance(1e-8));
  for (const auto& state : result.states) {
    const double growth = std::exp(0.2 * state.time);
    EXPECT_NEAR(state.local[0][0], 1e-3 * growth / (1.0 + 1e-3 * (growth - 1.0)), 1e-6);
    EXPECT_NEAR(state.local[1][0], std::pow(1e-2, std::exp(-0.1 * state.time)), 1e-6);
  }
}

/// Amounts in centre and periphery after a bolus of 1 into the centre.
std::array<double, 2> two_compartments(double t, double ke, double k12, double k21) {
  if (t < 0.0) return {0.0, 0.0};
  const double sum = ke + k12 + k21;
  const double root = std::sqrt(sum * sum - 4.0 * ke * k21);
  const double a = 0.5 * (sum + root);
  const double b = 0.5 * (sum - root);
  return {((a - k21) * std::exp(-a * t) + (k21 - b) * std::exp(-b * t)) / (a - b),
          k12 * (std::exp(-b * t) - std::exp(-a * t)) / (a - b)};
}

TEST(ClosedForm, TwoCompartmentsWithDoses) {
  constexpr double ke = 0.9;
  constexpr double k12 = 1.3;
  constexpr double k21 = 0.4;
  Toy toy;
  const auto c = toy.systemic("centre", toy.number(0.0));
  const auto p = toy.systemic("periphery", toy.number(0.0));
  toy.process("elimination", toy.times(ke, c), {{"centre", -1.0}});
  toy.process("out", toy.times(k12, c), {{"centre", -1.0}, {"periphery", 1.0}});
  toy.process("back", toy.times(k21, p), {{"periphery", -1.0}, {"centre", 1.0}});
  Schedule schedule{60.0, {}, {}};
  for (const double time : {0.0, 7.0, 14.0, 35.5}) schedule.doses.push_back({time, 0, 3.0 + time, "dose"});
  for (int day = 0; day <= 60; ++day) schedule.outputs.push_back(day);
  const auto result = testing::run(toy.build(), vertebra::Domain::single(0.2), schedule, tolerance(1e-8));
  ASSERT_EQ(result.states.size(), 61U + 3U + 2U);  // three doses on output days: one row more each; one between: two
  for (const auto& state : result.states) {
    std::array<double, 2> exact{};
    for (const auto& dose : schedule.doses) {
      if (dose.time > state.time || (dose.time == state.time && state.moment == Moment::before_dose)) continue;
      const auto response = two_compartments(state.time - dose.time, ke, k12, k21);
      for (std::size_t i = 0; i < 2; ++i) exact[i] += dose.amount * response[i];
    }
    EXPECT_NEAR(state.systemic[0], exact[0], 1e-6 * (1.0 + exact[0])) << "day " << state.time;
    EXPECT_NEAR(state.systemic[1], exact[1], 1e-6 * (1.0 + exact[1])) << "day " << state.time;
  }
}

// What was given is in the body or was eliminated.
TEST(ClosedForm, DrugMassBalances) {
  Toy toy;
  const auto depot = toy.systemic("depot", toy.number(0.0));
  const auto plasma = toy.systemic("plasma", toy.number(0.0));
  toy.systemic("gone", toy.number(0.0));
  toy.process("absorption", toy.times(0.26, depot), {{"depot", -1.0}, {"plasma", 1.0}});
  toy.process("elimination", toy.over(toy.times(3.0, plasma), toy.plus(toy.number(2.0), plasma)),
              {{"plasma", -1.0}, {"gone", 1.0}});
  Schedule schedule{200.0, {}, {}};
  for (int i = 0; i < 7; ++i) schedule.doses.push_back({28.0 * i, 0, 120.0, "120 mg"});
  for (int day = 1; day < 200; day += 3) schedule.outputs.push_back(day + 0.5);
  const auto result = testing::run(toy.build(), vertebra::Domain::single(0.2), schedule, tolerance(1e-4));
  for (const auto& state : result.states) {
    double given = 0.0;
    for (const auto& dose : schedule.doses) {
      if (dose.time < state.time || (dose.time == state.time && state.moment == Moment::after_dose))
        given += dose.amount;
    }
    EXPECT_NEAR(state.systemic[0] + state.systemic[1] + state.systemic[2], given, 1e-10 * std::max(1.0, given))
        << state.time;
  }
}

// A systemic species that tissue secretes and that tissue feels: two linear equations when the field is uniform.
TEST(ClosedForm, TwoWayCouplingOfTissueAndBlood) {
  Toy toy;
  const auto x = toy.local("x", toy.number(1.0));
  const auto z = toy.systemic("z", toy.number(0.5));
  toy.process("loss", toy.times(0.3, x), {{"x", -1.0}});
  toy.process("gain", toy.times(0.1, z), {{"x", 1.0}});
  const auto total = toy.reduce(x);
  toy.process("secretion", toy.times(0.02, total), {{"z", 1.0}});
  toy.process("clearance", toy.times(0.5, z), {{"z", -1.0}});
  const auto domain = testing::box({3, 4, 5}, 0.5);
  const double volume = domain.volume();
  const double a = -0.3;
  const double b = 0.1;
  const double c = 0.02 * volume;
  const double d = -0.5;
  const double root = std::sqrt((a - d) * (a - d) + 4 * b * c);
  const double l1 = 0.5 * (a + d + root);
  const double l2 = 0.5 * (a + d - root);
  const auto result = testing::run(toy.build(), domain, {30.0, {}, {1.0, 10.0, 30.0}}, tolerance(1e-8));
  for (const auto& state : result.states) {
    // e^{At} = α + βA with α, β from the eigenvalues.
    const double e1 = std::exp(l1 * state.time);
    const double e2 = std::exp(l2 * state.time);
    const double beta = (e1 - e2) / (l1 - l2);
    const double alpha = e1 - beta * l1;
    EXPECT_NEAR(state.systemic[0], alpha * 0.5 + beta * (c * 1.0 + d * 0.5), 1e-6);
    for (const double value : state.local[0]) EXPECT_NEAR(value, alpha + beta * (a * 1.0 + b * 0.5), 1e-6);
  }
}

}  // namespace
}  // namespace howship
