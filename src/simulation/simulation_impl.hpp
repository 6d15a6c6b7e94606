#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "howship/core/stopwatch.hpp"
#include "howship/simulation/simulation.hpp"

#include "simulation/ahead_trajectory.hpp"
#include "simulation/event_queue.hpp"
#include "simulation/field_system.hpp"
#include "simulation/instants.hpp"
#include "simulation/integrator.hpp"
#include "simulation/known_inputs.hpp"
#include "simulation/point_system.hpp"
#include "simulation/sundials_handles.hpp"
#include "simulation/time_breaks.hpp"

namespace howship::simulation {

struct Simulation::Impl {
  Impl(std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters, const vertebra::Domain& domain,
       const std::vector<std::vector<double>>& given, SolverOptions options);

  Statistics run(const Schedule& schedule, const Callbacks& callbacks, Archive* saved);
  void exchange(Archive& archive);

  // Construction.
  std::vector<double> own_parameters(std::vector<double> given_parameters,
                                     const std::vector<std::vector<double>>& given);
  std::unique_ptr<OdeSystem> make_system(const std::vector<std::vector<double>>& given);
  Integrator::Turns turns();

  // The course of a run.
  void begin(const Schedule& schedule);
  void take(const Start& from);
  void arrive(const Schedule& schedule, const Callbacks& callbacks);
  /// Where the integrator has to stop next: a dose, a jump, an event whose delay is over, or the end.
  struct Stop {
    std::size_t instant = 0;  ///< the first that is not on the way there
    double time = 0.0;
    bool jump = false;
  };
  Stop next_stop(const Schedule& schedule) const;
  void travel(const Schedule& schedule, const Callbacks& callbacks);
  bool step_to(const Stop& stop);
  void report_passed(const Instant& instant, const Callbacks& callbacks);
  std::size_t next_change() const;
  double known_until(const Schedule& schedule) const;

  // Doses that the integrator need not stop for.
  bool pass_dose(const Schedule& schedule, const Stop& stop);
  bool is_foreseen(const Schedule& schedule, const Instant& instant) const;
  bool is_smooth_at(double dose_time);

  // What happens at one instant.
  bool happens();
  VectorHandle rates_before();
  std::vector<Dose> given_of(const std::vector<Dose>& doses, const Callbacks& callbacks);
  bool enter(const std::vector<Dose>& doses);
  void set_inputs();
  State state_at(double when, N_Vector values);
  bool let_events_happen();
  double& main_value(std::size_t slot);
  void restart_if_rates_jump(N_Vector before, bool jumped);
  bool jump_matters(N_Vector before, N_Vector after, N_Vector values);  ///< `after` is used up
  void report(double when, N_Vector values, const Callbacks& callbacks, Moment moment);

  void begin_integration();
  Statistics statistics_now() const;
  void add_traffic(Statistics& now) const;
  [[noreturn]] void fail(int flag);

  std::shared_ptr<const model::Kinetics> kinetics;
  bool is_point;  ///< the same on all ranks: everything is one small system, and nothing is integrated ahead
  SolverOptions options;
  Ranks alone;
  Ranks& ranks;
  std::vector<double> parameters;
  const vertebra::Domain& domain;
  SundialsContext context;
  AheadTrajectory ahead;
  std::unique_ptr<OdeSystem> system_holder;
  OdeSystem& system;
  EventQueue events;
  const model::Program& watched;  ///< comparisons in rates
  model::Program::Workspace watched_workspace;
  std::vector<double> watched_values, no_reductions;
  VectorHandle y, scratch;
  Integrator integrator;
  Buffer<double> view;
  std::vector<double> systemic;

  std::optional<Start> start;  ///< absent: the model's own on day 0

  /// A dose that is still entering.
  struct Infusion {
    std::size_t systemic = 0;
    double rate = 0.0, end = 0.0;  ///< base unit per day; day
  };

  // Where a run is.
  std::vector<Infusion> infusions;
  std::vector<Instant> instants;
  std::size_t next = 0;  ///< the first instant that has not been dealt with
  double time = 0.0;
  bool crossed = false;  ///< a condition or a comparison turned at `time`
  Statistics carried;    ///< of what lies before the last initialisation, and before the run was taken up again
  OdeSystem::Counters counters_before;
  NewtonSolver::Counters newton_before;
  Ranks::Traffic traffic_before;
  Stopwatch watch;
};

}  // namespace howship::simulation
