#include "simulation/block_lu.hpp"

#include <Eigen/Dense>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace howship::simulation {
namespace {

TEST(BlockLu, SolvesWhatEigenSolves) {
  EXPECT_TRUE(rc::check("static sparse LU against dense LU", [] {
    const auto size = *rc::gen::inRange<std::size_t>(1, 13);
    const std::size_t lanes = *rc::gen::element<std::size_t>(8, 32);
    std::vector<model::SparseEntry> pattern;
    for (std::uint32_t row = 0; row < size; ++row) {
      for (std::uint32_t column = 0; column < size; ++column) {
        if (*rc::gen::inRange(0, 100) < 35) pattern.push_back({row, column});
      }
    }
    std::vector<std::size_t> trailing;
    for (std::size_t i = 0; i < size && trailing.size() < 3; ++i) {
      if (*rc::gen::inRange(0, 4) == 0) trailing.push_back(i);
    }
    const int seed = *rc::gen::inRange(0, 1000);
    std::srand(static_cast<unsigned>(seed));
    const auto random = [] { return 2.0 * std::rand() / RAND_MAX - 1.0; };
    std::vector<double> jacobian(pattern.size() * lanes);
    for (double& value : jacobian) value = random();
    const double gamma = 0.3 / static_cast<double>(size);

    const BlockLu lu(size, pattern, trailing);
    std::vector<double> matrix(lu.slots() * lanes);
    lu.assemble(lanes, jacobian.data(), gamma, matrix.data());
    RC_ASSERT(lu.eliminate(lanes, matrix.data()));
    RC_ASSERT(lu.invert_trailing(lanes, matrix.data()));
    const std::vector<float> factors(matrix.begin(), matrix.end());
    std::vector<double> x(size * lanes);
    for (double& value : x) value = random();
    const std::vector<double> right = x;
    lu.forward(lanes, factors.data(), x.data());
    const std::vector<double> reduced = x;
    for (std::size_t i = 0; i < trailing.size(); ++i) {
      for (std::size_t l = 0; l < lanes; ++l) {
        double& value = x[trailing[i] * lanes + l] = 0.0;
        for (std::size_t j = 0; j < trailing.size(); ++j) {
          value += static_cast<double>(factors[lu.trailing_slot(i, j) * lanes + l]) * reduced[trailing[j] * lanes + l];
        }
      }
    }
    lu.backward(lanes, factors.data(), x.data());

    const auto n = static_cast<Eigen::Index>(size);
    for (std::size_t l = 0; l < lanes; ++l) {
      Eigen::MatrixXd dense = Eigen::MatrixXd::Identity(n, n);
      for (std::size_t e = 0; e < pattern.size(); ++e)
        dense(pattern[e].row, pattern[e].column) -= gamma * jacobian[e * lanes + l];
      Eigen::VectorXd b(n);
      for (Eigen::Index i = 0; i < n; ++i) b[i] = right[static_cast<std::size_t>(i) * lanes + l];
      const Eigen::VectorXd exact = dense.partialPivLu().solve(b);
      for (Eigen::Index i = 0; i < n; ++i)
        RC_ASSERT(std::abs(x[static_cast<std::size_t>(i) * lanes + l] - exact[i]) < 2e-5 * (1.0 + exact.norm()));
    }
  }));
}

TEST(BlockLu, RefusesAVanishingPivotInOneLane) {
  const std::vector<model::SparseEntry> pattern{{0, 0}, {0, 1}, {1, 0}};
  const BlockLu lu(2, pattern, {});
  std::vector<double> jacobian(3 * 8, 0.5);
  std::vector<double> matrix(lu.slots() * 8);
  lu.assemble(8, jacobian.data(), 1.0, matrix.data());
  EXPECT_TRUE(lu.eliminate(8, matrix.data()));
  for (const double bad : {1.0, std::nan("")}) {
    jacobian[5] = bad;  // entry (0, 0) of lane 5: 1 - γJ = 0
    jacobian[8 + 5] = jacobian[16 + 5] = 0.0;
    lu.assemble(8, jacobian.data(), 1.0, matrix.data());
    EXPECT_FALSE(lu.eliminate(8, matrix.data()));
  }
}

TEST(BlockLu, OrderAvoidsFill) {
  // An arrow that points the wrong way: eliminating unknown 0 first would fill everything.
  std::vector<model::SparseEntry> pattern;
  for (std::uint32_t i = 1; i < 9; ++i) {
    pattern.push_back({0, i});
    pattern.push_back({i, 0});
  }
  const BlockLu lu(9, pattern, {});
  EXPECT_EQ(lu.slots(), 9U + 16U);
}

}  // namespace
}  // namespace howship::simulation
