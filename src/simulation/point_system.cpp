#include "simulation/point_system.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "simulation/point_parameters.hpp"

namespace howship::simulation {
namespace {

std::vector<std::size_t> all_slots(std::size_t count) {
  std::vector<std::size_t> slots(count);
  std::iota(slots.begin(), slots.end(), std::size_t{0});
  return slots;
}

}  // namespace

bool PointSystem::fits(const model::Kinetics& kinetics, const vertebra::Domain& domain) {
  return domain.size() == 1 || (kinetics.local_count() == 0 && kinetics.rate_reduction_count() == 0);
}

PointSystem::PointSystem(SUNContext context, std::shared_ptr<const model::Kinetics> kinetics,
                         std::vector<double> parameters, const vertebra::Domain& domain,
                         const std::vector<std::vector<double>>& given)
    : kinetics_(std::move(kinetics)),
      point_(kinetics_->point()),
      main_slots_(all_slots(kinetics_->model().systemic.size())),
      layout_(Layout::point(kinetics_->local_count(), main_slots_.size())),
      space_(context, typical_sizes(kinetics_->model())),
      parameters_(point_parameters(*kinetics_, std::move(parameters), domain, given)),
      lu_(point_.size(), point_.pattern()),
      rates_workspace_(point_.rates().workspace(parameters_)),
      jacobian_workspace_(point_.jacobian().workspace(parameters_)),
      state_(space_.padded()),
      update_(space_.padded()),
      entries_(point_.pattern().size()),
      known_(kinetics_->local_count(), 0.0) {
  for (const auto& field : given) given_.push_back(field.front());
}

std::size_t PointSystem::species(std::size_t unknown) const {
  const model::Model& model = kinetics_->model();
  return unknown < layout_.locals ? model.local[unknown] : model.systemic[unknown - layout_.locals];
}

void PointSystem::initial_state(N_Vector y, std::span<double> systemic) {
  double* values = PointSpace::raw(y);
  std::fill(state_.begin(), state_.end(), 0.0);
  model::ScalarProgram::Workspace workspace = point_.initial().workspace(parameters_);
  point_.initial().run(workspace, 0.0, state_.data(), values);
  for (std::size_t i = 0; i < point_.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    const model::Species& s = kinetics_->model().species[species(i)];
    throw InputError(fmt::format("the initial value of {} is {}", s.id, values[i]), "its formula is " + s.initial_text);
  }
  systemic_at(0.0, y, systemic);
}

void PointSystem::systemic_at(double, N_Vector y, std::span<double> systemic) {
  const double* values = PointSpace::raw(y) + layout_.locals;
  std::copy(values, values + main_slots_.size(), systemic.begin());
}

void PointSystem::lay_out(N_Vector y, double* out) {
  const double* values = PointSpace::raw(y);
  std::copy(values, values + layout_.locals, out);
}

void PointSystem::set_weights(double, N_Vector y, N_Vector weights, double relative_tolerance) {
  space_.set_weights(y, weights, relative_tolerance);
}

void PointSystem::set_input(std::span<const double> systemic) {
  const bool enters = std::any_of(systemic.begin(), systemic.end(), [](double rate) { return rate != 0.0; });
  input_.assign(systemic.begin(),
                enters ? systemic.begin() + static_cast<std::ptrdiff_t>(main_slots_.size()) : systemic.begin());
}

void PointSystem::run_rates(double time, const double* state, double* out) {
  point_.rates().run(rates_workspace_, time, state, out);
  for (std::size_t i = 0; i < input_.size(); ++i) out[layout_.locals + i] += input_[i];
}

bool PointSystem::rates(double time, N_Vector y, N_Vector rates) {
  ++counters_.rate_evaluations;
  const double* state = PointSpace::raw(y);
  double* out = PointSpace::raw(rates);
  run_rates(time, state, out);
  double check = 0.0;  // 0 times anything that is not finite is not 0
  for (std::size_t i = 0; i < point_.size(); ++i) check += 0.0 * out[i];
  if (check == 0.0) return true;
  note_rates(time, state, out);
  return false;
}

bool PointSystem::setup(const ImplicitStep& step) {
  const double* state = PointSpace::raw(step.predicted);
  point_.jacobian().run(jacobian_workspace_, step.time, state, entries_.data());
  double check = 0.0;  // 0 times anything that is not finite is not 0
  for (const double entry : entries_) check += 0.0 * entry;
  if (check != 0.0) bridge_infinite_slopes(step);
  if (lu_.factor(entries_.data(), step.gamma)) return true;
  note_slopes(step.time, state);
  return false;
}

// At the end of a root or a power, x^0.4 at x = 0, the slope is infinite and the rate is not. Newton's matrix may be
// any that its iteration converges with: the slope over as much as the tolerance allows does. Where a species would so
// drive itself away from there, though, the equations have several solutions, and none is chosen.
void PointSystem::bridge_infinite_slopes(const ImplicitStep& step) {
  const double* state = PointSpace::raw(step.predicted);
  const double* weights = PointSpace::raw(step.weights);
  const std::size_t size = point_.size();
  std::vector<double> here(update_.size()), there(update_.size());
  point_.rates().run(rates_workspace_, step.time, state, here.data());
  ++counters_.rate_evaluations;
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    const auto [row, column] = point_.pattern()[e];
    const bool drives_itself = row == column && !(entries_[e] < 0.0);
    if (std::isfinite(entries_[e]) || drives_itself) continue;
    for (const double side : {1.0, -1.0}) {
      std::copy(state, state + size, state_.begin());
      state_[column] += side / weights[column];
      point_.rates().run(rates_workspace_, step.time, state_.data(), there.data());
      ++counters_.rate_evaluations;
      const double slope = (there[row] - here[row]) / (state_[column] - state[column]);
      if (!std::isfinite(slope)) continue;
      entries_[e] = slope;
      break;
    }
  }
}

