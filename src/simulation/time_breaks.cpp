#include "simulation/time_breaks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace howship::simulation {

using model::Program;
using model::Switches;

namespace {

constexpr double kMostSteps = 100'000.0;

/// Arithmetic puts a zero a few units in the last place from where the comparison turns.
template <class Side>
double first_after(double time, Side&& side) {
  constexpr int kReach = 16;
  const double away = time + 1e-9 * std::max(1.0, std::abs(time));
  const double after = side(away);
  double t = time;
  for (int i = 0; i < kReach; ++i) t = std::nextafter(t, -std::numeric_limits<double>::infinity());
  for (int i = 0; i < 2 * kReach && side(t) != after; ++i) t = std::nextafter(t, away);
  return side(t) == after ? t : time;
}

/// Looks at many instants and closes in on each turn between two of them.
template <class Side, class Add>
void search(double end, Side&& side, Add&& add) {
  constexpr int kLooks = 50'000;
  double before = 0.0;
  double was = side(before);
  for (int n = 1; n <= kLooks; ++n) {
    const double now = end * n / kLooks;
    const double is = side(now);
    double low = before;
    double high = now;
    while (is != was) {
      const double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) break;
      (side(middle) == was ? low : high) = middle;
    }
    if (is != was) add(high);
    before = now;
    was = is;
  }
}

}  // namespace

std::vector<double> time_breaks(const model::Kinetics& kinetics, std::span<const double> parameters, double end) {
  const Switches& switches = kinetics.switches();
  const std::vector<double> systemic(kinetics.systemic_count(), 0.0);
  const std::vector<double> reductions(kinetics.model().reductions.size(), 0.0);
  const auto evaluate = [&](const Program& program, Program::Workspace& workspace, double time,
                            std::vector<double>& out) {
    program.prepare(workspace, {time, systemic, reductions});
    program.scalars(workspace, out);
  };
  std::vector<double> levels(switches.levels.output_count());
  std::vector<double> sides(switches.sides.output_count());
  Program::Workspace level_workspace = switches.levels.workspace(Program::kSmall, parameters);
  Program::Workspace side_workspace = switches.sides.workspace(Program::kSmall, parameters);
  evaluate(switches.levels, level_workspace, 0.0, levels);

  std::vector<double> breaks;
  for (std::size_t i = 0; i < switches.timed.size(); ++i) {
    const double level = levels[2 * i];
    const double slope = levels[2 * i + 1];
    const auto side = [&](double time) {
      evaluate(switches.sides, side_workspace, time, sides);
      return sides[i];
    };
    const auto add = [&](double time) {
      if (!(time > 0.0 && time < end)) return;
      breaks.push_back(switches.timed[i] == Switches::Kind::equality ? time : first_after(time, side));
    };
    if (switches.timed[i] == Switches::Kind::searched) {
      search(end, side, add);
      continue;
    }
    if (!(std::isfinite(level) && std::isfinite(slope)) || slope == 0.0) continue;
    if (switches.timed[i] != Switches::Kind::steps) {
      add(-level / slope);
      continue;
    }
    const double period = 1.0 / std::abs(slope);
    if (end / period > kMostSteps) continue;
    const double first = (slope > 0.0 ? std::ceil(level) - level : level - std::floor(level)) * period;
    for (double n = 0.0; first + n * period < end; ++n) add(first + n * period);
  }
  std::sort(breaks.begin(), breaks.end());
  breaks.erase(std::unique(breaks.begin(), breaks.end()), breaks.end());
  return breaks;
}

}  // namespace howship::simulation
