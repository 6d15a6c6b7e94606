#include "howship/simulation/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "simulation/ahead_trajectory.hpp"
#include "simulation/field_system.hpp"
#include "simulation/known_inputs.hpp"
#include "simulation/newton_solver.hpp"
#include "simulation/point_system.hpp"
#include "simulation/sundials_handles.hpp"

namespace howship::simulation {
namespace {

/// A change of rates, times the step, below this many tolerances is left to the integrator's error control.
constexpr double kHarmlessJump = 1.0;

struct Event {
  double time = 0.0;
  bool output = false;
  std::vector<Dose> doses;
};

/// Doses and outputs by time; equal times are one event. Outputs past the end are dropped.
std::vector<Event> events_of(const Schedule& schedule, std::size_t systemic_count) {
  if (!(std::isfinite(schedule.end) && schedule.end >= 0.0))
    throw InputError(fmt::format("the end of a run cannot be day {}", schedule.end));
  std::vector<Event> events;
  for (const double time : schedule.outputs) events.push_back({time, true, {}});
  for (const Dose& dose : schedule.doses) {
    if (dose.systemic >= systemic_count) throw std::logic_error("a dose into a systemic species that does not exist");
    if (!std::isfinite(dose.amount))
      throw InputError(fmt::format("dose '{}' on day {}: the amount is {}", dose.label, dose.time, dose.amount));
    events.push_back({dose.time, false, {dose}});
  }
  for (const Event& event : events) {
    if (!(std::isfinite(event.time) && event.time >= 0.0)) {
      throw InputError(fmt::format("nothing can happen on day {}; time begins at day 0", event.time));
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.time < b.time; });
  std::vector<Event> merged;
  for (Event& event : events) {
    if (event.time > schedule.end) break;
    if (merged.empty() || merged.back().time != event.time) {
      merged.push_back(std::move(event));
    } else {
      merged.back().output = merged.back().output || event.output;
      merged.back().doses.insert(merged.back().doses.end(), event.doses.begin(), event.doses.end());
    }
  }
  return merged;
}

std::vector<std::size_t> autonomous_slots(const model::Kinetics& kinetics) {
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < kinetics.systemic_count(); ++slot) {
    if (kinetics.autonomous()[slot]) slots.push_back(slot);
  }
  return slots;
}

}  // namespace

struct Simulation::Impl {
  Impl(std::shared_ptr<const model::Kinetics> kinetics_in, std::vector<double> parameters_in,
       const vertebra::Domain& domain_in, const std::vector<std::vector<double>>& given, SolverOptions options_in)
      : kinetics(std::move(kinetics_in)),
        is_point(PointSystem::fits(*kinetics, domain_in)),
        parameters(is_point ? std::move(parameters_in) : with_decays(*kinetics, std::move(parameters_in), given)),
        domain(domain_in),
        options(options_in),
        ahead(context.get(), *kinetics, parameters, is_point ? std::vector<std::size_t>() : autonomous_slots(*kinetics),
              options.relative_tolerance, options.max_step),
        system_holder(make_system(given)),
        system(*system_holder),
        newton(context.get(), system),
        y(system.space().create()),
        view(system.layout().padded() * system.layout().locals),
        systemic(kinetics->systemic_count(), 0.0) {
    system.initial_state(y.get(), systemic);
    if (system.layout().size() == 0) return;  // everything is integrated ahead
    cvode.reset(CVodeCreate(CV_BDF, context.get()));
    if (!cvode) throw std::bad_alloc();
    void* memory = cvode.get();
    CVodeSetErrHandlerFn(
        memory, [](int, const char*, const char*, char*, void*) {}, nullptr);
    if (CVodeInit(memory, rates_callback, 0.0, y.get()) != CV_SUCCESS) throw std::bad_alloc();
    CVodeSetUserData(memory, this);
    CVodeWFtolerances(memory, weights_callback);
    newton.attach(memory);
    CVodeSetMaxOrd(memory, std::clamp(options.max_order, 1, 5));
    CVodeSetMaxNumSteps(memory, -1);
    if (options.max_step > 0.0) CVodeSetMaxStep(memory, options.max_step);
  }

