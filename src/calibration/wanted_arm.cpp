#include "wanted_arm.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/study/schedule.hpp"

namespace howship::calibration {
namespace {

// Rows in a window where an extreme is looked for; the parabola through three does the rest.
constexpr double kRowsPerDay = 4.0;
constexpr double kFewestRows = 200.0;
constexpr double kMostRows = 4000.0;

void settle_times(const Wanted& wanted, Problem& problem, FittedArm& fitted) {
  std::vector<double> all;
  for (const auto& dose : wanted.arm->schedule.doses) all.push_back(dose.time);
  for (const std::size_t p : wanted.points) {
    const FittedPoint& point = problem.points[p];
    all.insert(all.end(), {point.time, point.baseline, point.until});
  }
  const study::Clock clock(all);
  double last = 0.0;
  for (const std::size_t p : wanted.points) {
    FittedPoint& point = problem.points[p];
    for (double* time : {&point.time, &point.baseline, &point.until}) {
      *time = clock.exact(*time);
      fitted.schedule.outputs.push_back(*time);
      last = std::max(last, *time);
    }
    const double width = point.until - point.time;
    const int rows = static_cast<int>(std::clamp(std::ceil(kRowsPerDay * width), kFewestRows, kMostRows));
    for (int row = 1; row < rows && width > 0.0; ++row)
      fitted.schedule.outputs.push_back(point.time + width * row / rows);
  }
  fitted.schedule.end = last;  // nothing is observed after it
  const study::PreparedArm& arm = *wanted.arm;
  for (std::size_t d = 0; d < arm.schedule.doses.size(); ++d) {
    const simulation::Dose& dose = arm.schedule.doses[d];
    const auto drug = static_cast<std::size_t>(arm.given[d].drug - arm.model->drugs.data());
    if (dose.duration > 0.0 || dose.gate >= 0)
      throw InputError(fmt::format("arm {}: a dose that is infused or may be held cannot be in a fit", arm.id),
                       "its sensitivities are not computed; give the dose at once and without a hold rule");
    const double time = clock.exact(dose.time);
    if (time <= last) fitted.schedule.doses.push_back({time, drug, arm.given[d].amount, dose.label});
  }
}

}  // namespace

FittedArm compile_arm(const Wanted& wanted, Problem& problem) {
  LoadedStudy& study = *wanted.study;
  const study::PreparedArm& arm = *wanted.arm;
  FittedArm fitted;
  auto& kinetics = study.kinetics[arm.model.get()];
  if (!kinetics) kinetics = std::make_shared<const model::Kinetics>(arm.model);
  fitted.kinetics = kinetics;
  fitted.place = study.place;
  fitted.given = study.place->given_fields(arm.model->given);
  fitted.parameters = arm.parameters;
  fitted.models = arm.models;
  std::vector<std::size_t> asked;
  for (std::size_t p = 0; p < problem.parameters.size(); ++p) {
    const model::Parameter* found = arm.model->find_parameter(problem.parameters[p].id);
    if (found == nullptr) continue;
    asked.push_back(static_cast<std::size_t>(found - arm.model->parameters.data()));
    fitted.columns.push_back(p);
  }
  std::vector<model::NodeId> nodes;
  for (const std::string& id : wanted.read_outs) nodes.push_back(*arm.model->find_node(id));
  fitted.sensitivities = std::make_shared<const model::PointSensitivities>(*arm.model, asked, nodes);
  const study::Solver& solver = study.study.solver;
  fitted.options = {problem.file.relative_tolerance, solver.max_step, solver.max_order, Threads{1}};
  settle_times(wanted, problem, fitted);
  return fitted;
}

}  // namespace howship::calibration
