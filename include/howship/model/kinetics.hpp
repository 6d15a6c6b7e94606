#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "howship/model/model.hpp"
#include "howship/model/point_kinetics.hpp"
#include "howship/model/program.hpp"

namespace howship::model {

/// Derivatives as a program whose output e is the matrix entry pattern[e]. Entries that vanish identically are absent.
struct Derivatives {
  std::vector<SparseEntry> pattern;
  Program program;
};

/// What autonomous systemic species pour into a local one, alike in every voxel: a drug that tissue takes up. Soon
/// after a bolus this comes so fast that it would look like a jump to a field. So the solver's unknown for such a
/// species x is x - U, and U, one more autonomous systemic number, obeys
///   dU/dt = input - decay U.
/// Any decay is right, zero too; one near the species' own loss keeps x - U small.
struct KnownInput {
  std::size_t local = 0;     ///< slot of x
  std::size_t systemic = 0;  ///< slot of U, behind those of the model
  std::size_t decay = 0;     ///< place of its decay, 1/day, behind the model's parameters
};

/// Where rates and event conditions jump. A comparison or step of time alone (piecewise(..., time < 1 day, ...)) tells
/// its instants beforehand; one that reads systemic species is watched for its turn.
struct Switches {
  enum class Kind { crossing, equality, steps, searched };
  std::vector<Kind> timed;  ///< of each timed one: a - b vanishes once, a level passes whole numbers, or neither
  Program levels;           ///< two outputs for each timed one: the level on day 0, and its change per day
  Program sides;            ///< one output for each timed one: the comparison, or the step, at a time
  Program watched;          ///< comparisons in rates that read systemic species
};

/// The formulas of events, in the file's order.
struct EventPrograms {
  Program conditions;  ///< alone: an integrator looks at them much more often than anything happens
  Program all;  ///< of each event: condition, delay, priority, values; the condition stands in for what is absent
};

struct KineticsParts;

/// A model compiled: what a solver evaluates. Local rates are per voxel and hold no transport; "local" and "systemic"
/// count in slot order. All programs below, but not program(), are in the solver's unknowns, see KnownInput. Immutable
/// and shared by all threads; each thread keeps its own workspaces.
class Kinetics {
 public:
  explicit Kinetics(const std::shared_ptr<const Model>& model);

  const Model& model() const { return *model_; }
  std::size_t local_count() const { return model_->local.size(); }
  /// Of the model, and one per known input behind them.
  std::size_t systemic_count() const { return model_->systemic.size() + known_inputs_.size(); }
  const std::vector<KnownInput>& known_inputs() const { return known_inputs_; }
  /// The species of a systemic slot; of a known input the local species that it enters.
  const Species& systemic_species(std::size_t slot) const;
  std::size_t rate_reduction_count() const { return model_->rate_reductions; }

  const Program& local_rates() const { return local_rates_; }        ///< one output per local species
  const Program& systemic_rates() const { return systemic_rates_; }  ///< one output per systemic slot
  const Program& integrands() const { return integrands_; }          ///< one output per rate reduction
  const Program& initial_local() const { return initial_local_; }
  const Program& initial_systemic() const { return initial_systemic_; }
  const Program& diffusion() const { return diffusion_; }  ///< one output per diffusing species, mm^2/day
  const std::vector<std::size_t>& diffusing() const { return diffusing_; }  ///< local slots, ascending
  /// The diffusing species, as places in diffusing(), whose coefficients change with what is in the voxel.
  const std::vector<std::size_t>& followed() const { return followed_; }
  const Program& followed_diffusion() const { return followed_diffusion_; }  ///< one output for each of them

  const Derivatives& local_by_local() const { return local_by_local_; }
  const Derivatives& local_by_systemic() const { return local_by_systemic_; }
  const Derivatives& systemic_by_systemic() const { return systemic_by_systemic_; }
  const Derivatives& systemic_by_reduction() const { return systemic_by_reduction_; }
  const Derivatives& integrand_by_local() const { return integrand_by_local_; }
  const Derivatives& integrand_by_systemic() const { return integrand_by_systemic_; }

  const Switches& switches() const { return switches_; }
  const EventPrograms& events() const { return events_; }

  /// Systemic species that no event sets and that depend on nothing but themselves, time and parameters: they can be
  /// integrated ahead.
  const std::vector<bool>& autonomous() const { return autonomous_; }

  /// The model without space; compiled when first asked for. Any thread may ask.
  const PointKinetics& point() const;

  /// A program for other expressions of the model, in the species themselves: frames, observables, process rates.
  Program program(std::span<const NodeId> outputs) const;

 private:
  struct Point;
  Kinetics(std::shared_ptr<const Model> model, KineticsParts parts);

  std::shared_ptr<const Model> model_;
  std::shared_ptr<Point> point_;
  std::vector<KnownInput> known_inputs_;
  std::vector<std::size_t> diffusing_, followed_;
  std::vector<bool> autonomous_;
  Program local_rates_, systemic_rates_, integrands_, initial_local_, initial_systemic_, diffusion_,
      followed_diffusion_;
  Derivatives local_by_local_, local_by_systemic_, systemic_by_systemic_, systemic_by_reduction_, integrand_by_local_,
      integrand_by_systemic_;
  Switches switches_;
  EventPrograms events_;
};

}  // namespace howship::model
