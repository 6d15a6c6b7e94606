// Doses: exact instants, both moments, and a restart of the field only where its rates jump.

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

using simulation::Moment;
using simulation::Schedule;
using testing::tolerance;
using testing::Toy;

/// A local species that decays and is fed by the last of a chain of systemic species.
Toy chain(int length, double rate) {
  Toy toy;
  const auto x = toy.local("x", toy.number(1.0));
  toy.process("decay", toy.times(0.01, x), {{"x", -1.0}});
  Toy::NodeId last = 0;
  for (int i = 0; i < length; ++i) {
    const std::string id = "s" + std::to_string(i);
    last = toy.systemic(id, toy.number(0.0));
    if (i + 1 < length) {
      toy.systemic("unused" + std::to_string(i), toy.number(0.0));
    }
    toy.process("out" + std::to_string(i), toy.times(rate, last), {{id, -1.0}});
    if (i > 0)
      toy.process("in" + std::to_string(i),
                  toy.times(rate, toy.graph().leaf(model::Op::systemic, static_cast<std::uint32_t>(2 * (i - 1)))),
                  {{id, 1.0}});
  }
  toy.process("feeding", toy.times(rate, last), {{"x", 1.0}});
  return toy;
}

TEST(Dose, BothMomentsAtAnOutputTimeAndNoThird) {
  Toy toy = chain(1, 0.5);
  const auto result =
      testing::run(toy.build(), vertebra::Domain::single(0.2),
                   {20.0, {{0.0, 0, 1.0, ""}, {10.0, 0, 2.0, ""}}, {0.0, 5.0, 10.0, 20.0}}, tolerance(1e-6));
  std::vector<std::pair<double, Moment>> seen;
  for (const auto& state : result.states) seen.emplace_back(state.time, state.moment);
  const std::vector<std::pair<double, Moment>> expected{{0.0, Moment::before_dose}, {0.0, Moment::after_dose},
                                                        {5.0, Moment::output},      {10.0, Moment::before_dose},
                                                        {10.0, Moment::after_dose}, {20.0, Moment::output}};
  EXPECT_EQ(seen, expected);
  EXPECT_DOUBLE_EQ(result.states[1].systemic[0] - result.states[0].systemic[0], 1.0);
  EXPECT_NEAR(result.states[4].systemic[0] - result.states[3].systemic[0], 2.0, 1e-15);
  EXPECT_NEAR(result.states[3].local[0][0], result.states[4].local[0][0], 1e-15);
}

TEST(Dose, RestartsTheFieldOnlyForAJump) {
  Schedule schedule{300.0, {}, {300.0}};
  for (int i = 0; i < 10; ++i) schedule.doses.push_back({20.0 + 28.0 * i, 0, 1.0, ""});
  Toy smooth = chain(2, 0.3);
  EXPECT_EQ(testing::run(smooth.build(), testing::box({2, 1, 1}), schedule, tolerance(1e-4)).statistics.restarts, 0);
  Toy taken_up = chain(1, 40.0);  // a jump of x's rate, but not of what lies above the known input
  EXPECT_EQ(testing::run(taken_up.build(), testing::box({2, 1, 1}), schedule, tolerance(1e-4)).statistics.restarts, 0);
  Toy killing;
  const auto x = killing.local("x", killing.number(1.0));
  const auto drug = killing.systemic("drug", killing.number(0.0));
  killing.process("clearance", killing.times(40.0, drug), {{"drug", -1.0}});
  killing.process("growth", killing.times(0.01, x), {{"x", 1.0}});
  killing.process("kill", killing.times(drug, x), {{"x", -1.0}});
  const auto killed = testing::run(killing.build(), testing::box({2, 1, 1}), schedule, tolerance(1e-9));
  EXPECT_EQ(killed.statistics.restarts, 10);
  EXPECT_NEAR(killed.states.back().local[0][0], std::exp(3.0 - 10.0 / 40.0), 1e-4);
}

/// x grows logistically, as far as a drug allows that comes out of a depot: what it feels has a kink at each dose.
Toy out_of_a_depot(double effect = 0.02) {
  Toy toy;
  const auto x = toy.local("x", toy.number(0.1));
  const auto depot = toy.systemic("depot", toy.number(0.0));
  const auto drug = toy.systemic("drug", toy.number(0.0));
  toy.process("absorption", toy.times(0.2, depot), {{"depot", -1.0}, {"drug", 1.0}});
  toy.process("clearance", toy.times(0.05, drug), {{"drug", -1.0}});
  toy.process("growth", toy.times(toy.times(0.05, x), toy.minus(toy.number(1.0), x)), {{"x", 1.0}});
  toy.process("kill", toy.times(toy.times(effect, drug), x), {{"x", -1.0}});
  return toy;
}

