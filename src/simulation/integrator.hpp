#pragma once

#include <functional>
#include <vector>

#include "simulation/newton_solver.hpp"
#include "simulation/ode_system.hpp"
#include "simulation/sundials_handles.hpp"
#include "simulation/transcript.hpp"

namespace howship::simulation {

/// CVODE with our Newton on one system: variable-order BDF, step by step (Hindmarsh et al. 2005). Its whole state can
/// be saved after any step and taken up again to the last bit.
class Integrator {
 public:
  struct Settings {
    double relative_tolerance = 1e-4, max_step = 0.0;
    int max_order = 5;
  };
  /// Writes numbers whose changes of sign end a step.
  struct Turns {
    std::size_t count = 0;
    std::function<void(double time, N_Vector y, double* signs)> signs;
  };

  /// @param y  where the solution goes, and where begin() takes it from; must outlive this object
  Integrator(SUNContext context, OdeSystem& system, N_Vector y, Settings settings, Turns turns);
  Integrator(const Integrator&) = delete;
  Integrator& operator=(const Integrator&) = delete;

  /// Nothing to integrate: everything is known ahead.
  bool empty() const { return cvode_ == nullptr; }
  /// Starts anew from y.
  void begin(double time);
  /// Whether a step was taken since.
  bool started() const { return started_; }

  struct Step {
    int flag = CV_SUCCESS;
    double reached = 0.0;
    bool turned() const { return flag == CV_ROOT_RETURN; }
  };
  /// One step, which ends at `limit` at the latest. If a step taken earlier (in which something turned) went past the
  /// limit, y is that step's solution there.
  Step step(double from, double limit);

  double reached() const;    ///< the end of the last step; may lie past what step() returned if something turned
  double last_step() const;  ///< day
  bool knows_next_step() const { return knows_next_; }
  double next_step() const;  ///< that CVODE would take; if it is not known, an earlier one
  long steps() const;        ///< since begin(), as the next one
  long error_test_failures() const;
  void interpolate(double when, N_Vector out) const;

  void* cvode() const { return cvode_.get(); }
  const NewtonSolver& newton() const { return newton_; }

  /// Saves or takes up the state, vectors included. The system must be the same.
  void exchange(Archive& archive);

 private:
  static int rates_callback(double time, N_Vector y, N_Vector rates, void* self);
  static int weights_callback(N_Vector y, N_Vector weights, void* self);
  static int turns_callback(double time, N_Vector y, double* signs, void* self);
  int advance(double limit, bool interpolated, double* reached);
  void replay();

  OdeSystem& system_;
  N_Vector y_;
  Settings settings_;
  Turns turns_;
  Transcript transcript_;
  bool recorded_ = false;  ///< whether the system's vectors converse through the transcript
  NewtonSolver newton_;
  CvodeHandle cvode_;
  bool started_ = false;
  bool knows_next_ = false;
};

}  // namespace howship::simulation
