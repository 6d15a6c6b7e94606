#include "regimen.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "howship/study/schedule.hpp"

namespace howship::study {
namespace {

/// The planned doses by number: 1 is the first.
std::vector<double> planned_times(const DoseRule& rule, double end) {
  const double every = rule.every ? rule.every->base() : 0.0;
  std::vector<double> times = event_times(rule.start.base(), every, end);
  double later = 0.0;
  for (std::size_t n = 0; n < times.size(); ++n) {
    double here = 0.0;
    for (const DoseDelay& delay : rule.delayed) {
      if (delay.dose != n + 1) continue;
      (delay.shifts ? later : here) += delay.by.base();
    }
    if (later != 0.0 || here != 0.0) times[n] += later + here;
  }
  return times;
}

}  // namespace

std::vector<RuleDose> doses_of(const DoseRule& rule, double end, const SourceText& source, Diagnostics& faults) {
  const std::vector<double> times = planned_times(rule, end);
  const auto number = [&](std::size_t dose, const SourceLocation& where, const char* what) {
    if (dose <= times.size()) return true;
    faults.add(source.diagnostic(where, fmt::format("{}: there is no dose {}", what, dose),
                                 fmt::format("{} dose{} planned", times.size(), times.size() == 1 ? " is" : "s are")));
    return false;
  };
  std::vector<bool> missed(times.size(), false);
  for (const MissedDose& miss : rule.missed) {
    if (number(miss.dose, miss.where, "missed")) missed[miss.dose - 1] = true;
  }
  for (const DoseDelay& delay : rule.delayed) {
    if (number(delay.dose, delay.where, "delayed") && missed[delay.dose - 1])
      faults.add(source.diagnostic(delay.where, fmt::format("dose {} is missed and delayed", delay.dose),
                                   "keep one of the two"));
  }
  std::vector<RuleDose> doses;
  for (std::size_t n = 0; n < times.size(); ++n) {
    if (!missed[n] && times[n] < end) doses.push_back({times[n], n == 0, false});
  }
  if (rule.loading) {
    for (const Quantity& after : rule.loading->after) {
      const double time = rule.start.base() + after.base();
      if (time < end) {
        doses.push_back({time, false, true});
      } else {
        faults.add(source.diagnostic(
            rule.loading->where,
            fmt::format("loading: day {:g} lies past the last day of the rule, day {:g}", time, end)));
      }
    }
  }
  std::stable_sort(doses.begin(), doses.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  return doses;
}

}  // namespace howship::study