bool stops_at(const testing::Recording& recording, double day) {
  return std::find(recording.step_ends.begin(), recording.step_ends.end(), day) != recording.step_ends.end();
}

TEST(Dose, IntoADepotNeedsNoStop) {
  const auto kinetics = out_of_a_depot().build();
  Schedule schedule{300.0, {}, {}};
  for (int i = 0; i < 10; ++i) schedule.doses.push_back({20.0 + 28.0 * i, 0, 1.0, ""});
  for (int i = 0; i <= 60; ++i) schedule.outputs.push_back(5.0 * i);
  const auto found = testing::run(kinetics, testing::box({2, 1, 1}), schedule, tolerance(1e-4));
  const auto reference = testing::run(kinetics, testing::box({2, 1, 1}), schedule, tolerance(1e-9));
  int stops = 0;
  for (const auto& dose : schedule.doses) stops += stops_at(found, dose.time) ? 1 : 0;
  EXPECT_LE(stops, 1);
  EXPECT_EQ(found.statistics.restarts, 0);
  ASSERT_EQ(found.states.size(), reference.states.size());
  double last = 0.0;
  for (std::size_t i = 0; i < found.states.size(); ++i) {
    EXPECT_GE(found.states[i].time, last);
    last = found.states[i].time;
    EXPECT_EQ(found.states[i].moment, reference.states[i].moment);
    EXPECT_NEAR(found.states[i].local[0][0], reference.states[i].local[0][0], 1e-3) << last;
    if (found.states[i].moment != Moment::after_dose) continue;
    EXPECT_EQ(found.states[i - 1].time, last);
    EXPECT_EQ(found.states[i - 1].moment, Moment::before_dose);
    EXPECT_NEAR(found.states[i].systemic[0] - found.states[i - 1].systemic[0], 1.0, 1e-12) << last;
    EXPECT_NEAR(found.states[i].systemic[1], found.states[i - 1].systemic[1], 1e-12) << last;
    EXPECT_EQ(found.states[i].local, found.states[i - 1].local);
  }
}

TEST(Dose, SeveralWithinAStepArePassedTogether) {
  const auto kinetics = out_of_a_depot(0.002).build();
  Schedule schedule{300.0, {}, {300.0}};
  for (int i = 0; i < 280; ++i) schedule.doses.push_back({10.0 + i, 0, 0.02, ""});
  const auto found = testing::run(kinetics, testing::box({2, 1, 1}), schedule, tolerance(1e-3));
  const auto reference = testing::run(kinetics, testing::box({2, 1, 1}), schedule, tolerance(1e-9));
  EXPECT_LT(found.statistics.steps, 140);
  EXPECT_EQ(found.states.size(), 2 * schedule.doses.size() + 1);
  EXPECT_NEAR(found.states.back().local[0][0], reference.states.back().local[0][0], 5e-3);
  EXPECT_NEAR(found.states.back().systemic[1], reference.states.back().systemic[1], 1e-6);
}

TEST(Dose, ThatNeedsAStopGetsOne) {
  const auto run = [](Toy toy, const simulation::Dose& second) {
    return testing::run(toy.build(), testing::box({2, 1, 1}), {100.0, {{20.0, 0, 1.0, ""}, second}, {100.0}},
                        tolerance(1e-4));
  };
  EXPECT_FALSE(stops_at(run(out_of_a_depot(), {50.0, 0, 1.0, ""}), 50.0));
  EXPECT_TRUE(stops_at(run(out_of_a_depot(), {50.0, 1, 1.0, "into what x feels"}), 50.0));
  EXPECT_TRUE(stops_at(run(out_of_a_depot(), {50.0, 0, 1.0, "infusion", 2.0}), 50.0));
  EXPECT_TRUE(stops_at(run(out_of_a_depot(), {50.0, 0, 1.0, "if", 0.0, 0}), 50.0));
  // A jump of next to no weight, of something that x feels, is not crept up to in smaller and smaller steps.
  const auto faint = run(out_of_a_depot(1e-9), {50.0, 1, 100.0, ""});
  EXPECT_TRUE(stops_at(faint, 50.0));
  EXPECT_LT(faint.statistics.steps, 80);
  // A comparison in a rate that the dose turns.
  Toy compared = out_of_a_depot();
  const auto depot = compared.graph().leaf(model::Op::systemic, 0);
  compared.process(
      "switched",
      compared.graph().select(compared.less(compared.number(0.5), depot), compared.number(1e-9), compared.number(0.0)),
      {{"x", 1.0}});
  EXPECT_TRUE(stops_at(run(compared, {50.0, 0, 1.0, ""}), 50.0));
}

