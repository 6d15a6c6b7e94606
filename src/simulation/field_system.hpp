#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "howship/core/worker_team.hpp"
#include "howship/model/kinetics.hpp"
#include "howship/vertebra/domain.hpp"

#include "simulation/ahead_trajectory.hpp"
#include "simulation/block_lu.hpp"
#include "simulation/field_vector.hpp"
#include "simulation/halo.hpp"
#include "simulation/ode_system.hpp"
#include "simulation/tissue.hpp"
#include "simulation/transport.hpp"
#include "simulation/transport_solver.hpp"

namespace howship::simulation {

/// The semi-discrete equations: local unknowns x (a species, or what of it lies above its KnownInput) in every voxel,
/// systemic species z that feel the tissue back, and the systemic species s(t) that do not and were integrated ahead:
///   dx/dt = reactions(t, x, z, s) + transport(x),   dz/dt = rates(t, z, s, sums over tissue of x).
/// The Newton matrix I - γJ is solved exactly: per voxel by BlockLu, between voxels by TransportSolver, and the
/// systemic rows and columns as a border. J has diffusion coefficients that follow the state as they were when it was
/// set up; rates have them as they are. Where ranks share the voxels, each has its slab of them and all systemic
/// unknowns, which come to the same bits everywhere because the sums over tissue do.
class FieldSystem final : public OdeSystem {
 public:
  FieldSystem(SUNContext context, std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters,
              const vertebra::Domain& domain, const std::vector<std::vector<double>>& given, Threads threads,
              Ranks& ranks, const AheadTrajectory& ahead);

  const Layout& layout() const override { return layout_; }
  FieldSpace& space() override { return space_; }
  const std::vector<std::size_t>& main_slots() const override { return main_slots_; }

  void initial_state(N_Vector y, std::span<double> systemic) override;
  void systemic_at(double time, N_Vector y, std::span<double> systemic) override;
  void lay_out(N_Vector y, double* out) override;
  void set_weights(double time, N_Vector y, N_Vector weights, double relative_tolerance) override;

  void set_input(std::span<const double> systemic) override;
  bool rates(double time, N_Vector y, N_Vector rates) override;
  /// The same of plain arrays in the layout's order.
  bool rates(double time, const double* y, double* out);

  bool setup(const ImplicitStep& step) override;
  std::optional<double> iterate(const ImplicitStep& step, double gamma_ratio, double tolerance) override;

  const std::optional<Failure>& failure() const override { return failure_; }
  void forget_failure() override { failure_.reset(); }
  Failure worst(double time, N_Vector y, N_Vector x, N_Vector w, const std::string& cause) override;

  void exchange_matrix(Archive& archive) override;
  void matrix_is_back() override;

  const Counters& counters() const override { return counters_; }

 private:
  /// What one thread works with.
  struct Scratch {
    model::Program::Workspace rates, derivatives, by_systemic, integrands, integrand_derivatives, coefficients;
    Buffer<double> values, results, entries, matrix;
    std::array<double, model::Program::kBlock> squares{}, squares_sum{};
    double slack = 1.0;
  };

  std::vector<std::vector<double>> coefficients() const;
  void check_reductions();
  void fill_initial_state(double* values, std::span<double> systemic);
  bool none_is_bad();
  void agree_on_failure(bool mine);
  void gather(const double* y, const double* correction);
  void note_coefficients(std::size_t block, Scratch& scratch);
  void take_coefficients();
  void set_conductances();
  double* coefficient_of(std::size_t followed);
  void prepare(double time, const double* y, const double* correction);
  void note_known(std::span<const double> systemic);
  bool evaluate_block(std::size_t block, Scratch& scratch);
  bool systemic_rates(std::span<double> out);
  bool find_failure(double time, const double* y, const double* correction, const char* what);
  void note_failure(double time, const double* y, const double* correction, const char* what);
  Failure failure_at(double time, const double* y, const double* correction, std::size_t species,
                     std::optional<std::size_t> voxel, std::string cause) const;

  bool note_derivative(const ImplicitStep& step, const double* y, std::size_t block);
  bool factor_block(std::size_t block, double gamma, const double* y, Scratch& scratch);
  void weigh_what_follows(std::size_t block, const double* weights, Scratch& scratch);
  void right_hand_side(std::size_t block, double* x);
  void back_substitute(std::size_t block, double* x);
  bool setup_border(double gamma, const double* y);
  void apply_update(std::size_t block, const double* x, double ratio, const ImplicitStep& step, Scratch& scratch);
  double* block_of(Buffer<double>& buffer, std::size_t block) { return buffer.data() + block * layout_.block_size(); }

  std::shared_ptr<const model::Kinetics> kinetics_;
  std::vector<double> parameters_;
  const vertebra::Domain& domain_;
  const AheadTrajectory& ahead_;
  Ranks& ranks_;
  Slabs slabs_;
  std::vector<std::size_t> main_slots_;
  std::vector<std::ptrdiff_t> main_place_;
  Layout layout_;
  WorkerTeam team_;
  FieldSpace space_;
  TissueSums sums_;
  Halo halo_;
  std::size_t given_count_;
  Buffer<double> given_;
  Transport transport_;
  BlockLu lu_;
  TransportSolver transport_solver_;
  bool coupled_;
  double slack_ = 1.0;  ///< how far a residual of the transport solver may understate its error, as a factor

  std::vector<Scratch> scratch_;
  Buffer<float> factors_;
  std::vector<std::size_t> followed_;  ///< of the diffusing species, those whose coefficients change
  /// Diffusing species, then the coefficients of those followed, each contiguous over voxels and halo.
  Buffer<double> diffusing_;
  Buffer<double> taken_;                        ///< the coefficients that the matrix was made with
  Buffer<double> trailing_, trailing_weights_;  ///< the same for the reduced linear system
  Buffer<float> followers_;  ///< per diffusing species: size of all errors that follow from its own over its own
  Buffer<double> update_;    ///< a Newton update between two sweeps
  double time_ = 0.0;
  std::vector<double> systemic_, known_, reductions_, main_rates_;  ///< at time_
  std::vector<double> input_;                                       ///< per main slot, per day
  model::Program::Workspace systemic_workspace_, systemic_derivatives_, reduction_derivatives_;

  Tissue tissue_;
  std::vector<const double*> masks_;  ///< of each rate reduction
  std::vector<double> factors_of_reductions_;
  Buffer<double> partial_;  ///< per block and reduction

  std::vector<std::size_t> border_columns_;  ///< tail indices that local species feel
  std::vector<Buffer<double>> border_;       ///< (I - γJ)⁻¹ γ ∂local/∂systemic, for each of them
  Buffer<float> integrand_slopes_;           ///< per block, entry and lane
  Eigen::MatrixXd systemic_by_reduction_, border_matrix_;
  Eigen::PartialPivLU<Eigen::MatrixXd> border_lu_;

  std::vector<std::uint8_t> bad_blocks_;
  std::optional<Failure> failure_;
  Counters counters_;
};

}  // namespace howship::simulation
