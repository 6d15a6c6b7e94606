// What a vertebra costs, as lines "name: value". Every comparison is made within one run of this program.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/core/worker_team.hpp"

#include "by_hand_field.hpp"
#include "simulation/field_system.hpp"
#include "simulation/known_inputs.hpp"
#include "spatial_case.hpp"
#include "stock_field.hpp"

namespace howship::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_of(const std::function<void()>& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double median_seconds(int repeats, const std::function<void()>& work) {
  std::vector<double> all;
  for (int i = 0; i < repeats; ++i) all.push_back(seconds_of(work));
  return median(all);
}

/// A solution at a few days: [time][species * voxels + voxel].
using Solution = std::vector<std::vector<double>>;

/// The largest error of any voxel on any of the days, in the norm the solver controls: the root mean square over
/// species of the error by (size + typical size).
double error(const SpatialCase& c, const Solution& found, const Solution& reference) {
  const model::Model& model = c.kinetics->model();
  const std::size_t voxels = c.place.domain.size();
  double worst = 0.0;
  for (std::size_t t = 0; t < reference.size(); ++t) {
    for (std::size_t v = 0; v < voxels; ++v) {
      double squares = 0.0;
      for (std::size_t s = 0; s < model.local.size(); ++s) {
        const double exact = reference[t][s * voxels + v];
        const double off =
            (found[t][s * voxels + v] - exact) / (std::abs(exact) + model.species[model.local[s]].typical);
        squares += off * off;
      }
      worst = std::max(worst, std::sqrt(squares / static_cast<double>(model.local.size())));
    }
  }
  return worst;
}

struct Timed {
  Solution solution;
  double seconds = 0.0;
  long steps = 0;
};

Timed solve(const SpatialCase& c, double tolerance, int threads, const std::vector<double>& days) {
  Timed timed;
  simulation::Simulation simulation = c.simulation(tolerance, threads);
  simulation::Schedule schedule = c.arm.schedule;
  schedule.outputs = days;
  const std::size_t voxels = c.place.domain.size();
  timed.seconds = seconds_of([&] {
    timed.steps = simulation
                      .run(schedule,
                           [&](const simulation::State& state, simulation::Moment moment) {
                             if (moment == simulation::Moment::before_dose ||
                                 !std::binary_search(days.begin(), days.end(), state.time))
                               return;
                             std::vector<double>& out = timed.solution.emplace_back();
                             for (std::size_t s = 0; s < c.kinetics->local_count(); ++s) {
                               const double* row = state.local.data + s * state.local.stride;
                               out.insert(out.end(), row, row + voxels);
                             }
                           },
                           {})
                      .steps;
  });
  return timed;
}

Timed solve_stock(const SpatialCase& c, double tolerance, int threads, const std::vector<double>& days) {
  Timed timed;
  StockField stock(c.kinetics, c.arm.parameters, c.place.domain, c.given, tolerance, threads);
  const std::size_t voxels = c.place.domain.size();
  timed.seconds = seconds_of([&] {
    timed.steps = stock.run(c.arm.schedule, days, [&](double, const auto& local) {
      std::vector<double>& out = timed.solution.emplace_back();
      for (std::size_t s = 0; s < c.kinetics->local_count(); ++s) {
        for (std::size_t v = 0; v < voxels; ++v) out.push_back(local(s, v));
      }
    });
  });
  return timed;
}

/// Logarithms of an error and of the seconds it took, from the largest error to the least.
using Curve = std::vector<std::pair<double, double>>;

double at(const Curve& curve, double log_error) {
  std::size_t i = 1;
  while (i + 1 < curve.size() && log_error < curve[i].first) ++i;
  const auto& [e0, t0] = curve[i - 1];
  const auto& [e1, t1] = curve[i];
  return t0 + (t1 - t0) * (log_error - e0) / (e1 - e0);
}

// Ours beside stock SUNDIALS at equal error: both at several tolerances, and the ratio of their times is the geometric
// mean over all errors that both reach. One tolerance alone would be a matter of luck: errors scatter by a factor 3.
// Ours runs before and after each of stock's, so that what else the machine does weighs on both.
void compare_with_stock(double voxel, int threads) {
  const SpatialCase c = SpatialCase::read("denosumab", voxel);
  const std::vector<double> days{90.0, 181.0, 365.0, 547.0, 730.0};
  fmt::print("# {} voxels of {} mm, {} threads; errors against 1e-8\n", c.place.domain.size(), voxel, threads);
  const Timed reference = solve(c, 1e-8, threads, days);
  Curve ours, stock;
  const auto note = [&](Curve& curve, const char* whose, double tolerance, const Timed& timed) {
    const double off = error(c, timed.solution, reference.solution);
    fmt::print("# {:5} {:.0e}: {:7.2f} s, {:5} steps, error {:.2e}\n", whose, tolerance, timed.seconds, timed.steps,
               off);
    std::fflush(stdout);
    curve.emplace_back(std::log(off), std::log(timed.seconds));
  };
  for (const double tolerance : {1e-3, 1e-4, 1e-5}) {
    Timed before = solve(c, tolerance, threads, days);
    const Timed other = solve_stock(c, tolerance, threads, days);
    before.seconds = 0.5 * (before.seconds + solve(c, tolerance, threads, days).seconds);
    note(ours, "ours", tolerance, before);
    note(stock, "stock", tolerance, other);
  }
  for (Curve* curve : {&ours, &stock}) std::sort(curve->begin(), curve->end(), std::greater<>());
  const double most = std::min(ours.front().first, stock.front().first);
  const double least = std::max(ours.back().first, stock.back().first);
  constexpr int kPoints = 20;
  double sum = 0.0;
  for (int i = 0; i <= kPoints; ++i) {
    const double here = most + (least - most) * i / kPoints;
    sum += at(stock, here) - at(ours, here);
  }
  fmt::print("# errors from {:.1e} to {:.1e} are reached by both\n", std::exp(most), std::exp(least));
  fmt::print("speedup_over_stock: {:.3g}\n", std::exp(sum / (kPoints + 1)));
}

// Bytes per second of a[i] = b[i] + s c[i] over arrays of the given length.
double triad_bandwidth(std::size_t length, int threads) {
  WorkerTeam team(Threads{threads});
  simulation::Buffer<double> a(length), b(length), c(length);
  constexpr std::size_t kPiece = 4096;
  const std::size_t pieces = length / kPiece;
  const double seconds = median_seconds(9, [&] {
    for (int repeat = 0; repeat < 4; ++repeat) {
      team.for_blocks(pieces, [&](std::size_t piece, std::size_t) {
        double* out = a.data() + piece * kPiece;
        const double* x = b.data() + piece * kPiece;
        const double* y = c.data() + piece * kPiece;
#pragma omp simd
        for (std::size_t i = 0; i < kPiece; ++i) out[i] = x[i] + 3.0 * y[i];
      });
    }
  });
  return 4.0 * 3.0 * sizeof(double) * static_cast<double>(pieces * kPiece) / seconds;
}

// The field's right-hand side against the memory it must move (unknowns and given fields in, rates out), and the block
// program against the same rates written by hand.
void measure_rates(double voxel, int threads) {
  const SpatialCase c = SpatialCase::read("denosumab", voxel);
  simulation::SundialsContext context;
  const std::vector<double> parameters = simulation::with_decays(*c.kinetics, c.arm.parameters, c.given);
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < c.kinetics->systemic_count(); ++slot) slots.push_back(slot);
  simulation::AheadTrajectory ahead(context.get(), *c.kinetics, parameters, slots, 1e-4, 0.0);
  Ranks alone;
  simulation::FieldSystem system(context.get(), c.kinetics, parameters, c.place.domain, c.given, Threads{threads},
                                 alone, ahead);
  std::vector<double> systemic(c.kinetics->systemic_count());
  const auto y = system.space().create();
  const auto out = system.space().create();
  system.initial_state(y.get(), systemic);
  ahead.set_state(systemic);
  ahead.integrate(0.0, 1.0);
  const double bandwidth = triad_bandwidth(system.layout().size(), threads);
  system.rates(0.5, y.get(), out.get());
  const double seconds = median_seconds(25, [&] { system.rates(0.5, y.get(), out.get()); });
  const auto per_voxel = static_cast<double>((2 * system.layout().locals + c.given.size()) * sizeof(double));
  const double floor = static_cast<double>(c.place.domain.size()) * per_voxel / bandwidth;
  fmt::print("# {} voxels: rates {:.3g} ms, memory alone {:.3g} ms at {:.3g} GB/s\n", c.place.domain.size(),
             1e3 * seconds, 1e3 * floor, 1e-9 * bandwidth);
  fmt::print("rhs_over_bandwidth: {:.3g}\n", seconds / floor);
}

