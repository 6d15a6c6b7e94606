// What one patient costs, without space, at a relative tolerance of 1e-8; beside it CVODE as one would use it plainly.
#include <algorithm>
#include <atomic>
#include <benchmark/benchmark.h>
#include <cmath>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "howship/model/kinetics.hpp"
#include "howship/model/library.hpp"
#include "howship/simulation/simulation.hpp"

#include "by_hand.hpp"
#include "plain_cvode.hpp"

namespace {

using namespace howship;

using RatesByHand = void (*)(double time, const double* y, double* out);

constexpr double kTolerance = 1e-8;
constexpr double kReference = 1e-11;

/// A model, its patient and what happens to her.
struct Case {
  std::shared_ptr<const model::Kinetics> kinetics;
  std::vector<double> parameters;
  std::vector<std::vector<double>> given;
  simulation::Schedule schedule;
  std::vector<double> jumps;  ///< of rates; doses come on top
  vertebra::Domain domain = vertebra::Domain::single(0.15);

  explicit Case(const std::vector<std::string>& ids) {
    const UnitSystem units;
    const model::Library library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
    const auto read = std::make_shared<model::Model>(model::build_model(library, ids, units));
    kinetics = std::make_shared<const model::Kinetics>(read);
    parameters = read->parameter_values();
    given.assign(read->given.size(), {0.15});
  }
  const model::Model& model() const { return kinetics->model(); }
  double& parameter(const std::string& id) {
    return parameters[static_cast<std::size_t>(model().find_parameter(id) - model().parameters.data())];
  }
  void dose(const std::string& drug, double amount, double first, double every, int count) {
    const model::Drug& d = *model().find_drug(drug);
    for (int n = 0; n < count; ++n)
      schedule.doses.push_back({first + every * n, model().species[d.species].slot, amount, drug});
  }
  std::vector<double> typical() const {
    std::vector<double> sizes;
    for (const std::size_t s : model().local) sizes.push_back(model().species[s].typical);
    for (const std::size_t s : model().systemic) sizes.push_back(model().species[s].typical);
    return sizes;
  }
  /// What PointKinetics counts as parameters: a voxel of the single domain is the whole tissue.
  std::vector<double> point_parameters() const {
    std::vector<double> all = parameters;
    for (const auto& field : given) all.push_back(field.front());
    for (std::size_t r = 0; r < model().rate_reductions; ++r) {
      const bool mean = model().reductions[r].kind == model::Reduction::Kind::mean;
      all.push_back(mean ? 1.0 : domain.grid().voxel_volume());
    }
    return all;
  }
};

/// PTH from day 20 to day 80, the paper's own experiment, and then rest.
Case lemaire() {
  Case c({"published/lemaire2004"});
  c.schedule.end = 1000.0;
  c.parameter("I_P") = 1e3;
  c.jumps = {20.0, 80.0};
  return c;
}
Case peterson_riggs() {
  Case c({"published/peterson_riggs2010", "published/peterson_riggs2010_denosumab"});
  c.schedule.end = 1461.0;
  c.dose("denosumab", 0.729 * 60.0, 0.0, 182.625, 8);
  return c;
}
Case vicious_cycle() {
  Case c({"prototype/vicious_cycle", "prototype/denosumab", "prototype/zoledronic_acid"});
  c.schedule.end = 1100.0;
  c.dose("denosumab", 70.0, 360.0, 28.0, 26);
  return c;
}

double error(const std::vector<double>& is, const std::vector<double>& exact, const std::vector<double>& typical) {
  double worst = 0.0;
  for (std::size_t i = 0; i < is.size(); ++i)
    worst = std::max(worst, std::abs(is[i] - exact[i]) / (std::abs(exact[i]) + typical[i]));
  return worst;
}

simulation::SolverOptions options(double tolerance) {
  simulation::SolverOptions result;
  result.relative_tolerance = tolerance;
  result.threads = {1};
  return result;
}

std::vector<double> solve(simulation::Simulation& simulation, const Case& c, long* steps = nullptr) {
  simulation::Schedule schedule = c.schedule;
  schedule.outputs = {schedule.end};
  std::vector<double> last;
  const auto statistics = simulation.run(schedule,
                                         [&](const simulation::State& state, simulation::Moment) {
                                           if (state.time < schedule.end) return;
                                           last.clear();
                                           for (std::size_t s = 0; s < c.model().local.size(); ++s)
                                             last.push_back(state.local.data[s * state.local.stride]);
                                           last.insert(last.end(), state.systemic.begin(), state.systemic.end());
                                         },
                                         {});
  if (steps != nullptr) *steps = statistics.steps;
  return last;
}

std::vector<double> reference(const Case& c) {
  simulation::Simulation simulation(c.kinetics, c.parameters, c.domain, c.given, options(kReference));
  return solve(simulation, c);
}

void ours(benchmark::State& state, Case (*make)()) {
  const Case c = make();
  simulation::Simulation simulation(c.kinetics, c.parameters, c.domain, c.given, options(kTolerance));
  std::vector<double> last;
  long steps = 0;
  for (auto _ : state) last = solve(simulation, c, &steps);
  state.counters["steps"] = static_cast<double>(steps);
  state.counters["error"] = error(last, reference(c), c.typical());
}

/// Holds rates written by hand against the model's compiled ones, at states all around the initial one.
void check(const Case& c, const RatesByHand& by_hand, const std::vector<double>& initial) {
  constexpr double kAgreement = 1e-10;  // relative
  const model::PointKinetics& point = c.kinetics->point();
  auto workspace = point.rates().workspace(c.point_parameters());
  const std::vector<double> typical = c.typical();
  std::vector<double> y(point.size()), compiled(point.size()), hand(point.size());
  std::uint64_t draw = 1;
  const auto random = [&draw] {  // from 0 to 1
    draw = draw * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(draw >> 11U) * 0x1p-53;
  };
  for (int n = 0; n < 100; ++n) {
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = initial[i] * (0.7 + 0.6 * random()) + 30.0 * typical[i] * random();
    const double time = c.schedule.end * random();
    point.rates().run(workspace, time, y.data(), compiled.data());
    by_hand(time, y.data(), hand.data());
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (std::abs(compiled[i] - hand[i]) <= kAgreement * std::abs(compiled[i])) continue;
      const model::Model& m = c.model();
      const std::size_t s = i < m.local.size() ? m.local[i] : m.systemic[i - m.local.size()];
      throw std::runtime_error(
          fmt::format("the rate of {} is {:.17g}, and {:.17g} by hand", m.species[s].id, compiled[i], hand[i]));
    }
  }
}

