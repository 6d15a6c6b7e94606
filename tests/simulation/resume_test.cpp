#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"
#include "howship/simulation/simulation.hpp"

#include "simulation/toy_model.hpp"

// A run that is saved after any step and taken up by another object gives what one run gives, bit by bit.

namespace howship::simulation {
namespace {

using howship::testing::Recording;
using howship::testing::Snapshot;
using howship::testing::Toy;

/// A state kept in memory.
class Memory final : public Archive {
 public:
  bool reading() const override { return reading_; }
  void exchange(const std::string& name, std::span<double> values) override { copy(numbers_[name], values); }
  void exchange(const std::string& name, std::span<float> values) override { copy(floats_[name], values); }
  void exchange(const std::string& name, std::vector<double>& values) override {
    if (reading_) values = numbers_.at(name);
    copy(numbers_[name], std::span(values));
  }
  void read() { reading_ = true; }
  bool empty() const { return numbers_.empty(); }
  std::map<std::string, std::vector<double>>& numbers() { return numbers_; }

 private:
  template <class Value>
  void copy(std::vector<Value>& kept, std::span<Value> values) {
    if (!reading_) kept.assign(values.begin(), values.end());
    if (kept.size() != values.size()) throw InputError("another length");
    std::copy(kept.begin(), kept.end(), values.begin());
  }
  bool reading_ = false;
  std::map<std::string, std::vector<double>> numbers_;
  std::map<std::string, std::vector<float>> floats_;
};

/// Diffusion, a systemic species that feels the tissue and is felt by it, one known ahead, a comparison with time, an
/// event with a delay, and doses into both systemic species.
std::shared_ptr<const model::Kinetics> everything() {
  Toy toy;
  const auto x = toy.local("x", toy.plus(toy.number(0.2), toy.given("seed")));
  const auto c = toy.local("c", toy.number(0.0));
  toy.diffuse("c", toy.number(0.8));
  const auto drug = toy.systemic("drug", toy.number(0.0));
  const auto marker = toy.systemic("marker", toy.number(0.5));
  const auto alarm = toy.systemic("alarm", toy.number(0.0));
  toy.process("growth", toy.times(toy.times(x, toy.minus(toy.number(1.0), x)), toy.plus(toy.number(0.3), c)),
              {{"x", 1.0}});
  toy.process("release", toy.times(toy.plus(x, toy.times(0.2, marker)), toy.minus(toy.number(1.2), toy.times(0.1, c))),
              {{"c", 1.0}});
  toy.process("loss", toy.times(toy.plus(toy.number(0.7), drug), c), {{"c", -1.0}});
  toy.process("clearance", toy.times(0.6, drug), {{"drug", -1.0}});
  toy.process("shedding", toy.times(0.01, toy.reduce(x)), {{"marker", 1.0}});
  toy.process("fading", toy.times(toy.plus(toy.number(0.2), toy.times(0.1, alarm)), marker), {{"marker", -1.0}});
  model::Event& event = toy.event("rings", toy.less(toy.number(1.0), marker), "alarm", toy.number(1.0));
  event.delay = toy.number(0.7);
  return toy.build();
}

/// A drug that comes out of a depot: the integrator goes past its doses.
std::shared_ptr<const model::Kinetics> out_of_a_depot() {
  Toy toy;
  const auto x = toy.local("x", toy.plus(toy.number(0.2), toy.given("seed")));
  toy.diffuse("x", toy.number(0.8));
  const auto depot = toy.systemic("depot", toy.number(0.0));
  const auto drug = toy.systemic("drug", toy.number(0.0));
  toy.process("absorption", toy.times(0.3, depot), {{"depot", -1.0}, {"drug", 1.0}});
  toy.process("clearance", toy.times(0.2, drug), {{"drug", -1.0}});
  toy.process("growth", toy.times(toy.times(0.2, x), toy.minus(toy.number(1.0), x)), {{"x", 1.0}});
  toy.process("kill", toy.times(toy.times(0.1, drug), x), {{"x", -1.0}});
  return toy.build();
}

struct World {
  std::shared_ptr<const model::Kinetics> kinetics = everything();
  vertebra::Domain domain = howship::testing::masked(
      {7, 6, 5}, {1.0, 1.0, 1.5}, [](int i, int j, int k) { return !(i == 3 && j < 3) && i + j + k < 14; });
  std::vector<std::vector<double>> given = {std::vector<double>(domain.size(), 0.0)};
  Schedule schedule{20.0,
                    {{2.0, 0, 1.0, "drug"},
                     {3.0, 0, 0.5, "infusion", 1.5},
                     {4.0, 1, 0.3, "infusion", 2.5},
                     {5.0, 1, 0.4, "marker"},
                     {9.0, 0, 1.0, "drug"},
                     {9.0, 1, -0.1, "marker"},
                     {11.0, 0, 1.0, "if", 0.0, 0}},
                    {0.0, 1.0, 2.0, 4.5, 5.0, 9.0, 13.0, 20.0}};
  World() { given[0][domain.size() / 2] = 0.5; }
  Simulation simulation(int threads) const {
    return {kinetics, kinetics->model().parameter_values(), domain, given, howship::testing::tolerance(1e-6, threads)};
  }
  Callbacks recorder(Recording& recording) const {
    Callbacks callbacks;
    callbacks.observer = [this, &recording](const State& state, Moment moment) {
      Snapshot snapshot{state.time, moment, {state.systemic.begin(), state.systemic.end()}, {}};
      for (std::size_t s = 0; s < kinetics->local_count(); ++s) {
        const double* row = state.local.data + s * state.local.stride;
        snapshot.local.emplace_back(row, row + domain.size());
      }
      recording.states.push_back(std::move(snapshot));
    };
    callbacks.gives = [](const State& state, const Dose&) { return state.systemic[1] > 0.1; };
    callbacks.keep_going = [&recording](double time, double) {
      recording.step_ends.push_back(time);
      return true;
    };
    return callbacks;
  }
};

void expect_same(const Recording& a, const Recording& b) {
  ASSERT_EQ(a.states.size(), b.states.size());
  EXPECT_EQ(a.step_ends, b.step_ends);
  for (std::size_t i = 0; i < a.states.size(); ++i) {
    EXPECT_EQ(a.states[i].time, b.states[i].time);
    EXPECT_EQ(a.states[i].moment, b.states[i].moment);
    EXPECT_EQ(a.states[i].systemic, b.states[i].systemic) << "on day " << a.states[i].time;
    EXPECT_EQ(a.states[i].local, b.states[i].local) << "on day " << a.states[i].time;
  }
  EXPECT_EQ(a.statistics.steps, b.statistics.steps);
  EXPECT_EQ(a.statistics.restarts, b.statistics.restarts);
  EXPECT_EQ(a.statistics.error_test_failures, b.statistics.error_test_failures);
  EXPECT_EQ(a.statistics.newton_iterations, b.statistics.newton_iterations);
  EXPECT_EQ(a.statistics.matrix_setups, b.statistics.matrix_setups);
  EXPECT_EQ(a.statistics.linear_iterations, b.statistics.linear_iterations);
}

// Runs until step `at`, goes on in another object.
Recording in_two(const World& world, std::size_t at, int threads_before, int threads_after) {
  Recording recording;
  Memory memory;
  {
    Simulation first = world.simulation(threads_before);
    Callbacks callbacks = world.recorder(recording);
    const auto count = callbacks.keep_going;
    callbacks.at_rest = [&](double) {
      if (recording.step_ends.size() + 1 == at) first.save(memory);
    };
    callbacks.keep_going = [&](double time, double step) { return count(time, step) && memory.empty(); };
    try {
      recording.statistics = first.run(world.schedule, callbacks);
      return recording;
    } catch (const Interrupted&) {
      memory.read();
    }
  }
  Simulation second = world.simulation(threads_after);
  recording.statistics = second.resume(memory, world.schedule, world.recorder(recording));
  return recording;
}

void resume_after_any_step(const World& world, const Recording& whole) {
  const std::size_t steps = whole.step_ends.size();
  ASSERT_GT(steps, 60U);
  for (std::size_t at = 1; at < steps; at += 1 + at / 40) {
    SCOPED_TRACE(::testing::Message() << "saved after step " << at << " of " << steps);
    expect_same(whole, in_two(world, at, 1 + static_cast<int>(at % 2), 1 + static_cast<int>(at % 3)));
    if (::testing::Test::HasFailure()) return;
  }
}

Recording undisturbed(const World& world) {
  Recording whole;
  Simulation simulation = world.simulation(1);
  whole.statistics = simulation.run(world.schedule, world.recorder(whole));
  return whole;
}

TEST(Resume, AfterAnyStepAndOnAnyNumberOfThreads) {
  const World world;
  const Recording whole = undisturbed(world);
  EXPECT_GT(whole.statistics.restarts, 1);
  resume_after_any_step(world, whole);
}

TEST(Resume, WhereADoseIsKnownAheadAndNotYetReached) {
  World world;
  world.kinetics = out_of_a_depot();
  world.schedule = {60.0, {}, {0.0, 10.0, 20.0, 25.0, 60.0}};
  for (int i = 0; i < 8; ++i) world.schedule.doses.push_back({4.0 + 7.0 * i, 0, 1.0, ""});
  const Recording whole = undisturbed(world);
  EXPECT_EQ(std::count(whole.step_ends.begin(), whole.step_ends.end(), 32.0), 0);
  resume_after_any_step(world, whole);
}

// Saving must not disturb what is saved.
TEST(Resume, SavingChangesNothing) {
  const World world;
  const Recording whole = undisturbed(world);
  Simulation simulation = world.simulation(2);
  Recording saved;
  Callbacks callbacks = world.recorder(saved);
  callbacks.at_rest = [&](double) {
    Memory memory;
    simulation.save(memory);
  };
  saved.statistics = simulation.run(world.schedule, callbacks);
  expect_same(whole, saved);
}

TEST(Resume, RefusesAStateThatDoesNotFit) {
  const World world;
  Memory memory;
  Simulation simulation = world.simulation(1);
  Callbacks callbacks;
  callbacks.at_rest = [&](double time) {
    if (time > 3.0 && memory.empty()) simulation.save(memory);
  };
  simulation.run(world.schedule, callbacks);
  memory.read();
  const auto refused = [&](const std::string& name, std::vector<double> values) {
    Memory changed = memory;
    changed.numbers()[name] = std::move(values);
    Simulation other = world.simulation(1);
    EXPECT_THROW(other.resume(changed, world.schedule, {}), InputError) << name;
  };
  std::vector<double> transcript = memory.numbers()["integrator/transcript"];
  transcript.resize(transcript.size() / 2);
  refused("integrator/transcript", transcript);
  refused("integrator/transcript", {7.0, 7.0});
  refused("integrator/vector_03/local", {1.0});
  refused("run/next_instant", {1000.0});
  refused("ahead/segments", {});

  Toy toy;
  const auto x = toy.local("x", toy.number(1.0));
  toy.process("decay", x, {{"x", -1.0}});
  const auto point = vertebra::Domain::single(0.2);
  Simulation alone(toy.build(), {}, point, {}, {});
  EXPECT_FALSE(alone.can_save());
  EXPECT_TRUE(simulation.can_save());
}

}  // namespace
}  // namespace howship::simulation
