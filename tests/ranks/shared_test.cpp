#include <algorithm>
#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"
#include "howship/core/ranks.hpp"
#include "howship/output/checkpoint.hpp"
#include "howship/output/frame_pieces.hpp"

#include "simulation/toy_model.hpp"
#include "temporary_folder.hpp"

// Started by mpirun with several numbers of ranks: each rank also computes everything alone, and its part of what the
// ranks compute together must be the same to the last bit.

namespace howship {
namespace {

using simulation::Slabs;
using testing::Toy;

Ranks& ranks() {
  static Ranks all = Ranks::launched();  // MPI begins and ends once in a process
  return all;
}

/// Two diffusing species, one of them at a speed that varies, a systemic species that feels the tissue and is felt by
/// it, one known ahead, a mean over a region that rates read, an event and doses.
std::shared_ptr<const model::Kinetics> everything() {
  Toy toy;
  const auto x = toy.local("x", toy.plus(toy.number(0.2), toy.given("seed")));
  const auto c = toy.local("c", toy.number(0.0));
  const auto d = toy.local("d", toy.given("seed"));
  toy.diffuse("c", toy.number(0.8));
  toy.diffuse("d", toy.plus(toy.number(0.1), toy.given("speed")));
  const auto drug = toy.systemic("drug", toy.number(0.0));
  const auto marker = toy.systemic("marker", toy.number(0.5));
  const auto alarm = toy.systemic("alarm", toy.number(0.0));
  toy.process("growth", toy.times(toy.times(x, toy.minus(toy.number(1.0), x)), toy.plus(toy.number(0.3), c)),
              {{"x", 1.0}});
  toy.process("release", toy.times(toy.plus(x, toy.times(0.2, marker)), toy.minus(toy.number(1.2), toy.times(0.1, d))),
              {{"c", 1.0}});
  toy.process("loss", toy.times(toy.plus(toy.number(0.7), drug), c), {{"c", -1.0}});
  toy.process("ageing", toy.times(toy.reduce(c, model::Reduction::Kind::mean), d), {{"d", -1.0}, {"x", 0.1}});
  toy.process("clearance", toy.times(0.6, drug), {{"drug", -1.0}});
  toy.process("shedding", toy.times(0.0005, toy.reduce(x)), {{"marker", 1.0}});
  toy.process("fading", toy.times(toy.plus(toy.number(0.2), toy.times(0.1, alarm)), marker), {{"marker", -1.0}});
  toy.event("rings", toy.less(toy.number(1.0), marker), "alarm", toy.number(1.0)).delay = toy.number(0.7);
  return toy.build();
}

struct Result {
  std::vector<double> steps;
  std::vector<std::vector<double>> systemic, local;  ///< per report; local: species after species, own voxels
  std::vector<double> totals, maxima;
  simulation::Statistics statistics;
};

struct World {
  std::shared_ptr<const model::Kinetics> kinetics = everything();
  vertebra::Domain domain;
  simulation::Schedule schedule{
      8.0, {{2.0, 0, 1.0, "drug"}, {5.0, 1, 0.4, "marker"}, {6.0, 0, 1.0, "drug"}}, {0.0, 1.0, 2.0, 4.5, 8.0}};

  // More layers than a rank has, or, thin, fewer.
  explicit World(bool thin)
      : domain(testing::masked(thin ? std::array<int, 3>{60, 55, 2} : std::array<int, 3>{17, 20, 15}, {1.0, 1.0, 1.5},
                               [](int i, int j, int k) { return !(i == 3 && j < 3) && i + j + k < 90; })) {}

