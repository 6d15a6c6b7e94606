#include "simulation/sensitivity_solver.hpp"

#include <new>
#include <stdexcept>

namespace howship::simulation {
namespace {

SensitivitySolver& self(SUNNonlinearSolver solver) {
  return *static_cast<SensitivitySolver*>(solver->content);
}
SUNNonlinearSolver_Type kind(SUNNonlinearSolver) {
  return SUNNONLINEARSOLVER_ROOTFIND;
}
int solve(SUNNonlinearSolver solver, N_Vector, N_Vector correction, N_Vector, double, booleantype, void*) {
  return self(solver).solve(correction);
}
int set_system(SUNNonlinearSolver, SUNNonlinSolSysFn) {
  return SUN_NLS_SUCCESS;
}
int release(SUNNonlinearSolver solver) {
  SUNNonlinSolFreeEmpty(solver);
  return SUN_NLS_SUCCESS;
}

}  // namespace

SensitivitySolver::SensitivitySolver(SUNContext context, SensitivitySystem& system)
    : system_(system), handle_(SUNNonlinSolNewEmpty(context)) {
  if (!handle_) throw std::bad_alloc();
  handle_->content = this;
  handle_->ops->gettype = kind;
  handle_->ops->solve = ::howship::simulation::solve;
  handle_->ops->setsysfn = set_system;
  handle_->ops->free = release;
}

void SensitivitySolver::attach(void* cvodes) {
  cvodes_ = cvodes;
  if (CVodeSetNonlinearSolverSensStg1(cvodes, handle_.get()) != CV_SUCCESS)
    throw std::logic_error("CVODES refuses the corrector of the sensitivities");
}

int SensitivitySolver::solve(N_Vector correction) {
  double time = 0.0;
  double gamma = 0.0;
  double rl1 = 0.0;
  N_Vector* predicted = nullptr;
  N_Vector* current = nullptr;
  N_Vector* slope = nullptr;
  N_Vector state = nullptr;
  void* data = nullptr;
  CVodeGetNonlinearSystemDataSens(cvodes_, &time, &predicted, &current, &gamma, &rl1, &slope, &data);
  CVodeGetCurrentState(cvodes_, &state);
  const bool good = system_.correct(time, gamma, rl1, PointSpace::raw(state), PointSpace::raw(predicted[0]),
                                    PointSpace::raw(slope[0]), PointSpace::raw(correction));
  return good ? SUN_NLS_SUCCESS : SUN_NLS_CONV_RECVR;
}

}  // namespace howship::simulation
