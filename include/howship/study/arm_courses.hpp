#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/core/worker_team.hpp"
#include "howship/model/kinetics.hpp"
#include "howship/study/measure.hpp"
#include "howship/study/place.hpp"
#include "howship/study/prepare.hpp"

namespace howship::study {

/// What one arm did: the rows of its table, and those that are looked at beside them. Local quantities are means over
/// the vertebra, which of a single voxel is its value. Base units.
struct ArmCourses {
  std::vector<double> days;
  std::map<std::string, std::vector<double>> values;  ///< by id
  std::vector<bool> looked_at;                        ///< of each row whether the arm's table would not have it

  Course course(const std::string& id) const { return {days, values.at(id), looked_at}; }
};

/// What is wanted of an arm.
struct CourseWish {
  std::set<std::string> ids;  ///< species, quantities and observables of its model
  std::set<double> days;      ///< that are rows beside its own
};

/// What a run may be asked on its way.
struct CourseRun {
  Threads threads = Threads::available();     ///< of arms in space; a single voxel takes one
  const InterruptGuard* interrupt = nullptr;  ///< asked after every step
  ProgressLine* progress = nullptr;
};

/// A day that differs from one of the arm's own by rounding only is that one.
double snapped(const PreparedArm& arm, double day);

/// Solves one arm in memory and keeps what is wanted of it. @throws NumericalError, InputError, Interrupted
ArmCourses run_courses(const PreparedArm& arm, const std::shared_ptr<const model::Kinetics>& kinetics,
                       const Study& study, const Place& place, const CourseWish& wish, const CourseRun& run);

}  // namespace howship::study
