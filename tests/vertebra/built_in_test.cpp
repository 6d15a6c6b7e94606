#include "howship/vertebra/built_in.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support.hpp"

namespace howship::vertebra {
namespace {

using test::options_of;
using test::refusal;
using test::shape_of;
using Position = std::array<double, 3>;

/// Length over the voxels, along an axis, of those that a condition picks.
template <class Condition>
double extent(const Domain& domain, std::size_t axis, Condition&& wanted) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t v = 0; v < domain.size(); ++v) {
    const Position p = domain.grid().position(domain.active()[v]);
    if (!wanted(p, domain.region()[v])) continue;
    low = std::min(low, p[axis]);
    high = std::max(high, p[axis]);
  }
  return high - low + domain.grid().spacing[axis];
}

bool holds_bone(const Domain& domain, const Position& p) {
  const Grid& grid = domain.grid();
  std::array<int, 3> v{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    v[axis] = static_cast<int>(std::lround((p[axis] - grid.origin[axis]) / grid.spacing[axis]));
    if (v[axis] < 0 || v[axis] >= grid.size[axis]) return false;
  }
  return domain.active_index(grid.index(v[0], v[1], v[2])) != Domain::kOutside;
}

/// Length of the empty run of voxels through a point along an axis.
double gap(const Domain& domain, Position p, std::size_t axis) {
  const double h = domain.grid().spacing[axis];
  double length = 0.0;
  for (const double direction : {-h, h}) {
    Position q = p;
    if (direction > 0) q[axis] += direction;
    for (; !holds_bone(domain, q) && std::abs(q[axis] - p[axis]) < 60.0; q[axis] += direction) length += h;
  }
  return length;
}

class EveryLevel : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Lumbar, EveryLevel, testing::Values("L1", "L2", "L3", "L4", "L5"));

TEST_P(EveryLevel, MeasuresWhatThePublishedTableSays) {
  constexpr double h = 0.5;
  const VertebraShape s = shape_of(GetParam());
  const Domain bone = build_vertebra(s, options_of(GetParam(), h));
  const double half = 0.5 * s.posterior_height;
  const double lowest_half = 0.5 * std::min(s.posterior_height, s.anterior_height);
  const auto body = [](Region r) { return r != Region::posterior; };
  const auto middle = [&](const Position& p) { return std::abs(p[0]) < 0.5 * h; };

  EXPECT_NEAR(extent(bone, 0, [&](const Position& p, Region r) { return body(r) && p[2] > 0.7 * lowest_half; }),
              s.superior_endplate_width, h + 0.2);
  EXPECT_NEAR(extent(bone, 0, [&](const Position& p, Region r) { return body(r) && p[2] < -0.7 * lowest_half; }),
              s.inferior_endplate_width, h + 0.2);
  EXPECT_NEAR(
      extent(bone, 1, [&](const Position& p, Region r) { return body(r) && middle(p) && p[2] > 0.7 * lowest_half; }),
      s.superior_endplate_depth, h + 0.2);
  EXPECT_NEAR(
      extent(bone, 1, [&](const Position& p, Region r) { return body(r) && middle(p) && p[2] < -0.7 * lowest_half; }),
      s.inferior_endplate_depth, h + 0.2);
  const double front = -0.25 * (s.superior_endplate_depth + s.inferior_endplate_depth) + 1.5;
  EXPECT_NEAR(
      extent(bone, 2, [&](const Position& p, Region r) { return body(r) && middle(p) && std::abs(p[1] - front) < h; }),
      s.anterior_height, h + 0.2);
  EXPECT_NEAR(
      extent(bone, 2, [&](const Position& p, Region r) { return body(r) && middle(p) && std::abs(p[1] + front) < h; }),
      s.posterior_height, h + 0.2);

  const double wall = 0.5 * std::min(s.superior_endplate_depth, s.inferior_endplate_depth);
  const double pedicle_z = half - 1.5 - 0.5 * s.pedicle_height;
  EXPECT_NEAR(gap(bone, {0.0, wall + 0.38 * s.canal_depth, pedicle_z}, 0), s.canal_width, h + 0.2);
  double narrowest = 1e9;
  for (double z = -half; z <= half; z += h)
    narrowest = std::min(narrowest, gap(bone, {0.0, wall + 0.5 * s.canal_depth, z}, 1));
  EXPECT_NEAR(narrowest, s.canal_depth, 2.0 * h);
  // The canal is open from end to end.
  for (double z = -60.0; z <= 60.0; z += h) EXPECT_FALSE(holds_bone(bone, {0.0, wall + 0.5 * s.canal_depth, z})) << z;

  const auto isthmus = [&](const Position& p) {
    return p[0] > 0.0 && std::abs(p[1] - wall - 0.4 * s.pedicle_length) < h;
  };
  EXPECT_NEAR(extent(bone, 0, [&](const Position& p, Region) { return isthmus(p) && std::abs(p[2] - pedicle_z) < h; }),
              s.pedicle_width, 2.0 * h);
  const double pedicle_x = 0.5 * (s.canal_width + s.pedicle_width);
  EXPECT_NEAR(
      extent(bone, 2,
             [&](const Position& p, Region) { return isthmus(p) && std::abs(p[0] - pedicle_x) < h && p[2] > -half; }),
      s.pedicle_height, 3.0 * h);
  EXPECT_NEAR(extent(bone, 0, [](const Position&, Region) { return true; }), s.transverse_process_span, 2.0 * h);
}

