#include "simulation/ahead_trajectory.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::simulation {
namespace {

constexpr double kStructure = 0.05;  // deviation from a parabola, of the largest value, that a field step may meet

}  // namespace

AheadTrajectory::AheadTrajectory(SUNContext context, const model::Kinetics& kinetics,
                                 std::span<const double> parameters, std::vector<std::size_t> slots,
                                 double relative_tolerance, double max_step)
    : kinetics_(kinetics),
      relative_tolerance_(std::max(1e-11, std::min(1e-3 * relative_tolerance, 1e-8))),
      slots_(std::move(slots)),
      place_(kinetics.systemic_count(), -1),
      seen_(slots_.size(), false),
      full_(kinetics.systemic_count(), 0.0),
      outputs_(std::max(kinetics.systemic_count(), kinetics.systemic_by_systemic().pattern.size())),
      no_reductions_(kinetics.model().reductions.size(), 0.0),
      newton_(context, *this),
      max_step_(max_step) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    place_[slots_[i]] = static_cast<std::ptrdiff_t>(i);
    typical_.push_back(kinetics.systemic_species(slots_[i]).typical);
  }
  const auto mark = [&](std::size_t slot) {
    if (place_[slot] >= 0) seen_[static_cast<std::size_t>(place_[slot])] = true;
  };
  for (const auto& entry : kinetics.local_by_systemic().pattern) mark(entry.column);
  for (const auto& entry : kinetics.integrand_by_systemic().pattern) mark(entry.column);
  for (const auto& entry : kinetics.systemic_by_systemic().pattern) {
    if (place_[entry.row] < 0) mark(entry.column);
  }
  state_.assign(slots_.size(), 0.0);
  input_.assign(slots_.size(), 0.0);
  if (slots_.empty()) return;

  rates_workspace_.emplace(kinetics.systemic_rates().workspace(model::Program::kSmall, parameters));
  derivatives_workspace_.emplace(kinetics.systemic_by_systemic().program.workspace(model::Program::kSmall, parameters));
  space_ = std::make_unique<PointSpace>(context, typical_);
  std::vector<model::SparseEntry> pattern;
  const auto& all = kinetics.systemic_by_systemic().pattern;
  for (std::size_t e = 0; e < all.size(); ++e) {
    const std::ptrdiff_t row = place_[all[e].row];
    const std::ptrdiff_t column = place_[all[e].column];
    if (row < 0 || column < 0) continue;
    entries_.push_back(e);
    pattern.push_back({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column)});
  }
  lu_ = std::make_unique<PointLu>(slots_.size(), pattern);
  entry_values_.resize(entries_.size());
  trial_.resize(slots_.size());
  update_.resize(slots_.size());
  y_ = space_->create();
  derivative_ = space_->create();
  cvode_.reset(CVodeCreate(CV_BDF, context));
  if (!cvode_) throw std::bad_alloc();
}

AheadTrajectory::~AheadTrajectory() = default;

void AheadTrajectory::set_state(std::span<const double> systemic) {
  for (std::size_t i = 0; i < slots_.size(); ++i) state_[i] = systemic[slots_[i]];
}
bool AheadTrajectory::contains(std::size_t slot) const {
  return place_[slot] >= 0;
}
void AheadTrajectory::add(std::size_t slot, double amount) {
  state_[static_cast<std::size_t>(place_[slot])] += amount;
}

void AheadTrajectory::set_input(std::span<const double> systemic) {
  for (std::size_t i = 0; i < slots_.size(); ++i) input_[i] = slots_[i] < systemic.size() ? systemic[slots_[i]] : 0.0;
}

void AheadTrajectory::integrate(double begin, double end) {
  segments_.clear();
  coefficients_.clear();
  hint_ = 0;
  append(begin, end);
}

void AheadTrajectory::continue_to(double end) {
  if (!slots_.empty()) append(segments_.back().end, end);
}

void AheadTrajectory::forget_before(double time) {
  std::size_t gone = 0;
  while (gone + 1 < segments_.size() && segments_[gone].end < time) ++gone;
  if (gone == 0) return;
  const std::size_t offset = segments_[gone].first;
  coefficients_.erase(coefficients_.begin(), coefficients_.begin() + static_cast<std::ptrdiff_t>(offset));
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(gone));
  for (Segment& segment : segments_) segment.first -= offset;
  hint_ -= std::min(hint_, gone);
}

void AheadTrajectory::back_to(const Mark& mark) {
  segments_.resize(mark.segments);
  coefficients_.resize(mark.coefficients);
  state_ = mark.state;
  hint_ = std::min(hint_, segments_.size() - 1);
}