  std::unique_ptr<OdeSystem> make_system(const std::vector<std::vector<double>>& given) {
    if (is_point) return std::make_unique<PointSystem>(context.get(), kinetics, parameters, domain, given);
    return std::make_unique<FieldSystem>(context.get(), kinetics, parameters, domain, given, options.threads, ahead);
  }

  static int rates_callback(double time, N_Vector y, N_Vector rates, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    return impl.system.rates(time, y, rates) ? 0 : 1;
  }
  static int weights_callback(N_Vector y, N_Vector weights, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    double time = impl.time;
    CVodeGetCurrentTime(impl.cvode.get(), &time);
    impl.system.set_weights(time, y, weights, impl.options.relative_tolerance);
    return 0;
  }

  Statistics run(const Schedule& schedule, const std::function<void(const State&, Moment)>& observer,
                 const std::function<bool(double, double)>& keep_going);
  void begin_integration(double time);
  void count_steps();
  void step_to(double stop, const std::function<bool(double, double)>& keep_going);
  void apply(const std::vector<Dose>& doses, double interval_end);
  void report(double when, N_Vector values, const std::function<void(const State&, Moment)>& observer, Moment moment);
  void interpolate(double when, N_Vector out);
  [[noreturn]] void fail(int flag);

  std::shared_ptr<const model::Kinetics> kinetics;
  bool is_point;  ///< everything is one small system, and nothing is integrated ahead
  std::vector<double> parameters;
  const vertebra::Domain& domain;
  SolverOptions options;
  SundialsContext context;
  AheadTrajectory ahead;
  std::unique_ptr<OdeSystem> system_holder;
  OdeSystem& system;
  NewtonSolver newton;
  VectorHandle y;
  CvodeHandle cvode;
  Buffer<double> view;
  std::vector<double> systemic;

  double time = 0.0;
  bool started = false;  ///< whether the integrator has taken a step since it was last initialised
  Statistics statistics;
};

void Simulation::Impl::begin_integration(double when) {
  if (!cvode) return;
  CVodeReInit(cvode.get(), when, y.get());
  newton.restart();
  started = false;
}

// CVODE counts from the last initialisation.
void Simulation::Impl::count_steps() {
  if (!cvode) return;
  long steps = 0;
  long failures = 0;
  CVodeGetNumSteps(cvode.get(), &steps);
  CVodeGetNumErrTestFails(cvode.get(), &failures);
  statistics.steps += steps;
  statistics.error_test_failures += failures;
}

void Simulation::Impl::interpolate(double when, N_Vector out) {
  if (!cvode) return;
  if (!started) {
    N_VScale(1.0, y.get(), out);
  } else {
    double reached = when;  // what counts as the same instant may lie a hair past the last step
    CVodeGetCurrentTime(cvode.get(), &reached);
    if (CVodeGetDky(cvode.get(), std::min(when, reached), 0, out) != CV_SUCCESS) {
      throw std::logic_error(fmt::format("no solution at day {}", when));
    }
  }
}

void Simulation::Impl::report(double when, N_Vector values, const std::function<void(const State&, Moment)>& observer,
                              Moment moment) {
  if (!observer) return;
  const Layout& layout = system.layout();
  system.systemic_at(when, values, systemic);
  const double* from = system.space().values(values);
  for (std::size_t block = 0; block < layout.blocks; ++block) {
    for (std::size_t s = 0; s < layout.locals; ++s) {
      const double* lane = from + block * layout.block_size() + s * layout.lanes;
      double* out = view.data() + s * layout.padded() + block * layout.lanes;
      for (std::size_t l = 0; l < layout.lanes; ++l) out[l] = lane[l] + system.known()[s];
    }
  }
  const std::span<const double> of_model = std::span(systemic).first(kinetics->model().systemic.size());
  observer({when, of_model, {view.data(), layout.padded()}}, moment);
}

