#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/model/point_sensitivities.hpp"
#include "howship/simulation/simulation.hpp"
#include "howship/vertebra/domain.hpp"

namespace howship::simulation {

/// An amount of a drug as it is given; what of it arrives may depend on parameters.
struct DrugDose {
  double time = 0.0;     ///< day
  std::size_t drug = 0;  ///< index into Model::drugs; it enters a systemic species
  double amount = 0.0;   ///< base unit, before bioavailability
  std::string label;
};

struct DrugSchedule {
  double end = 0.0;             ///< day
  std::vector<DrugDose> doses;  ///< any order
  std::vector<double> outputs;  ///< any order
};

/// What is read out of the solution at one moment, valid during the call that receives it. Base units.
struct ReadOut {
  double time = 0.0;
  std::span<const double> values;       ///< one per read-out
  std::span<const double> derivatives;  ///< total, of read-out r by parameter p at [r*parameters + p]
};

/// A model without space and the sensitivities of its solution to parameters. The state is integrated as Simulation
/// does it; the sensitivities follow step by step in CVODES' staggered scheme (Feehery, Tolsma and Barton 1997) and
/// share its error test, each measured by the size of its parameter. They jump at doses, and where a comparison in a
/// rate turns at an instant that depends on parameters.
class SensitivityRun {
 public:
  /// @param sensitivities  of the same model
  /// @param parameters     base units, in the model's order
  /// @param domain         a single voxel, or any for a model without tissue; must outlive this object
  /// @param given          as Simulation
  /// @throws InputError as Simulation, or if the model has space in it
  SensitivityRun(std::shared_ptr<const model::Kinetics> kinetics,
                 std::shared_ptr<const model::PointSensitivities> sensitivities, std::vector<double> parameters,
                 const vertebra::Domain& domain, const std::vector<std::vector<double>>& given, SolverOptions options);
  ~SensitivityRun();

  /// As Simulation::run. @throws NumericalError also where the sensitivities cannot be followed
  Statistics run(const DrugSchedule& schedule, const std::function<void(const ReadOut&, Moment)>& observer,
                 const std::function<bool(double time, double step)>& keep_going);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace howship::simulation