TEST(Dose, WhatIsTakenUpIsExactThoughItsUptakeIsNotResolved) {
  // x' = -k x + 30 s,  s' = -40 s: at a slack tolerance, and with typical steps far longer than the pulse.
  constexpr double kLoss = 0.02;
  Toy toy;
  const auto x = toy.local("x", toy.number(1.0));
  const auto s = toy.systemic("s", toy.number(0.0));
  toy.process("loss", toy.times(kLoss, x), {{"x", -1.0}});
  toy.process("uptake", toy.times(30.0, s), {{"x", 1.0}});
  toy.process("clearance", toy.times(40.0, s), {{"s", -1.0}});
  Schedule schedule{400.0, {}, {400.0}};
  double exact = std::exp(-kLoss * 400.0);
  for (int i = 0; i < 13; ++i) {
    const double day = 10.0 + 28.0 * i;
    schedule.doses.push_back({day, 0, 2.0, ""});
    exact += 60.0 / (40.0 - kLoss) * (std::exp(-kLoss * (400.0 - day)) - std::exp(-40.0 * (400.0 - day)));
  }
  const auto result = testing::run(toy.build(), testing::box({2, 1, 1}), schedule, tolerance(1e-4));
  EXPECT_EQ(result.statistics.restarts, 0);
  EXPECT_NEAR(result.states.back().local[0][0], exact, 1e-3 * exact);
}

TEST(Dose, AmountsArriveWhateverTheirSpeed) {
  // The chain passes all that was given on to x, in minutes, also when the pulse comes late or the step before was
  // long.
  for (const int length : {1, 2, 4}) {
    for (const double rate : {0.3, 40.0, 3000.0}) {
      Toy toy = chain(length, rate);
      Schedule schedule{400.0, {}, {}};
      for (const double day : {100.0, 250.0}) schedule.doses.push_back({day, 0, 1.0, ""});
      schedule.outputs = {400.0};
      const auto kinetics = toy.build();
      const auto result = testing::run(kinetics, testing::box({2, 1, 1}), schedule, tolerance(1e-5));
      const auto point = testing::run(kinetics, vertebra::Domain::single(0.2), schedule, tolerance(1e-6));
      if (rate < 1.0) continue;            // only that it runs
      const double delay = length / rate;  // mean transit time
      const double exact = std::exp(-4.0) + std::exp(-0.01 * (300.0 - delay)) + std::exp(-0.01 * (150.0 - delay));
      EXPECT_NEAR(result.states.back().local[0][0], exact, 2e-4 * exact)
          << length << " compartments at " << rate << "/day";
      EXPECT_NEAR(point.states.back().local[0][0], exact, 2e-4 * exact)
          << length << " compartments at " << rate << "/day";
    }
  }
}

TEST(Dose, IntoASpeciesThatTissueFeedsBack) {
  Toy toy;
  const auto x = toy.local("x", toy.number(1.0));
  const auto z = toy.systemic("z", toy.number(0.0));
  const auto total = toy.reduce(x);
  toy.process("loss", toy.times(0.2, z), {{"z", -1.0}});
  toy.process("secretion", toy.times(0.01, total), {{"z", 1.0}});
  toy.process("decay", toy.times(0.1, x), {{"x", -1.0}});
  const auto result =
      testing::run(toy.build(), vertebra::Domain::single(0.2), {30.0, {{10.0, 0, 5.0, ""}}, {30.0}}, tolerance(1e-7));
  EXPECT_EQ(result.statistics.restarts, 1);
  const double exact = 0.01 / (0.2 - 0.1) * (std::exp(-3.0) - std::exp(-6.0)) + 5.0 * std::exp(-4.0);
  EXPECT_NEAR(result.states.back().systemic[0], exact, 1e-6);
}

TEST(Dose, NonsenseIsRefused) {
  Toy toy = chain(1, 0.5);
  const auto kinetics = toy.build();
  const auto domain = vertebra::Domain::single(0.2);
  EXPECT_THROW(testing::run(kinetics, domain, {10.0, {{-1.0, 0, 1.0, ""}}, {}}, tolerance(1e-4)), InputError);
  EXPECT_THROW(testing::run(kinetics, domain, {10.0, {{1.0, 0, std::nan(""), ""}}, {}}, tolerance(1e-4)), InputError);
  EXPECT_THROW(testing::run(kinetics, domain, {10.0, {}, {std::nan("")}}, tolerance(1e-4)), InputError);
  EXPECT_THROW(testing::run(kinetics, domain, {std::nan(""), {}, {}}, tolerance(1e-4)), InputError);
}

}  // namespace
}  // namespace howship