  std::vector<std::vector<double>> given(const Slabs::Slab& slab) const {
    std::vector<std::vector<double>> fields(kinetics->model().given.size());
    for (std::size_t v = slab.begin; v < slab.end; ++v) {
      const auto place = static_cast<double>(v);
      fields[0].push_back(v == domain.size() / 2 ? 0.5 : 0.01 * std::sin(place));
      fields[1].push_back(0.05 + 0.05 * std::cos(0.01 * place));
    }
    return fields;
  }
  simulation::Simulation simulation(Ranks* shared) const {
    simulation::SolverOptions options = testing::tolerance(1e-5, 2);
    options.ranks = shared;
    return {kinetics, kinetics->model().parameter_values(), domain, given(simulation::slab_of(domain, shared)),
            options};
  }
  Result run(Ranks* shared, const Slabs::Slab& wanted, simulation::Archive* saved = nullptr,
             const std::function<bool(simulation::Simulation&, double)>& at_rest = {}) const {
    Result result;
    const Slabs::Slab held = simulation::slab_of(domain, shared);
    simulation::Simulation simulation = this->simulation(shared);
    simulation::Probe probe(kinetics, kinetics->model().parameter_values(), domain, given(held), {2}, shared);
    const model::Model& model = kinetics->model();
    simulation::Callbacks callbacks;
    callbacks.observer = [&](const simulation::State& state, simulation::Moment) {
      result.systemic.emplace_back(state.systemic.begin(), state.systemic.end());
      std::vector<double>& local = result.local.emplace_back();
      for (std::size_t s = 0; s < kinetics->local_count(); ++s) {
        const double* row = state.local.data + s * state.local.stride;
        for (std::size_t v = wanted.begin; v < wanted.end; ++v) local.push_back(row[v - held.begin]);
      }
      const std::vector<model::NodeId> nodes{model.species[0].node, model.species[1].node};
      for (const double total : probe.totals(state, nodes)) result.totals.push_back(total);
    };
    bool stop = false;
    callbacks.at_rest = [&](double time) { stop = at_rest && at_rest(simulation, time); };
    callbacks.keep_going = [&](double time, double) {
      result.steps.push_back(time);
      return !stop;
    };
    try {
      result.statistics =
          saved == nullptr ? simulation.run(schedule, callbacks) : simulation.resume(*saved, schedule, callbacks);
    } catch (const Interrupted&) {
      EXPECT_TRUE(stop);
    }
    return result;
  }
};

void expect_same(const Result& a, const Result& b) {
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.systemic, b.systemic);
  EXPECT_EQ(a.totals, b.totals);
  ASSERT_EQ(a.local.size(), b.local.size());
  for (std::size_t i = 0; i < a.local.size(); ++i) EXPECT_TRUE(a.local[i] == b.local[i]) << "report " << i;
  EXPECT_EQ(a.statistics.newton_iterations, b.statistics.newton_iterations);
  EXPECT_EQ(a.statistics.linear_iterations, b.statistics.linear_iterations);
}

class SharedSimulation : public ::testing::TestWithParam<bool> {};

TEST_P(SharedSimulation, HasTheBitsOfOneAlone) {
  const World world(GetParam());
  const Slabs::Slab mine = simulation::slab_of(world.domain, &ranks());
  const Result alone = world.run(nullptr, mine);
  const Result shared = world.run(&ranks(), mine);
  ASSERT_GT(alone.local.size(), 9U);
  ASSERT_GT(alone.statistics.linear_iterations, 10);
  expect_same(shared, alone);
  EXPECT_EQ(shared.statistics.halo_bytes > 0.0, ranks().count() > 1);
}

TEST_P(SharedSimulation, GoesOnAloneAndTogether) {
  const World world(GetParam());
  const Slabs::Slab mine = simulation::slab_of(world.domain, &ranks());
  const Result whole = world.run(nullptr, mine);
  const double half = whole.steps[whole.steps.size() / 2];
  // All ranks must see one folder; the first one's name goes to all.
  const test::TemporaryFolder folder;
  std::string path = (folder / "c.h5").string();
  ranks().broadcast(path, 0);
  const auto save = [&](simulation::Simulation& simulation, double time) {
    if (time < half) return false;
    output::CheckpointWriter writer(path, {{"a", "b"}}, &ranks());
    simulation.save(writer);
    writer.commit();
    return true;
  };
  const Result before = world.run(&ranks(), mine, nullptr, save);
  for (Ranks* with : {static_cast<Ranks*>(nullptr), &ranks()}) {
    Result both = before;
    output::CheckpointReader saved(path);
    const Result after = world.run(with, mine, &saved);
    both.steps.insert(both.steps.end(), after.steps.begin(), after.steps.end());
    both.systemic.insert(both.systemic.end(), after.systemic.begin(), after.systemic.end());
    both.local.insert(both.local.end(), after.local.begin(), after.local.end());
    both.totals.insert(both.totals.end(), after.totals.begin(), after.totals.end());
    both.statistics = after.statistics;
    expect_same(both, whole);
  }
  ranks().any(false);  // the folder stays until all have read
}

INSTANTIATE_TEST_SUITE_P(Shapes, SharedSimulation, ::testing::Bool());

TEST(SharedFailure, IsNamedAlike) {
  // Runs dry where it starts lowest, in one rank's part.
  Toy toy;
  const auto x = toy.local("x", toy.given("start"));
  toy.process("loss", toy.plus(toy.number(0.5), toy.apply(model::Op::square_root, x)), {{"x", -1.0}});
  const auto kinetics = toy.build();
  const vertebra::Domain domain = testing::box({20, 20, 15});
  const auto message = [&](Ranks* shared) -> std::string {
    const Slabs::Slab held = simulation::slab_of(domain, shared);
    std::vector<double> start;
    for (std::size_t v = held.begin; v < held.end; ++v) start.push_back(v == 4321 ? 1.0 : 2.0);
    simulation::SolverOptions options = testing::tolerance(1e-4);
    options.ranks = shared;
    try {
      simulation::Simulation(kinetics, kinetics->model().parameter_values(), domain, {start}, options)
          .run({10.0, {}, {}}, {});
    } catch (const NumericalError& error) {
      return error.what();
    }
    return "no failure";
  };
  const std::string alone = message(nullptr);
  EXPECT_NE(alone.find("voxel (1, 16, 10)"), std::string::npos) << alone;
  EXPECT_EQ(message(&ranks()), alone);
}

TEST(SharedFailure, OfOneRankIsThatOfAll) {
  const int last = ranks().count() - 1;
  try {
    ranks().together([&] {
      if (ranks().rank() == last)
        throw InputError({Diagnostic{{"study.toml", 3, 7}, "it is wrong: 12:34", "mend it", "a line"}});
    });
    FAIL();
  } catch (const InputError& error) {
    ASSERT_EQ(error.diagnostics().size(), 1U);
    EXPECT_EQ(error.diagnostics()[0].where, (SourceLocation{"study.toml", 3, 7}));
    EXPECT_EQ(error.diagnostics()[0].message, "it is wrong: 12:34");
    EXPECT_EQ(error.diagnostics()[0].hint, "mend it");
    EXPECT_EQ(error.diagnostics()[0].excerpt, "a line");
  }
  EXPECT_THROW(ranks().together([] { throw OutputError("full"); }), OutputError);
  EXPECT_THROW(ranks().together([&] {
    if (ranks().rank() == last) throw std::bad_alloc();
  }),
               std::bad_alloc);
  EXPECT_NO_THROW(ranks().together([] {}));
}

TEST(SharedFailure, AtTheStartIsThatOfAll) {
  Toy toy;
  toy.local("x", toy.apply(model::Op::square_root, toy.given("start")));
  const auto kinetics = toy.build();
  const vertebra::Domain domain = testing::box({20, 20, 15});
  const Slabs::Slab held = simulation::slab_of(domain, &ranks());
  std::vector<double> start(held.size(), 1.0);
  if (held.end == domain.size() && !start.empty()) start.back() = -1.0;
  simulation::SolverOptions options = testing::tolerance(1e-4);
  options.ranks = &ranks();
  EXPECT_THROW(simulation::Simulation(kinetics, kinetics->model().parameter_values(), domain, {start}, options),
               InputError);
}

TEST(FramePieces, AreBoxesThatCoverEverything) {
  for (const bool thin : {false, true}) {
    const World world(thin);
    const output::FramePieces pieces(world.domain, &ranks());
    int covered = 0;
    for (int rank = 0; rank < ranks().count(); ++rank) {
      if (pieces.of(rank).size() == 0) continue;
      EXPECT_EQ(pieces.of(rank).begin, covered);
      covered = pieces.of(rank).end;
    }
    EXPECT_EQ(covered, world.domain.grid().size[2]);
    const Slabs::Slab own = simulation::slab_of(world.domain, &ranks());
    std::vector<float> values;
    for (std::size_t v = own.begin; v < own.end; ++v) values.push_back(static_cast<float>(v));
    const std::vector<float> collected = pieces.collect(values);
    ASSERT_EQ(collected.size(), pieces.voxels().size());
    for (std::size_t i = 0; i < collected.size(); ++i) {
      const std::size_t voxel = pieces.voxels().begin + i;
      ASSERT_EQ(collected[i], static_cast<float>(voxel));
      const int layer = world.domain.grid().voxel(world.domain.active()[voxel])[2];
      ASSERT_TRUE(layer >= pieces.mine().begin && layer < pieces.mine().end);
    }
    double all = static_cast<double>(collected.size());
    std::vector<double> sizes(static_cast<std::size_t>(ranks().count()));
    ranks().gather({&all, 1}, std::vector<int>(sizes.size(), 1), sizes);
    double sum = 0.0;
    for (const double size : sizes) sum += size;
    EXPECT_EQ(sum, static_cast<double>(world.domain.size()));
  }
}

TEST(Slabs, ArePartsOfWholeChunks) {
  for (const std::size_t voxels : {1U, 1024U, 1025U, 5000U, 100000U}) {
    for (int count = 1; count < 12; ++count) {
      const Slabs slabs(voxels, count);
      std::size_t covered = 0;
      std::size_t most = 0;
      std::size_t least = voxels;
      for (int rank = 0; rank < count; ++rank) {
        const Slabs::Slab slab = slabs.of(rank);
        EXPECT_EQ(slab.begin, covered);
        EXPECT_TRUE(slab.size() == 0 || slab.begin % Slabs::kChunk == 0);
        covered = slab.end;
        most = std::max(most, slabs.chunks(rank));
        least = std::min(least, slabs.chunks(rank));
        for (const std::size_t voxel : {slab.begin, slab.end - 1}) {
          EXPECT_TRUE(slab.size() == 0 || slabs.owner(voxel) == rank);
        }
      }
      EXPECT_EQ(covered, voxels);
      EXPECT_LE(most - least, 1U);
      EXPECT_GT(slabs.of(0).size(), 0U);
    }
  }
}

}  // namespace
}  // namespace howship
