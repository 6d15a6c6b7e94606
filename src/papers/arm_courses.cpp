#include "arm_courses.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace howship::papers {
namespace {

// The arm's own times and those that are measured at. Rows of frames alone do no harm.
simulation::Schedule schedule_of(const PlannedArm& planned) {
  simulation::Schedule schedule = planned.arm.schedule;
  std::vector<double>& outputs = schedule.outputs;
  outputs.insert(outputs.end(), planned.days.begin(), planned.days.end());
  std::sort(outputs.begin(), outputs.end());
  outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
  return schedule;
}

/// Reads the wanted ids off a state.
class Reader {
 public:
  Reader(const PlannedArm& planned, simulation::Probe probe, ArmCourses& courses)
      : probe_(std::move(probe)), days_(&courses.days) {
    const model::Model& model = *planned.arm.model;
    for (const std::string& id : planned.wanted) {
      const model::NodeId node = *model.find_node(id);
      const bool is_field = model.graph[node].stage == model::Stage::voxel;
      (is_field ? means_ : numbers_).push_back(node);
      (is_field ? means_to_ : numbers_to_).push_back(&courses.values[id]);
    }
  }

  void operator()(const simulation::State& state) {
    days_->push_back(state.time);
    const auto put = [](const std::vector<double>& values, const std::vector<std::vector<double>*>& to) {
      for (std::size_t i = 0; i < values.size(); ++i) to[i]->push_back(values[i]);
    };
    if (!means_.empty()) put(probe_.means(state, means_), means_to_);
    if (!numbers_.empty()) put(probe_.numbers(state, numbers_), numbers_to_);
  }

 private:
  simulation::Probe probe_;
  std::vector<double>* days_;
  std::vector<model::NodeId> means_, numbers_;
  std::vector<std::vector<double>*> means_to_, numbers_to_;
};

}  // namespace

ArmCourses run_arm(const PlannedArm& planned, const std::shared_ptr<const model::Kinetics>& kinetics,
                   const study::Study& study, const study::Place& place, const Reproduction& options) {
  const study::PreparedArm& arm = planned.arm;
  const study::Solver& solver = study.solver;
  const Threads threads = place.domain.size() > 1 ? options.threads : Threads{1};
  simulation::Simulation simulation(kinetics, arm.parameters, place.domain, place.given_fields(arm.model->given),
                                    {solver.relative_tolerance, solver.max_step, solver.max_order, threads});
  ArmCourses courses;
  Reader read(planned,
              simulation::Probe(kinetics, arm.parameters, place.domain, place.given_fields(arm.model->given), threads),
              courses);
  if (options.progress != nullptr) options.progress->begin(study.id + ", " + arm.id);
  simulation.run(
      schedule_of(planned), [&](const simulation::State& state, simulation::Moment) { read(state); },
      [&](double time, double step) {
        if (options.progress != nullptr)
          options.progress->update(time / arm.schedule.end, fmt::format("day {:.1f}, step {:.2g} day", time, step));
        return options.interrupt == nullptr || !options.interrupt->requested();
      });
  if (options.progress != nullptr) options.progress->end();
  return courses;
}

}  // namespace howship::papers
