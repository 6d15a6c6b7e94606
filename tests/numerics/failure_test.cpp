// What the user is told when equations cannot be solved.

#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "simulation/toy_model.hpp"

namespace howship {
namespace {

using model::Op;
using ::testing::HasSubstr;
using testing::Toy;

simulation::SolverOptions two_threads() {
  simulation::SolverOptions options;
  options.threads = {2};
  return options;
}

std::string message(const std::shared_ptr<const model::Kinetics>& kinetics, const vertebra::Domain& domain,
                    const std::vector<std::vector<double>>& given = {}) {
  try {
    testing::run(kinetics, domain, {100.0, {}, {}}, two_threads(), given);
  } catch (const NumericalError& error) {
    return error.what();
  }
  return "no failure";
}

TEST(Failure, NamesSpeciesVoxelAndProcess) {
  // Falls at a constant rate through zero, where the root of it is no number; first where it starts lowest.
  Toy toy;
  const auto x = toy.local("osteoblasts", toy.given("start"));
  toy.local("bystander", toy.number(1.0));
  toy.process("steady_loss", toy.number(0.5), {{"osteoblasts", -1.0}});
  toy.process("root_of_it", toy.times(0.01, toy.apply(Op::square_root, x)), {{"osteoblasts", 1.0}});
  const auto domain = testing::box({5, 5, 5});
  std::vector<std::vector<double>> given{std::vector<double>(domain.size(), 10.0)};
  given[0][domain.grid().index(1, 2, 3)] = 5.0;
  const std::string text = message(toy.build(), domain, given);
  EXPECT_THAT(text, HasSubstr("osteoblasts"));
  EXPECT_THAT(text, HasSubstr("voxel (1, 2, 3), trabecular, at (1.00, 2.00, 3.00) mm"));
  EXPECT_THAT(text, HasSubstr("process root_of_it"));
  EXPECT_THAT(text, HasSubstr("day 10"));
}

TEST(Failure, BlowUpIsNoSuccess) {
  Toy toy;
  const auto x = toy.local("cells", toy.number(1.0));
  toy.process("runaway", toy.times(x, x), {{"cells", 1.0}});  // infinite at day 1
  const std::string text = message(toy.build(), vertebra::Domain::single(0.2));
  EXPECT_THAT(text, HasSubstr("cells"));
  EXPECT_THAT(text, HasSubstr("runaway"));
}

TEST(Failure, InfiniteSlopeIsNamed) {
  Toy toy;
  const auto z = toy.local("drug_in_bone", toy.number(0.0));
  toy.process("power", toy.graph().binary(Op::power, z, toy.number(0.4)), {{"drug_in_bone", 1.0}});
  const std::string text = message(toy.build(), vertebra::Domain::single(0.2));
  EXPECT_THAT(text, HasSubstr("drug_in_bone"));
  EXPECT_THAT(text, HasSubstr("infinite slope"));
}

TEST(Failure, TheRootOfWhatRanOutSaysWhatToWrite) {
  for (const bool is_root : {true, false}) {
    Toy toy;
    const auto x = toy.systemic("x", toy.number(1.0), 1e-3);
    const auto rate = is_root ? toy.apply(Op::square_root, x) : toy.graph().binary(Op::power, x, toy.number(0.4));
    toy.process("loss", toy.times(is_root ? 2.0 : 1.0 / 0.6, rate), {{"x", -1.0}});
    const std::string text = message(toy.build(), vertebra::Domain::single(0.2));
    EXPECT_THAT(text, HasSubstr("day 1"));
    EXPECT_THAT(text, HasSubstr(is_root ? "the square root is taken of x = -" : "the power is taken of x = -"));
    EXPECT_THAT(text, HasSubstr(is_root ? "write sqrt(max(x, 0)) for sqrt(x)" : "write max(x, 0)^p for x^p"));
  }
}

TEST(Failure, SystemicSpeciesAreNamedToo) {
  Toy toy;
  toy.local("x", toy.number(1.0));
  const auto s = toy.systemic("antibody", toy.number(1.0));
  toy.process("explosion", toy.times(s, s), {{"antibody", 1.0}});
  EXPECT_THAT(message(toy.build(), vertebra::Domain::single(0.2)), HasSubstr("antibody"));
}

TEST(Failure, BadInitialValueIsInputError) {
  Toy toy;
  toy.local("x", toy.apply(Op::logarithm, toy.given("start")));
  const auto domain = testing::box({2, 2, 1});
  try {
    testing::run(toy.build(), domain, {1.0, {}, {}}, two_threads(), {{1.0, 1.0, -1.0, 1.0}});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("initial value of x"));
    EXPECT_THAT(error.what(), HasSubstr("(0, 1, 0)"));
  }
}

TEST(Failure, UnknownRegionIsInputError) {
  Toy toy;
  const auto x = toy.local("x", toy.number(1.0));
  toy.systemic("m", toy.number(0.0));
  toy.process("release", toy.reduce(x, model::Reduction::Kind::integral, "corticl"), {{"m", 1.0}});
  try {
    testing::run(toy.build(), vertebra::Domain::single(0.2), {1.0, {}, {}}, two_threads());
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cortical"));
  }
}

TEST(Failure, AskedToStop) {
  Toy toy;
  const auto x = toy.local("x", toy.number(1.0));
  toy.process("decay", x, {{"x", -1.0}});
  const auto domain = vertebra::Domain::single(0.2);
  simulation::Simulation simulation(toy.build(), {}, domain, {}, two_threads());
  EXPECT_THROW(simulation.run({100.0, {}, {}}, {}, [](double time, double) { return time < 1.0; }), Interrupted);
}

}  // namespace
}  // namespace howship
