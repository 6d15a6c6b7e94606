#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "simulation/failure_report.hpp"
#include "simulation/layout.hpp"
#include "simulation/newton_solver.hpp"
#include "simulation/vector_space.hpp"

namespace howship::simulation {

/// What a simulation integrates: a field of voxels or a single point.
class OdeSystem : public ImplicitSystem {
 public:
  virtual const Layout& layout() const = 0;
  virtual VectorSpace& space() = 0;
  virtual const std::vector<std::size_t>& main_slots() const = 0;  ///< systemic slots of the vector's tail

  /// Initial values; `systemic` gets all slots. @throws InputError if one is not finite
  virtual void initial_state(N_Vector y, std::span<double> systemic) = 0;
  /// All systemic slots at a time, given the vector.
  virtual void systemic_at(double time, N_Vector y, std::span<double> systemic) = 0;
  /// The values of the local species at the time of the last systemic_at(): species s of lane l is out[s * padded + l].
  virtual void lay_out(N_Vector y, double* out) = 0;
  /// Weights of the error norm, by the size of the species.
  virtual void set_weights(double time, N_Vector y, N_Vector weights, double relative_tolerance) = 0;

  /// What enters each systemic slot evenly, per day, from now on: part of its rate.
  virtual void set_input(std::span<const double> systemic) = 0;
  /// dy/dt; false if a rate is not finite.
  virtual bool rates(double time, N_Vector y, N_Vector rates) = 0;

  /// The last evaluation that was not finite, if any.
  virtual const std::optional<Failure>& failure() const = 0;
  virtual void forget_failure() = 0;
  /// The species and voxel where |x w| is largest.
  virtual Failure worst(double time, N_Vector y, N_Vector x, N_Vector w, const std::string& cause) = 0;

  /// The Newton matrix as it was last set up.
  virtual void exchange_matrix(Archive&) {}
  /// What follows from a matrix that was read. All ranks: a damaged file is known of before.
  virtual void matrix_is_back() {}

  struct Counters {
    long rate_evaluations = 0, linear_iterations = 0;
    double seconds_rates = 0.0, seconds_setup = 0.0, seconds_solve = 0.0;
  };
  virtual const Counters& counters() const = 0;
};

}  // namespace howship::simulation
