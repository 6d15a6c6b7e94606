#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "howship/simulation/sensitivity_run.hpp"

#include "simulation/newton_solver.hpp"
#include "simulation/point_system.hpp"
#include "simulation/sensitivity_solver.hpp"
#include "simulation/sensitivity_system.hpp"
#include "simulation/sundials_handles.hpp"

namespace howship::simulation {

/// CVODES for a state and its sensitivities, with what it needs at hand: one step at a time, looking back, starting
/// anew.
class SensitivityIntegrator {
 public:
  SensitivityIntegrator(std::shared_ptr<const model::Kinetics> kinetics, const model::PointSensitivities& sensitivities,
                        const std::vector<double>& parameters, const vertebra::Domain& domain,
                        const std::vector<std::vector<double>>& given, const SolverOptions& options);

  /// Initial values.
  void reset();
  /// Steps begin here anew, from state() and sensitivities().
  void restart(double time);
  /// One step, not beyond the limit. @returns whether a comparison turned; the time is then where it did
  /// @throws NumericalError
  bool step(double& time, double limit);
  /// After steps: state() and sensitivities() become those of a time within the last one.
  void settle(double time);
  double last_step() const;
  /// The solution within the last step.
  void look_back(double time, double* state, double* s);
  bool rates(double time, const double* state, double* out);

  double* state() { return PointSpace::raw(y_.get()); }
  double* sensitivities() { return PointSpace::raw(s_.get()); }
  SensitivitySystem& system() { return sensitivity_; }
  std::size_t size() const { return kinetics_->point().size(); }
  void add_statistics(Statistics& statistics) const;

 private:
  static int rates_callback(double time, N_Vector y, N_Vector rates, void* self);
  static int sensitivities_callback(int count, double time, N_Vector y, N_Vector slope, int index, N_Vector s,
                                    N_Vector out, void* self, N_Vector scratch, N_Vector scratch_2);
  static int weights_callback(N_Vector x, N_Vector weights, void* self);
  static int turns_callback(double time, N_Vector y, double* signs, void* self);
  [[noreturn]] void fail(double time, int flag);

  SundialsContext context_;
  std::shared_ptr<const model::Kinetics> kinetics_;
  const vertebra::Domain& domain_;
  std::vector<double> parameters_;
  double relative_tolerance_;
  PointSystem point_;
  SensitivitySpace space_;
  SensitivitySystem sensitivity_;
  NewtonSolver newton_;
  SensitivitySolver corrector_;
  VectorHandle y_, s_;
  CvodeHandle cvodes_;
  bool started_ = false;
};

}  // namespace howship::simulation
