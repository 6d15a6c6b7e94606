#include "simulation/sensitivity_integrator.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "simulation/failure_report.hpp"
#include "simulation/point_parameters.hpp"

namespace howship::simulation {
namespace {

// What a change of a parameter is measured by; of one that is 0 the size of its range.
std::vector<double> scales_of(const model::Model& model, const std::vector<std::size_t>& asked,
                              const std::vector<double>& parameters) {
  std::vector<double> scales;
  for (const std::size_t p : asked) {
    const double range = std::max(std::abs(model.parameters[p].low), std::abs(model.parameters[p].high));
    double scale = std::abs(parameters[p]);
    if (!(scale > 0.0)) scale = std::isfinite(range) && range > 0.0 ? range : 1.0;
    scales.push_back(scale);
  }
  return scales;
}

}  // namespace

SensitivityIntegrator::SensitivityIntegrator(std::shared_ptr<const model::Kinetics> kinetics,
                                             const model::PointSensitivities& sensitivities,
                                             const std::vector<double>& parameters, const vertebra::Domain& domain,
                                             const std::vector<std::vector<double>>& given,
                                             const SolverOptions& options)
    : kinetics_(std::move(kinetics)),
      domain_(domain),
      parameters_(parameters),
      relative_tolerance_(options.relative_tolerance),
      point_(context_.get(), kinetics_, parameters, domain, given),
      space_(context_.get(), typical_sizes(kinetics_->model()), sensitivities.asked().size()),
      sensitivity_(kinetics_->point(), sensitivities, observed_point_parameters(*kinetics_, parameters, domain, given),
                   scales_of(kinetics_->model(), sensitivities.asked(), parameters), space_),
      newton_(context_.get(), point_),
      corrector_(context_.get(), sensitivity_),
      y_(point_.space().create()),
      s_(space_.create()),
      cvodes_(CVodeCreate(CV_BDF, context_.get())) {
  if (!cvodes_) throw std::bad_alloc();
  void* memory = cvodes_.get();
  CVodeSetErrHandlerFn(
      memory, [](int, const char*, const char*, char*, void*) {}, nullptr);
  if (CVodeInit(memory, rates_callback, 0.0, y_.get()) != CV_SUCCESS) throw std::bad_alloc();
  CVodeSetUserData(memory, this);
  CVodeWFtolerances(memory, weights_callback);
  newton_.attach(memory);
  CVodeSetMaxOrd(memory, std::clamp(options.max_order, 1, 5));
  CVodeSetMaxNumSteps(memory, -1);
  if (options.max_step > 0.0) CVodeSetMaxStep(memory, options.max_step);
  if (space_.columns() > 0) {
    N_Vector one = s_.get();
    if (CVodeSensInit1(memory, 1, CV_STAGGERED1, sensitivities_callback, &one) != CV_SUCCESS) throw std::bad_alloc();
    CVodeSensEEtolerances(memory);
    CVodeSetSensErrCon(memory, SUNTRUE);
    corrector_.attach(memory);
  }
  const std::size_t turns = sensitivities.turns().names.size();
  if (turns > 0) CVodeRootInit(memory, static_cast<int>(turns), turns_callback);
}

int SensitivityIntegrator::rates_callback(double time, N_Vector y, N_Vector rates, void* self) {
  return static_cast<SensitivityIntegrator*>(self)->point_.rates(time, y, rates) ? 0 : 1;
}

int SensitivityIntegrator::sensitivities_callback(int, double time, N_Vector y, N_Vector, int, N_Vector s, N_Vector out,
                                                  void* self, N_Vector, N_Vector) {
  auto& system = static_cast<SensitivityIntegrator*>(self)->sensitivity_;
  return system.rates(time, PointSpace::raw(y), PointSpace::raw(s), PointSpace::raw(out)) ? 0 : 1;
}

// CVODES asks for both kinds of vector.
int SensitivityIntegrator::weights_callback(N_Vector x, N_Vector weights, void* self) {
  auto& integrator = *static_cast<SensitivityIntegrator*>(self);
  const PointSpace& space = PointSpace::of(x) == &integrator.space_ ? integrator.space_ : integrator.point_.space();
  space.set_weights(x, weights, integrator.relative_tolerance_);
  return 0;
}

int SensitivityIntegrator::turns_callback(double time, N_Vector y, double* signs, void* self) {
  const std::vector<double> holds =
      static_cast<SensitivityIntegrator*>(self)->sensitivity_.holds(time, PointSpace::raw(y));
  for (std::size_t i = 0; i < holds.size(); ++i) signs[i] = holds[i] != 0.0 ? 1.0 : -1.0;
  return 0;
}

void SensitivityIntegrator::reset() {
  std::vector<double> systemic(kinetics_->systemic_count());
  point_.initial_state(y_.get(), systemic);
  point_.forget_failure();
  if (space_.columns() > 0) sensitivity_.initial(state(), sensitivities());
}

void SensitivityIntegrator::restart(double time) {
  CVodeReInit(cvodes_.get(), time, y_.get());
  if (space_.columns() > 0) {
    N_Vector one = s_.get();
    CVodeSensReInit(cvodes_.get(), CV_STAGGERED1, &one);
  }
  newton_.restart();
  started_ = false;
}

bool SensitivityIntegrator::step(double& time, double limit) {
  double taken = time;
  if (started_) CVodeGetCurrentTime(cvodes_.get(), &taken);
  if (taken <= limit) CVodeSetStopTime(cvodes_.get(), limit);
  double reached = time;
  const int flag = CVode(cvodes_.get(), limit, y_.get(), &reached, taken <= limit ? CV_ONE_STEP : CV_NORMAL);
  const bool crossed = flag == CV_ROOT_RETURN;
  if (flag < 0 || (reached <= time && !crossed)) fail(time, flag);
  started_ = true;
  point_.forget_failure();  // a smaller step went past it
  time = reached;
  return crossed;
}

void SensitivityIntegrator::settle(double time) {
  if (started_) look_back(time, state(), sensitivities());
}

double SensitivityIntegrator::last_step() const {
  double step = 0.0;
  CVodeGetLastStep(cvodes_.get(), &step);
  return step;
}

void SensitivityIntegrator::look_back(double time, double* state, double* s) {
  if (!started_) {
    std::copy_n(this->state(), point_.space().padded(), state);
    std::copy_n(sensitivities(), space_.padded(), s);
    return;
  }
  double reached = time;  // what counts as the same instant may lie a hair past the last step
  CVodeGetCurrentTime(cvodes_.get(), &reached);
  const VectorHandle y = point_.space().create();
  if (CVodeGetDky(cvodes_.get(), std::min(time, reached), 0, y.get()) != CV_SUCCESS)
    throw std::logic_error(fmt::format("no solution at day {}", time));
  std::copy_n(PointSpace::raw(y.get()), point_.space().padded(), state);
  if (space_.columns() == 0) return;
  const VectorHandle sensitivity = space_.create();
  CVodeGetSensDky1(cvodes_.get(), std::min(time, reached), 0, 0, sensitivity.get());
  std::copy_n(PointSpace::raw(sensitivity.get()), space_.padded(), s);
}

bool SensitivityIntegrator::rates(double time, const double* state, double* out) {
  const VectorHandle y = point_.space().create();
  const VectorHandle slope = point_.space().create();
  std::copy_n(state, size(), PointSpace::raw(y.get()));
  const bool good = point_.rates(time, y.get(), slope.get());
  std::copy_n(PointSpace::raw(slope.get()), size(), out);
  return good;
}

void SensitivityIntegrator::add_statistics(Statistics& statistics) const {
  long steps = 0;
  long failures = 0;
  CVodeGetNumSteps(cvodes_.get(), &steps);
  CVodeGetNumErrTestFails(cvodes_.get(), &failures);
  statistics.steps += steps;
  statistics.error_test_failures += failures;
  statistics.newton_iterations = newton_.counters().iterations;
  statistics.matrix_setups = newton_.counters().setups;
  statistics.nonlinear_failures = newton_.counters().failures;
}

void SensitivityIntegrator::fail(double time, int flag) {
  CVodeGetCurrentTime(cvodes_.get(), &time);
  CVodeGetDky(cvodes_.get(), time, 0, y_.get());  // the last good state, not a trial
  const auto& noted = point_.failure();
  if (noted && noted->time >= time) throw NumericalError(describe(*noted, *kinetics_, parameters_, domain_));
  const VectorHandle weights = point_.space().create();
  const VectorHandle errors = point_.space().create();
  CVodeGetErrWeights(cvodes_.get(), weights.get());
  CVodeGetEstLocalErrors(cvodes_.get(), errors.get());
  std::string cause = "it or its sensitivities cannot be followed however small the step";
  if (flag == CV_ERR_FAILURE) cause = "its error, or that of its sensitivities, stays above the tolerance";
  if (flag == CV_TOO_MUCH_ACC) cause = "the tolerance asks for more digits than there are";
  throw NumericalError(
      describe(point_.worst(time, y_.get(), errors.get(), weights.get(), cause), *kinetics_, parameters_, domain_));
}

}  // namespace howship::simulation