void AheadTrajectory::append(double begin, double end) {
  if (slots_.empty()) return;
  std::copy(state_.begin(), state_.end(), space_->values(y_.get()));
  const auto keep_values = [&] {
    segments_.push_back({begin, begin, 0, coefficients_.size()});
    coefficients_.insert(coefficients_.end(), state_.begin(), state_.end());
  };
  if (end <= begin) {
    keep_values();
    return;
  }
  void* cvode = cvode_.get();
  if (!initialised_) {
    CVodeSetErrHandlerFn(
        cvode, [](int, const char*, const char*, char*, void*) {}, nullptr);
    CVodeInit(cvode, rates_callback, begin, y_.get());
    CVodeSetUserData(cvode, this);
    CVodeWFtolerances(cvode, weights_callback);
    newton_.attach(cvode);
    CVodeSetMaxNumSteps(cvode, -1);
    if (max_step_ > 0.0) CVodeSetMaxStep(cvode, max_step_);
    initialised_ = true;
  } else {
    CVodeReInit(cvode, begin, y_.get());
  }
  newton_.restart();
  CVodeSetStopTime(cvode, end);
  double time = begin;
  while (time < end) {
    double reached = time;
    const int flag = CVode(cvode, end, y_.get(), &reached, CV_ONE_STEP);
    if (flag < 0 || reached <= time) {
      std::string names;
      for (const std::size_t slot : slots_) {
        if (slot >= kinetics_.model().systemic.size()) continue;
        names += (names.empty() ? "" : ", ") + kinetics_.systemic_species(slot).id;
      }
      throw NumericalError(
          fmt::format("the systemic species {} cannot be integrated beyond day {:.6g}; look at their rates there, and "
                      "at the doses given",
                      names, time));
    }
    // A rate that oscillates without end would fill the memory with steps before the tissue has moved.
    constexpr std::size_t kMostSegments = 2'000'000;
    if (segments_.size() >= kMostSegments) {
      throw NumericalError(
          fmt::format("the systemic species need more than {} steps up to day {:.6g}; look for a rate that oscillates "
                      "much faster than a day",
                      kMostSegments, time));
    }
    int order = 0;
    CVodeGetLastOrder(cvode, &order);
    keep_step(time, reached, order);
    time = reached;
  }
  const double* y = space_->values(y_.get());
  std::copy(y, y + slots_.size(), state_.begin());
}

void AheadTrajectory::keep_step(double begin, double end, int order) {
  Segment segment{begin, end, static_cast<std::size_t>(order), coefficients_.size()};
  double factorial = 1.0;
  for (int k = 0; k <= order; ++k) {
    if (k > 0) factorial *= k;
    CVodeGetDky(cvode_.get(), end, k, derivative_.get());
    const double* values = space_->values(derivative_.get());
    for (std::size_t i = 0; i < slots_.size(); ++i) coefficients_.push_back(values[i] / factorial);
  }
  segments_.push_back(segment);
}

const AheadTrajectory::Segment& AheadTrajectory::find(double time) const {
  while (hint_ > 0 && time <= segments_[hint_ - 1].end) --hint_;
  while (hint_ + 1 < segments_.size() && time > segments_[hint_].end) ++hint_;
  return segments_[hint_];
}

double AheadTrajectory::value(const Segment& segment, std::size_t index, double time) const {
  const double s = time - segment.end;
  const double* c = coefficients_.data() + segment.first + index;
  double sum = 0.0;
  for (std::size_t k = segment.order + 1; k-- > 0;) sum = sum * s + c[k * slots_.size()];
  return sum;
}

void AheadTrajectory::evaluate(double time, std::span<double> systemic) const {
  if (slots_.empty()) return;
  const Segment& segment = find(time);
  for (std::size_t i = 0; i < slots_.size(); ++i) systemic[slots_[i]] = value(segment, i, time);
}

