#pragma once

#include "simulation/sensitivity_system.hpp"
#include "simulation/sundials_handles.hpp"

namespace howship::simulation {

/// The corrector of the sensitivities behind SUNDIALS' nonlinear-solver interface: one linear solve, which is exact.
class SensitivitySolver {
 public:
  SensitivitySolver(SUNContext context, SensitivitySystem& system);
  /// @param cvodes  with one vector of sensitivities, staggered one by one
  void attach(void* cvodes);

  int solve(N_Vector correction);

 private:
  SensitivitySystem& system_;
  NonlinearSolverHandle handle_;
  void* cvodes_ = nullptr;
};

}  // namespace howship::simulation
