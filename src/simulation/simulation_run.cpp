// The course of a run: from stop to stop, and what happens at each.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "simulation/simulation_impl.hpp"

namespace howship::simulation {

Statistics Simulation::Impl::run(const Schedule& schedule, const Callbacks& callbacks, Archive* saved) {
  watch = Stopwatch();
  instants = instants_of(schedule, time_breaks(*kinetics, parameters, schedule.end), kinetics->model().systemic.size());
  if (start) std::erase_if(instants, [this](const Instant& instant) { return instant.time < start->time; });
  counters_before = system.counters();
  newton_before = integrator.newton().counters();
  traffic_before = ranks.traffic();
  carried = {};
  system.forget_failure();
  if (saved == nullptr) {
    begin(schedule);
  } else {
    ranks.together([&] { exchange(*saved); });
    system.matrix_is_back();
  }

  bool on_the_way = saved != nullptr;
  for (;;) {
    if (!on_the_way) {
      arrive(schedule, callbacks);
      if (time >= schedule.end) {
        Statistics all = statistics_now();
        add_traffic(all);
        return all;
      }
      crossed = false;
    }
    on_the_way = false;
    travel(schedule, callbacks);
  }
}

void Simulation::Impl::begin(const Schedule& schedule) {
  time = start ? start->time : 0.0;
  next = 0;
  crossed = false;
  system.initial_state(y.get(), systemic);
  events.reset();
  if (start) {
    take(*start);
    events.take_up(time, systemic);
  }
  ahead.set_state(systemic);
  infusions.clear();
  set_inputs();
  ahead.integrate(time, known_until(schedule));
  integrator.begin(time);
}

// What another run had come to, over the model's own initial state. Nothing has been integrated ahead yet, so the
// field's unknowns are the values themselves.
void Simulation::Impl::take(const Start& from) {
  const Layout& layout = system.layout();
  double* values = system.space().values(y.get());
  for (std::size_t s = 0; s < layout.locals; ++s) {
    if (from.local[s].empty()) continue;
    for (std::size_t lane = 0; lane < layout.padded(); ++lane)
      values[layout.index(s, lane)] = from.local[s][layout.source(lane)];
  }
  for (std::size_t slot = 0; slot < from.systemic.size(); ++slot) {
    if (from.systemic[slot]) systemic[slot] = *from.systemic[slot];
  }
  for (const std::size_t slot : system.main_slots()) main_value(slot) = systemic[slot];
}

// The next dose or jump that is a stop.
std::size_t Simulation::Impl::next_change() const {
  std::size_t at = next;
  while (at < instants.size() && !instants[at].stops()) ++at;
  return at;
}

Simulation::Impl::Stop Simulation::Impl::next_stop(const Schedule& schedule) const {
  const std::size_t change = next_change();
  const double scheduled = change < instants.size() ? instants[change].time : schedule.end;
  const double until = std::max(time, std::min(scheduled, events.next_time().value_or(scheduled)));
  return {change, until, until == scheduled && change < instants.size() && instants[change].jump};
}

// What is known ahead is known up to the next dose or jump that is a stop, and a jump is not looked at from before.
double Simulation::Impl::known_until(const Schedule& schedule) const {
  const std::size_t stop = next_change();
  if (stop == instants.size()) return schedule.end;
  return instants[stop].jump ? just_before(instants[stop].time) : instants[stop].time;
}

// At a stop, or where a condition or a comparison turned.
void Simulation::Impl::arrive(const Schedule& schedule, const Callbacks& callbacks) {
  Instant here{time, false, false, {}};
  if (next < instants.size() && instants[next].time == time) here = instants[next++];
  if (here.passed) {
    report_passed(here, callbacks);
    here = {time, false, false, {}};
  }
  const bool changes = !here.doses.empty() || happens();
  const bool may_jump = changes || here.jump || (crossed && watched.output_count() > 0);
  const VectorHandle earlier = may_jump ? rates_before() : nullptr;
  if (changes) report(time, y.get(), callbacks, Moment::before_dose);
  bool set = enter(given_of(here.doses, callbacks));
  if (here.stops()) {
    std::erase_if(infusions, [this](const Infusion& infusion) { return infusion.end <= time; });
    set_inputs();
  }
  if (here.stops()) ahead.integrate(time, known_until(schedule));
  if (changes) {
    set = let_events_happen() || set;
    report(time, y.get(), callbacks, Moment::after_dose);
  } else if (here.output) {
    report(time, y.get(), callbacks, Moment::output);
  }
  if (time >= schedule.end) return;
  if (earlier) {
    restart_if_rates_jump(earlier.get(), set);
  } else if (changes) {
    begin_integration();
  }
}

// Steps up to the next stop, or to where a condition or a comparison turns. Outputs, and doses that are no stop, on the
// way are interpolated.
void Simulation::Impl::travel(const Schedule& schedule, const Callbacks& callbacks) {
  for (;;) {
    Stop stop = next_stop(schedule);
    while (pass_dose(schedule, stop)) stop = next_stop(schedule);
    if (time >= stop.time || crossed) break;
    const double before = time;
    crossed = step_to(stop);
    const bool halted = crossed || time == stop.time;
    for (; next < stop.instant && (halted ? instants[next].time < time : instants[next].time <= time); ++next) {
      if (instants[next].passed) {
        report_passed(instants[next], callbacks);
      } else {
        integrator.interpolate(instants[next].time, scratch.get());
        report(instants[next].time, scratch.get(), callbacks, Moment::output);
      }
    }
    if (callbacks.at_rest) callbacks.at_rest(time);
    if (callbacks.keep_going && !callbacks.keep_going(time, time - before))
      throw Interrupted(fmt::format("interrupted on day {:.6g}", time));
  }
  integrator.interpolate(time, y.get());
}

// One step of the integrator, not beyond the stop, and not over a transient of what was integrated ahead. Returns
// whether a condition or a comparison turned; time is then where it did.
bool Simulation::Impl::step_to(const Stop& stop) {
  constexpr double kSameInstant = 1e-13;
  double limit = stop.jump ? just_before(stop.time) : stop.time;
  if (integrator.empty() || limit - time <= kSameInstant * std::max(1.0, stop.time)) {
    time = stop.time;
    return false;
  }
  if (!ahead.empty()) {
    double wanted = limit - time;
    if (integrator.knows_next_step()) wanted = std::min(wanted, integrator.next_step());
    const double resolved = ahead.resolved_step(time, wanted);
    if (resolved < wanted) limit = time + resolved;
  }
  const Integrator::Step step = integrator.step(time, limit);
  if (step.flag < 0 || (step.reached <= time && !step.turned())) {
    fail(step.flag);  // CVODE itself goes on when the clock stands still
  }
  system.forget_failure();  // a smaller step went past it
  time = step.reached;
  if (time > stop.time) throw std::logic_error(fmt::format("a step went past the stop on day {}", stop.time));
  return step.turned();
}

bool Simulation::Impl::happens() {
  system.systemic_at(time, y.get(), systemic);
  return events.due(time, systemic);
}

// The field's rates just before now, to be held against those after a change. Null if there is no step to look back on.
VectorHandle Simulation::Impl::rates_before() {
  if (integrator.empty() || !integrator.started()) return nullptr;
  const double step = integrator.last_step();
  // The integrator is past `time` where a condition turned within the step.
  const double then = std::max(integrator.reached() - step, time - 1e-7 * step - 1e-12 * std::max(1.0, time));
  VectorHandle before = system.space().create();
  integrator.interpolate(then, scratch.get());
  system.rates(then, scratch.get(), before.get());
  return before;
}

// Of the doses of this instant those that are given, by the state before any of them enters.
std::vector<Dose> Simulation::Impl::given_of(const std::vector<Dose>& doses, const Callbacks& callbacks) {
  std::vector<Dose> given;
  for (const Dose& dose : doses) {
    if (dose.gate < 0 || !callbacks.gives || callbacks.gives(state_at(time, y.get()), dose)) given.push_back(dose);
  }
  return given;
}

// The sum over what is entering now, from scratch: when the last has ended it is exactly 0.
void Simulation::Impl::set_inputs() {
  std::vector<double> input(kinetics->systemic_count(), 0.0);
  for (const Infusion& infusion : infusions) input[infusion.systemic] += infusion.rate;
  system.set_input(input);
  ahead.set_input(input);
}

// Adds doses; returns whether one went into an unknown of the field's integration.
bool Simulation::Impl::enter(const std::vector<Dose>& doses) {
  bool jump = false;
  for (const Dose& dose : doses) {
    if (dose.duration > 0.0) {
      infusions.push_back({dose.systemic, dose.amount / dose.duration, dose.time + dose.duration});
    } else if (ahead.contains(dose.systemic)) {
      ahead.add(dose.systemic, dose.amount);
    } else {
      main_value(dose.systemic) += dose.amount;
      jump = true;
    }
  }
  return jump;
}

bool Simulation::Impl::let_events_happen() {
  system.systemic_at(time, y.get(), systemic);
  if (!events.update(time, systemic)) return false;
  for (const std::size_t slot : system.main_slots()) main_value(slot) = systemic[slot];
  return true;
}

double& Simulation::Impl::main_value(std::size_t slot) {
  const auto& slots = system.main_slots();
  const auto place = std::find(slots.begin(), slots.end(), slot) - slots.begin();
  return system.space().values(y.get())[system.layout().tail() + static_cast<std::size_t>(place)];
}

// Starts the integrator anew only if the field's rates jumped.
void Simulation::Impl::restart_if_rates_jump(N_Vector before, bool jumped) {
  if (!jumped) {
    const VectorHandle after = system.space().create();
    jumped = !system.rates(time, y.get(), after.get()) || jump_matters(before, after.get(), y.get());
  }
  if (!jumped) return;
  ++carried.restarts;
  begin_integration();
}

// Whether rates differ, over the next step, by more than error control takes in its stride.
bool Simulation::Impl::jump_matters(N_Vector before, N_Vector after, N_Vector values) {
  constexpr double kHarmless = 1.0;  // tolerances
  const VectorHandle weights = system.space().create();
  const double step = integrator.next_step();
  system.set_weights(time, values, weights.get(), options.relative_tolerance);
  N_VLinearSum(step, after, -step, before, after);
  return !(system.space().norm(after, weights.get()) <= kHarmless);
}

// The integrator counts from its last initialisation.
void Simulation::Impl::begin_integration() {
  carried.steps += integrator.steps();
  carried.error_test_failures += integrator.error_test_failures();
  integrator.begin(time);
}

// A dose that the integrator went past.
void Simulation::Impl::report_passed(const Instant& instant, const Callbacks& callbacks) {
  if (!callbacks.observer) return;
  integrator.interpolate(instant.time, scratch.get());
  callbacks.observer(state_at(instant.time, scratch.get()), Moment::before_dose);
  State after = state_at(just_after(instant.time), scratch.get());
  after.time = instant.time;
  callbacks.observer(after, Moment::after_dose);
}

void Simulation::Impl::report(double when, N_Vector values, const Callbacks& callbacks, Moment moment) {
  if (callbacks.observer) callbacks.observer(state_at(when, values), moment);
}

State Simulation::Impl::state_at(double when, N_Vector values) {
  system.systemic_at(when, values, systemic);
  system.lay_out(values, view.data());
  const std::span<const double> of_model = std::span(systemic).first(kinetics->model().systemic.size());
  return {when, of_model, {view.data(), system.layout().padded()}};
}

Statistics Simulation::Impl::statistics_now() const {
  Statistics now = carried;
  const OdeSystem::Counters& counters = system.counters();
  const NewtonSolver::Counters& newton = integrator.newton().counters();
  now.steps += integrator.steps();
  now.error_test_failures += integrator.error_test_failures();
  now.rate_evaluations += counters.rate_evaluations - counters_before.rate_evaluations;
  now.linear_iterations += counters.linear_iterations - counters_before.linear_iterations;
  now.seconds_rates += counters.seconds_rates - counters_before.seconds_rates;
  now.seconds_setup += counters.seconds_setup - counters_before.seconds_setup;
  now.seconds_solve += counters.seconds_solve - counters_before.seconds_solve;
  now.newton_iterations += newton.iterations - newton_before.iterations;
  now.matrix_setups += newton.setups - newton_before.setups;
  now.nonlinear_failures += newton.failures - newton_before.failures;
  now.seconds += watch.seconds();
  return now;
}

// What went between ranks since this run began or was taken up again.
void Simulation::Impl::add_traffic(Statistics& now) const {
  if (ranks.alone()) return;
  const Ranks::Traffic& traffic = ranks.traffic();
  now.meetings = static_cast<double>(traffic.meetings - traffic_before.meetings);
  std::vector<double> mine{static_cast<double>(traffic.message_bytes - traffic_before.message_bytes),
                           static_cast<double>(traffic.gathered_bytes - traffic_before.gathered_bytes),
                           traffic.seconds_waiting - traffic_before.seconds_waiting};
  std::vector<double> all(mine.size() * static_cast<std::size_t>(ranks.count()));
  const std::vector<int> counts(static_cast<std::size_t>(ranks.count()), static_cast<int>(mine.size()));
  ranks.gather(mine, counts, all);
  for (std::size_t at = 0; at < all.size(); at += mine.size()) {
    now.halo_bytes += all[at];
    now.gathered_bytes += all[at + 1];
    now.seconds_waiting = std::max(now.seconds_waiting, all[at + 2]);
  }
}

// Everything that the rest of a run depends on, right after a step.
void Simulation::Impl::exchange(Archive& archive) {
  archive.number("run/time", time);
  archive.number("run/next_instant", next);
  archive.number("run/crossed", crossed);
  if (next > instants.size()) throw InputError("the checkpoint does not fit the schedule of doses and outputs");
  std::vector<double> passed;
  for (const Instant& instant : instants) passed.push_back(instant.passed ? 1.0 : 0.0);
  archive.exchange("run/passed", std::span(passed));
  for (std::size_t i = 0; i < instants.size(); ++i) instants[i].passed = passed[i] != 0.0;
  std::vector<double> entering;
  for (const Infusion& infusion : infusions)
    entering.insert(entering.end(), {static_cast<double>(infusion.systemic), infusion.rate, infusion.end});
  archive.exchange("run/infusions", entering);
  if (archive.reading()) {
    infusions.clear();
    for (std::size_t i = 0; i + 2 < entering.size(); i += 3) {
      const auto slot = static_cast<std::size_t>(entering[i]);
      if (slot >= kinetics->model().systemic.size()) throw InputError("the checkpoint does not fit the model's drugs");
      infusions.push_back({slot, entering[i + 1], entering[i + 2]});
    }
    set_inputs();
  }
  ahead.exchange(archive);
  events.exchange(archive);
  integrator.exchange(archive);
  system.exchange_matrix(archive);

  // The integrator's own counts come back with it.
  Statistics so_far = statistics_now();
  so_far.steps -= integrator.steps();
  so_far.error_test_failures -= integrator.error_test_failures();
  archive.number("statistics/steps", so_far.steps);
  archive.number("statistics/error_test_failures", so_far.error_test_failures);
  archive.number("statistics/nonlinear_failures", so_far.nonlinear_failures);
  archive.number("statistics/rate_evaluations", so_far.rate_evaluations);
  archive.number("statistics/newton_iterations", so_far.newton_iterations);
  archive.number("statistics/linear_iterations", so_far.linear_iterations);
  archive.number("statistics/matrix_setups", so_far.matrix_setups);
  archive.number("statistics/restarts", so_far.restarts);
  archive.number("statistics/seconds", so_far.seconds);
  archive.number("statistics/seconds_rates", so_far.seconds_rates);
  archive.number("statistics/seconds_setup", so_far.seconds_setup);
  archive.number("statistics/seconds_solve", so_far.seconds_solve);
  if (archive.reading()) carried = so_far;
}

}  // namespace howship::simulation
