// Events and jumps of rates: instants exact, the order that of SBML, nothing missed however long the steps.
#include <cmath>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

using simulation::Moment;
using simulation::Schedule;
using testing::tolerance;
using testing::Toy;

const vertebra::Domain kPoint = vertebra::Domain::single(0.2);

std::vector<double> course(const testing::Recording& recording, std::size_t slot) {
  std::vector<double> out;
  for (const auto& state : recording.states) out.push_back(state.systemic[slot]);
  return out;
}

TEST(Event, AConditionOnTheStateGivesASawtooth) {
  constexpr double kLoss = 0.3;
  Toy toy;
  const auto x = toy.systemic("x", toy.number(1.0));
  toy.process("loss", toy.times(kLoss, x), {{"x", -1.0}});
  toy.event("refill", toy.less(x, toy.number(0.5)), "x", toy.number(1.0));
  Schedule schedule{100.0, {}, {}};
  for (int i = 0; i <= 100; ++i) schedule.outputs.push_back(i);
  const auto result = testing::run(toy.build(), kPoint, schedule, tolerance(1e-9));
  const double period = std::log(2.0) / kLoss;
  std::size_t refills = 0;
  for (const auto& state : result.states) {
    if (state.moment == Moment::after_dose) {
      EXPECT_NEAR(state.time, period * static_cast<double>(++refills), 1e-5);
      EXPECT_DOUBLE_EQ(state.systemic[0], 1.0);
    } else if (state.moment == Moment::output) {
      EXPECT_NEAR(state.systemic[0], std::exp(-kLoss * std::fmod(state.time, period)), 1e-5) << state.time;
    }
  }
  EXPECT_EQ(refills, 43U);
}

TEST(Event, AStopBehindATurnIsNotOvershot) {
  // The condition turns in the middle of a long step, and nothing starts the integrator anew; the dose comes somewhere
  // behind, and so does what waits for its delay.
  for (const bool in_space : {false, true}) {
    for (double dose = 0.1003; dose < 30.0; dose *= 1.07) {
      Toy toy;
      const auto x = toy.local("x", toy.number(1.0));
      toy.process("decay", toy.times(0.01, x), {{"x", -1.0}});
      const auto clock = toy.systemic("clock", toy.number(0.0));
      toy.process("ticking", toy.number(1.0), {{"clock", 1.0}});
      toy.systemic("given", toy.number(0.0));
      const auto alarm = toy.systemic("alarm", toy.number(0.0));
      toy.systemic("counted", toy.number(0.0));
      toy.process("counting", alarm, {{"counted", 1.0}});
      toy.event("rings", toy.less(toy.number(0.1), clock), "alarm", toy.number(1.0)).delay = toy.number(dose - 0.05);
      const auto result = testing::run(toy.build(), in_space ? testing::box({2, 1, 1}) : kPoint,
                                       {40.0, {{dose, 1, 1.0, ""}}, {40.0}}, tolerance(1e-6));
      const std::vector<double>& end = result.states.back().systemic;
      EXPECT_EQ(end[1], 1.0) << dose;
      EXPECT_NEAR(end[3], 40.0 - (0.1 + dose - 0.05), 1e-4) << dose;
    }
  }
}

TEST(Event, DelayPersistenceAndWhenTheValueIsComputed) {
  // x rises by 1 per day. Its condition holds from day 2 to day 4; the delay is 3 days.
  const auto value_at_end = [](bool persistent, bool at_trigger) {
    Toy toy;
    const auto x = toy.systemic("x", toy.number(0.0));
    toy.systemic("y", toy.number(-1.0));
    toy.process("rise", toy.number(1.0), {{"x", 1.0}});
    auto& event = toy.event("copy", toy.both(toy.at_most(toy.number(2.0), x), toy.less(x, toy.number(4.0))), "y", x);
    event.delay = toy.number(3.0);
    event.persistent = persistent;
    event.values_at_trigger = at_trigger;
    const auto result = testing::run(toy.build(), kPoint, {10.0, {}, {4.5, 10.0}}, tolerance(1e-9));
    EXPECT_EQ(result.states.front().systemic[1], -1.0);  // still waiting, or called off
    return result.states.back().systemic[1];
  };
  EXPECT_NEAR(value_at_end(true, true), 2.0, 1e-8);
  EXPECT_NEAR(value_at_end(true, false), 5.0, 1e-8);
  EXPECT_EQ(value_at_end(false, true), -1.0);
}

