#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "howship/core/ranks.hpp"
#include "howship/core/worker_team.hpp"
#include "howship/model/kinetics.hpp"
#include "howship/simulation/archive.hpp"
#include "howship/simulation/slabs.hpp"
#include "howship/vertebra/domain.hpp"

namespace howship::simulation {

struct SolverOptions {
  double relative_tolerance = 1e-4;  ///< kept in every voxel for every species above its typical size
  double max_step = 0.0;             ///< day; 0: no limit
  int max_order = 5;
  Threads threads = Threads::available();
  Ranks* ranks = nullptr;  ///< that share the voxels, and must outlive the simulation; null: alone
};

/// An amount that enters a systemic species at one instant.
struct Dose {
  double time = 0.0;         ///< day
  std::size_t systemic = 0;  ///< slot of the species
  double amount = 0.0;       ///< base unit, after bioavailability
  std::string label;         ///< "denosumab 120 mg"
  double duration = 0.0;     ///< day; above 0 the amount enters evenly over it, from `time` on
  int gate = -1;             ///< of a dose that Callbacks::gives decides on: which rule; below 0: it is given
};

/// What happens when. Times are in days; the same number for a dose and an output means the same instant.
struct Schedule {
  double end = 0.0;
  std::vector<Dose> doses;      ///< any order
  std::vector<double> outputs;  ///< any order; 0 and end included if wanted
};

/// Where a run begins if not at the model's own initial state on day 0: at what another run, perhaps of another model,
/// had come to.
struct Start {
  double time = 0.0;                            ///< day
  std::vector<std::optional<double>> systemic;  ///< slot order, base unit; absent: the model's own initial value
  std::vector<std::vector<double>> local;       ///< slot order, one value per active voxel of this rank; empty: its own
};

/// The solution at one moment, valid during the call that receives it.
struct State {
  double time = 0.0;                 ///< day
  std::span<const double> systemic;  ///< slot order, base unit
  model::FieldView local;            ///< slot order; voxels in the domain's order, of this rank
};

/// Why an observer is called. At a dose that is also an output time both dose moments are reported and `output` is not.
enum class Moment { output, before_dose, after_dose };

/// What a run calls on its way; each may be empty.
struct Callbacks {
  std::function<void(const State&, Moment)> observer;
  /// Asked after every step with the time and the step in days; false stops with Interrupted.
  std::function<bool(double time, double step)> keep_going;
  /// Called after every step and before keep_going, when everything up to this day has been observed: the only place to
  /// call Simulation::save.
  std::function<void(double time)> at_rest;
  /// Asked of a dose with a gate, with the state before anything of that instant enters; false: it is not given.
  /// Empty: all are given.
  std::function<bool(const State&, const Dose&)> gives;
};

struct Statistics {
  long steps = 0, error_test_failures = 0, nonlinear_failures = 0;
  long rate_evaluations = 0, newton_iterations = 0, linear_iterations = 0, matrix_setups = 0, restarts = 0;
  double seconds = 0.0, seconds_rates = 0.0, seconds_setup = 0.0, seconds_solve = 0.0;
  /// Of all ranks together: bytes of halos, bytes of partial sums, and how often ranks met; the longest that one
  /// waited.
  double halo_bytes = 0.0, gathered_bytes = 0.0, meetings = 0.0, seconds_waiting = 0.0;
};

/// The active voxels of a domain that a rank holds; null: all of them.
Slabs::Slab slab_of(const vertebra::Domain& domain, const Ranks* ranks);

/// A model over a domain: the semi-discrete system and its state, for one arm. Method of lines, variable-order BDF
/// (CVODE; Hindmarsh et al. 2005) with an exact Newton matrix; the local error of each step is kept below the tolerance
/// in every voxel. Results do not depend on the number of threads, nor on how many ranks share the voxels; where ranks
/// do, all must call the same.
class Simulation {
 public:
  /// @param domain  must outlive this object
  /// @param given   one field per name in Model::given, each with one value per active voxel of this rank (slab_of)
  /// @throws InputError if a voxel's initial state is not finite, a diffusion coefficient is negative, a rate reads a
  ///         maximum, an unknown region, or a mean over a region that has no voxel
  Simulation(std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters,
             const vertebra::Domain& domain, const std::vector<std::vector<double>>& given, SolverOptions options);
  ~Simulation();
  Simulation(Simulation&&) noexcept;

