// Positive parts, roots and power laws near zero, against closed forms.
#include <cmath>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

using model::Op;
using testing::tolerance;
using testing::Toy;

constexpr double kTypical = 1e-3;
const vertebra::Domain kPoint = vertebra::Domain::single(0.2);

/// x' = -rate max(x, 0)^power from `start`, as a root where the power is 1/2 and that is asked for.
std::shared_ptr<const model::Kinetics> decay(double start, double rate, double power, bool local, bool root = false) {
  Toy toy;
  const auto x = local ? toy.local("x", toy.number(start), kTypical) : toy.systemic("x", toy.number(start), kTypical);
  const auto part = toy.graph().binary(Op::maximum, x, toy.number(0.0));
  toy.process(
      "loss",
      toy.times(rate, root ? toy.apply(Op::square_root, part) : toy.graph().binary(Op::power, part, toy.number(power))),
      {{"x", -1.0}});
  return toy.build();
}

double exact(double start, double rate, double power, double time) {
  const double left = std::pow(start, 1.0 - power) - (1.0 - power) * rate * time;
  return left > 0.0 ? std::pow(left, 1.0 / (1.0 - power)) : 0.0;
}

void expect_closed_form(double start, double rate, double power, double end, bool root = false) {
  simulation::Schedule schedule{end, {}, {}};
  for (int i = 0; i <= 40; ++i) schedule.outputs.push_back(end * i / 40.0);
  for (const double wanted : {1e-4, 1e-6, 1e-8}) {
    for (const bool local : {false, true}) {
      // A local species in two voxels is solved as a field, in one as a point.
      const auto domain = local ? testing::box({2, 1, 1}) : kPoint;
      const auto result = testing::run(decay(start, rate, power, local, root), domain, schedule, tolerance(wanted));
      for (const auto& state : result.states) {
        const double truth = exact(start, rate, power, state.time);
        const double is = local ? state.local[0][0] : state.systemic[0];
        // As much as steps from the start on may add up to: a rate that hardly depends on x forgets no error.
        EXPECT_NEAR(is, truth, 30.0 * wanted * (start + kTypical))
            << "power " << power << ", tolerance " << wanted << ", day " << state.time << (local ? ", field" : "");
      }
    }
  }
}

TEST(PowerLaw, ARootReachesZeroAndStays) {
  expect_closed_form(1.0, 2.0, 0.5, 2.0);
  expect_closed_form(1.0, 2.0, 0.5, 2.0, true);
  expect_closed_form(1.0, 2.0, 0.5, 200.0, true);
}

TEST(PowerLaw, PowersBelowOneReachZeroAndStay) {
  expect_closed_form(1.0, 2.0, 0.7, 3.0);
  expect_closed_form(1.0, 0.5, 0.1, 5.0);
}

TEST(PowerLaw, PowersAboveOneNeverEnd) {
  expect_closed_form(1.0, 2.0, 1.3, 10.0);
  expect_closed_form(1.0, 2.0, 1.3, 1e5);
}

TEST(PowerLaw, NegativePowersAreFollowedToTheirEnd) {
  Toy toy;  // x' = -1/x, x = sqrt(1 - 2 t)
  const auto x = toy.systemic("x", toy.number(1.0), kTypical);
  toy.process("loss", toy.graph().binary(Op::power, x, toy.number(-1.0)), {{"x", -1.0}});
  const auto result = testing::run(toy.build(), kPoint, {0.4999, {}, {0.4, 0.49, 0.499, 0.4999}}, tolerance(1e-8));
  // An error made early shifts the end, and with it all of x^2.
  for (const auto& state : result.states)
    EXPECT_NEAR(state.systemic[0] * state.systemic[0], 1.0 - 2.0 * state.time, 1e-6);
}

// At zero itself the slope is infinite and the rate is not.
TEST(PowerLaw, StartsAtZero) {
  Toy toy;
  const auto drug = toy.systemic("drug", toy.number(0.0), kTypical);
  toy.systemic("effect", toy.number(0.0), kTypical);
  toy.process("loss", toy.times(0.5, drug), {{"drug", -1.0}});
  toy.process("kill", toy.graph().binary(Op::power, drug, toy.number(0.4)), {{"effect", 1.0}});
  const auto result = testing::run(toy.build(), kPoint, {10.0, {{3.0, 0, 2.0, "dose"}}, {2.0, 10.0}}, tolerance(1e-8));
  EXPECT_EQ(result.states.front().systemic[1], 0.0);
  const double truth = std::pow(2.0, 0.4) / 0.2 * (1.0 - std::exp(-0.2 * 7.0));
  EXPECT_NEAR(result.states.back().systemic[1], truth, 1e-6);
  // What takes itself away stays away; x' = -sqrt(max(x, 0)) + 1 leaves for 1 along a known curve.
  const auto still = testing::run(decay(0.0, 2.0, 0.5, false), kPoint, {5.0, {}, {5.0}}, tolerance(1e-8));
  EXPECT_EQ(still.states.back().systemic[0], 0.0);
  Toy filling;
  const auto y = filling.systemic("y", filling.number(0.0), kTypical);
  filling.process("in", filling.number(1.0), {{"y", 1.0}});
  filling.process("out", filling.apply(Op::square_root, y), {{"y", -1.0}});
  const auto full = testing::run(filling.build(), kPoint, {3.0, {}, {0.5, 3.0}}, tolerance(1e-9));
  for (const auto& state : full.states) {
    const double r = std::sqrt(state.systemic[0]);
    EXPECT_NEAR(-2.0 * (r + std::log(1.0 - r)), state.time, 1e-6);
  }
}

// A slope that is cut off is zero, however steep what is behind it.
TEST(PowerLaw, SlopesBelowZeroAreZero) {
  Toy toy;
  auto& graph = toy.graph();
  const auto x = graph.leaf(Op::systemic, 0);
  const auto k = graph.leaf(Op::systemic, 1);
  const auto part = graph.binary(Op::maximum, x, graph.constant(0.0));
  const auto other =
      graph.binary(Op::maximum, graph.constant(0.0), graph.unary(Op::negate, graph.unary(Op::negate, x)));
  model::Environment below, above;
  below.systemic = {-0.25L, 3.0L};
  above.systemic = {0.25L, 3.0L};
  const auto half = graph.constant(0.5);
  for (const auto root : {graph.unary(Op::square_root, part), graph.binary(Op::power, part, half),
                          graph.multiply(k, graph.unary(Op::square_root, graph.multiply(k, part))),
                          graph.unary(Op::negate, graph.unary(Op::square_root, graph.divide(other, k)))}) {
    EXPECT_EQ(evaluate(graph, graph.derivative(root, x), below), 0.0L);
    const auto at = [&](long double value) {
      model::Environment e = above;
      e.systemic[0] = value;
      return evaluate(graph, root, e);
    };
    EXPECT_NEAR(static_cast<double>(evaluate(graph, graph.derivative(root, x), above)),
                static_cast<double>((at(0.2501L) - at(0.2499L)) / 0.0002L), 1e-6);
  }
}

}  // namespace
}  // namespace howship
