#include "simulation/field_vector.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace howship::simulation {
namespace {

struct Vectors {
  Vectors(std::size_t voxels, std::size_t locals, std::size_t systemics, int threads)
      : layout(voxels, locals, systemics),
        team({threads}),
        space(context.get(), layout, std::vector<double>(locals + systemics, 2.0), team, alone) {}
  VectorHandle filled(int seed) {
    VectorHandle v = space.create();
    double* values = space.values(v.get());
    for (std::size_t i = 0; i < layout.size(); ++i)
      values[i] = std::sin(0.37 * static_cast<double>(i % 1013) + seed) + 1.5;
    return v;
  }
  std::vector<double> copy(const VectorHandle& v) {
    const double* values = space.values(v.get());
    return {values, values + layout.size()};
  }

  SundialsContext context;
  Layout layout;
  WorkerTeam team;
  Ranks alone;
  FieldSpace space;
};

TEST(FieldVector, ElementwiseOperationsAreThoseOfPlainLoops) {
  for (const std::size_t voxels : {1U, 8U, 9U, 700U}) {
    Vectors on(voxels, 3, 2, 2);
    const auto x = on.filled(1);
    const auto y = on.filled(2);
    const auto z = on.space.create();
    const auto xs = on.copy(x);
    const auto ys = on.copy(y);
    const auto expect = [&](const char* what, auto&& formula) {
      const auto zs = on.copy(z);
      for (std::size_t i = 0; i < zs.size(); ++i) ASSERT_DOUBLE_EQ(zs[i], formula(i)) << what << " at " << i;
    };
    N_VLinearSum(2.0, x.get(), -0.5, y.get(), z.get());
    expect("linear sum", [&](std::size_t i) { return 2.0 * xs[i] - 0.5 * ys[i]; });
    N_VConst(3.0, z.get());
    expect("const", [&](std::size_t) { return 3.0; });
    N_VScale(-4.0, x.get(), z.get());
    expect("scale", [&](std::size_t i) { return -4.0 * xs[i]; });
    N_VAbs(z.get(), z.get());
    expect("abs", [&](std::size_t i) { return 4.0 * std::abs(xs[i]); });
    N_VProd(x.get(), y.get(), z.get());
    expect("prod", [&](std::size_t i) { return xs[i] * ys[i]; });
    N_VDiv(x.get(), y.get(), z.get());
    expect("div", [&](std::size_t i) { return xs[i] / ys[i]; });
    N_VInv(y.get(), z.get());
    expect("inv", [&](std::size_t i) { return 1.0 / ys[i]; });
    N_VAddConst(y.get(), 0.25, z.get());
    expect("add const", [&](std::size_t i) { return ys[i] + 0.25; });
    on.space.set_weights(x.get(), z.get(), 1e-3);
    expect("weights", [&](std::size_t i) { return 1.0 / (1e-3 * (std::abs(xs[i]) + 2.0)); });
    EXPECT_DOUBLE_EQ(N_VMin(x.get()), *std::min_element(xs.begin(), xs.end()));
    EXPECT_DOUBLE_EQ(N_VMaxNorm(x.get()), *std::max_element(xs.begin(), xs.end()));
    EXPECT_EQ(N_VGetLength(x.get()), static_cast<sunindextype>(voxels * 3 + 2));
  }
}

TEST(FieldVector, FusedOperationsWithMoreTermsThanOneHolds) {
  Vectors on(100, 4, 1, 1);
  constexpr int kCount = 19;
  std::vector<VectorHandle> inputs;
  std::vector<VectorHandle> outputs;
  std::vector<N_Vector> in;
  std::vector<N_Vector> out;
  std::vector<double> factors;
  for (int k = 0; k < kCount; ++k) {
    inputs.push_back(on.filled(k));
    outputs.push_back(on.space.create());
    in.push_back(inputs.back().get());
    out.push_back(outputs.back().get());
    factors.push_back(0.1 * (k + 1));
  }
  const auto z = on.space.create();
  N_VLinearCombination(kCount, factors.data(), in.data(), z.get());
  const auto zs = on.copy(z);
  for (std::size_t i = 0; i < zs.size(); ++i) {
    double sum = 0.0;
    for (int k = 0; k < kCount; ++k) sum += factors[k] * on.copy(inputs[k])[i];
    ASSERT_NEAR(zs[i], sum, 1e-12);
    if (i > 40) break;
  }
  const auto x = on.filled(99);
  N_VScaleAddMulti(kCount, factors.data(), x.get(), in.data(), out.data());
  for (int k = 0; k < kCount; ++k)
    ASSERT_NEAR(on.copy(outputs[k])[7], factors[k] * on.copy(x)[7] + on.copy(inputs[k])[7], 1e-13);
  // The usual case: results take the place of the operands.
  N_VScaleAddMulti(2, factors.data(), x.get(), in.data(), in.data());
  EXPECT_NEAR(on.copy(inputs[1])[3], on.copy(outputs[1])[3], 1e-14);
}

// Operations are noted and carried out later: a chain in which each reads what the one before wrote must not notice.
TEST(FieldVector, PendingOperationsKeepTheirOrder) {
  EXPECT_TRUE(rc::check("a random chain equals its plain loops", [] {
    Vectors on(*rc::gen::inRange<std::size_t>(1, 300), 2, 1, *rc::gen::inRange(1, 4));
    std::vector<VectorHandle> v;
    std::vector<std::vector<double>> plain;
    for (int k = 0; k < 4; ++k) {
      v.push_back(on.filled(k));
      plain.push_back(on.copy(v.back()));
    }
    const int length = *rc::gen::inRange(1, 30);
    for (int step = 0; step < length; ++step) {
      const auto a = *rc::gen::inRange<std::size_t>(0, 4);
      const auto b = *rc::gen::inRange<std::size_t>(0, 4);
      const auto c = *rc::gen::inRange<std::size_t>(0, 4);
      const double factor = 0.1 * *rc::gen::inRange(-9, 10);
      N_VLinearSum(factor, v[a].get(), 0.5, v[b].get(), v[c].get());
      for (std::size_t i = 0; i < plain[c].size(); ++i) plain[c][i] = factor * plain[a][i] + 0.5 * plain[b][i];
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const auto values = on.copy(v[k]);
      for (std::size_t i = 0; i < values.size(); ++i)
        RC_ASSERT(std::abs(values[i] - plain[k][i]) <= 1e-12 * (1.0 + std::abs(plain[k][i])));
    }
  }));
}

TEST(FieldVector, NormIsTheWorstVoxels) {
  for (const std::size_t voxels : {5U, 1000U}) {
    Vectors on(voxels, 3, 2, 2);
    const auto x = on.space.create();
    const auto w = on.space.create();
    N_VConst(1.0, w.get());
    double* values = on.space.values(x.get());
    const std::size_t sick = voxels / 2;
    values[on.layout.index(0, sick)] = 3.0;
    values[on.layout.index(2, sick)] = -4.0;
    values[on.layout.index(1, 0)] = 4.9;
    EXPECT_DOUBLE_EQ(N_VWrmsNorm(x.get(), w.get()), std::sqrt(25.0 / 5.0));
    on.space.values(x.get())[on.layout.tail()] = 2.0;
    EXPECT_DOUBLE_EQ(N_VWrmsNorm(x.get(), w.get()), std::sqrt(29.0 / 5.0));
    on.space.values(x.get())[on.layout.index(1, 1)] = std::nan("");
    EXPECT_TRUE(std::isnan(N_VWrmsNorm(x.get(), w.get())));
  }
}

}  // namespace
}  // namespace howship::simulation
