#include "simulation/instants.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::simulation {

std::vector<Instant> instants_of(const Schedule& schedule, const std::vector<double>& jumps,
                                 std::size_t systemic_count) {
  if (!(std::isfinite(schedule.end) && schedule.end >= 0.0))
    throw InputError(fmt::format("the end of a run cannot be day {}", schedule.end));
  std::vector<Instant> instants;
  for (const double time : schedule.outputs) instants.push_back({time, true, false, {}});
  for (const double time : jumps) instants.push_back({time, false, true, {}});
  for (const Dose& dose : schedule.doses) {
    if (dose.systemic >= systemic_count) throw std::logic_error("a dose into a systemic species that does not exist");
    if (!std::isfinite(dose.amount))
      throw InputError(fmt::format("dose '{}' on day {}: the amount is {}", dose.label, dose.time, dose.amount));
    if (!(std::isfinite(dose.duration) && dose.duration >= 0.0))
      throw InputError(fmt::format("dose '{}' on day {}: it lasts {} day", dose.label, dose.time, dose.duration));
    instants.push_back({dose.time, false, false, {dose}});
    if (dose.duration > 0.0) instants.push_back({dose.time + dose.duration, false, true, {}});
  }
  for (const Instant& instant : instants) {
    if (!(std::isfinite(instant.time) && instant.time >= 0.0)) {
      throw InputError(fmt::format("nothing can happen on day {}; time begins at day 0", instant.time));
    }
  }
  std::stable_sort(instants.begin(), instants.end(),
                   [](const Instant& a, const Instant& b) { return a.time < b.time; });
  std::vector<Instant> merged;
  for (Instant& instant : instants) {
    if (instant.time > schedule.end) break;
    if (merged.empty() || merged.back().time != instant.time) {
      merged.push_back(std::move(instant));
    } else {
      merged.back().output = merged.back().output || instant.output;
      merged.back().jump = merged.back().jump || instant.jump;
      merged.back().doses.insert(merged.back().doses.end(), instant.doses.begin(), instant.doses.end());
    }
  }
  return merged;
}

}  // namespace howship::simulation
