#include "howship/simulation/simulation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "simulation/toy_model.hpp"

namespace howship::simulation {
namespace {

using howship::testing::Toy;

TEST(Simulation, NothingToIntegrate) {
  Toy toy;
  toy.local("x", toy.number(3.0));
  const auto result = howship::testing::run(toy.build(), vertebra::Domain::single(0.2), {10.0, {}, {0.0, 10.0}}, {});
  ASSERT_EQ(result.states.size(), 2U);
  EXPECT_EQ(result.states[1].local[0][0], 3.0);
}

TEST(Simulation, EndAtTheStart) {
  Toy toy;
  const auto x = toy.local("x", toy.number(3.0));
  toy.process("decay", x, {{"x", -1.0}});
  const auto result = howship::testing::run(toy.build(), vertebra::Domain::single(0.2), {0.0, {}, {0.0}}, {});
  ASSERT_EQ(result.states.size(), 1U);
  EXPECT_EQ(result.states[0].local[0][0], 3.0);
}

TEST(Simulation, RunsAgainFromTheBeginning) {
  Toy toy;
  const auto x = toy.local("x", toy.number(3.0));
  const auto d = toy.systemic("d", toy.number(0.0));
  toy.process("decay", toy.times(toy.plus(d, toy.number(0.1)), x), {{"x", -1.0}});
  toy.process("clearance", d, {{"d", -1.0}});
  const auto kinetics = toy.build();
  const auto domain = howship::testing::box({4, 4, 4});
  Simulation simulation(kinetics, {}, domain, {}, {});
  const Schedule schedule{10.0, {{3.0, 0, 1.0, ""}}, {1.0, 10.0}};
  const auto first = howship::testing::record(simulation, schedule, 1, domain.size());
  const auto second = howship::testing::record(simulation, schedule, 1, domain.size());
  EXPECT_EQ(first.step_ends, second.step_ends);
  EXPECT_EQ(first.states.back().local, second.states.back().local);
  EXPECT_EQ(first.statistics.steps, second.statistics.steps);
  EXPECT_EQ(first.statistics.newton_iterations, second.statistics.newton_iterations);
  EXPECT_EQ(simulation.unknowns(), 65U);
}

TEST(Simulation, MaxStepIsKept) {
  Toy toy;
  const auto x = toy.local("x", toy.number(3.0));
  toy.process("decay", toy.times(1e-3, x), {{"x", -1.0}});
  SolverOptions options;
  options.max_step = 0.5;
  const auto result = howship::testing::run(toy.build(), vertebra::Domain::single(0.2), {10.0, {}, {}}, options);
  double before = 0.0;
  for (const double end : result.step_ends) {
    EXPECT_LE(end - before, 0.5 * (1 + 1e-12));
    before = end;
  }
  EXPECT_EQ(result.step_ends.back(), 10.0);
}

// Whatever the order in which doses and outputs are listed, each is reported once, in order, and doses add up.
TEST(Simulation, EventsComeInOrder) {
  EXPECT_TRUE(rc::check("random schedules", [] {
    Toy toy;
    toy.systemic("d", toy.number(0.0));
    const auto x = toy.local("x", toy.number(1.0));
    toy.process("decay", toy.times(0.1, x), {{"x", -1.0}});
    Schedule schedule{20.0, {}, {}};
    const auto times = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 25));
    const auto doses = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 25));
    for (const int time : times) schedule.outputs.push_back(time);
    for (const int time : doses) schedule.doses.push_back({static_cast<double>(time), 0, 1.0, ""});
    const auto result = howship::testing::run(toy.build(), vertebra::Domain::single(0.2), schedule, {});

    std::vector<std::pair<double, Moment>> expected;
    std::vector<double> amounts;
    double given = 0.0;
    for (int day = 0; day <= 20; ++day) {
      const auto here = std::count(doses.begin(), doses.end(), day);
      if (here > 0) {
        expected.emplace_back(day, Moment::before_dose);
        amounts.push_back(given);
        given += static_cast<double>(here);
        expected.emplace_back(day, Moment::after_dose);
        amounts.push_back(given);
      } else if (std::count(times.begin(), times.end(), day) > 0) {
        expected.emplace_back(day, Moment::output);
        amounts.push_back(given);
      }
    }
    RC_ASSERT(result.states.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      RC_ASSERT(result.states[i].time == expected[i].first);
      RC_ASSERT(result.states[i].moment == expected[i].second);
      RC_ASSERT(std::abs(result.states[i].systemic[0] - amounts[i]) < 1e-9);
    }
  }));
}

TEST(Simulation, MemoryGrowsWithVoxels) {
  Toy toy;
  const auto x = toy.local("x", toy.number(1.0));
  toy.process("decay", x, {{"x", -1.0}});
  const auto kinetics = toy.build();
  EXPECT_GT(Simulation::memory_estimate(*kinetics, 1000), 1000U * 15U * 8U);
  EXPECT_NEAR(static_cast<double>(Simulation::memory_estimate(*kinetics, 2000000)),
              2.0 * static_cast<double>(Simulation::memory_estimate(*kinetics, 1000000)), 1e4);
}

}  // namespace
}  // namespace howship::simulation