TEST_P(EveryLevel, IsOnePiece) {
  const Domain bone = build_vertebra(shape_of(GetParam()), options_of(GetParam(), 1.0));
  std::vector<char> seen(bone.size(), 0);
  std::vector<std::size_t> stack{0};
  seen[0] = 1;
  std::size_t count = 0;
  while (!stack.empty()) {
    const std::size_t v = stack.back();
    stack.pop_back();
    ++count;
    for (int side = 0; side < 6; ++side) {
      const std::int32_t other = bone.neighbour(v, side / 2, side % 2 == 0 ? -1 : 1);
      if (other == Domain::kOutside || seen[static_cast<std::size_t>(other)]) continue;
      seen[static_cast<std::size_t>(other)] = 1;
      stack.push_back(static_cast<std::size_t>(other));
    }
  }
  EXPECT_EQ(count, bone.size());
}

TEST(BuiltIn, ParameterFileHasEveryFieldWithinItsRange) {
  for (const char* level : {"L1", "L2", "L3", "L4", "L5"}) {
    const auto entries = test::level_entries(level);
    EXPECT_EQ(entries.size(), shape_fields().size() + built_in_fields().size());
    const auto check = [&](const auto& fields) {
      for (const auto& field : fields) {
        const auto& entry = entries.at(std::string(field.name));
        EXPECT_EQ(entry.unit, field.unit) << field.name;
        EXPECT_TRUE(entry.low <= entry.value && entry.value <= entry.high) << level << ' ' << field.name;
      }
    };
    check(shape_fields());
    check(built_in_fields());
  }
}

TEST(BuiltIn, LeftMirrorsRightWithoutHeterogeneity) {
  BuiltInOptions options = options_of("L3", 1.0);
  options.heterogeneity = 0.0;
  const Domain bone = build_vertebra(shape_of("L3"), options);
  for (std::size_t v = 0; v < bone.size(); ++v) {
    auto voxel = bone.grid().voxel(bone.active()[v]);
    voxel[0] = bone.grid().size[0] - 1 - voxel[0];
    const std::int32_t other = bone.active_index(bone.grid().index(voxel[0], voxel[1], voxel[2]));
    ASSERT_NE(other, Domain::kOutside);
    ASSERT_NEAR(bone.bvtv()[v], bone.bvtv()[static_cast<std::size_t>(other)], 1e-9);
    ASSERT_EQ(bone.region()[v], bone.region()[static_cast<std::size_t>(other)]);
  }
}

