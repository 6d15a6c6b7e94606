#pragma once

#include <vector>

#include "simulation/sundials_handles.hpp"
#include "simulation/transcript.hpp"

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

  /// From now on what CVODE learns from its vectors goes through the transcript, and while that is replayed nothing is
  /// computed. False where this is not offered.
  virtual bool converse_through(Transcript&) { return false; }
  /// Lists the vectors made between these two calls, as long as they live.
  virtual void begin_list() {}
  virtual void end_list() {}
  virtual std::vector<N_Vector> listed() const { return {}; }
};

}  // namespace howship::simulation
