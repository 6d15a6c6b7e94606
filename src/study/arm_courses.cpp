#include "howship/study/arm_courses.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dose_gates.hpp"

namespace howship::study {
namespace {

// The arm's own times and those that are measured at.
simulation::Schedule schedule_of(const PreparedArm& arm, const std::set<double>& days) {
  simulation::Schedule schedule = arm.schedule;
  std::vector<double>& outputs = schedule.outputs;
  outputs.insert(outputs.end(), days.begin(), days.end());
  std::sort(outputs.begin(), outputs.end());
  outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
  return schedule;
}

/// Reads the wanted ids off a state.
class Reader {
 public:
  Reader(const model::Model& model, const std::set<std::string>& ids, simulation::Probe probe, ArmCourses& courses)
      : probe_(std::move(probe)), days_(&courses.days) {
    for (const std::string& id : ids) {
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
    const simulation::Probe::Reading reading = probe_.read(state);
    if (!means_.empty()) put(reading.means(means_), means_to_);
    if (!numbers_.empty()) put(reading.numbers(numbers_), numbers_to_);
  }

 private:
  simulation::Probe probe_;
  std::vector<double>* days_;
  std::vector<model::NodeId> means_, numbers_;
  std::vector<std::vector<double>*> means_to_, numbers_to_;
};

}  // namespace

double snapped(const PreparedArm& arm, double day) {
  const double near = 1e-9 * std::max(1.0, day);
  for (const double row : arm.schedule.outputs) {
    if (std::abs(row - day) <= near) return row;
  }
  for (const auto& dose : arm.schedule.doses) {
    if (std::abs(dose.time - day) <= near) return dose.time;
  }
  return day;
}

ArmCourses run_courses(const PreparedArm& arm, const std::shared_ptr<const model::Kinetics>& kinetics,
                       const Study& study, const Place& place, const CourseWish& wish, const CourseRun& run) {
  const Solver& solver = study.solver;
  const Threads threads = place.domain.size() > 1 ? run.threads : Threads{1};
  simulation::Simulation simulation(kinetics, arm.parameters, place.domain, place.given_fields(arm.model->given),
                                    {solver.relative_tolerance, solver.max_step, solver.max_order, threads});
  ArmCourses courses;
  Reader read(*arm.model, wish.ids,
              simulation::Probe(kinetics, arm.parameters, place.domain, place.given_fields(arm.model->given), threads),
              courses);
  if (run.progress != nullptr) run.progress->begin(study.id + ", " + arm.id);
  DoseGates gates(arm, kinetics, place, threads);
  simulation::Callbacks callbacks;
  callbacks.observer = [&](const simulation::State& state, simulation::Moment moment) {
    read(state);
    courses.looked_at.push_back(moment == simulation::Moment::output &&
                                !std::binary_search(arm.rows.begin(), arm.rows.end(), state.time));
  };
  callbacks.keep_going = [&](double time, double step) {
    if (run.progress != nullptr)
      run.progress->update(time / arm.schedule.end, fmt::format("day {:.1f}, step {:.2g} day", time, step));
    return run.interrupt == nullptr || !run.interrupt->requested();
  };
  callbacks.gives = gates.ask();
  simulation.run(schedule_of(arm, wish.days), callbacks);
  if (run.progress != nullptr) run.progress->end();
  return courses;
}

}  // namespace howship::study