double AheadTrajectory::resolved_step(double time, double wanted) const {
  if (slots_.empty()) return wanted;
  const std::size_t last = segments_.size() - 1;
  find(time);
  const std::size_t first = hint_;
  const auto at = [&](std::size_t index, double t) {
    std::size_t s = first;
    while (s < last && t > segments_[s].end) ++s;
    return value(segments_[s], index, t);
  };
  for (double step = wanted;; step *= 0.5) {
    // Steps of the trajectory's own integrator show where it has structure.
    if (first == last || time + step <= segments_[first + 1].end) return step;
    bool smooth = true;
    for (std::size_t i = 0; i < slots_.size() && smooth; ++i) {
      if (!seen_[i]) continue;
      const double y0 = at(i, time);
      const double y1 = at(i, time + 0.5 * step);
      const double y2 = at(i, time + step);
      double largest = std::max({std::abs(y0), std::abs(y1), std::abs(y2)});
      double deviation = 0.0;
      for (std::size_t s = first; s < last && segments_[s].end < time + step; ++s) {
        const double x = (segments_[s].end - time) / step;
        if (x <= 0.0) continue;
        const double y = value(segments_[s], i, segments_[s].end);
        const double parabola = y0 * (1 - x) * (1 - 2 * x) + 4 * y1 * x * (1 - x) + y2 * x * (2 * x - 1);
        largest = std::max(largest, std::abs(y));
        deviation = std::max(deviation, std::abs(y - parabola));
      }
      smooth = deviation <= kStructure * (largest + typical_[i]);
    }
    if (smooth) return step;
  }
}

void AheadTrajectory::exchange(Archive& archive) {
  if (slots_.empty()) return;
  std::vector<double> flat;
  for (const Segment& segment : segments_) {
    flat.insert(flat.end(),
                {segment.begin, segment.end, static_cast<double>(segment.order), static_cast<double>(segment.first)});
  }
  archive.exchange("ahead/state", std::span(state_));
  archive.exchange("ahead/segments", flat);
  archive.exchange("ahead/coefficients", coefficients_);
  if (!archive.reading()) return;
  hint_ = 0;
  segments_.clear();
  for (std::size_t i = 0; i + 3 < flat.size(); i += 4) {
    const Segment segment{flat[i], flat[i + 1], static_cast<std::size_t>(flat[i + 2]),
                          static_cast<std::size_t>(flat[i + 3])};
    if (segment.first + (segment.order + 1) * slots_.size() > coefficients_.size())
      throw InputError("the checkpoint cannot be taken up: what is known ahead is incomplete");
    segments_.push_back(segment);
  }
  if (segments_.empty()) throw InputError("the checkpoint cannot be taken up: nothing is known ahead");
}

void AheadTrajectory::prepare(const model::Program& program, model::Program::Workspace& workspace, double time,
                              const double* y) {
  for (std::size_t i = 0; i < slots_.size(); ++i) full_[slots_[i]] = y[i];
  program.prepare(workspace, {time, full_, no_reductions_});
}

bool AheadTrajectory::rates(double time, const double* y, double* out) {
  const model::Program& program = kinetics_.systemic_rates();
  prepare(program, *rates_workspace_, time, y);
  program.scalars(*rates_workspace_, std::span(outputs_).first(program.output_count()));
  bool finite = true;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    out[i] = outputs_[slots_[i]] + input_[i];
    finite = finite && std::isfinite(out[i]);
  }
  return finite;
}

int AheadTrajectory::rates_callback(double time, N_Vector y, N_Vector rates, void* self) {
  auto& ahead = *static_cast<AheadTrajectory*>(self);
  return ahead.rates(time, ahead.space_->values(y), ahead.space_->values(rates)) ? 0 : 1;
}

int AheadTrajectory::weights_callback(N_Vector y, N_Vector weights, void* self) {
  auto& ahead = *static_cast<AheadTrajectory*>(self);
  ahead.space_->set_weights(y, weights, ahead.relative_tolerance_);
  return 0;
}

bool AheadTrajectory::setup(const ImplicitStep& step) {
  const model::Derivatives& derivatives = kinetics_.systemic_by_systemic();
  prepare(derivatives.program, *derivatives_workspace_, step.time, space_->values(step.predicted));
  derivatives.program.scalars(*derivatives_workspace_, std::span(outputs_).first(derivatives.pattern.size()));
  for (std::size_t e = 0; e < entries_.size(); ++e) entry_values_[e] = outputs_[entries_[e]];
  return lu_->factor(entry_values_.data(), step.gamma);
}

std::optional<double> AheadTrajectory::iterate(const ImplicitStep& step, double gamma_ratio, double) {
  const double* predicted = space_->values(step.predicted);
  const double* slope = PointSpace::raw(step.slope);
  double* correction = PointSpace::raw(step.correction);
  const double* weights = PointSpace::raw(step.weights);
  const std::size_t size = slots_.size();
  for (std::size_t i = 0; i < size; ++i) trial_[i] = predicted[i] + correction[i];
  if (!rates(step.time, trial_.data(), update_.data())) return std::nullopt;
  for (std::size_t i = 0; i < size; ++i) update_[i] = step.gamma * update_[i] - step.rl1 * slope[i] - correction[i];
  lu_->solve(update_.data());
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

}  // namespace howship::simulation