std::optional<double> PointSystem::iterate(const ImplicitStep& step, double gamma_ratio, double) {
  ++counters_.rate_evaluations;
  const double* predicted = PointSpace::raw(step.predicted);
  const double* slope = PointSpace::raw(step.slope);
  const double* weights = PointSpace::raw(step.weights);
  double* correction = PointSpace::raw(step.correction);
  const std::size_t size = point_.size();
  for (std::size_t i = 0; i < size; ++i) state_[i] = predicted[i] + correction[i];
  run_rates(step.time, state_.data(), update_.data());
  double check = 0.0;
  for (std::size_t i = 0; i < size; ++i) check += 0.0 * update_[i];
  if (check != 0.0) {
    note_rates(step.time, state_.data(), update_.data());
    return std::nullopt;
  }
  for (std::size_t i = 0; i < size; ++i) update_[i] = step.gamma * update_[i] - step.rl1 * slope[i] - correction[i];
  lu_.solve(update_.data());
  const double ratio = 2.0 / (1.0 + gamma_ratio);
  double squares = 0.0;
  for (std::size_t i = 0; i < size; ++i) {
    const double change = ratio * update_[i];
    correction[i] += change;
    squares += change * weights[i] * (change * weights[i]);
  }
  if (!std::isfinite(squares)) return std::nullopt;
  return std::sqrt(squares / static_cast<double>(size));
}

Failure PointSystem::failure_of(double time, const double* state, std::size_t unknown, std::string cause) {
  Failure failure;
  failure.time = time;
  failure.cause = std::move(cause);
  failure.species = species(unknown);
  if (unknown < layout_.locals) failure.voxel = 0;
  failure.local.assign(state, state + layout_.locals);
  failure.given = given_;
  failure.systemic.assign(kinetics_->systemic_count(), 0.0);
  std::copy(state + layout_.locals, state + point_.size(), failure.systemic.begin());
  failure.reductions.assign(kinetics_->model().reductions.size(), 0.0);
  model::ScalarProgram::Workspace workspace = point_.reductions().workspace(parameters_);
  point_.reductions().run(workspace, time, state, failure.reductions.data());
  return failure;
}

void PointSystem::note_rates(double time, const double* state, const double* rates) {
  for (std::size_t i = 0; i < point_.size(); ++i) {
    if (std::isfinite(rates[i])) continue;
    failure_ = failure_of(time, state, i, "its rate is not finite");
    return;
  }
}

// A derivative that is not finite is named; a singular matrix leaves nothing to name and is met by a smaller step.
void PointSystem::note_slopes(double time, const double* state) {
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    if (std::isfinite(entries_[e])) continue;
    failure_ = failure_of(
        time, state, point_.pattern()[e].row,
        fmt::format("the derivative of its rate by {} is not finite (a root or a power with infinite slope?)",
                    kinetics_->model().species[species(point_.pattern()[e].column)].id));
    return;
  }
}

Failure PointSystem::worst(double time, N_Vector y, N_Vector x, N_Vector w, const std::string& cause) {
  const double* errors = PointSpace::raw(x);
  const double* weights = PointSpace::raw(w);
  std::size_t unknown = 0;
  double largest = -1.0;
  for (std::size_t i = 0; i < point_.size(); ++i) {
    double size = std::abs(errors[i] * weights[i]);
    if (!std::isfinite(size)) size = std::numeric_limits<double>::infinity();
    if (size <= largest) continue;
    largest = size;
    unknown = i;
  }
  return failure_of(time, PointSpace::raw(y), unknown, cause);
}

}  // namespace howship::simulation
