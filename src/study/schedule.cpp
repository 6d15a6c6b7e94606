#include "howship/study/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::study {
namespace {

constexpr double kSame = 1e-9;  // relative

double tolerance(double time) {
  return kSame * std::max(1.0, std::abs(time));
}

}  // namespace

std::vector<double> event_times(double start, double every, double until) {
  std::vector<double> times;
  const double end = until - kSame * (every > 0.0 ? every : 1.0);
  if (every > 0.0 && (until - start) / every > static_cast<double>(kMostEvents)) {
    throw InputError(fmt::format("every {:g} day from day {:g} to day {:g} makes more than {} events", every, start,
                                 until, kMostEvents),
                     "use a longer interval");
  }
  for (std::size_t n = 0;; ++n) {
    const double time = start + static_cast<double>(n) * every;
    if (!(time < end)) break;
    times.push_back(time);
    if (!(every > 0.0)) break;
  }
  return times;
}

std::vector<double> output_times(double every, double end) {
  std::vector<double> times = event_times(0.0, every, end);
  times.push_back(end);
  return times;
}

Clock::Clock(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  for (const double time : times) {
    if (ticks_.empty() || time - ticks_.back() > tolerance(time)) ticks_.push_back(time);
  }
}

double Clock::exact(double time) const {
  auto after = std::upper_bound(ticks_.begin(), ticks_.end(), time);
  if (after == ticks_.begin() || time - *std::prev(after) > tolerance(time))
    throw std::logic_error("Clock: a time it was not given");
  return *std::prev(after);
}

}  // namespace howship::study
