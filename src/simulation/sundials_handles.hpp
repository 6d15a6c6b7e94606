#pragma once

#include <memory>
#include <new>
#include <utility>

#include <cvodes/cvodes.h>
#include <sundials/sundials_context.h>
#include <sundials/sundials_nonlinearsolver.h>
#include <sundials/sundials_nvector.h>

namespace howship::simulation {

/// The object that every SUNDIALS object hangs on.
class SundialsContext {
 public:
  SundialsContext() {
    if (SUNContext_Create(nullptr, &context_) != 0) throw std::bad_alloc();
  }
  ~SundialsContext() { SUNContext_Free(&context_); }
  SundialsContext(const SundialsContext&) = delete;
  SundialsContext& operator=(const SundialsContext&) = delete;
  SUNContext get() const { return context_; }

 private:
  SUNContext context_ = nullptr;
};

struct VectorDelete {
  void operator()(N_Vector vector) const { N_VDestroy(vector); }
};
using VectorHandle = std::unique_ptr<std::remove_pointer_t<N_Vector>, VectorDelete>;

struct CvodeDelete {
  void operator()(void* memory) const { CVodeFree(&memory); }
};
using CvodeHandle = std::unique_ptr<void, CvodeDelete>;

struct NonlinearSolverDelete {
  void operator()(SUNNonlinearSolver solver) const { SUNNonlinSolFree(solver); }
};
using NonlinearSolverHandle = std::unique_ptr<std::remove_pointer_t<SUNNonlinearSolver>, NonlinearSolverDelete>;

}  // namespace howship::simulation
