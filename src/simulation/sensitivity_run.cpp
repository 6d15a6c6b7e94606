#include "howship/simulation/sensitivity_run.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/stopwatch.hpp"

#include "simulation/sensitivity_integrator.hpp"
#include "simulation/time_breaks.hpp"

namespace howship::simulation {
namespace {

constexpr double kSameInstant = 1e-13;

double just_before(double time) {
  return std::nextafter(time, 0.0);
}

struct Instant {
  double time = 0.0;
  bool output = false, jump = false;  ///< jump: a rate changes because of time alone
  std::vector<DrugDose> doses;
  bool stops() const { return jump || !doses.empty(); }
};

std::vector<Instant> instants_of(const DrugSchedule& schedule, const std::vector<double>& jumps,
                                 const model::Model& model) {
  if (!(std::isfinite(schedule.end) && schedule.end >= 0.0))
    throw InputError(fmt::format("the end of a run cannot be day {}", schedule.end));
  std::vector<Instant> instants;
  for (const double time : schedule.outputs) instants.push_back({time, true, false, {}});
  for (const double time : jumps) instants.push_back({time, false, true, {}});
  for (const DrugDose& dose : schedule.doses) {
    if (dose.drug >= model.drugs.size()) throw std::logic_error("a dose of a drug that the model does not have");
    if (!std::isfinite(dose.amount))
      throw InputError(fmt::format("dose '{}' on day {}: the amount is {}", dose.label, dose.time, dose.amount));
    instants.push_back({dose.time, false, false, {dose}});
  }
  for (const Instant& instant : instants) {
    if (!(std::isfinite(instant.time) && instant.time >= 0.0))
      throw InputError(fmt::format("nothing can happen on day {}; time begins at day 0", instant.time));
  }
  std::stable_sort(instants.begin(), instants.end(),
                   [](const Instant& a, const Instant& b) { return a.time < b.time; });
  std::vector<Instant> merged;
  for (Instant& instant : instants) {
    if (instant.time > schedule.end) break;
    if (merged.empty() || merged.back().time != instant.time) {
      merged.push_back(std::move(instant));
      continue;
    }
    Instant& same = merged.back();
    same.output = same.output || instant.output;
    same.jump = same.jump || instant.jump;
    same.doses.insert(same.doses.end(), instant.doses.begin(), instant.doses.end());
  }
  return merged;
}

}  // namespace

struct SensitivityRun::Impl {
  Impl(std::shared_ptr<const model::Kinetics> kinetics_in,
       std::shared_ptr<const model::PointSensitivities> sensitivities_in, std::vector<double> parameters_in,
       const vertebra::Domain& domain, const std::vector<std::vector<double>>& given, const SolverOptions& options)
      : kinetics(std::move(kinetics_in)),
        sensitivities(std::move(sensitivities_in)),
        parameters(std::move(parameters_in)),
        integrator(kinetics, *sensitivities, parameters, domain, given, options),
        columns((sensitivities->asked().size() + PointSpace::kWidth - 1) / PointSpace::kWidth * PointSpace::kWidth),
        state(integrator.size() + PointSpace::kWidth),
        s(integrator.size() * columns + PointSpace::kWidth),
        values(sensitivities->read_outs().values.output_count()),
        derivatives(values.size() * sensitivities->asked().size()) {}

  void report(double time, const double* y, const double* of,
              const std::function<void(const ReadOut&, Moment)>& observer, Moment moment) {
    if (!observer) return;
    integrator.system().read(time, y, of, values.data(), derivatives.data());
    observer({time, values, derivatives}, moment);
  }

  void enter(const std::vector<DrugDose>& doses) {
    const model::Model& model = kinetics->model();
    for (const DrugDose& dose : doses) {
      const std::size_t unknown = model.local.size() + model.species[model.drugs[dose.drug].species].slot;
      double* row = integrator.sensitivities() + unknown * columns;
      integrator.state()[unknown] += dose.amount * integrator.system().bioavailability(dose.drug, dose.amount, row);
    }
  }

  /// Lets the sensitivities jump where comparisons turned on the way to `time`. @returns whether a rate jumped
  bool follow_turns(double time) {
    const std::vector<double> now = integrator.system().holds(time, integrator.state());
    if (now.empty() || now == held) return false;
    std::vector<bool> turned(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) turned[i] = now[i] != held[i];
    held = now;
    const double step = integrator.last_step();
    const double then = time - 1e-7 * step - 1e-12 * std::max(1.0, time);
    std::vector<double> before(integrator.size());
    std::vector<double> after(integrator.size());
    integrator.look_back(then, state.data(), s.data());
    const bool good =
        integrator.rates(then, state.data(), before.data()) && integrator.rates(time, integrator.state(), after.data());
    if (!good) throw NumericalError(fmt::format("on day {:.6g} a rate is not finite where it jumps", time));
    constexpr double kNone = 1e-5;  // of the sizes of rates: what a continuous rate changes over the look back
    bool jumps = false;
    for (std::size_t u = 0; u < before.size(); ++u)
      jumps = jumps || std::abs(after[u] - before[u]) > kNone * (std::abs(before[u]) + std::abs(after[u]));
    if (jumps) integrator.system().jump(time, integrator.state(), before, after, turned, integrator.sensitivities());
    return jumps;
  }

