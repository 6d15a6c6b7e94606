#include "howship/simulation/simulation.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "simulation/simulation_impl.hpp"

namespace howship::simulation {
namespace {

std::vector<std::size_t> autonomous_slots(const model::Kinetics& kinetics) {
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < kinetics.systemic_count(); ++slot) {
    if (kinetics.autonomous()[slot]) slots.push_back(slot);
  }
  return slots;
}

}  // namespace

Simulation::Impl::Impl(std::shared_ptr<const model::Kinetics> kinetics_in, std::vector<double> parameters_in,
                       const vertebra::Domain& domain_in, const std::vector<std::vector<double>>& given,
                       SolverOptions options_in)
    : kinetics(std::move(kinetics_in)),
      is_point(PointSystem::fits(*kinetics, domain_in)),
      options(options_in),
      ranks(options.ranks == nullptr ? alone : *options.ranks),
      parameters(own_parameters(std::move(parameters_in), given)),
      domain(domain_in),
      ahead(context.get(), *kinetics, parameters, is_point ? std::vector<std::size_t>() : autonomous_slots(*kinetics),
            options.relative_tolerance, options.max_step),
      system_holder(make_system(given)),
      system(*system_holder),
      events(*kinetics, parameters),
      watched(kinetics->switches().watched),
      watched_workspace(watched.workspace(model::Program::kSmall, parameters)),
      watched_values(watched.output_count()),
      no_reductions(kinetics->model().reductions.size(), 0.0),
      y(system.space().create()),
      scratch(system.space().create()),
      integrator(context.get(), system, y.get(), {options.relative_tolerance, options.max_step, options.max_order},
                 turns()),
      view(system.layout().padded() * system.layout().locals),
      systemic(kinetics->systemic_count(), 0.0) {
  system.initial_state(y.get(), systemic);
}

// Those of the model, and what the first voxel says of the decay of known inputs.
std::vector<double> Simulation::Impl::own_parameters(std::vector<double> given_parameters,
                                                     const std::vector<std::vector<double>>& given) {
  if (is_point) return given_parameters;
  std::vector<double> all = given_parameters;
  all.resize(given_parameters.size() + kinetics->known_inputs().size());
  if (ranks.first()) all = with_decays(*kinetics, std::move(given_parameters), given);
  ranks.broadcast(all, 0);
  return all;
}

std::unique_ptr<OdeSystem> Simulation::Impl::make_system(const std::vector<std::vector<double>>& given) {
  if (!is_point) {
    return std::make_unique<FieldSystem>(context.get(), kinetics, parameters, domain, given, options.threads, ranks,
                                         ahead);
  }
  // A model without tissue may stand in a vertebra; every rank computes it from the first voxel.
  std::vector<std::vector<double>> first;
  for (const std::vector<double>& field : given) {
    double value = field.empty() ? 0.0 : field.front();
    ranks.broadcast({&value, 1}, 0);
    first.push_back({value});
  }
  return std::make_unique<PointSystem>(context.get(), kinetics, parameters, domain, first);
}

// Of each condition of an event and each comparison in a rate: +1 where it holds, -1 where not.
Integrator::Turns Simulation::Impl::turns() {
  return {events.conditions() + watched.output_count(), [this](double when, N_Vector values, double* signs) {
            system.systemic_at(when, values, systemic);
            events.signs(when, systemic, signs);
            if (watched_values.empty()) return;
            watched.prepare(watched_workspace, {when, systemic, no_reductions});
            watched.scalars(watched_workspace, watched_values);
            for (std::size_t i = 0; i < watched_values.size(); ++i)
              signs[events.conditions() + i] = watched_values[i] != 0.0 ? 1.0 : -1.0;
          }};
}

void Simulation::Impl::fail(int flag) {
  const double reached = integrator.reached();
  CVodeGetDky(integrator.cvode(), reached, 0, y.get());  // the last good state, not a trial
  const auto& noted = system.failure();
  if (noted && noted->time >= reached) throw NumericalError(describe(*noted, *kinetics, parameters, domain));
  const VectorHandle weights = system.space().create();
  const VectorHandle errors = system.space().create();
  CVodeGetErrWeights(integrator.cvode(), weights.get());
  CVodeGetEstLocalErrors(integrator.cvode(), errors.get());
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
Simulation::Simulation(Simulation&&) noexcept = default;

Slabs::Slab slab_of(const vertebra::Domain& domain, const Ranks* ranks) {
  if (ranks == nullptr) return {0, domain.size()};
  return Slabs(domain.size(), ranks->count()).of(ranks->rank());
}

std::size_t Simulation::unknowns() const {
  const Layout& layout = impl_->system.layout();
  const std::size_t voxels = impl_->is_point ? layout.voxels : impl_->domain.size();
  return voxels * layout.locals + layout.systemics + impl_->kinetics->model().systemic.size() -
         impl_->system.main_slots().size();
}

void Simulation::begin_at(Start start) {
  const model::Model& model = impl_->kinetics->model();
  const auto fits = [this](const std::vector<double>& field) {
    return field.empty() || field.size() == impl_->system.layout().voxels;
  };
  if (start.systemic.size() != model.systemic.size() || start.local.size() != model.local.size() ||
      !std::all_of(start.local.begin(), start.local.end(), fits)) {
    throw std::logic_error("a start has one entry per species and one value per voxel");
  }
  impl_->start = std::move(start);
}

bool Simulation::anything_waits() const {
  return impl_->events.next_time().has_value() || !impl_->infusions.empty();
}

Statistics Simulation::run(const Schedule& schedule, const std::function<void(const State&, Moment)>& observer,
                           const std::function<bool(double time, double step)>& keep_going) {
  return impl_->run(schedule, {observer, keep_going, {}, {}}, nullptr);
}

Statistics Simulation::run(const Schedule& schedule, const Callbacks& callbacks) {
  return impl_->run(schedule, callbacks, nullptr);
}

Statistics Simulation::resume(Archive& saved, const Schedule& schedule, const Callbacks& callbacks) {
  if (!can_save()) throw std::logic_error("a model without space is run from the start");
  return impl_->run(schedule, callbacks, &saved);
}

bool Simulation::can_save() const {
  return !impl_->is_point && !impl_->integrator.empty();
}

void Simulation::save(Archive& archive) {
  impl_->exchange(archive);
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
  constexpr std::size_t kNeighbours = 6;  // bytes: one index for most groups of eight, eight for the others
  if (diffusing > 0)
    per_voxel += 2 * kinetics.followed().size() * sizeof(double) + kNeighbours +
                 diffusing * (15 * sizeof(double) + (diffusing + 1) * sizeof(float));
  return layout.padded() * per_voxel;
}

}  // namespace howship::simulation