  std::size_t unknowns() const;
  /// Bytes this needs per voxel and in all, before anything is allocated.
  static std::size_t memory_estimate(const model::Kinetics& kinetics, std::size_t voxels);

  /// Every run from now on begins there. Conditions of events that hold at that moment have not just turned true.
  /// @throws std::logic_error if there is not one entry per species, or not one value per voxel
  void begin_at(Start start);

  /// Integrates from day 0, or from where begin_at() says, over the schedule, calling the observer at each output and
  /// around each dose; what lies before the beginning or past the end is left out. Looking changes no step. May be
  /// called again: every run begins anew.
  /// @param keep_going  asked after every step with the time and the step in days; false stops with Interrupted
  /// @throws InputError for a time that is negative or not finite, or an amount that is not finite
  /// @throws NumericalError with species, voxel, region and dominating terms when the equations cannot be solved
  Statistics run(const Schedule& schedule, const std::function<void(const State&, Moment)>& observer,
                 const std::function<bool(double time, double step)>& keep_going);
  Statistics run(const Schedule& schedule, const Callbacks& callbacks);

  /// Whether an event waits for its delay to pass, or a dose is still entering.
  bool anything_waits() const;

  /// Whether a run can be saved: a model without space takes no time worth saving.
  bool can_save() const;
  /// Saves where the run is; from Callbacks::at_rest. Changes nothing.
  void save(Archive& archive);
  /// Goes on from where a run of the same model, parameters, domain and schedule was saved, to the same results bit by
  /// bit, on any number of threads. What was observed before is not observed again.
  /// @throws InputError if the archive does not fit, and as run()
  Statistics resume(Archive& saved, const Schedule& schedule, const Callbacks& callbacks);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reductions, observables and process fluxes of a state, for observers. All values in base units; results do not
/// depend on the number of threads or ranks. The domain must outlive the probe. A mean or maximum over a region without
/// voxels is NaN.
class Probe {
 public:
  /// @param given  as Simulation  @param ranks  likewise; then all must call the same
  Probe(std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters, const vertebra::Domain& domain,
        std::vector<std::vector<double>> given, Threads threads, Ranks* ranks = nullptr);
  ~Probe();
  Probe(Probe&&) noexcept;

  /// Other values of the parameters from now on; nothing is compiled anew.
  void set_parameters(std::vector<double> parameters);

  class Reading;
  /// The state as the probe sees it, reductions taken: until the state goes, or the next call.
  Reading read(const State& state);

  // The same for one kind of question.
  std::vector<double> numbers(const State& state, std::span<const model::NodeId> nodes);
  std::vector<std::vector<double>> fields(const State& state, std::span<const model::NodeId> nodes);
  std::vector<double> totals(const State& state, std::span<const model::NodeId> nodes);
  std::vector<double> means(const State& state, std::span<const model::NodeId> nodes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Probe::Reading {
 public:
  /// Values below the voxel stage (observables with reductions too), one per node.
  std::vector<double> numbers(std::span<const model::NodeId> nodes) const;
  /// A field per node, one value per active voxel of this rank. Scalars are spread.
  std::vector<std::vector<double>> fields(std::span<const model::NodeId> nodes) const;
  /// Integral over the vertebra (local nodes, base unit * mm^3) or the value itself (systemic nodes).
  std::vector<double> totals(std::span<const model::NodeId> nodes) const;
  /// Mean over the active voxels (local nodes) or the value itself.
  std::vector<double> means(std::span<const model::NodeId> nodes) const;

 private:
  friend class Probe;
  Reading(Impl& probe, const State& state) : probe_(&probe), state_(state) {}
  Impl* probe_;
  State state_;
};

}  // namespace howship::simulation
