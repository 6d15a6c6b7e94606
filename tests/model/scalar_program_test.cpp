#include "howship/model/scalar_program.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "model/random_expression.hpp"

namespace howship::model {
namespace {

/// Holds every output against the tree-walker; the state is what the environment calls systemic.
void expect_equal(const Graph& graph, const std::vector<NodeId>& outputs, const Environment& e, long double tolerance) {
  const ScalarProgram program(graph, outputs);
  const std::vector<double> parameters(e.parameters.begin(), e.parameters.end());
  const std::vector<double> state(e.systemic.begin(), e.systemic.end());
  auto workspace = program.workspace(parameters);
  std::vector<double> out(outputs.size(), std::nan(""));
  for (int twice = 0; twice < 2; ++twice) program.run(workspace, static_cast<double>(e.time), state.data(), out.data());
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    const long double exact = evaluate(graph, outputs[o], e);
    if (std::isnan(exact)) {
      ASSERT_TRUE(std::isnan(out[o])) << o;
    } else if (std::isinf(exact)) {
      ASSERT_EQ(static_cast<long double>(out[o]), exact) << o;
    } else {
      ASSERT_NEAR(static_cast<double>(out[o] - exact), 0.0, static_cast<double>(tolerance * (1 + std::fabs(exact))))
          << o;
    }
  }
}

TEST(ScalarProgram, IsTheTreeWalker) {
  EXPECT_TRUE(rc::check("batches against one node at a time", [] {
    Graph g;
    std::vector<NodeId> outputs;
    for (int i = 0; i < 4; ++i) outputs.push_back(random_expression(g, 5, false));
    std::vector<std::pair<NodeId, NodeId>> shifted;
    for (std::uint32_t s = 0; s < 3; ++s) shifted.emplace_back(g.leaf(Op::local, s), g.leaf(Op::systemic, 1 + s));
    outputs = g.replaced(outputs, shifted);
    outputs.push_back(outputs[0]);
    outputs.push_back(g.leaf(Op::systemic, 2));
    outputs.push_back(g.leaf(Op::time));
    outputs.push_back(g.constant(2.5));
    const auto value = [] { return *rc::gen::inRange(11, 199) / 100.0L; };
    Environment e;
    e.time = value();
    for (int i = 0; i < 2; ++i) e.parameters.push_back(value());
    for (int i = 0; i < 4; ++i) e.systemic.push_back(value());
    expect_equal(g, outputs, e, 1e-11L);
  }));
}

// Powers, exponentials and logarithms take other ways for one, for few and for many at once, and for bases that are not
// positive.
TEST(ScalarProgram, BatchesOfAnySize) {
  for (std::size_t size = 1; size <= 19; ++size) {
    Graph g;
    std::vector<NodeId> outputs;
    Environment e;
    e.parameters = {1.7L, 2.0L};
    for (std::uint32_t i = 0; i < size; ++i) {
      const NodeId x = g.leaf(Op::systemic, i);
      outputs.push_back(g.binary(Op::power, x, g.leaf(Op::parameter, i % 2)));
      outputs.push_back(g.unary(Op::exponential, x));
      outputs.push_back(g.unary(Op::logarithm, x));
      outputs.push_back(g.select(g.binary(Op::less, x, g.constant(0.5)), x, g.unary(Op::negate, x)));
      e.systemic.push_back(i % 5 == 3 ? 0.0L : i % 5 == 4 ? -0.5L : 0.25L * static_cast<long double>(i + 1));
    }
    expect_equal(g, outputs, e, 1e-14L);
  }
}

TEST(ScalarProgram, RefusesTissue) {
  Graph g;
  const std::vector<NodeId> local{g.leaf(Op::local, 0)};
  const std::vector<NodeId> sum{g.leaf(Op::reduction, 0)};
  EXPECT_THROW(ScalarProgram(g, local), std::logic_error);
  EXPECT_THROW(ScalarProgram(g, sum), std::logic_error);
}

}  // namespace
}  // namespace howship::model
