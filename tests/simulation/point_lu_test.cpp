#include "simulation/point_lu.hpp"

#include <limits>

#include <Eigen/Dense>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace howship::simulation {
namespace {

TEST(PointLu, SolvesWhatEigenSolves) {
  EXPECT_TRUE(rc::check("small LU against Eigen's", [] {
    const auto size = *rc::gen::inRange<std::size_t>(1, 20);
    const auto n = static_cast<Eigen::Index>(size);
    std::vector<model::SparseEntry> pattern;
    for (std::uint32_t row = 0; row < size; ++row) {
      for (std::uint32_t column = 0; column < size; ++column) {
        if (*rc::gen::inRange(0, 100) < 35) pattern.push_back({row, column});
      }
    }
    std::srand(static_cast<unsigned>(*rc::gen::inRange(0, 1000)));
    const auto random = [] { return 2.0 * std::rand() / RAND_MAX - 1.0; };
    std::vector<double> entries(pattern.size());
    for (double& entry : entries) entry = random();
    Eigen::MatrixXd dense = Eigen::MatrixXd::Identity(n, n);
    for (std::size_t e = 0; e < pattern.size(); ++e) dense(pattern[e].row, pattern[e].column) -= 0.5 * entries[e];
    Eigen::VectorXd exact(n);
    for (Eigen::Index i = 0; i < n; ++i) exact[i] = random();
    const Eigen::VectorXd right = dense * exact;
    PointLu lu(size, pattern);
    RC_ASSERT(lu.factor(entries.data(), 0.5));
    std::vector<double> x(right.begin(), right.end());
    lu.solve(x.data());
    const double condition = 1.0 / dense.partialPivLu().rcond();
    for (std::size_t i = 0; i < size; ++i)
      RC_ASSERT(std::abs(x[i] - exact[static_cast<Eigen::Index>(i)]) < 1e-10 * condition);
    // Many at once are each as one alone.
    constexpr std::size_t kColumns = 16;
    std::vector<double> many(size * kColumns);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t c = 0; c < kColumns; ++c)
        many[i * kColumns + c] = (static_cast<double>(c) - 3.0) * right[static_cast<Eigen::Index>(i)];
    }
    lu.solve_columns(kColumns, many.data());
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t c = 0; c < kColumns; ++c)
        RC_ASSERT(std::abs(many[i * kColumns + c] - (static_cast<double>(c) - 3.0) * x[i]) < 1e-11 * condition);
    }
  }));
}

// I - γJ with nothing on its diagonal: the static order has no pivot there, row exchanges have.
TEST(PointLu, ExchangesRowsWhereADiagonalVanishes) {
  for (const std::size_t size : {2U, 12U}) {
    std::vector<model::SparseEntry> pattern;
    std::vector<double> entries;
    for (std::uint32_t i = 0; i < size; ++i) {
      pattern.push_back({i, i});
      entries.push_back(1.0);
      pattern.push_back({i, static_cast<std::uint32_t>((i + 1) % size)});
      entries.push_back(-2.0);
    }
    PointLu lu(size, pattern);
    ASSERT_TRUE(lu.factor(entries.data(), 1.0));
    std::vector<double> x(size);
    for (std::size_t i = 0; i < size; ++i) x[i] = 2.0 * static_cast<double>((i + 1) % size);
    lu.solve(x.data());
    for (std::size_t i = 0; i < size; ++i) EXPECT_DOUBLE_EQ(x[i], static_cast<double>(i));
  }
}

TEST(PointLu, SingularAndInfiniteAreRefused) {
  for (const std::size_t size : {1U, 9U}) {
    const std::vector<model::SparseEntry> pattern{{0, 0}};
    PointLu lu(size, pattern);
    const double one = 1.0;
    const double infinite = std::numeric_limits<double>::infinity();
    EXPECT_FALSE(lu.factor(&one, 1.0));
    EXPECT_FALSE(lu.factor(&infinite, 1.0));
  }
}

}  // namespace
}  // namespace howship::simulation
