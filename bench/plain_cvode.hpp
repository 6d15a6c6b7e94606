#pragma once

#include <functional>
#include <stdexcept>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <utility>
#include <vector>

#include <cvodes/cvodes.h>
#include <nvector/nvector_serial.h>
#include <sundials/sundials_context.h>

namespace howship::bench {

/// The yardstick: CVODE as it is commonly used, with serial vectors, a dense matrix by difference quotients, the dense
/// solver and BDF, started anew wherever something jumps.
class PlainCvode {
 public:
  using Rates = std::function<void(double time, const double* y, double* out)>;

  PlainCvode(Rates rates, const std::vector<double>& typical, double relative_tolerance)
      : rates_(std::move(rates)), size_(static_cast<sunindextype>(typical.size())) {
    if (SUNContext_Create(nullptr, &context_) != 0) throw std::bad_alloc();
    y_ = N_VNew_Serial(size_, context_);
    tolerances_ = N_VNew_Serial(size_, context_);
    for (sunindextype i = 0; i < size_; ++i) N_VGetArrayPointer(tolerances_)[i] = relative_tolerance * typical[i];
    matrix_ = SUNDenseMatrix(size_, size_, context_);
    solver_ = SUNLinSol_Dense(y_, matrix_, context_);
    cvode_ = CVodeCreate(CV_BDF, context_);
    N_VConst(0.0, y_);
    CVodeInit(cvode_, callback, 0.0, y_);
    CVodeSVtolerances(cvode_, relative_tolerance, tolerances_);
    CVodeSetUserData(cvode_, this);
    CVodeSetLinearSolver(cvode_, solver_, matrix_);
    CVodeSetMaxNumSteps(cvode_, -1);
  }
  ~PlainCvode() {
    CVodeFree(&cvode_);
    SUNLinSolFree(solver_);
    SUNMatDestroy(matrix_);
    N_VDestroy(tolerances_);
    N_VDestroy(y_);
    SUNContext_Free(&context_);
  }
  PlainCvode(const PlainCvode&) = delete;
  PlainCvode& operator=(const PlainCvode&) = delete;

  /// @param stops  ascending; at each, `change` may alter the state and what the rates read
  std::vector<double> solve(const std::vector<double>& initial, const std::vector<double>& stops, double end,
                            const std::function<void(std::size_t stop, double* y)>& change) {
    double* y = N_VGetArrayPointer(y_);
    std::copy(initial.begin(), initial.end(), y);
    double time = 0.0;
    steps_ = 0;
    for (std::size_t i = 0; i <= stops.size(); ++i) {
      const double until = i < stops.size() ? stops[i] : end;
      if (until > time) {
        CVodeReInit(cvode_, time, y_);
        CVodeSetStopTime(cvode_, until);
        if (CVode(cvode_, until, y_, &time, CV_NORMAL) < 0) throw std::runtime_error("CVODE failed");
        long steps = 0;
        CVodeGetNumSteps(cvode_, &steps);
        steps_ += steps;
        time = until;
      }
      if (i < stops.size()) change(i, y);
    }
    return {y, y + size_};
  }
  long steps() const { return steps_; }

 private:
  static int callback(double time, N_Vector y, N_Vector out, void* self) {
    static_cast<PlainCvode*>(self)->rates_(time, N_VGetArrayPointer(y), N_VGetArrayPointer(out));
    return 0;
  }

  Rates rates_;
  sunindextype size_;
  SUNContext context_ = nullptr;
  N_Vector y_ = nullptr, tolerances_ = nullptr;
  SUNMatrix matrix_ = nullptr;
  SUNLinearSolver solver_ = nullptr;
  void* cvode_ = nullptr;
  long steps_ = 0;
};

}  // namespace howship::bench
