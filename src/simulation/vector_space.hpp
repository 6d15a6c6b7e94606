#pragma once

#include "simulation/sundials_handles.hpp"

namespace howship::simulation {

/// Where the vectors of one integration come from.
class VectorSpace {
 public:
  virtual ~VectorSpace() = default;
  /// A new vector of zeros, owned by the caller.
  virtual N_Vector create_raw() = 0;
  VectorHandle create() { return VectorHandle(create_raw()); }
  virtual double* values(N_Vector vector) = 0;
  /// The norm in which errors are measured.
  virtual double norm(N_Vector x, N_Vector weights) = 0;
};

}  // namespace howship::simulation