// The rates of the whole model with both drugs in one voxel after another, by our program and by hand.
void measure_program() {
  const UnitSystem units;
  const model::Library library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
  const std::vector<std::string> ids{"prototype/vicious_cycle", "prototype/denosumab", "prototype/zoledronic_acid"};
  const model::Kinetics kinetics(std::make_shared<model::Model>(model::build_model(library, ids, units)));
  const model::Model& m = kinetics.model();
  constexpr std::size_t kVoxels = 32000;
  constexpr std::size_t kLanes = model::Program::kBlock;
  const std::vector<double> parameters = simulation::with_decays(
      kinetics, m.parameter_values(), std::vector<std::vector<double>>(m.given.size(), std::vector<double>(1, 0.15)));
  std::vector<double> given(m.given.size() * kVoxels, 0.1);
  std::size_t bvtv = 0;
  for (std::size_t f = 0; f < m.given.size(); ++f) {
    if (m.given[f] != "bvtv") continue;
    bvtv = f;
    for (std::size_t v = 0; v < kVoxels; ++v) given[f * kVoxels + v] = 0.05 + 0.8 * static_cast<double>(v) / kVoxels;
  }
  std::vector<double> systemic(kinetics.systemic_count());
  auto scalars = kinetics.initial_systemic().workspace(model::Program::kSmall, parameters);
  kinetics.initial_systemic().prepare(scalars, {});
  kinetics.initial_systemic().scalars(scalars, systemic);
  std::vector<double> local(kinetics.local_count() * kVoxels);
  auto start = kinetics.initial_local().workspace(kLanes, parameters);
  kinetics.initial_local().prepare(start, {});
  for (std::size_t v = 0; v < kVoxels; v += kLanes)
    kinetics.initial_local().run(start, {}, {given.data(), kVoxels}, v, {local.data() + v, kVoxels});

  auto workspace = kinetics.local_rates().workspace(kLanes, parameters);
  std::vector<double> ours(local.size()), by_hand(local.size());
  const auto program = [&] {
    kinetics.local_rates().prepare(workspace, {0.0, systemic, {}});
    for (std::size_t v = 0; v < kVoxels; v += kLanes)
      kinetics.local_rates().run(workspace, {local.data(), kVoxels}, {given.data(), kVoxels}, v,
                                 {ours.data() + v, kVoxels});
  };
  const auto hand = [&] {
    for (std::size_t v = 0; v < kVoxels; v += kLanes)
      vicious_cycle_field_by_hand({}, kLanes, kVoxels, local.data() + v, given.data() + bvtv * kVoxels + v,
                                  by_hand.data() + v);
  };
  program();
  hand();
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double size = m.species[m.local[i / kVoxels]].typical;
    if (!(std::abs(ours[i] - by_hand[i]) <= 1e-8 * (std::abs(by_hand[i]) + size)))
      throw std::runtime_error(fmt::format("the rates by hand differ for {} in voxel {}: {} and {}",
                                           m.species[m.local[i / kVoxels]].id, i % kVoxels, ours[i], by_hand[i]));
  }
  // In turns, so that what else the machine does weighs on both.
  std::vector<double> ratios;
  double seconds = 0.0;
  for (int i = 0; i < 25; ++i) {
    const double a = seconds_of(program);
    ratios.push_back(a / seconds_of(hand));
    seconds = a;
  }
  fmt::print("# block program {:.3g} ns per voxel\n", 1e9 * seconds / kVoxels);
  fmt::print("program_over_handwritten: {:.3g}\n", median(ratios));
}