Statistics Simulation::Impl::run(const Schedule& schedule, const std::function<void(const State&, Moment)>& observer,
                                 const std::function<bool(double, double)>& keep_going) {
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<Event> events = events_of(schedule, kinetics->model().systemic.size());
  const OdeSystem::Counters before = system.counters();
  const NewtonSolver::Counters newton_before = newton.counters();
  statistics = {};
  time = 0.0;
  system.initial_state(y.get(), systemic);
  system.forget_failure();
  ahead.set_state(systemic);

  const auto interval_end = [&](std::size_t event) {
    for (std::size_t e = event + 1; e < events.size(); ++e) {
      if (!events[e].doses.empty()) return events[e].time;
    }
    return schedule.end;
  };
  double next_dose = schedule.end;
  for (const Event& event : events) {
    if (!event.doses.empty()) {
      next_dose = event.time;
      break;
    }
  }
  ahead.integrate(0.0, next_dose);
  begin_integration(0.0);

  const VectorHandle scratch = system.space().create();
  std::size_t next = 0;
  for (;;) {
    // Outputs up to the next stop are interpolated on the way; a stop is a dose, or the end.
    std::size_t stop_event = next;
    while (stop_event < events.size() && events[stop_event].doses.empty()) ++stop_event;
    const double stop = stop_event < events.size() ? events[stop_event].time : schedule.end;
    while (next < stop_event && events[next].time <= time) {
      report(events[next++].time, y.get(), observer, Moment::output);
    }
    while (time < stop) {
      if (!cvode) {
        time = stop;
      } else {
        step_to(stop, keep_going);
      }
      while (next < stop_event && events[next].time <= time) {
        interpolate(events[next].time, scratch.get());
        report(events[next++].time, scratch.get(), observer, Moment::output);
      }
    }
    if (stop_event >= events.size()) break;

    interpolate(stop, y.get());
    report(stop, y.get(), observer, Moment::before_dose);
    apply(events[stop_event].doses, interval_end(stop_event));
    report(stop, y.get(), observer, Moment::after_dose);
    next = stop_event + 1;
  }

  count_steps();
  const OdeSystem::Counters& counters = system.counters();
  statistics.rate_evaluations = counters.rate_evaluations - before.rate_evaluations;
  statistics.linear_iterations = counters.linear_iterations - before.linear_iterations;
  statistics.seconds_rates = counters.seconds_rates - before.seconds_rates;
  statistics.seconds_setup = counters.seconds_setup - before.seconds_setup;
  statistics.seconds_solve = counters.seconds_solve - before.seconds_solve;
  statistics.newton_iterations = newton.counters().iterations - newton_before.iterations;
  statistics.matrix_setups = newton.counters().setups - newton_before.setups;
  statistics.nonlinear_failures = newton.counters().failures - newton_before.failures;
  statistics.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return statistics;
}

// One step of the integrator, not beyond a stop and not over a transient of what was integrated ahead.
void Simulation::Impl::step_to(double stop, const std::function<bool(double, double)>& keep_going) {
  constexpr double kSameInstant = 1e-13;
  if (stop - time <= kSameInstant * std::max(1.0, stop)) {
    time = stop;
    return;
  }
  double limit = stop;
  if (!ahead.empty()) {
    double wanted = stop - time;
    if (started) CVodeGetCurrentStep(cvode.get(), &wanted);
    wanted = std::min(wanted, stop - time);
    const double resolved = ahead.resolved_step(time, wanted);
    if (resolved < wanted) limit = time + resolved;
  }
  CVodeSetStopTime(cvode.get(), limit);
  double reached = time;
  const int flag = CVode(cvode.get(), limit, y.get(), &reached, CV_ONE_STEP);
  if (flag < 0 || reached <= time) fail(flag);  // CVODE itself goes on when a step no longer moves the clock
  started = true;
  system.forget_failure();  // a smaller step went past it
  double step = 0.0;
  CVodeGetLastStep(cvode.get(), &step);
  time = reached;
  if (keep_going && !keep_going(time, step)) throw Interrupted(fmt::format("interrupted on day {:.6g}", time));
}