void plain(benchmark::State& state, Case (*make)(), RatesByHand by_hand) {
  const Case c = make();
  const model::PointKinetics& point = c.kinetics->point();
  auto initial_workspace = point.initial().workspace(c.point_parameters());
  const std::vector<double> zeros(point.size(), 0.0);
  std::vector<double> initial(point.size());
  point.initial().run(initial_workspace, 0.0, zeros.data(), initial.data());
  std::vector<double> stops = c.jumps;
  for (const simulation::Dose& dose : c.schedule.doses) stops.push_back(dose.time);
  const auto change = [&](std::size_t stop, double* y) {
    if (stop < c.jumps.size()) return;
    const simulation::Dose& dose = c.schedule.doses[stop - c.jumps.size()];
    y[c.model().local.size() + dose.systemic] += dose.amount;
  };
  check(c, by_hand, initial);
  bench::PlainCvode cvode(by_hand, c.typical(), kTolerance);
  std::vector<double> last;
  for (auto _ : state) last = cvode.solve(initial, stops, c.schedule.end, change);
  state.counters["steps"] = static_cast<double>(cvode.steps());
  state.counters["error"] = error(last, reference(c), c.typical());
}

/// From text to the end of the first step.
void first_step(benchmark::State& state, Case (*make)()) {
  for (auto _ : state) {
    Case c = make();
    simulation::Simulation simulation(c.kinetics, c.parameters, c.domain, c.given, options(kTolerance));
    try {
      simulation.run(c.schedule, {}, [](double, double) { return false; });
    } catch (const Interrupted&) {
    }
  }
}

/// A thousand patients, each with parameters a little different, one at a time on each core; the model is compiled
/// once.
void thousand_patients(benchmark::State& state, Case (*make)()) {
  const Case c = make();
  constexpr std::size_t kPatients = 1000;
  for (auto _ : state) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t p = next++; p < kPatients; p = next++) {
        std::vector<double> parameters = c.parameters;
        for (std::size_t i = 0; i < parameters.size(); ++i) {
          const auto mixed = static_cast<double>((p * 7919 + i * 104729) % 1000) / 1000.0 - 0.5;
          if (c.model().parameters[i].unit.text.find("day") != std::string::npos) parameters[i] *= 1.0 + 0.02 * mixed;
        }
        simulation::Simulation simulation(c.kinetics, parameters, c.domain, c.given, options(kTolerance));
        benchmark::DoNotOptimize(solve(simulation, c).data());
      }
    };
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t) threads.emplace_back(work);
  }
}

BENCHMARK_CAPTURE(ours, lemaire, lemaire)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plain, lemaire, lemaire, bench::lemaire_by_hand)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ours, peterson_riggs, peterson_riggs)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plain, peterson_riggs, peterson_riggs, bench::peterson_riggs_by_hand)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ours, vicious_cycle, vicious_cycle)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plain, vicious_cycle, vicious_cycle, bench::vicious_cycle_by_hand)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(first_step, lemaire, lemaire)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(first_step, peterson_riggs, peterson_riggs)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(first_step, vicious_cycle, vicious_cycle)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(thousand_patients, lemaire, lemaire)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(thousand_patients, peterson_riggs, peterson_riggs)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
