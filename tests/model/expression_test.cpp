#include "howship/model/expression.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "model/random_expression.hpp"

namespace howship::model {
namespace {

TEST(Graph, EqualExpressionsAreOneNode) {
  Graph g;
  const NodeId x = g.leaf(Op::local, 0);
  const NodeId y = g.leaf(Op::local, 1);
  EXPECT_EQ(g.add(x, y), g.add(y, x));
  EXPECT_EQ(g.multiply(g.add(x, y), x), g.multiply(x, g.add(y, x)));
  EXPECT_NE(g.subtract(x, y), g.subtract(y, x));
}

TEST(Graph, Simplifies) {
  Graph g;
  const NodeId x = g.leaf(Op::local, 0);
  const NodeId zero = g.constant(0.0);
  const NodeId one = g.constant(1.0);
  EXPECT_EQ(g.add(x, zero), x);
  EXPECT_EQ(g.multiply(x, one), x);
  EXPECT_EQ(g.multiply(x, zero), zero);
  EXPECT_EQ(g.subtract(x, x), zero);
  EXPECT_EQ(g.binary(Op::power, x, one), x);
  EXPECT_EQ(g.unary(Op::negate, g.unary(Op::negate, x)), x);
  EXPECT_EQ(g.add(g.constant(2.0), g.constant(3.0)), g.constant(5.0));
  EXPECT_EQ(g.constant(-0.0), zero);
  // A division by zero is kept, so that it shows when it is evaluated.
  EXPECT_NE(g[g.divide(one, zero)].op, Op::constant);
}

TEST(Graph, KnowsWhatChangesWhen) {
  Graph g;
  const NodeId k = g.leaf(Op::parameter, 0);
  const NodeId t = g.leaf(Op::time);
  const NodeId x = g.leaf(Op::local, 0);
  EXPECT_EQ(g[g.multiply(k, k)].stage, Stage::parameter);
  EXPECT_EQ(g[g.multiply(k, t)].stage, Stage::time);
  EXPECT_EQ(g[g.multiply(g.multiply(k, t), x)].stage, Stage::voxel);
  EXPECT_TRUE(g.depends_on(g.multiply(k, x), Op::local));
  EXPECT_FALSE(g.depends_on(g.multiply(k, t), Op::local));
}

TEST(Derivative, AgreesWithCentralDifferences) {
  EXPECT_TRUE(rc::check("exact derivative == (f(x+h) - f(x-h)) / 2h", [] {
    Graph g;
    const NodeId f = random_expression(g, 4);
    const NodeId x = g.leaf(Op::local, 0);
    const NodeId df = g.derivative(f, x);
    Environment e = random_environment();
    const long double x0 = e.local[0];
    const auto at = [&](long double value) {
      e.local[0] = value;
      return evaluate(g, f, e);
    };
    const long double h = 1e-5L;
    const long double right = (at(x0 + h) - at(x0)) / h;
    const long double left = (at(x0) - at(x0 - h)) / h;
    RC_PRE(std::fabs(right - left) < 1e-2L * (1.0L + std::fabs(right)));  // not across a kink or a jump
    const long double differences = (at(x0 + h) - at(x0 - h)) / (2 * h);
    const long double exact = (at(x0), evaluate(g, df, e));
    RC_ASSERT(std::fabs(exact - differences) <= 1e-5L * (1.0L + std::fabs(differences)));
  }));
}

TEST(Derivative, OfPowersAtZeroIsFinite) {
  Graph g;
  const NodeId x = g.leaf(Op::local, 0);
  Environment e;
  e.local = {0.0L};
  EXPECT_EQ(evaluate(g, g.derivative(g.binary(Op::power, x, g.constant(2.58)), x), e), 0.0L);
  EXPECT_EQ(evaluate(g, g.derivative(g.multiply(x, x), x), e), 0.0L);
}

TEST(Derivative, OnATieTakesTheFirstArgument) {
  Graph g;
  const NodeId x = g.leaf(Op::local, 0);
  const NodeId zero = g.constant(0.0);
  Environment e;
  e.local = {0.0L};
  EXPECT_EQ(evaluate(g, g.derivative(g.binary(Op::maximum, zero, x), x), e), 0.0L);
  EXPECT_EQ(evaluate(g, g.derivative(g.binary(Op::maximum, x, zero), x), e), 1.0L);
  EXPECT_EQ(evaluate(g, g.derivative(g.binary(Op::minimum, zero, x), x), e), 0.0L);
}

}  // namespace
}  // namespace howship::model
