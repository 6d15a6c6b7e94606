#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/simulation/archive.hpp"

namespace howship::simulation {

/// The events of a model during one run: which conditions hold, and what waits for its delay to pass. The order is that
/// of SBML Level 3: after each event all conditions are looked at anew, and of those that are due the one of highest
/// priority (then the one whose condition turned first, or one drawn if the model wants that) happens next.
class EventQueue {
 public:
  EventQueue(const model::Kinetics& kinetics, std::span<const double> parameters);

  /// Back to day 0, before anything has happened.
  void reset();

  /// In the middle of things: what holds now has held before.
  void take_up(double time, std::span<const double> systemic);

  /// Notes which conditions changed. @returns whether anything is to happen now
  bool due(double time, std::span<const double> systemic);
  /// Notes which conditions changed and lets everything happen that is due; `systemic` gets the new values (slot
  /// order).
  /// @returns whether a value was set  @throws NumericalError if events keep following each other at one instant
  bool update(double time, std::span<double> systemic);
  /// The next instant at which something that waits is due.
  std::optional<double> next_time() const;

  void exchange(Archive& archive);

  /// One number per condition, +1 where it holds and -1 where not: their changes of sign are what an integrator finds.
  std::size_t conditions() const { return model_.events.size(); }
  void signs(double time, std::span<const double> systemic, double* out);

 private:
  struct Pending {
    std::size_t event = 0;
    double time = 0.0;
    std::size_t order = 0;  ///< of triggering
    std::vector<double> values;
  };
  void look(double time, std::span<const double> systemic);
  void evaluate(double time, std::span<const double> systemic);
  std::vector<double> values_of(std::size_t event) const;
  std::optional<std::size_t> next_due(double time);
  std::uint64_t draw(std::uint64_t below);

  const model::Model& model_;
  const model::Program& conditions_;
  const model::Program& program_;
  std::vector<std::size_t> first_;
  model::Program::Workspace conditions_workspace_, workspace_;
  std::vector<double> outputs_, no_reductions_;
  std::vector<bool> holds_;
  std::vector<Pending> pending_;
  std::size_t triggered_ = 0;
  std::size_t crowded_ = 0;  ///< how many have happened with hardly any time between them
  double last_ = 0.0;        ///< day of the last one
  std::uint64_t draws_ = 0;  ///< each run draws the same numbers
};

}  // namespace howship::simulation
