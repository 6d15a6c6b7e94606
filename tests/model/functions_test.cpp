#include <cmath>
#include <gmock/gmock.h>
#include <limits>

#include <gtest/gtest.h>

#include "howship/model/library.hpp"
#include "howship/model/program.hpp"

namespace howship::model {
namespace {

using testing::HasSubstr;

/// A formula of x = 0.7 and y = 2.5, by the tree-walker and as a program.
class Functions : public testing::Test {
 protected:
  Model model_of(const std::string& formula, const std::string& x = "0.7") {
    Library library("");
    library.add("m",
                "id = \"m\"\ntitle = \"m\"\n[parameters]\nx = { value = " + x +
                    ", unit = \"1\", range = [-100, 100], source = \"a test\" }\n"
                    "y = { value = 2.5, unit = \"1\", range = [0, 10], source = \"a test\" }\n[quantities]\nq = \"" +
                    formula + "\"\n");
    const std::vector<std::string> ids{"m"};
    return build_model(library, ids, units_);
  }

  double value(const std::string& formula, const std::string& x = "0.7") {
    const Model model = model_of(formula, x);
    const NodeId node = *model.find_node("q");
    Environment environment;
    for (const double p : model.parameter_values()) environment.parameters.push_back(p);
    const double slow = static_cast<double>(evaluate(model.graph, node, environment));
    const Program program(model.graph, {node});
    const std::vector<double> parameters = model.parameter_values();
    Program::Workspace workspace = program.workspace(Program::kSmall, parameters);
    program.prepare(workspace, {});
    double fast = 0.0;
    program.scalars(workspace, {&fast, 1});
    if (std::isfinite(slow)) {
      EXPECT_NEAR(fast, slow, 1e-13 * std::abs(slow)) << formula;
    }
    return slow;
  }

  std::string error_of(const std::string& formula) {
    try {
      value(formula);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  const UnitSystem units_;
};

TEST_F(Functions, OfTrigonometry) {
  EXPECT_DOUBLE_EQ(value("sec(x)"), 1 / std::cos(0.7));
  EXPECT_DOUBLE_EQ(value("csc(x)"), 1 / std::sin(0.7));
  EXPECT_DOUBLE_EQ(value("cot(x)"), 1 / std::tan(0.7));
  EXPECT_DOUBLE_EQ(value("sech(x)"), 1 / std::cosh(0.7));
  EXPECT_DOUBLE_EQ(value("csch(x)"), 1 / std::sinh(0.7));
  EXPECT_DOUBLE_EQ(value("coth(x)"), 1 / std::tanh(0.7));
  EXPECT_DOUBLE_EQ(value("arcsinh(x)"), std::asinh(0.7));
  EXPECT_DOUBLE_EQ(value("asinh(-1e-9*x)"), std::asinh(-0.7e-9));
  EXPECT_DOUBLE_EQ(value("acosh(y)"), std::acosh(2.5));
  EXPECT_DOUBLE_EQ(value("atanh(x)"), std::atanh(0.7));
  EXPECT_NEAR(value("sec(asec(y))"), 2.5, 1e-14);
  EXPECT_NEAR(value("csc(acsc(y))"), 2.5, 1e-14);
  EXPECT_NEAR(value("cot(acot(y))"), 2.5, 1e-14);
  EXPECT_NEAR(value("sech(asech(x))"), 0.7, 1e-14);
  EXPECT_NEAR(value("csch(acsch(x))"), 0.7, 1e-14);
  EXPECT_NEAR(value("coth(acoth(y))"), 2.5, 1e-14);
}

TEST_F(Functions, OfWholeNumbers) {
  EXPECT_EQ(value("quotient(7, 2)"), 3);
  EXPECT_EQ(value("quotient(-7, 2)"), -3);
  EXPECT_EQ(value("rem(-7, 2)"), -1);
  EXPECT_EQ(value("rem(7, -2)"), 1);
  EXPECT_EQ(value("factorial(x)", "10"), 3628800);
  EXPECT_TRUE(std::isnan(value("factorial(x)", "-3")));
  EXPECT_TRUE(std::isnan(value("factorial(x)", "1.5")));
  EXPECT_DOUBLE_EQ(value("log(2, 8*x/x)"), 3);
  EXPECT_EQ(value("avogadro"), 6.02214179e23);
}

TEST_F(Functions, OfLogic) {
  EXPECT_EQ(value("xor(x > 0, y > 0)"), 0);
  EXPECT_EQ(value("xor(x > 0, y > 9)"), 1);
  EXPECT_EQ(value("xor(x > 0, y > 0, x > 0)"), 1);
  EXPECT_EQ(value("implies(x > 0, y > 9)"), 0);
  EXPECT_EQ(value("implies(x > 9, y > 9)"), 1);
  EXPECT_EQ(value("max(x, y, 9)"), 9);
  EXPECT_EQ(value("piecewise(3, x > 0)"), 3);
  EXPECT_TRUE(std::isnan(value("piecewise(3, x > 1)")));
}

TEST_F(Functions, RefuseWhatTheyCannotTake) {
  EXPECT_THAT(error_of("sec(1 mg)"), HasSubstr("pure number"));
  EXPECT_THAT(error_of("rem(1 mg, 1 day)"), HasSubstr("cannot take the rem of"));
  EXPECT_THAT(error_of("delay(x, 1)"), HasSubstr("delay()"));
  EXPECT_THAT(error_of("rateOf(x + y)"), HasSubstr("exactly one argument"));
}

TEST_F(Functions, HaveExactDerivatives) {
  Graph graph;
  const NodeId x = graph.leaf(Op::parameter, 0);
  const auto slope = [&](Op op, long double at) {
    Environment environment;
    environment.parameters = {at};
    return static_cast<double>(evaluate(graph, graph.derivative(graph.unary(op, x), x), environment));
  };
  EXPECT_DOUBLE_EQ(slope(Op::area_hyperbolic_sine, 0.75L), 1 / std::sqrt(1 + 0.5625));
  EXPECT_DOUBLE_EQ(slope(Op::area_hyperbolic_cosine, 1.25L), 1 / 0.75);
  EXPECT_DOUBLE_EQ(slope(Op::area_hyperbolic_tangent, 0.5L), 1 / 0.75);
}

}  // namespace
}  // namespace howship::model
