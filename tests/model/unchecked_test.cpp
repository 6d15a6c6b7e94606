#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "howship/model/kinetics.hpp"
#include "howship/model/library.hpp"

// What other formats bring along: units that are labels, initial values of each other, rates by name.

namespace howship::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string species(const std::string& id, const std::string& initial) {
  return "[species." + id + "]\ntitle = \"s\"\nscope = \"systemic\"\nunit = \"furlong\"\ninitial = \"" + initial +
         "\"\ntypical = 1\n";
}

std::string process(const std::string& id, const std::string& rate, const std::string& changes) {
  return "[processes." + id + "]\ntitle = \"p\"\nrate = \"" + rate + "\"\nchanges = { " + changes + " = 1 }\n";
}

class Unchecked : public testing::Test {
 protected:
  Model build(const std::string& rest, const std::string& head = "units = \"unchecked\"\ntime_unit = \"fortnight\"\n") {
    Library library("");
    library.add("m", "id = \"m\"\ntitle = \"m\"\n" + head + rest);
    const std::vector<std::string> ids{"m"};
    return build_model(library, ids, units_);
  }
  std::string error_of(const std::string& rest, const std::string& head = "units = \"unchecked\"\n") {
    try {
      build(rest, head);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }
  static double at(const Model& m, NodeId node, std::vector<long double> systemic = {}, double time = 0.0) {
    Environment e;
    for (const double p : m.parameter_values()) e.parameters.push_back(p);
    e.systemic = std::move(systemic);
    e.time = time;
    return static_cast<double>(evaluate(m.graph, node, e));
  }
  const UnitSystem units_;
};

TEST_F(Unchecked, UnitsAreLabels) {
  const Model m =
      build(species("A", "3 mg + time") +
            "[parameters]\nk = { value = 2, unit = \"per moon\", range = [-inf, inf], source = \"test\" }\n" +
            process("p", "k*A + exp(A)", "A"));
  EXPECT_FALSE(m.units_checked);
  EXPECT_EQ(m.time_unit, "fortnight");
  EXPECT_EQ(m.find_species("A")->unit.text, "furlong");
  EXPECT_EQ(m.find_species("A")->unit.scale, 1.0);
  EXPECT_EQ(at(m, m.find_species("A")->initial), 3.0);
  EXPECT_EQ(at(m, m.rates[0], {0.0L}), 1.0);
}

TEST_F(Unchecked, IsSaidRight) {
  EXPECT_THAT(error_of("", "units = \"sloppy\"\n"), HasSubstr("'units' cannot be 'sloppy'"));
  EXPECT_THAT(error_of("", "time_unit = \"second\"\n"), HasSubstr("time is in days where units are checked"));
  EXPECT_THAT(error_of("", "event_order = \"any\"\n"), HasSubstr("'event_order' cannot be 'any'"));
}

TEST_F(Unchecked, CannotBeJoinedWithChecked) {
  Library library("");
  library.add("a", "id = \"a\"\ntitle = \"a\"\nunits = \"unchecked\"\n" + species("A", "1"));
  library.add("b", "id = \"b\"\ntitle = \"b\"\nextends = [\"a\"]\n");
  const std::vector<std::string> ids{"b"};
  try {
    build_model(library, ids, units_);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'b' has its units checked and 'a' has not")));
  }
}

TEST_F(Unchecked, InfinityAndNoNumberAreNumbers) {
  const Model m = build("[quantities]\na = \"infinity\"\nb = \"notanumber\"\n");
  EXPECT_TRUE(std::isinf(at(m, *m.find_node("a"))));
  EXPECT_TRUE(std::isnan(at(m, *m.find_node("b"))));
  EXPECT_THAT(error_of("[quantities]\na = \"infinity\"\n", ""), HasSubstr("not finite"));
}

TEST_F(Unchecked, InitialValuesUseEachOther) {
  const Model m =
      build(species("A", "2*B + time") + species("B", "q") + species("C", "3") + "[quantities]\nq = \"C*C\"\n");
  EXPECT_EQ(at(m, m.find_species("A")->initial), 18.0);
  EXPECT_EQ(at(m, m.find_species("B")->initial), 9.0);
}

TEST_F(Unchecked, InitialValuesInACircleAreRefused) {
  EXPECT_THAT(error_of(species("A", "B") + species("B", "A + 1")),
              AllOf(HasSubstr("initial values go round in a circle"), HasSubstr("→")));
}

TEST_F(Unchecked, AChainOfManyInitialValuesIsNoProblem) {
  std::string text = species("s0", "1");
  for (int i = 1; i < 5000; ++i) text += species("s" + std::to_string(i), "s" + std::to_string(i - 1) + " + 1");
  const Model m = build(text);
  EXPECT_EQ(at(m, m.find_species("s4999")->initial), 5000.0);
}

TEST_F(Unchecked, RateOfIsTheRate) {
  const Model m = build(species("A", "1") + species("B", "rateOf(A)") + "[quantities]\nq = \"rateOf(B) + 1\"\n" +
                        process("p", "-2*A", "A") + process("r", "3*rateOf(A)", "B"));
  EXPECT_EQ(at(m, m.rates[1], {5.0L, 0.0L}), -30.0);
  EXPECT_EQ(at(m, *m.find_node("q"), {5.0L, 0.0L}), -29.0);
  EXPECT_EQ(at(m, m.find_species("B")->initial), -2.0);
}

TEST_F(Unchecked, RateOfHasTheUnitOfARate) {
  const std::string head =
      "[species.A]\ntitle = \"s\"\nscope = \"systemic\"\nunit = \"mg\"\ninitial = \"1 mg\"\ntypical = 1\n";
  EXPECT_EQ(error_of(head + "[quantities]\nq = { formula = \"rateOf(A)\", unit = \"mg/day\" }\n", ""), "no error");
  EXPECT_THAT(error_of(head + "[quantities]\nq = { formula = \"rateOf(A)\", unit = \"mg\" }\n", ""),
              HasSubstr("declared in mg"));
}

TEST_F(Unchecked, RatesInACircleAreRefused) {
  EXPECT_THAT(error_of(species("A", "1") + species("B", "1") + process("p", "rateOf(B)", "A") +
                       process("r", "rateOf(A) + 1", "B")),
              HasSubstr("rates go round in a circle: "));
  EXPECT_THAT(error_of(species("A", "1") + "[quantities]\nq = \"2*A\"\nr = \"rateOf(q)\"\n"), HasSubstr("'q' is none"));
}

}  // namespace
}  // namespace howship::model
