#pragma once

#include <span>
#include <string>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/model/point_sensitivities.hpp"

#include "simulation/point_lu.hpp"
#include "simulation/sensitivity_space.hpp"

namespace howship::simulation {

/// The equations of the sensitivities s_c = scale_c ∂y/∂p_c of a model without space,
///   ds_c/dt = J s_c + scale_c ∂f/∂p_c.
/// They are linear, so an implicit step is one solve with the exact matrix at the state just found (the staggered
/// direct method: Caracotsios and Stewart 1985).
class SensitivitySystem {
 public:
  /// @param parameters  as PointSensitivities counts  @param scales  one per parameter asked for, positive
  SensitivitySystem(const model::PointKinetics& point, const model::PointSensitivities& sensitivities,
                    std::vector<double> parameters, std::vector<double> scales, SensitivitySpace& space);

  /// At day 0. @param state  the initial values
  void initial(const double* state, double* s);
  /// ds/dt; false if not finite.
  bool rates(double time, const double* state, const double* s, double* out);
  /// The correction c of a step of BDF: c + rl1 z₁ - γ ds/dt(predicted + c) = 0. False if it cannot be found.
  bool correct(double time, double gamma, double rl1, const double* state, const double* predicted, const double* slope,
               double* correction);

  /// Which comparisons of rates hold.
  std::vector<double> holds(double time, const double* state);
  /// Rates jump from `before` to `after` where the comparisons that are marked have turned; since the instant depends
  /// on the parameters, sensitivities jump too, by (before - after) ∂instant/∂p.
  /// @throws NumericalError if the instant has no derivative, or comparisons that move differently turned together
  void jump(double time, const double* state, std::span<const double> before, std::span<const double> after,
            const std::vector<bool>& turned, double* s);

  /// The amount that enters per amount of a drug, and adds its dependence on parameters to a row of s.
  double bioavailability(std::size_t drug, double amount, double* s_row);

  /// @param derivatives  read-out r by parameter c at [r*asked + c], per unit of the parameter
  void read(double time, const double* state, const double* s, double* values, double* derivatives);

 private:
  struct Matrix {
    const model::PointSensitivities::Matrix& code;
    model::ScalarProgram::Workspace workspace;
    std::vector<double> entries;
    Matrix(const model::PointSensitivities::Matrix& matrix, std::span<const double> parameters);
    void run(double time, const double* state);
  };
  struct Values {
    const model::ScalarProgram& code;
    model::ScalarProgram::Workspace workspace;
    std::vector<double> outputs;
    Values(const model::ScalarProgram& program, std::span<const double> parameters);
    void run(double time, const double* state);
  };
  void add_product(double factor, const double* s, double* out) const;
  void add_sources(double factor, double* out) const;

  const model::PointKinetics& point_;
  const model::PointSensitivities& sensitivities_;
  std::vector<double> scales_;
  std::size_t columns_, size_;
  PointLu lu_;
  Values jacobian_;
  Matrix rates_by_, initial_by_;
  Values read_;
  Matrix read_by_state_, read_by_parameter_;
  Values shares_;
  Matrix shares_by_;
  Values holds_;
  Matrix levels_by_state_, levels_by_parameter_, levels_by_time_;
};

}  // namespace howship::simulation
