#include "simulation/integrator.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::simulation {
namespace {

// What the transcript tells the next CVODE to do.
constexpr double kBegin = 1.0, kStep = 2.0, kInterpolate = 3.0;

}  // namespace

Integrator::Integrator(SUNContext context, OdeSystem& system, N_Vector y, Settings settings, Turns turns)
    : system_(system), y_(y), settings_(settings), turns_(std::move(turns)), newton_(context, system) {
  if (system.layout().whole_size() == 0) return;  // everything is integrated ahead
  recorded_ = system.space().converse_through(transcript_);
  cvode_.reset(CVodeCreate(CV_BDF, context));
  if (!cvode_) throw std::bad_alloc();
  void* memory = cvode_.get();
  CVodeSetErrHandlerFn(
      memory, [](int, const char*, const char*, char*, void*) {}, nullptr);
  system.space().begin_list();
  const int flag = CVodeInit(memory, rates_callback, 0.0, y);
  system.space().end_list();
  if (flag != CV_SUCCESS) throw std::bad_alloc();
  CVodeSetUserData(memory, this);
  CVodeWFtolerances(memory, weights_callback);
  newton_.attach(memory, recorded_ ? &transcript_ : nullptr);
  CVodeSetMaxOrd(memory, std::clamp(settings.max_order, 1, 5));
  CVodeSetMaxNumSteps(memory, -1);
  if (settings.max_step > 0.0) CVodeSetMaxStep(memory, settings.max_step);
  if (turns_.count > 0) CVodeRootInit(memory, static_cast<int>(turns_.count), turns_callback);
}

int Integrator::rates_callback(double time, N_Vector y, N_Vector rates, void* self) {
  auto& integrator = *static_cast<Integrator*>(self);
  const auto compute = [&] { return integrator.system_.rates(time, y, rates) ? 0.0 : 1.0; };
  return static_cast<int>(integrator.recorded_ ? integrator.transcript_.answer(compute) : compute());
}

int Integrator::weights_callback(N_Vector y, N_Vector weights, void* self) {
  auto& integrator = *static_cast<Integrator*>(self);
  if (integrator.transcript_.replaying()) return 0;
  double time = 0.0;
  CVodeGetCurrentTime(integrator.cvode_.get(), &time);
  integrator.system_.set_weights(time, y, weights, integrator.settings_.relative_tolerance);
  return 0;
}

int Integrator::turns_callback(double time, N_Vector y, double* signs, void* self) {
  auto& integrator = *static_cast<Integrator*>(self);
  Transcript& transcript = integrator.transcript_;
  if (!transcript.replaying()) integrator.turns_.signs(time, y, signs);
  if (!integrator.recorded_) return 0;
  for (std::size_t i = 0; i < integrator.turns_.count; ++i) signs[i] = transcript.answer([&] { return signs[i]; });
  return 0;
}

void Integrator::begin(double time) {
  if (!cvode_) return;
  if (recorded_ && !transcript_.replaying()) {
    transcript_.clear();  // an integrator that starts anew knows nothing of what was before
    transcript_.note(kBegin);
    transcript_.note(time);
  }
  CVodeReInit(cvode_.get(), time, y_);
  newton_.restart();
  started_ = false;
  knows_next_ = false;
}

int Integrator::advance(double limit, bool interpolated, double* reached) {
  if (recorded_ && !transcript_.replaying()) {
    transcript_.note(interpolated ? kInterpolate : kStep);
    transcript_.note(limit);
  }
  if (!interpolated) CVodeSetStopTime(cvode_.get(), limit);
  return CVode(cvode_.get(), limit, y_, reached, interpolated ? CV_NORMAL : CV_ONE_STEP);
}

Integrator::Step Integrator::step(double from, double limit) {
  Step step{CV_SUCCESS, from};
  const bool beyond = started_ && reached() > limit;
  const long before = steps();
  // A stop that CVODE is told of cuts the step after this one short as well; next_step() is to be what it would take.
  if (knows_next_ && reached() + next_step() < limit) limit = std::numeric_limits<double>::max();
  step.flag = advance(limit, beyond, &step.reached);
  if (step.flag >= 0) started_ = true;
  // CVODE says how long the next one will be only after a step that met neither a stop nor a turn; the call after a
  // turn takes none.
  if (!beyond) knows_next_ = step.flag == CV_SUCCESS && steps() > before;
  return step;
}

double Integrator::reached() const {
  double time = 0.0;
  CVodeGetCurrentTime(cvode_.get(), &time);
  return time;
}
double Integrator::last_step() const {
  double step = 0.0;
  CVodeGetLastStep(cvode_.get(), &step);
  return step;
}
double Integrator::next_step() const {
  double step = 0.0;
  CVodeGetCurrentStep(cvode_.get(), &step);
  return step;
}
long Integrator::steps() const {
  long count = 0;
  if (cvode_) CVodeGetNumSteps(cvode_.get(), &count);
  return count;
}
long Integrator::error_test_failures() const {
  long count = 0;
  if (cvode_) CVodeGetNumErrTestFails(cvode_.get(), &count);
  return count;
}

void Integrator::interpolate(double when, N_Vector out) const {
  if (!cvode_) return;
  if (!started_) {
    N_VScale(1.0, y_, out);
    return;
  }
  // What counts as the same instant may lie a hair past the last step.
  if (CVodeGetDky(cvode_.get(), std::min(when, reached()), 0, out) != CV_SUCCESS)
    throw std::logic_error(fmt::format("no solution at day {}", when));
}

// Repeats every call with the answers of the transcript; nothing is computed.
void Integrator::replay() {
  transcript_.begin_replay();
  try {
    while (!transcript_.at_end()) {
      const double what = transcript_.next();
      const double time = transcript_.next();
      if (what == kBegin) {
        begin(time);
        continue;
      }
      double reached = 0.0;
      if ((what != kStep && what != kInterpolate) || advance(time, what == kInterpolate, &reached) < 0)
        throw std::runtime_error("the transcript of the integrator does not fit");
      started_ = true;
    }
  } catch (const std::runtime_error& error) {
    transcript_.end_replay();
    throw InputError(fmt::format("the checkpoint cannot be taken up: {}", error.what()),
                     "it is damaged, or was written with other versions of the libraries");
  }
  transcript_.end_replay();
}

void Integrator::exchange(Archive& archive) {
  if (!cvode_) return;
  if (!recorded_) throw std::logic_error("a system whose vectors keep no transcript cannot be saved");
  transcript_.exchange(archive);
  if (archive.reading()) replay();
  double time = reached();
  const double replayed = time;
  archive.number("integrator/time", time);
  if (time != replayed) {
    throw InputError("the checkpoint cannot be taken up: the integrator comes to another time than it was saved at",
                     "it is damaged, or was written with other versions of the libraries");
  }
  archive.number("integrator/started", started_);
  archive.number("integrator/knows_next", knows_next_);
  newton_.exchange(archive);
  const Layout& layout = system_.layout();
  const std::size_t block = layout.block_size();
  const Archive::Part part{1, layout.whole_blocks * block, layout.first_block() * block, layout.tail(), layout.tail()};
  const std::vector<N_Vector> vectors = system_.space().listed();  // CVODE's own
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    double* values = system_.space().values(vectors[i]);
    archive.exchange_part(fmt::format("integrator/vector_{:02}/local", i), std::span(values, layout.tail()), part);
    archive.exchange(fmt::format("integrator/vector_{:02}/systemic", i),
                     std::span(values + layout.tail(), layout.systemics));
  }
}

}  // namespace howship::simulation
