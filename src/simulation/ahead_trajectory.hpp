#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "howship/model/kinetics.hpp"

#include "simulation/newton_solver.hpp"
#include "simulation/point_lu.hpp"
#include "simulation/point_space.hpp"

namespace howship::simulation {

/// The autonomous systemic species (pharmacokinetics, mostly) up to the next dose or beyond, integrated ahead of the
/// field at a tight tolerance and kept as the polynomials of the integrator's steps: to the field they are given
/// functions of time, so that a dose need not restart it, nor even stop it.
class AheadTrajectory final : public ImplicitSystem {
 public:
  /// @param slots  the systemic slots to integrate ahead, ascending: all that are autonomous, or none
  AheadTrajectory(SUNContext context, const model::Kinetics& kinetics, std::span<const double> parameters,
                  std::vector<std::size_t> slots, double relative_tolerance, double max_step);
  ~AheadTrajectory() override;

  bool empty() const { return slots_.empty(); }

  /// Sets the values from a full systemic vector.
  void set_state(std::span<const double> systemic);
  void add(std::size_t slot, double amount);
  bool contains(std::size_t slot) const;
  /// What enters each systemic slot evenly, per day, from the next piece of the trajectory on.
  void set_input(std::span<const double> systemic);

  /// Replaces the trajectory by the one from the present values at `begin` up to `end`; values then are those at `end`.
  /// @throws NumericalError
  void integrate(double begin, double end);
  /// Adds the next piece to it: from where it ends, with the values as they are by now, up to `end`. At the seam what
  /// is evaluated is the earlier piece's.
  /// @throws NumericalError
  void continue_to(double end);
  /// Drops what lies before a time that nobody will ask for again.
  void forget_before(double time);

  /// What continue_to() can be taken back to.
  struct Mark {
    std::size_t segments = 0, coefficients = 0;
    std::vector<double> state;
  };
  Mark mark() const { return {segments_.size(), coefficients_.size(), state_}; }
  void back_to(const Mark& mark);

  /// Writes the autonomous slots of a full systemic vector at a time within the interval. Keeps a hint: one thread
  /// only.
  void evaluate(double time, std::span<double> systemic) const;

  /// The longest step from `time`, at most `wanted`, over which what the field sees of the trajectory is no more
  /// structured than a parabola: a fast transient after a dose is not stepped over.
  double resolved_step(double time, double wanted) const;

  void exchange(Archive& archive);

  bool setup(const ImplicitStep& step) override;
  std::optional<double> iterate(const ImplicitStep& step, double gamma_ratio, double tolerance) override;

 private:
  struct Segment {  // the polynomial in (time - end)
    double begin = 0.0, end = 0.0;
    std::size_t order = 0, first = 0;
  };
  static int rates_callback(double time, N_Vector y, N_Vector rates, void* self);
  static int weights_callback(N_Vector y, N_Vector weights, void* self);
  bool rates(double time, const double* y, double* out);
  void prepare(const model::Program& program, model::Program::Workspace& workspace, double time, const double* y);
  const Segment& find(double time) const;
  double value(const Segment& segment, std::size_t index, double time) const;
  void append(double begin, double end);
  void keep_step(double begin, double end, int order);

  const model::Kinetics& kinetics_;
  double relative_tolerance_;
  std::vector<std::size_t> slots_;     ///< systemic slots, ascending
  std::vector<std::ptrdiff_t> place_;  ///< slot → index into slots_, or -1
  std::vector<bool> seen_;             ///< of each index: whether the field depends on it
  std::vector<double> typical_, state_, full_, outputs_, input_;
  std::unique_ptr<PointSpace> space_;
  std::optional<model::Program::Workspace> rates_workspace_, derivatives_workspace_;
  std::vector<double> no_reductions_;
  NewtonSolver newton_;
  VectorHandle y_, derivative_;
  CvodeHandle cvode_;
  bool initialised_ = false;
  std::vector<std::size_t> entries_;  ///< of systemic_by_systemic(): those between autonomous species
  std::unique_ptr<PointLu> lu_;
  std::vector<double> entry_values_, trial_, update_;
  std::vector<Segment> segments_;
  std::vector<double> coefficients_;
  mutable std::size_t hint_ = 0;
  double max_step_;
};

}  // namespace howship::simulation