  Statistics run(const DrugSchedule& schedule, const std::function<void(const ReadOut&, Moment)>& observer,
                 const std::function<bool(double, double)>& keep_going);

  std::shared_ptr<const model::Kinetics> kinetics;
  std::shared_ptr<const model::PointSensitivities> sensitivities;
  std::vector<double> parameters;
  SensitivityIntegrator integrator;
  std::size_t columns;
  std::vector<double> state, s, values, derivatives;  ///< of a look back, and what is read
  std::vector<double> held;                           ///< which comparisons held when last looked at
};

Statistics SensitivityRun::Impl::run(const DrugSchedule& schedule,
                                     const std::function<void(const ReadOut&, Moment)>& observer,
                                     const std::function<bool(double, double)>& keep_going) {
  const Stopwatch watch;
  const std::vector<Instant> instants =
      instants_of(schedule, time_breaks(*kinetics, parameters, schedule.end), kinetics->model());
  Statistics statistics;
  double time = 0.0;
  integrator.reset();
  held = integrator.system().holds(time, integrator.state());
  integrator.restart(time);
  const auto next_stop = [&](std::size_t from) {
    while (from < instants.size() && !instants[from].stops()) ++from;
    return from;
  };
  std::size_t next = 0;
  bool crossed = false;
  for (;;) {
    Instant here{time, false, false, {}};
    if (next < instants.size() && instants[next].time == time) here = instants[next++];
    bool anew = (crossed || here.jump) && follow_turns(time);
    anew = anew || here.jump || !here.doses.empty();
    if (!here.doses.empty()) {
      report(time, integrator.state(), integrator.sensitivities(), observer, Moment::before_dose);
      enter(here.doses);
      held = integrator.system().holds(time, integrator.state());
      report(time, integrator.state(), integrator.sensitivities(), observer, Moment::after_dose);
    } else if (here.output) {
      report(time, integrator.state(), integrator.sensitivities(), observer, Moment::output);
    }
    if (time >= schedule.end) break;
    if (anew) {
      integrator.add_statistics(statistics);
      ++statistics.restarts;
      integrator.restart(time);
    }

    const std::size_t stop = next_stop(next);
    const double until = stop < instants.size() ? instants[stop].time : schedule.end;
    const double limit = stop < instants.size() && instants[stop].jump ? just_before(until) : until;
    crossed = false;
    while (time < until && !crossed) {
      if (limit - time <= kSameInstant * std::max(1.0, until)) {
        time = until;
        break;
      }
      crossed = integrator.step(time, limit);
      if (keep_going && !keep_going(time, integrator.last_step()))
        throw Interrupted(fmt::format("interrupted on day {:.6g}", time));
      const bool halted = crossed || time == until;
      for (; next < stop && (halted ? instants[next].time < time : instants[next].time <= time); ++next) {
        integrator.look_back(instants[next].time, state.data(), s.data());
        report(instants[next].time, state.data(), s.data(), observer, Moment::output);
      }
    }
    integrator.settle(time);
    // Outputs that lie a hair before the stop.
    for (; next < stop && instants[next].time < time; ++next)
      report(instants[next].time, integrator.state(), integrator.sensitivities(), observer, Moment::output);
  }
  integrator.add_statistics(statistics);
  statistics.seconds = watch.seconds();
  return statistics;
}

SensitivityRun::SensitivityRun(std::shared_ptr<const model::Kinetics> kinetics,
                               std::shared_ptr<const model::PointSensitivities> sensitivities,
                               std::vector<double> parameters, const vertebra::Domain& domain,
                               const std::vector<std::vector<double>>& given, SolverOptions options) {
  if (!PointSystem::fits(*kinetics, domain)) {
    throw InputError("sensitivities are computed without space: in a single voxel, or for a model without tissue",
                     "give the study [vertebra] voxel = { bvtv = 0.15 }");
  }
  impl_ = std::make_unique<Impl>(std::move(kinetics), std::move(sensitivities), std::move(parameters), domain, given,
                                 options);
}
SensitivityRun::~SensitivityRun() = default;

Statistics SensitivityRun::run(const DrugSchedule& schedule,
                               const std::function<void(const ReadOut&, Moment)>& observer,
                               const std::function<bool(double time, double step)>& keep_going) {
  return impl_->run(schedule, observer, keep_going);
}

}  // namespace howship::simulation
