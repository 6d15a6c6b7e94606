#pragma once

#include <cstddef>
#include <vector>

namespace howship::study {

/// The times start, start + every, start + 2*every, ... below `until` (days). Each is start + n*every from scratch, so
/// no error accumulates. A time within a billionth of an interval of `until` counts as `until` and is left out.
/// @param every  0: once
/// @throws InputError if there would be more than kMostEvents
std::vector<double> event_times(double start, double every, double until);

constexpr std::size_t kMostEvents = 1'000'000;

/// 0, every, 2*every, ... and the end itself.
std::vector<double> output_times(double every, double end);

/// Makes times that differ by rounding only (a billionth of a day per day) one and the same number, so that a dose and
/// an output that are meant to coincide do. The smallest of each cluster stands for it.
class Clock {
 public:
  explicit Clock(std::vector<double> times);
  /// @throws std::logic_error for a time that is not near any given one
  double exact(double time) const;

 private:
  std::vector<double> ticks_;
};

}  // namespace howship::study