struct Totals {
  double volume = 0.0, bone = 0.0;
  std::array<double, 5> by_region{};  ///< bone, mm^3
};
Totals totals(const Domain& domain) {
  Totals out;
  for (std::size_t v = 0; v < domain.size(); ++v) {
    const double bone = domain.bvtv()[v] * domain.grid().voxel_volume();
    out.volume += domain.grid().voxel_volume();
    out.bone += bone;
    out.by_region[static_cast<std::size_t>(domain.region()[v])] += bone;
  }
  return out;
}

TEST(BuiltIn, VolumeAndBoneConvergeWithTheVoxelSize) {
  const VertebraShape shape = shape_of("L3");
  const Totals coarse = totals(build_vertebra(shape, options_of("L3", 2.0)));
  const Totals medium = totals(build_vertebra(shape, options_of("L3", 1.0)));
  const Totals fine = totals(build_vertebra(shape, options_of("L3", 0.5)));
  EXPECT_NEAR(coarse.volume / fine.volume, 1.0, 0.03);
  EXPECT_NEAR(medium.volume / fine.volume, 1.0, 0.006);
  EXPECT_NEAR(coarse.bone / fine.bone, 1.0, 0.12);
  EXPECT_NEAR(medium.bone / fine.bone, 1.0, 0.025);
}

// The bone that the shell adds must be its area times its thickness, however much thinner than a voxel it is.
TEST(BuiltIn, ThinShellKeepsItsBone) {
  const VertebraShape shape = shape_of("L3");
  const auto bone = [&](double voxel, double shell) {
    BuiltInOptions options = options_of("L3", voxel);
    options.heterogeneity = 0.0;
    options.pattern = 0.0;
    options.shell_thickness = shell;
    return totals(build_vertebra(shape, options)).bone;
  };
  const double fine = bone(0.5, 0.38) - bone(0.5, 0.0), medium = bone(1.0, 0.38) - bone(1.0, 0.0);
  EXPECT_GT(fine, 600.0);
  EXPECT_NEAR(medium / fine, 1.0, 0.15);
}

TEST(BuiltIn, CompactBoneOfTheBodyIsTheMeasuredShareOfItsMass) {
  const Totals t = totals(build_vertebra(shape_of("L3"), options_of("L3", 0.5)));
  const double trabecular = t.by_region[1], shell = t.by_region[2], endplates = t.by_region[3];
  // The published 21 to 39 % may or may not count the endplates.
  EXPECT_LT((shell + endplates) / (trabecular + shell + endplates), 0.39);
  EXPECT_GT(shell / (trabecular + shell), 0.18);
}

TEST(BuiltIn, MeanTrabecularBvtvIsTheOneAskedFor) {
  for (const double target : {0.08, 0.15, 0.22}) {
    BuiltInOptions options = options_of("L3", 0.5);
    options.trabecular_bvtv = target;
    const Domain bone = build_vertebra(shape_of("L3"), options);
    double sum = 0.0, squares = 0.0;
    int count = 0;
    for (std::size_t v = 0; v < bone.size(); ++v) {
      if (bone.region()[v] != Region::trabecular) continue;
      sum += bone.bvtv()[v];
      squares += bone.bvtv()[v] * bone.bvtv()[v];
      ++count;
    }
    EXPECT_NEAR(sum / count, target, 0.01);
    const double spread = std::sqrt(squares / count - sum * sum / count / count) / (sum / count);
    EXPECT_GT(spread, 0.2);
    EXPECT_LT(spread, 0.5);
  }
}

TEST(BuiltIn, SameSeedIsTheSameBoneBitForBit) {
  const VertebraShape shape = shape_of("L2");
  BuiltInOptions options = options_of("L2", 1.0);
  const Domain a = build_vertebra(shape, options), b = build_vertebra(shape, options);
  EXPECT_EQ(a.active(), b.active());
  EXPECT_EQ(a.bvtv(), b.bvtv());
  options.seed = 2;
  const Domain c = build_vertebra(shape, options);
  EXPECT_EQ(a.active(), c.active());
  EXPECT_NE(a.bvtv(), c.bvtv());
}