void measure_threads(double voxel) {
  const SpatialCase c = SpatialCase::read("denosumab", voxel);
  SpatialCase short_case = c;
  short_case.arm.schedule.end = 365.0;
  std::erase_if(short_case.arm.schedule.doses, [](const auto& dose) { return dose.time > 365.0; });
  const double one = solve(short_case, 1e-4, 1, {365.0}).seconds;
  const double two = solve(short_case, 1e-4, 2, {365.0}).seconds;
  fmt::print("# one thread {:.3g} s, two {:.3g} s\nthread_speedup: {:.3g}\n", one, two, one / two);
}

/// A table "x [1],y [unit],..." for howship-render.
class MeasuredTable {
 public:
  MeasuredTable(const std::filesystem::path& file, const std::string& header) : file_(file), text_(header + "\n") {}
  void row(const std::vector<double>& values) {
    std::string line;
    for (const double value : values) line += fmt::format("{}{:.6g}", line.empty() ? "" : ",", value);
    text_ += line + "\n";
    write_text(file_, text_);  // each is minutes of work
    fmt::print("# {}: {}\n", file_.filename().string(), line);
    std::fflush(stdout);
  }

 private:
  std::filesystem::path file_;
  std::string text_;
};

const std::vector<double>& tolerances() {
  static const std::vector<double> kAll{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8};
  return kAll;
}

