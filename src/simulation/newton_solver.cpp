#include "simulation/newton_solver.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace howship::simulation {
namespace {

constexpr int kMostIterations = 3;
constexpr long kStepsPerSetup = 20;
constexpr double kGammaChange = 0.3;       // setting up anew pays beyond this
constexpr double kRateDecay = 0.3;         // of the estimated convergence rate
constexpr double kDivergence = 2.0;        // growth of the update that ends an iteration
constexpr double kLinearTolerance = 0.05;  // of the nonlinear one

NewtonSolver& self(SUNNonlinearSolver solver) {
  return *static_cast<NewtonSolver*>(solver->content);
}

SUNNonlinearSolver_Type kind(SUNNonlinearSolver) {
  return SUNNONLINEARSOLVER_ROOTFIND;
}
int solve(SUNNonlinearSolver solver, N_Vector, N_Vector correction, N_Vector weights, double tolerance, booleantype,
          void*) {
  return self(solver).solve(correction, weights, tolerance);
}
int set_system(SUNNonlinearSolver, SUNNonlinSolSysFn) {
  return SUN_NLS_SUCCESS;
}
int iterations(SUNNonlinearSolver solver, long* count) {
  *count = self(solver).last_iterations();
  return SUN_NLS_SUCCESS;
}
int release(SUNNonlinearSolver solver) {
  SUNNonlinSolFreeEmpty(solver);
  return SUN_NLS_SUCCESS;
}

}  // namespace

NewtonSolver::NewtonSolver(SUNContext context, ImplicitSystem& system)
    : system_(system), handle_(SUNNonlinSolNewEmpty(context)) {
  if (!handle_) throw std::bad_alloc();
  handle_->content = this;
  handle_->ops->gettype = kind;
  handle_->ops->solve = ::howship::simulation::solve;
  handle_->ops->setsysfn = set_system;
  handle_->ops->getnumiters = ::howship::simulation::iterations;
  handle_->ops->free = release;
}

void NewtonSolver::attach(void* cvode, Transcript* transcript) {
  cvode_ = cvode;
  transcript_ = transcript;
  if (CVodeSetNonlinearSolver(cvode, handle_.get()) != CV_SUCCESS)
    throw std::logic_error("CVODE refuses the Newton solver");
}

void NewtonSolver::exchange(Archive& archive) {
  archive.number("newton/have_matrix", have_matrix_);
  archive.number("newton/setup_gamma", setup_gamma_);
  archive.number("newton/rate", rate_);
  archive.number("newton/setup_step", setup_step_);
  archive.number("newton/last_step", last_step_);
}

int NewtonSolver::solve(N_Vector correction, N_Vector weights, double tolerance) {
  const auto compute = [&] { return static_cast<double>(iterate_to(correction, weights, tolerance)); };
  return static_cast<int>(transcript_ == nullptr ? compute() : transcript_->answer(compute));
}

int NewtonSolver::iterate_to(N_Vector correction, N_Vector weights, double tolerance) {
  ImplicitStep step;
  step.correction = correction;
  step.weights = weights;
  N_Vector current = nullptr;
  N_Vector current_rate = nullptr;
  void* data = nullptr;
  CVodeGetNonlinearSystemData(cvode_, &step.time, &step.predicted, &current, &current_rate, &step.gamma, &step.rl1,
                              &step.slope, &data);
  long count = 0;
  CVodeGetNumSteps(cvode_, &count);
  last_iterations_ = 0;

  const bool again = count == last_step_;  // the previous attempt at this step failed, here or in the error test
  last_step_ = count;
  bool renew = !have_matrix_ || again || count >= setup_step_ + kStepsPerSetup ||
               std::abs(step.gamma / setup_gamma_ - 1.0) > kGammaChange;
  for (;;) {
    const bool fresh = renew;
    if (renew) {
      ++counters_.setups;
      have_matrix_ = system_.setup(step);
      if (!have_matrix_) {
        ++counters_.failures;
        return SUN_NLS_CONV_RECVR;
      }
      setup_gamma_ = step.gamma;
      setup_step_ = count;
      rate_ = 1.0;
    }
    double previous = 0.0;
    for (int iteration = 0; iteration < kMostIterations; ++iteration) {
      ++last_iterations_;
      ++counters_.iterations;
      const auto update = system_.iterate(step, step.gamma / setup_gamma_, kLinearTolerance * tolerance);
      if (!update) break;
      if (iteration > 0) rate_ = std::max(kRateDecay * rate_, *update / previous);
      if (*update * std::min(1.0, rate_) <= tolerance) return SUN_NLS_SUCCESS;
      if (iteration > 0 && *update > kDivergence * previous) break;
      previous = *update;
    }
    if (fresh) break;
    N_VConst(0.0, correction);
    renew = true;
  }
  ++counters_.failures;
  return SUN_NLS_CONV_RECVR;
}

}  // namespace howship::simulation
