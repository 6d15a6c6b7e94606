#include "howship/simulation/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "simulation/ahead_trajectory.hpp"
#include "simulation/event_queue.hpp"
#include "simulation/field_system.hpp"
#include "simulation/known_inputs.hpp"
#include "simulation/newton_solver.hpp"
#include "simulation/point_system.hpp"
#include "simulation/sundials_handles.hpp"
#include "simulation/time_breaks.hpp"

namespace howship::simulation {
namespace {

/// A change of rates, times the step, below this many tolerances is left to the integrator's error control.
constexpr double kHarmlessJump = 1.0;

double just_before(double time) {
  return std::nextafter(time, 0.0);
}

struct Instant {
  double time = 0.0;
  bool output = false, jump = false;  ///< jump: a rate or a condition changes because of time alone
  std::vector<Dose> doses;
  bool stops() const { return jump || !doses.empty(); }
};

/// Doses, outputs and jumps by time; equal times are one instant. What lies past the end is dropped.
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
    instants.push_back({dose.time, false, false, {dose}});
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
        events(*kinetics, parameters),
        watched(kinetics->switches().watched),
        watched_workspace(watched.workspace(model::Program::kSmall, parameters)),
        watched_values(watched.output_count()),
        no_reductions(kinetics->model().reductions.size(), 0.0),
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
    const std::size_t turns = events.conditions() + watched.output_count();
    if (turns > 0) CVodeRootInit(memory, static_cast<int>(turns), turns_callback);
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

  static int turns_callback(double time, N_Vector y, double* signs, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    impl.system.systemic_at(time, y, impl.systemic);
    impl.events.signs(time, impl.systemic, signs);
    if (impl.watched_values.empty()) return 0;
    impl.watched.prepare(impl.watched_workspace, {time, impl.systemic, impl.no_reductions});
    impl.watched.scalars(impl.watched_workspace, impl.watched_values);
    for (std::size_t i = 0; i < impl.watched_values.size(); ++i)
      signs[impl.events.conditions() + i] = impl.watched_values[i] != 0.0 ? 1.0 : -1.0;
    return 0;
  }

  Statistics run(const Schedule& schedule, const std::function<void(const State&, Moment)>& observer,
                 const std::function<bool(double, double)>& keep_going);
  void begin_integration(double time);
  void count_steps();
  bool step_to(double stop, double limit, const std::function<bool(double, double)>& keep_going);
  bool happens();
  VectorHandle rates_before();
  bool enter(const std::vector<Dose>& doses);
  bool let_events_happen();
  double& main_value(std::size_t slot);
  void restart_if_rates_jump(N_Vector before, bool jumped);
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
  EventQueue events;
  const model::Program& watched;  ///< comparisons in rates
  model::Program::Workspace watched_workspace;
  std::vector<double> watched_values, no_reductions;
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
  const std::vector<Instant> instants =
      instants_of(schedule, time_breaks(*kinetics, parameters, schedule.end), kinetics->model().systemic.size());
  const OdeSystem::Counters before = system.counters();
  const NewtonSolver::Counters newton_before = newton.counters();
  statistics = {};
  time = 0.0;
  system.initial_state(y.get(), systemic);
  system.forget_failure();
  ahead.set_state(systemic);
  events.reset();

  const auto next_stop = [&](std::size_t from) {
    while (from < instants.size() && !instants[from].stops()) ++from;
    return from;
  };
  // What is known ahead is known up to the next dose or jump, and a jump is not looked at from before.
  const auto known_until = [&](std::size_t from) {
    const std::size_t stop = next_stop(from);
    if (stop == instants.size()) return schedule.end;
    return instants[stop].jump ? just_before(instants[stop].time) : instants[stop].time;
  };
  ahead.integrate(0.0, known_until(0));
  begin_integration(0.0);