TEST(Event, PrioritiesAndChainsAtOneInstant) {
  Toy toy;
  const auto x = toy.systemic("x", toy.number(1.0));
  toy.systemic("y", toy.number(0.0));
  const auto from_day_5 = toy.at_most(toy.number(5.0), toy.time());
  toy.event("second", from_day_5, "x", toy.times(10.0, x)).priority = toy.number(1.0);
  toy.event("first", from_day_5, "x", toy.plus(x, toy.number(1.0))).priority = toy.number(2.0);
  toy.event("follows", toy.less(toy.number(5.0), x), "y", toy.number(7.0));
  const auto kinetics = toy.build();
  const auto result = testing::run(kinetics, kPoint, {10.0, {}, {5.0, 10.0}}, tolerance(1e-6));
  ASSERT_EQ(result.states.size(), 3U);
  EXPECT_EQ(result.states[0].moment, Moment::before_dose);
  EXPECT_EQ(result.states[0].time, 5.0);
  EXPECT_EQ(course(result, 0), (std::vector<double>{1.0, 10.0, 10.0}));  // values of the trigger: 1 + 1, then 10 * 1
  EXPECT_EQ(course(result, 1), (std::vector<double>{0.0, 7.0, 7.0}));
}

TEST(Event, OnDayZeroOnlyIfItWasNotTrueBefore) {
  for (const bool at_start : {true, false}) {
    Toy toy;
    toy.systemic("x", toy.number(1.0));
    toy.event("begin", toy.at_most(toy.number(0.0), toy.time()), "x", toy.number(3.0)).at_start = at_start;
    const auto result = testing::run(toy.build(), kPoint, {1.0, {}, {1.0}}, tolerance(1e-6));
    EXPECT_EQ(result.states.back().systemic[0], at_start ? 1.0 : 3.0);
  }
}

TEST(Event, EndlessOnesAreNamed) {
  Toy toy;
  const auto x = toy.systemic("x", toy.number(0.0));
  const auto odd = toy.less(x, toy.number(0.5));
  toy.event("up", toy.both(odd, toy.at_most(toy.number(1.0), toy.time())), "x", toy.number(1.0));
  toy.event("down", toy.both(toy.less(toy.number(0.5), x), toy.at_most(toy.number(1.0), toy.time())), "x",
            toy.number(0.0));
  try {
    testing::run(toy.build(), kPoint, {2.0, {}, {2.0}}, tolerance(1e-6));
    FAIL();
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("on day 1"), std::string::npos) << error.what();
  }
}

TEST(Event, TissueFeelsAnEventAndTheSameInOneVoxelAndInMany) {
  const auto build = [] {
    Toy toy;
    const auto z = toy.systemic("z", toy.number(1.0));
    const auto x = toy.local("x", toy.number(0.0));
    toy.process("growth", z, {{"x", 1.0}});
    toy.process("loss", toy.times(0.1, x), {{"x", -1.0}});
    toy.event("stop", toy.at_most(toy.number(10.0), toy.time()), "z", toy.number(0.0));
    return toy.build();
  };
  for (const auto& domain : {kPoint, testing::box({7, 5, 3})}) {
    const auto result = testing::run(build(), domain, {20.0, {}, {20.0}}, tolerance(1e-8));
    const double exact = 10.0 * (1.0 - std::exp(-1.0)) * std::exp(-1.0);
    for (const double x : result.states.back().local[0]) EXPECT_NEAR(x, exact, 1e-6);
  }
}

