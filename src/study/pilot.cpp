#include "pilot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <utility>

#include "howship/core/error.hpp"
#include "howship/core/stopwatch.hpp"

namespace howship::study {
namespace {

constexpr std::size_t kWorthIt = 20'000;  // voxels; fewer are done before one has read how long it takes
constexpr double kPilotVoxels = 3'000.0;
constexpr double kWhole = 2.2;    // a vertebra leaves the cache, takes more steps and is looked at: L3 at 1 and 0.5 mm
constexpr double kLongest = 5.0;  // seconds of one pilot; what it has not reached is taken to be like what it has

double seconds_of(const CompiledArm& compiled, const Study& study, const Place& place, Threads threads) {
  const PreparedArm& arm = compiled.arm;
  simulation::Simulation simulation(
      compiled.kinetics, arm.parameters, place.domain, place.given_fields(arm.model->given),
      {study.solver.relative_tolerance, study.solver.max_step, study.solver.max_order, threads});
  const Stopwatch watch;
  double share = 0.0;
  try {
    simulation.run(
        arm.schedule, [](const simulation::State&, simulation::Moment) {},
        [&](double time, double) {
          share = time / arm.schedule.end;
          return watch.seconds() < kLongest;
        });
  } catch (const Interrupted&) {
    return watch.seconds() / share;
  }
  return watch.seconds();
}

// What else the machine does makes a pilot longer, never shorter: of some short ones the shortest counts.
double shortest(const CompiledArm& compiled, const Study& study, const Place& place, Threads threads) {
  constexpr double kShort = 0.5;
  double seconds = seconds_of(compiled, study, place, threads);
  for (int more = 0; more < 2 && seconds < kShort; ++more)
    seconds = std::min(seconds, seconds_of(compiled, study, place, threads));
  return seconds;
}

}  // namespace

Place thinned(const Place& place, int stride) {
  const vertebra::Domain& domain = place.domain;
  vertebra::Grid grid = domain.grid();
  const int first = (stride - 1) / 2;
  std::array<double, 3> corner{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const int from = std::min(first, grid.size[axis] - 1);
    corner[axis] = from;
    grid.size[axis] = (grid.size[axis] - 1 - from) / stride + 1;
    grid.spacing[axis] *= stride;
  }
  grid.origin = domain.grid().position(corner);
  std::vector<std::size_t> active, source;
  for (std::size_t index = 0; index < grid.count(); ++index) {
    const auto coarse = grid.voxel(index);
    std::array<int, 3> fine{};
    for (std::size_t axis = 0; axis < 3; ++axis) fine[axis] = static_cast<int>(corner[axis]) + stride * coarse[axis];
    const std::int32_t found = domain.active_index(domain.grid().index(fine[0], fine[1], fine[2]));
    if (found == vertebra::Domain::kOutside) continue;
    active.push_back(index);
    source.push_back(static_cast<std::size_t>(found));
  }
  const auto chosen = [&source](const auto& values) {
    std::decay_t<decltype(values)> out;
    for (const std::size_t voxel : source) out.push_back(values[voxel]);
    return out;
  };
  Place coarse{vertebra::Domain(grid, std::move(active), chosen(domain.bvtv()), chosen(domain.region())),
               {},
               place.record,
               {},
               place.seed};
  for (const auto& [name, values] : place.given) coarse.given[name] = chosen(values);
  return coarse;
}

std::optional<double> estimated_seconds(const Study& study, const std::vector<CompiledArm>& arms, const Place& place,
                                        Threads threads) {
  const std::size_t voxels = place.domain.size();
  if (voxels < kWorthIt || study.branch) return std::nullopt;
  const int stride = std::max(1, static_cast<int>(std::lround(std::cbrt(static_cast<double>(voxels) / kPilotVoxels))));
  const Place coarse = thinned(place, stride);
  if (coarse.domain.size() == 0) return std::nullopt;
  double seconds = 0.0;
  try {
    for (const CompiledArm& arm : arms) seconds += shortest(arm, study, coarse, threads);
  } catch (const NumericalError&) {
    return std::nullopt;  // the run itself will say what it cannot solve
  } catch (const InputError&) {
    return std::nullopt;  // a region that the coarse vertebra lacks
  }
  return kWhole * seconds * static_cast<double>(voxels) / static_cast<double>(coarse.domain.size());
}

}  // namespace howship::study
