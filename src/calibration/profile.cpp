#include "profile.hpp"

#include <algorithm>
#include <cmath>

namespace howship::calibration {
namespace {

constexpr double kLimit = 0.5 * 3.841458820694124;  // of the cost: half the 95 % point of χ² with one degree of freedom
constexpr int kMostSteps = 60;

/// What one walk found, outwards.
struct Walk {
  std::vector<double> at, cost;
  std::optional<double> limit;
  bool complete = false;  ///< it reached the limit or the bound
};

Walk walk(const Problem& problem, const Scaling& scaling, const Minimum& minimum, std::size_t parameter, double step,
          double end) {
  Walk found;
  std::vector<bool> fixed(scaling.size(), false);
  fixed[parameter] = true;
  std::vector<double> last = minimum.at;
  double last_cost = minimum.cost;
  for (int n = 0; n < kMostSteps; ++n) {
    std::vector<double> from = last;
    const double next = from[parameter] + step;
    const bool at_end = step > 0.0 ? next >= end : next <= end;
    from[parameter] = at_end ? end : next;
    const Minimum there = minimise(problem, scaling, from, fixed);
    if (!there.solved) {
      step *= 0.5;
      if (std::abs(step) < 1e-6 * std::abs(end - minimum.at[parameter])) break;
      continue;
    }
    const double rise = there.cost - minimum.cost;
    // A step that climbs most of the way at once says too little of the way.
    if (there.cost - last_cost > 0.5 * kLimit && std::abs(step) > 1e-3 * std::abs(end - minimum.at[parameter]) &&
        rise > 1.2 * kLimit) {
      step *= 0.5;
      continue;
    }
    found.at.push_back(there.at[parameter]);
    found.cost.push_back(there.cost);
    if (rise >= kLimit) {
      // The root of the rise is nearly straight in the parameter.
      const double below = std::sqrt(std::max(0.0, last_cost - minimum.cost));
      const double above = std::sqrt(rise);
      const double share = (std::sqrt(kLimit) - below) / (above - below);
      found.limit = last[parameter] + share * (there.at[parameter] - last[parameter]);
      found.complete = true;
      break;
    }
    if (there.cost - last_cost < 0.1 * kLimit) step *= 1.6;
    last = there.at;
    last_cost = there.cost;
    found.complete = at_end;
    if (at_end) break;
  }
  return found;
}

}  // namespace

Profile profile(const Problem& problem, const Scaling& scaling, const Minimum& minimum, std::size_t parameter,
                std::optional<double> error) {
  const double low = scaling.low(parameter);
  const double high = scaling.high(parameter);
  const double at = minimum.at[parameter];
  const double first = std::min(error ? 0.4 * *error : 0.02 * (high - low), 0.1 * (high - low));
  const auto side = [&](double step, double end) {
    return std::abs(end - at) > 1e-9 * (high - low) ? walk(problem, scaling, minimum, parameter, step, end)
                                                    : Walk{{}, {}, std::nullopt, true};
  };
  const Walk down = side(-first, low);
  const Walk up = side(first, high);
  Profile result;
  result.parameter = parameter;
  for (std::size_t i = down.at.size(); i-- > 0;) {
    result.values.push_back(scaling.to_base(parameter, down.at[i]));
    result.costs.push_back(down.cost[i]);
  }
  result.values.push_back(scaling.to_base(parameter, at));
  result.costs.push_back(minimum.cost);
  for (std::size_t i = 0; i < up.at.size(); ++i) {
    result.values.push_back(scaling.to_base(parameter, up.at[i]));
    result.costs.push_back(up.cost[i]);
  }
  if (down.limit) result.lower = scaling.to_base(parameter, *down.limit);
  if (up.limit) result.upper = scaling.to_base(parameter, *up.limit);
  if (!down.complete || !up.complete)
    result.identified = Identified::unclear;
  else if (result.lower && result.upper)
    result.identified = Identified::yes;
  else if (result.lower)
    result.identified = Identified::from_below;
  else if (result.upper)
    result.identified = Identified::from_above;
  return result;
}

}  // namespace howship::calibration