TEST(Jump, APulseOfTimeIsNeitherMissedNorSmeared) {
  // A pulse of an hour after long rest, on a local, an autonomous and a coupled systemic species.
  Toy toy;
  const auto pulse =
      toy.both(toy.at_most(toy.number(300.0), toy.time()), toy.less(toy.time(), toy.number(300.0 + 1.0 / 24.0)));
  const auto x = toy.local("x", toy.number(0.0));
  toy.systemic("alone", toy.number(0.0));
  const auto coupled = toy.systemic("coupled", toy.number(0.0));
  toy.process("pulse_x", toy.times(24.0, pulse), {{"x", 1.0}});
  toy.process("pulse_alone", toy.times(24.0, pulse), {{"alone", 1.0}});
  toy.process("pulse_coupled", toy.times(24.0, pulse), {{"coupled", 1.0}});
  toy.process("coupling", toy.times(0.0, toy.plus(toy.reduce(x), coupled)), {{"coupled", 1.0}});
  toy.process("tissue", toy.times(1e-300, toy.reduce(x)), {{"coupled", 1.0}});
  const auto result = testing::run(toy.build(), kPoint, {600.0, {}, {299.0, 301.0, 600.0}}, tolerance(1e-8));
  EXPECT_EQ(result.states[0].local[0][0], 0.0);
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    EXPECT_NEAR(result.states[i].local[0][0], 1.0, 1e-7);
    EXPECT_NEAR(result.states[i].systemic[0], 1.0, 1e-7);
    EXPECT_NEAR(result.states[i].systemic[1], 1.0, 1e-7);
  }
}

TEST(Jump, PulsesThatComeBackAreSearchedFor) {
  Toy toy;  // 0.02 days of every week from its third day on: a comparison with a step inside
  const auto week = toy.over(toy.time(), toy.number(7.0));
  const auto day = toy.minus(toy.time(), toy.times(7.0, toy.apply(model::Op::floor, week)));
  const auto pulse = toy.both(toy.at_most(toy.number(3.0), day), toy.less(day, toy.number(3.02)));
  toy.systemic("s", toy.number(0.0));
  toy.process("pulse", toy.times(50.0, pulse), {{"s", 1.0}});
  const auto result = testing::run(toy.build(), kPoint, {70.0, {}, {70.0}}, tolerance(1e-8));
  EXPECT_NEAR(result.states.back().systemic[0], 10.0, 1e-6);
}

TEST(Event, ABallThatBouncesForEverIsStopped) {
  Toy toy;
  const auto height = toy.systemic("height", toy.number(1.0));
  const auto speed = toy.systemic("speed", toy.number(0.0));
  toy.process("fall", speed, {{"height", 1.0}});
  toy.process("gravity", toy.number(-10.0), {{"speed", 1.0}});
  auto& bounce = toy.event("bounce", toy.both(toy.less(height, toy.number(0.0)), toy.less(speed, toy.number(0.0))),
                           "speed", toy.times(-0.8, speed));
  bounce.set.push_back({toy.index("height"), toy.number(0.0), "toy"});
  EXPECT_THROW(testing::run(toy.build(), kPoint, {10.0, {}, {10.0}}, tolerance(1e-6)), NumericalError);
}

TEST(Jump, StepsOfTimeAreFollowed) {
  Toy toy;  // x' = 0, 1, 2, ... from week to week
  toy.local("x", toy.number(0.0));
  toy.process("weekly", toy.apply(model::Op::floor, toy.over(toy.time(), toy.number(7.0))), {{"x", 1.0}});
  const auto result = testing::run(toy.build(), kPoint, {70.0, {}, {35.0, 70.0}}, tolerance(1e-7));
  EXPECT_NEAR(result.states[0].local[0][0], 7.0 * (0 + 1 + 2 + 3 + 4), 1e-4);
  EXPECT_NEAR(result.states[1].local[0][0], 7.0 * 45, 1e-4);
}

TEST(Jump, ARateThatReadsASystemicThreshold) {
  Toy toy;  // x' = -0.1 x above 1/2, nothing below: rests at 1/2
  const auto x = toy.systemic("x", toy.number(1.0));
  const auto above = toy.less(toy.number(0.5), x);
  toy.process("loss", toy.graph().select(above, toy.times(0.1, x), toy.times(0.2, x)), {{"x", -1.0}});
  const auto result = testing::run(toy.build(), kPoint, {20.0, {}, {20.0}}, tolerance(1e-9));
  const double reached = 10.0 * std::log(2.0);
  EXPECT_NEAR(result.states.back().systemic[0], 0.5 * std::exp(-0.2 * (20.0 - reached)), 1e-7);
}

}  // namespace
}  // namespace howship