  const VectorHandle scratch = system.space().create();
  std::size_t next = 0;
  bool crossed = false;
  for (;;) {
    // Here, at a stop or where a condition or a comparison turned.
    Instant here{time, false, false, {}};
    if (next < instants.size() && instants[next].time == time) here = instants[next++];
    const bool changes = !here.doses.empty() || happens();
    const bool may_jump = changes || here.jump || (crossed && watched.output_count() > 0);
    const VectorHandle earlier = may_jump ? rates_before() : nullptr;
    if (changes) report(time, y.get(), observer, Moment::before_dose);
    bool set = enter(here.doses);
    if (here.stops()) ahead.integrate(time, known_until(next));
    if (changes) {
      set = let_events_happen() || set;
      report(time, y.get(), observer, Moment::after_dose);
    } else if (here.output) {
      report(time, y.get(), observer, Moment::output);
    }
    if (time >= schedule.end) break;
    if (earlier) {
      restart_if_rates_jump(earlier.get(), set);
    } else if (changes) {
      begin_integration(time);
    }

    // On to the next stop: a dose, a jump, an event whose delay is over, or the end. Outputs on the way are
    // interpolated.
    const std::size_t stop = next_stop(next);
    const double scheduled = stop < instants.size() ? instants[stop].time : schedule.end;
    const double until = std::max(time, std::min(scheduled, events.next_time().value_or(scheduled)));
    const bool jump = until == scheduled && stop < instants.size() && instants[stop].jump;
    crossed = false;
    while (time < until && !crossed) {
      crossed = step_to(until, jump ? just_before(until) : until, keep_going);
      const bool halted = crossed || time == until;
      for (; next < stop && (halted ? instants[next].time < time : instants[next].time <= time); ++next) {
        interpolate(instants[next].time, scratch.get());
        report(instants[next].time, scratch.get(), observer, Moment::output);
      }
    }
    if (!crossed) interpolate(until, y.get());
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

// One step of the integrator, not beyond `limit`, which stands for the stop, and not over a transient of what was
// integrated ahead. Returns whether a condition or a comparison turned; time and y are then where it did.
bool Simulation::Impl::step_to(double stop, double limit, const std::function<bool(double, double)>& keep_going) {
  constexpr double kSameInstant = 1e-13;
  if (!cvode || limit - time <= kSameInstant * std::max(1.0, stop)) {
    time = stop;
    return false;
  }
  if (!ahead.empty()) {
    double wanted = limit - time;
    if (started) CVodeGetCurrentStep(cvode.get(), &wanted);
    wanted = std::min(wanted, limit - time);
    const double resolved = ahead.resolved_step(time, wanted);
    if (resolved < wanted) limit = time + resolved;
  }
  // An event may have set its delay to end within the step in which its condition turned: that step is taken already.
  double taken = time;
  if (started) CVodeGetCurrentTime(cvode.get(), &taken);
  if (taken <= limit) CVodeSetStopTime(cvode.get(), limit);
  double reached = time;
  const int flag = CVode(cvode.get(), limit, y.get(), &reached, taken <= limit ? CV_ONE_STEP : CV_NORMAL);
  const bool crossed = flag == CV_ROOT_RETURN;
  if (flag < 0 || (reached <= time && !crossed)) fail(flag);  // CVODE itself goes on when the clock stands still
  started = true;
  system.forget_failure();  // a smaller step went past it
  double step = 0.0;
  CVodeGetLastStep(cvode.get(), &step);
  time = reached;
  if (keep_going && !keep_going(time, step)) throw Interrupted(fmt::format("interrupted on day {:.6g}", time));
  return crossed;
}

bool Simulation::Impl::happens() {
  system.systemic_at(time, y.get(), systemic);
  return events.due(time, systemic);
}

// The field's rates just before now, to be held against those after a change. Null if there is no step to look back on.
VectorHandle Simulation::Impl::rates_before() {
  if (!cvode || !started) return nullptr;
  double step = 0.0;
  CVodeGetLastStep(cvode.get(), &step);
  double reached = time;  // past `time` where a condition turned within the step
  CVodeGetCurrentTime(cvode.get(), &reached);
  const double then = std::max(reached - step, time - 1e-7 * step - 1e-12 * std::max(1.0, time));
  VectorHandle at = system.space().create();
  VectorHandle before = system.space().create();
  interpolate(then, at.get());
  system.rates(then, at.get(), before.get());
  return before;
}

// Adds doses; returns whether one went into an unknown of the field's integration.
bool Simulation::Impl::enter(const std::vector<Dose>& doses) {
  bool jump = false;
  for (const Dose& dose : doses) {
    if (ahead.contains(dose.systemic)) {
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

// Starts the integrator anew only if the field's rates jumped by more than its error control takes in its stride.
void Simulation::Impl::restart_if_rates_jump(N_Vector before, bool jumped) {
  if (!jumped) {
    const VectorHandle after = system.space().create();
    const VectorHandle weights = system.space().create();
    double step = 0.0;
    CVodeGetCurrentStep(cvode.get(), &step);
    jumped = !system.rates(time, y.get(), after.get());
    system.set_weights(time, y.get(), weights.get(), options.relative_tolerance);
    N_VLinearSum(step, after.get(), -step, before, after.get());
    jumped = jumped || !(system.space().norm(after.get(), weights.get()) <= kHarmlessJump);
  }
  if (!jumped) return;
  count_steps();
  ++statistics.restarts;
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
