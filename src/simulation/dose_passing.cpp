// Doses that the integrator of the field goes past without a stop. A stop costs a step cut short, and what an
// integrator of variable order makes of one: small steps and a low order for a while after each dose.
#include <algorithm>

#include "simulation/simulation_impl.hpp"

namespace howship::simulation {

// Marks the dose at the stop as passed if the next step would go beyond it and nothing speaks against that. What is
// known ahead then goes on behind it.
bool Simulation::Impl::pass_dose(const Schedule& schedule, const Stop& stop) {
  if (stop.instant >= instants.size() || !integrator.knows_next_step()) return false;
  Instant& instant = instants[stop.instant];
  const double wanted = integrator.next_step();
  if (instant.time <= time || instant.time >= time + wanted || !is_foreseen(schedule, instant)) return false;
  ahead.forget_before(time - integrator.last_step());
  const AheadTrajectory::Mark before = ahead.mark();
  for (const Dose& dose : instant.doses) ahead.add(dose.systemic, dose.amount);
  instant.passed = true;
  ahead.continue_to(known_until(schedule));
  const double known = std::min(wanted, known_until(schedule) - time);
  if (is_smooth_at(instant.time) && ahead.resolved_step(time, known) > instant.time - time) return true;
  instant.passed = false;
  ahead.back_to(before);
  return false;
}

// Whether all of it is known before: nothing is decided by the state, and all goes into what is integrated ahead.
bool Simulation::Impl::is_foreseen(const Schedule& schedule, const Instant& instant) const {
  return !instant.jump && instant.time < schedule.end && events.conditions() == 0 &&
         std::all_of(instant.doses.begin(), instant.doses.end(), [this](const Dose& dose) {
           return dose.gate < 0 && dose.duration == 0.0 && ahead.contains(dose.systemic);
         });
}

// Whether, with the field's state as it is now, a dose makes no jump of its rates that matters, and turns no comparison
// in them.
bool Simulation::Impl::is_smooth_at(double dose_time) {
  integrator.interpolate(time, scratch.get());
  const Integrator::Turns compared = turns();
  std::vector<double> signs(compared.count), signs_after(compared.count);
  compared.signs(dose_time, scratch.get(), signs.data());
  compared.signs(just_after(dose_time), scratch.get(), signs_after.data());
  if (signs != signs_after) return false;
  const VectorHandle before = system.space().create();
  const VectorHandle after = system.space().create();
  const bool finite = system.rates(dose_time, scratch.get(), before.get()) &&
                      system.rates(just_after(dose_time), scratch.get(), after.get());
  system.forget_failure();
  return finite && !jump_matters(before.get(), after.get(), scratch.get());
}

}  // namespace howship::simulation
