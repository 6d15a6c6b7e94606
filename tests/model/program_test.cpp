#include "howship/model/program.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "model/random_expression.hpp"

namespace howship::model {
namespace {

/// The largest value on the way to a node: what its rounding is measured against.
long double largest_intermediate(const Graph& graph, NodeId root, const Environment& e) {
  const std::vector<bool> seen = graph.reachable({&root, 1});
  long double largest = 1.0L;
  for (NodeId id = 0; id <= root; ++id) {
    if (seen[id]) largest = std::max(largest, std::fabs(evaluate(graph, id, e)));
  }
  return largest;
}

/// Runs a program over one block whose lanes all differ, and holds each lane against the tree-walker.
void expect_equal(const Graph& graph, const std::vector<NodeId>& outputs, const Environment& base, int lanes,
                  long double tolerance) {
  const Program program(graph, outputs);
  const std::vector<double> parameters(base.parameters.begin(), base.parameters.end());
  const std::vector<double> systemic(base.systemic.begin(), base.systemic.end());
  auto workspace = program.workspace(lanes, parameters);
  program.prepare(workspace, {static_cast<double>(base.time), systemic, {}});
  const auto width = static_cast<std::size_t>(lanes);
  std::vector<double> local(base.local.size() * width);
  std::vector<double> out(outputs.size() * width, std::numeric_limits<double>::quiet_NaN());
  const auto value = [&](std::size_t s, std::size_t lane) {
    return static_cast<double>(base.local[s]) * (1.0 + 0.01 * static_cast<double>(lane));
  };
  for (std::size_t s = 0; s < base.local.size(); ++s) {
    for (std::size_t lane = 0; lane < width; ++lane) local[s * width + lane] = value(s, lane);
  }
  program.run(workspace, {local.data(), width}, {}, 0, {out.data(), width});
  for (std::size_t lane = 0; lane < width; ++lane) {
    Environment e = base;
    for (std::size_t s = 0; s < base.local.size(); ++s) e.local[s] = value(s, lane);
    for (std::size_t o = 0; o < outputs.size(); ++o) {
      const long double truth = evaluate(graph, outputs[o], e);
      RC_ASSERT(std::fabs(out[o * width + lane] - truth) <= tolerance * largest_intermediate(graph, outputs[o], e));
    }
  }
}

TEST(Program, EqualsTheTreeWalkerInEveryLane) {
  EXPECT_TRUE(rc::check([] {
    Graph g;
    std::vector<NodeId> outputs;
    for (int i = 0; i < 4; ++i) outputs.push_back(random_expression(g, 5, false));
    outputs.push_back(outputs[0]);            // an output twice
    outputs.push_back(g.leaf(Op::local, 1));  // a leaf as output
    outputs.push_back(g.constant(2.5));       // a constant as output
    const Environment e = random_environment();
    expect_equal(g, outputs, e, Program::kBlock, 1e-12L);
    expect_equal(g, outputs, e, Program::kSmall, 1e-12L);
  }));
}

TEST(Program, EveryOperationIsRight) {
  Graph g;
  const NodeId x = g.leaf(Op::local, 0);
  const NodeId y = g.leaf(Op::local, 1);
  std::vector<NodeId> outputs;
  for (const Op op : {Op::add, Op::subtract, Op::multiply, Op::divide, Op::power, Op::maximum, Op::minimum, Op::less,
                      Op::less_equal, Op::equal, Op::logical_and, Op::logical_or})
    outputs.push_back(g.binary(op, x, y));
  for (int op = static_cast<int>(Op::negate); op <= static_cast<int>(Op::hyperbolic_tangent); ++op)
    outputs.push_back(g.unary(static_cast<Op>(op), x));
  outputs.push_back(g.select(g.binary(Op::less, x, y), x, y));
  Environment e;
  e.local = {0.43L, 0.57L};
  EXPECT_TRUE(rc::check([&] { expect_equal(g, outputs, e, Program::kBlock, 1e-14L); }));
}

TEST(Program, PowersFollowTheRulesOfPow) {
  Graph g;
  const NodeId x = g.leaf(Op::local, 0);
  const NodeId n = g.leaf(Op::parameter, 0);
  const Program program(g, {g.binary(Op::power, x, n)});
  const auto at = [&](double base, double exponent) {
    const std::vector<double> parameters{exponent};
    auto workspace = program.workspace(Program::kSmall, parameters);
    program.prepare(workspace, {});
    std::vector<double> in(Program::kSmall, 1.0);
    std::vector<double> out(Program::kSmall);
    in[3] = base;
    program.run(workspace, {in.data(), 8}, {}, 0, {out.data(), 8});
    EXPECT_EQ(out[0], 1.0);
    return out[3];
  };
  EXPECT_EQ(at(0.0, 0.0), 1.0);
  EXPECT_EQ(at(0.0, 0.4), 0.0);
  EXPECT_TRUE(std::isinf(at(0.0, -1.5)));
  EXPECT_TRUE(std::isnan(at(-1.0, 0.4)));
  EXPECT_DOUBLE_EQ(at(-2.0, 3.0), -8.0);
  EXPECT_EQ(at(1.0, 2.58), 1.0);
}

TEST(Program, MaximumAndMinimumLetANaNThrough) {
  Graph g;
  const NodeId x = g.leaf(Op::local, 0);
  const NodeId y = g.leaf(Op::local, 1);
  const Program program(g, {g.binary(Op::maximum, x, y), g.binary(Op::minimum, x, y)});
  auto workspace = program.workspace(Program::kSmall, {});
  program.prepare(workspace, {});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [a, b] : {std::pair{nan, 0.0}, {0.0, nan}}) {
    std::vector<double> in(2 * Program::kSmall, a);
    std::fill(in.begin() + Program::kSmall, in.end(), b);
    std::vector<double> out(2 * Program::kSmall);
    program.run(workspace, {in.data(), Program::kSmall}, {}, 0, {out.data(), Program::kSmall});
    EXPECT_TRUE(std::isnan(out[0]));
    EXPECT_TRUE(std::isnan(out[Program::kSmall]));
  }
}

TEST(Program, ScalarsAreThoseOfTheTimeStage) {
  Graph g;
  const NodeId sum = g.add(g.leaf(Op::systemic, 0), g.leaf(Op::time));
  const Program program(g, {g.multiply(sum, g.leaf(Op::parameter, 0)), g.leaf(Op::parameter, 0)});
  const std::vector<double> parameters{3.0};
  const std::vector<double> systemic{5.0};
  auto workspace = program.workspace(Program::kSmall, parameters);
  program.prepare(workspace, {2.0, systemic, {}});
  std::vector<double> out(2);
  program.scalars(workspace, out);
  EXPECT_EQ(out[0], 21.0);
  EXPECT_EQ(out[1], 3.0);
  const Program local(g, {g.leaf(Op::local, 0)});
  auto other = local.workspace(Program::kSmall, parameters);
  EXPECT_THROW(local.scalars(other, out), std::logic_error);
}

}  // namespace
}  // namespace howship::model