// Error against time, by the tolerance asked for, with and without space; beside it what stock SUNDIALS takes.
void measure_precision(double voxel, const std::filesystem::path& folder) {
  const int threads = Threads::available().count;
  const std::string header = "error [1],time taken [s],tolerance [1],steps [1]";
  {
    const SpatialCase c = SpatialCase::without_space("denosumab");
    const std::vector<double> days{90.0, 181.0, 365.0, 547.0, 730.0};
    const Timed reference = solve(c, 1e-11, 1, days);
    MeasuredTable table(folder / "precision_point.csv", header);
    for (const double tolerance : tolerances()) {
      Timed found;
      const double seconds = median_seconds(25, [&] { found = solve(c, tolerance, 1, days); });
      table.row({error(c, found.solution, reference.solution), seconds, tolerance, static_cast<double>(found.steps)});
    }
  }
  const SpatialCase c = SpatialCase::read("denosumab", voxel);
  const std::vector<double> days{90.0, 181.0, 365.0, 547.0, 730.0};
  const Timed reference = solve(c, 1e-9, threads, days);
  MeasuredTable table(folder / "precision_field.csv", header);
  for (const double tolerance : tolerances()) {
    const Timed found = solve(c, tolerance, threads, days);
    table.row(
        {error(c, found.solution, reference.solution), found.seconds, tolerance, static_cast<double>(found.steps)});
  }
  MeasuredTable stock(folder / "precision_stock.csv", header);
  for (const double tolerance : {1e-3, 1e-4, 1e-5, 1e-6}) {
    const Timed found = solve_stock(c, tolerance, threads, days);
    stock.row(
        {error(c, found.solution, reference.solution), found.seconds, tolerance, static_cast<double>(found.steps)});
  }
}

// Ninety days by the number of voxels, on one thread and on all.
void measure_scaling(double finest, const std::filesystem::path& folder) {
  const int threads = Threads::available().count;
  MeasuredTable one(folder / "scaling_1.csv", "voxels [1],time taken [s],microseconds per voxel and step [1]");
  MeasuredTable all(folder / "scaling_all.csv", "voxels [1],time taken [s],microseconds per voxel and step [1]");
  for (const double voxel : {1.0, 0.8, 0.63, 0.5, 0.4, 0.315, 0.25, 0.22}) {
    if (voxel < finest) break;
    SpatialCase c = SpatialCase::read("denosumab", voxel);
    c.arm.schedule.end = 90.0;
    c.arm.schedule.doses.clear();
    const auto voxels = static_cast<double>(c.place.domain.size());
    for (const bool single : {true, false}) {
      const Timed found = solve(c, 1e-4, single ? 1 : threads, {90.0});
      (single ? one : all)
          .row({voxels, found.seconds, 1e6 * found.seconds / voxels / static_cast<double>(found.steps)});
    }
  }
}

int run(int count, char** words) {
  const std::string what = count > 1 ? words[1] : "";
  const double voxel = count > 2 ? std::atof(words[2]) : 1.0;
  const int threads = Threads::available().count;
  if (what == "stock") {
    compare_with_stock(voxel, threads);
  } else if (what == "rates") {
    measure_rates(voxel, threads);
  } else if (what == "program") {
    measure_program();
  } else if (what == "threads") {
    measure_threads(voxel);
  } else if (what == "precision" && count > 3) {
    measure_precision(voxel, words[3]);
  } else if (what == "scaling" && count > 3) {
    measure_scaling(voxel, words[3]);
  } else {
    fmt::print(stderr,
               "usage: bench_field stock|rates|program|threads [VOXEL_MM]\n"
               "       bench_field precision|scaling VOXEL_MM FOLDER\n");
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace howship::bench

int main(int count, char** words) {
  try {
    return howship::bench::run(count, words);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
