#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/papers/measure.hpp"
#include "howship/papers/reproduce.hpp"
#include "howship/study/place.hpp"

#include "plan.hpp"

namespace howship::papers {

/// What one arm did: a row at each of its output times and two around each dose. Local quantities are means over the
/// vertebra, which of a single voxel is its value. Base units.
struct ArmCourses {
  std::vector<double> days;
  std::map<std::string, std::vector<double>> values;  ///< by id

  Course course(const std::string& id) const { return {days, values.at(id)}; }
};

/// Solves one arm and keeps what is wanted of it. @throws NumericalError, InputError, Interrupted
ArmCourses run_arm(const PlannedArm& planned, const std::shared_ptr<const model::Kinetics>& kinetics,
                   const study::Study& study, const study::Place& place, const Reproduction& options);

}  // namespace howship::papers