TEST(BuiltIn, SmallerVoxelsRefineTheSameField) {
  const VertebraShape shape = shape_of("L3");
  const Domain coarse = build_vertebra(shape, options_of("L3", 1.0)),
               fine = build_vertebra(shape, options_of("L3", 0.5));
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  int count = 0;
  for (std::size_t v = 0; v < coarse.size(); ++v) {
    if (coarse.region()[v] != Region::trabecular) continue;
    const Position p = coarse.grid().position(coarse.active()[v]);
    std::array<int, 3> w{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      w[axis] = static_cast<int>(std::lround((p[axis] - fine.grid().origin[axis]) / fine.grid().spacing[axis]));
    }
    const std::int32_t other = fine.active_index(fine.grid().index(w[0], w[1], w[2]));
    if (other == Domain::kOutside || fine.region()[static_cast<std::size_t>(other)] != Region::trabecular) continue;
    const double a = coarse.bvtv()[v], b = fine.bvtv()[static_cast<std::size_t>(other)];
    sum_a += a, sum_b += b, aa += a * a, bb += b * b, ab += a * b;
    ++count;
  }
  const double covariance = ab / count - sum_a * sum_b / count / count;
  EXPECT_GT(count, 15000);
  EXPECT_GT(covariance /
                std::sqrt((aa / count - sum_a * sum_a / count / count) * (bb / count - sum_b * sum_b / count / count)),
            0.95);
}

TEST(BuiltIn, EveryVertebraWithinThePublishedRangesIsSound) {
  const auto entries = test::level_entries("L3");
  EXPECT_TRUE(rc::check([&] {
    VertebraShape shape;
    BuiltInOptions options;
    const auto draw = [&](auto& target, const auto& field) {
      const auto& e = entries.at(std::string(field.name));
      target.*field.member = e.low + (e.high - e.low) * (*rc::gen::inRange(1, 1001) * 1e-3);
    };
    for (const auto& field : shape_fields()) draw(shape, field);
    for (const auto& field : built_in_fields()) draw(options, field);
    options.voxel = *rc::gen::element(4.0, 5.0, 6.0);
    options.seed = *rc::gen::arbitrary<std::uint64_t>();
    const Domain bone = build_vertebra(shape, options);
    RC_ASSERT(bone.volume() > 20e3);
    RC_ASSERT(bone.volume() < 120e3);
    for (const double bvtv : bone.bvtv()) RC_ASSERT(bvtv >= kBuiltInMinBvtv && bvtv <= kBuiltInMaxBvtv);
  }));
}

TEST(BuiltIn, RefusesWhatMakesNoSense) {
  const VertebraShape good = shape_of("L3");
  const auto with_voxel = [&](double voxel) { return refusal([&] { build_vertebra(good, options_of("L3", voxel)); }); };
  for (const double voxel :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 60.0, 20.0}) {
    EXPECT_NE(with_voxel(voxel).find("voxel size"), std::string::npos) << voxel << ": " << with_voxel(voxel);
  }
  EXPECT_NE(with_voxel(0.01).find("2^31"), std::string::npos) << with_voxel(0.01);

  for (const auto& field : shape_fields()) {
    for (const double bad : {-1.0, std::numeric_limits<double>::quiet_NaN(), 1e6}) {
      VertebraShape shape = good;
      shape.*field.member = bad;
      const std::string said = refusal([&] { build_vertebra(shape, options_of("L3", 2.0)); });
      EXPECT_NE(said.find(field.name), std::string::npos) << field.name << ' ' << bad << ": " << said;
    }
  }
  for (const auto& field : built_in_fields()) {
    for (const double bad : {-1.0, std::numeric_limits<double>::quiet_NaN(), 1e6}) {
      BuiltInOptions options = options_of("L3", 2.0);
      options.*field.member = bad;
      const std::string said = refusal([&] { build_vertebra(good, options); });
      EXPECT_NE(said.find(field.name), std::string::npos) << field.name << ' ' << bad << ": " << said;
    }
  }
  EXPECT_NE(refusal([&] { build_vertebra(VertebraShape{}, BuiltInOptions{}); }), "");
}

}  // namespace
}  // namespace howship::vertebra
