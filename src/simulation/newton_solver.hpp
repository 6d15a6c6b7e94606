#pragma once

#include <optional>

#include "simulation/sundials_handles.hpp"
#include "simulation/transcript.hpp"

namespace howship::simulation {

/// One implicit step of BDF: find the correction c with
///   c + rl1 z₁ - γ f(t, predicted + c) = 0.
struct ImplicitStep {
  double time = 0.0, gamma = 0.0, rl1 = 0.0;
  N_Vector predicted = nullptr, slope = nullptr, correction = nullptr, weights = nullptr;
};

/// A system that can improve its own correction: the solver decides when, the system knows how to do it in few sweeps.
class ImplicitSystem {
 public:
  virtual ~ImplicitSystem() = default;
  /// Makes and factors I - γJ at the prediction. False: not possible here, take a smaller step.
  virtual bool setup(const ImplicitStep& step) = 0;
  /// Adds one Newton update to the correction.
  /// @param gamma_ratio  γ now over γ at setup
  /// @param tolerance    for the error of the linear solve in the weighted norm
  /// @return the weighted norm of the update; nothing if rates are not finite or the linear solve failed
  virtual std::optional<double> iterate(const ImplicitStep& step, double gamma_ratio, double tolerance) = 0;
};

/// Modified Newton for CVODE: its strategy (when to set up anew, when an iteration has converged or diverged) is
/// CVODE's own (Hindmarsh et al. 2005, section 2.1), but residual, linear solve, update and norm are one operation of
/// the system rather than a dozen sweeps over vectors.
class NewtonSolver {
 public:
  NewtonSolver(SUNContext context, ImplicitSystem& system);
  /// @param transcript  through which CVODE is told how an iteration ended; may be null
  void attach(void* cvode, Transcript* transcript = nullptr);
  /// Forgets the matrix, when integration starts anew.
  void restart() {
    have_matrix_ = false;
    last_step_ = -1;
  }

  struct Counters {
    long iterations = 0, failures = 0, setups = 0;
  };
  const Counters& counters() const { return counters_; }

  void exchange(Archive& archive);

  int solve(N_Vector correction, N_Vector weights, double tolerance);
  long last_iterations() const { return last_iterations_; }

 private:
  int iterate_to(N_Vector correction, N_Vector weights, double tolerance);

  ImplicitSystem& system_;
  NonlinearSolverHandle handle_;
  void* cvode_ = nullptr;
  Transcript* transcript_ = nullptr;
  bool have_matrix_ = false;
  double setup_gamma_ = 0.0, rate_ = 1.0;
  long setup_step_ = 0, last_step_ = -1, last_iterations_ = 0;
  Counters counters_;
};

}  // namespace howship::simulation
