#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "howship/calibration/fit.hpp"
#include "howship/model/kinetics.hpp"
#include "howship/model/point_sensitivities.hpp"
#include "howship/simulation/sensitivity_run.hpp"
#include "howship/study/place.hpp"

#include "observations.hpp"

namespace howship::calibration {

/// An arm that observations belong to: all that its runs share.
struct FittedArm {
  std::shared_ptr<const model::Kinetics> kinetics;
  std::shared_ptr<const model::PointSensitivities> sensitivities;
  std::shared_ptr<const study::Place> place;
  std::vector<std::vector<double>> given;
  std::vector<double> parameters;    ///< of the study; those that are estimated are replaced
  std::vector<std::size_t> columns;  ///< of each of its sensitivities, the parameter of the fit
  simulation::DrugSchedule schedule;
  simulation::SolverOptions options;
  std::vector<std::string> models;
};

/// One observation, and where its prediction comes from.
struct FittedPoint {
  std::size_t arm = 0, read_out = 0, series = 0;
  double time = 0.0, baseline = 0.0;  ///< day of the study
  double until = 0.0;                 ///< of an extreme; the rows between are looked at
  Observation observation;
};

/// A fit with all its files read and everything checked: from parameters to residuals and their derivatives. Immutable;
/// any thread may evaluate.
struct Problem {
  FitFile file;
  std::vector<Estimate> parameters;  ///< without results
  std::vector<Series> series;
  std::vector<FittedArm> arms;
  std::vector<FittedPoint> points;
  std::map<std::string, std::string> digests;
  const InterruptGuard* interrupt = nullptr;

  std::size_t priors() const;
  std::size_t residuals() const { return points.size() + priors(); }

  struct Evaluation {
    bool good = false;
    std::string why_not;
    std::vector<double> predicted;  ///< per point, base unit
    std::vector<double> residuals;  ///< of points, then of priors
    std::vector<double> jacobian;   ///< residual r by parameter p, per base unit, at [r*parameters + p]
  };
  Evaluation evaluate(std::span<const double> values) const;
};

/// @throws InputError with all faults of fit.toml, the observations, the studies and the models
Problem load_problem(const std::filesystem::path& file, const study::DataFolder& data, const UnitSystem& units);

/// The residual of an observation, in standard deviations, and its derivative by the prediction. Of a censored one the
/// square is -2 ln Φ((limit - prediction)/error).
struct Deviation {
  double residual = 0.0, slope = 0.0;
};
Deviation deviation(const Observation& observation, bool logarithmic, double predicted);

}  // namespace howship::calibration
