#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/vertebra/domain.hpp"

#include "simulation/ode_system.hpp"
#include "simulation/point_lu.hpp"
#include "simulation/point_space.hpp"

namespace howship::simulation {

/// A model without space: one voxel, or systemic species that see no tissue. All unknowns are one small vector, and
/// nothing is integrated ahead.
class PointSystem final : public OdeSystem {
 public:
  /// Whether a model over a domain has no space in it.
  static bool fits(const model::Kinetics& kinetics, const vertebra::Domain& domain);

  /// @throws InputError as FieldSystem
  PointSystem(SUNContext context, std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters,
              const vertebra::Domain& domain, const std::vector<std::vector<double>>& given);

  const Layout& layout() const override { return layout_; }
  PointSpace& space() override { return space_; }
  const std::vector<std::size_t>& main_slots() const override { return main_slots_; }

  void initial_state(N_Vector y, std::span<double> systemic) override;
  void systemic_at(double time, N_Vector y, std::span<double> systemic) override;
  void lay_out(N_Vector y, double* out) override;
  void set_weights(double time, N_Vector y, N_Vector weights, double relative_tolerance) override;

  void set_input(std::span<const double> systemic) override;
  bool rates(double time, N_Vector y, N_Vector rates) override;

  bool setup(const ImplicitStep& step) override;
  std::optional<double> iterate(const ImplicitStep& step, double gamma_ratio, double tolerance) override;

  const std::optional<Failure>& failure() const override { return failure_; }
  void forget_failure() override { failure_.reset(); }
  Failure worst(double time, N_Vector y, N_Vector x, N_Vector w, const std::string& cause) override;

  const Counters& counters() const override { return counters_; }

 private:
  std::size_t species(std::size_t unknown) const;
  void run_rates(double time, const double* state, double* out);
  Failure failure_of(double time, const double* state, std::size_t unknown, std::string cause);
  void note_rates(double time, const double* state, const double* rates);
  void note_slopes(double time, const double* state);
  void bridge_infinite_slopes(const ImplicitStep& step);

  std::shared_ptr<const model::Kinetics> kinetics_;
  const model::PointKinetics& point_;
  std::vector<std::size_t> main_slots_;
  Layout layout_;
  PointSpace space_;
  std::vector<double> parameters_, given_;
  PointLu lu_;
  model::ScalarProgram::Workspace rates_workspace_, jacobian_workspace_;
  std::vector<double> state_, update_, entries_, known_;
  std::vector<double> input_;  ///< per systemic slot; empty: nothing enters
  std::optional<Failure> failure_;
  Counters counters_;
};

}  // namespace howship::simulation