// Enters doses, prepares the time up to the next one, and starts the integrator anew only if the field's rates jump by
// more than its error control takes in its stride.
void Simulation::Impl::apply(const std::vector<Dose>& doses, double interval_end) {
  const Layout& layout = system.layout();
  bool jump = false;
  VectorHandle before;
  VectorHandle after;
  if (cvode && started) {
    before = system.space().create();
    system.rates(time, y.get(), before.get());
  }
  for (const Dose& dose : doses) {
    if (ahead.contains(dose.systemic)) {
      ahead.add(dose.systemic, dose.amount);
    } else {
      const auto& slots = system.main_slots();
      const auto place = static_cast<std::size_t>(std::find(slots.begin(), slots.end(), dose.systemic) - slots.begin());
      system.space().values(y.get())[layout.tail() + place] += dose.amount;
      jump = true;
    }
  }
  ahead.integrate(time, interval_end);
  if (!cvode) return;
  if (started && !jump) {
    after = system.space().create();
    const VectorHandle weights = system.space().create();
    double step = 0.0;
    CVodeGetCurrentStep(cvode.get(), &step);
    step = std::min(step, interval_end - time);
    if (!system.rates(time, y.get(), after.get())) jump = true;
    system.set_weights(time, y.get(), weights.get(), options.relative_tolerance);
    N_VLinearSum(step, after.get(), -step, before.get(), after.get());
    jump = jump || !(system.space().norm(after.get(), weights.get()) <= kHarmlessJump);
  }
  if (!jump && started) return;
  if (started) {
    count_steps();
    ++statistics.restarts;
  }
  begin_integration(time);
}

void Simulation::Impl::fail(int flag) {
  double reached = time;
  CVodeGetCurrentTime(cvode.get(), &reached);
  CVodeGetDky(cvode.get(), reached, 0, y.get());  // the last good state, not a trial
  const auto& noted = system.failure();
  if (noted && noted->time >= reached) throw NumericalError(describe(*noted, *kinetics, parameters, domain));
  const VectorHandle weights = system.space().create();
  const VectorHandle errors = system.space().create();
  CVodeGetErrWeights(cvode.get(), weights.get());
  CVodeGetEstLocalErrors(cvode.get(), errors.get());
  std::string cause = "its step size fell below what the arithmetic resolves";
  if (flag == CV_CONV_FAILURE) {
    cause = "Newton's iteration does not converge however small the step, and it is farthest off";
  }
  if (flag == CV_ERR_FAILURE) cause = "its error stays above the tolerance however small the step";
  if (flag == CV_TOO_MUCH_ACC) cause = "the tolerance asks for more digits than there are";
  throw NumericalError(
      describe(system.worst(time, y.get(), errors.get(), weights.get(), cause), *kinetics, parameters, domain));
}

Simulation::Simulation(std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters,
                       const vertebra::Domain& domain, const std::vector<std::vector<double>>& given,
                       SolverOptions options)
    : impl_(std::make_unique<Impl>(std::move(kinetics), std::move(parameters), domain, given, options)) {}
Simulation::~Simulation() = default;

std::size_t Simulation::unknowns() const {
  return impl_->system.layout().unknowns() + impl_->kinetics->model().systemic.size() -
         impl_->system.main_slots().size();
}

Statistics Simulation::run(const Schedule& schedule, const std::function<void(const State&, Moment)>& observer,
                           const std::function<bool(double time, double step)>& keep_going) {
  return impl_->run(schedule, observer, keep_going);
}

std::size_t Simulation::memory_estimate(const model::Kinetics& kinetics, std::size_t voxels) {
  std::size_t main = 0;
  for (const bool autonomous : kinetics.autonomous()) main += autonomous ? 0 : 1;
  const Layout layout(voxels, kinetics.local_count(), main);
  // CVODE keeps 6 vectors of history and 8 for work; we keep the solution, the update, and the state shown to
  // observers.
  constexpr std::size_t kVectors = 20;
  const BlockLu lu(layout.locals, kinetics.local_by_local().pattern, kinetics.diffusing());
  const std::size_t diffusing = kinetics.diffusing().size();
  std::size_t per_voxel = layout.locals * kVectors * sizeof(double) + lu.slots() * sizeof(float);
  per_voxel += kinetics.model().given.size() * sizeof(double) + main * layout.locals * sizeof(double);
  per_voxel +=
      kinetics.integrand_by_local().pattern.size() * sizeof(float) + kinetics.rate_reduction_count() * sizeof(double);
  if (diffusing > 0)
    per_voxel += 6 * sizeof(std::int32_t) + diffusing * (15 * sizeof(double) + diffusing * sizeof(float));
  return layout.padded() * per_voxel;
}

}  // namespace howship::simulation
