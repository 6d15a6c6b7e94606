#pragma once

#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "howship/calibration/fit_file.hpp"
#include "howship/core/interrupt.hpp"
#include "howship/core/progress.hpp"
#include "howship/core/worker_team.hpp"
#include "howship/study/data_folder.hpp"

namespace howship::calibration {

struct FitOptions {
  Threads threads = Threads::available();  ///< starts and profiles are shared among them; results do not depend on it
  bool profiles = false;
  std::optional<int> starts;  ///< goes before the file
  const InterruptGuard* interrupt = nullptr;
  ProgressLine* progress = nullptr;
};

enum class Bound { none, low, high };

/// Whether the data say where a parameter lies. `from_below`: only that it is not smaller than some value. `unclear`:
/// the equations could not be solved all the way.
enum class Identified { yes, from_below, from_above, no, unclear };
std::string to_text(Identified identified);

/// One parameter, base units.
struct Estimate {
  std::string id;
  std::string model;  ///< the model file that declares it
  Unit unit;
  bool logarithmic = false;
  double start = 0.0, low = 0.0, high = 0.0;
  std::optional<Prior> prior;
  double value = 0.0;
  std::optional<double> error;  ///< standard error; absent where the data or an active bound leave none
  Bound at_bound = Bound::none;
  bool undetermined = false;  ///< it can be traded against others without a trace in the residuals
};

/// One observation and what the model gives for it, in the unit of its file.
struct Point {
  std::size_t series = 0;
  double time = 0.0;  ///< day of the study
  double observed = 0.0, predicted = 0.0, error = 0.0;
  bool censored = false;
  double residual = 0.0;  ///< in standard deviations
  SourceLocation where;
};

struct Series {
  SeriesEntry entry;
  Unit unit;
};

/// Where a start led.
struct Start {
  std::vector<double> from, to;  ///< base units
  std::optional<double> cost;    ///< absent: the equations could not be solved there
  bool converged = false;
  int iterations = 0;
  std::string message;
};

/// The cost along one parameter, all others fitted anew.
struct Profile {
  std::size_t parameter = 0;
  std::vector<double> values, costs;   ///< ascending; base unit
  std::optional<double> lower, upper;  ///< 95 % limits, by the likelihood ratio
  Identified identified = Identified::no;
};

/// What a fit found. The cost is half the sum of squared residuals, of priors too.
struct Fit {
  std::string name, title;
  std::vector<Estimate> parameters;
  std::vector<std::vector<std::optional<double>>> correlation;
  std::vector<Series> series;
  std::vector<Point> points;
  double cost = 0.0, gradient_norm = 0.0;
  bool converged = false;
  std::string message;
  double prior_squares = 0.0;  ///< what the priors add to twice the cost
  double deviance = 0.0;       ///< -2 ln of the likelihood of the observations; priors do not count
  double aic = 0.0, bic = 0.0;
  std::optional<double> aicc;  ///< absent with too few observations for it
  std::vector<Start> starts;
  std::size_t starts_agreeing = 0;  ///< those that end within a hundredth of the lowest cost's likelihood unit
  std::vector<Profile> profiles;
  std::map<std::string, std::string> digests;    ///< SHA-256 of what was read
  std::string observations_digest;               ///< of all that was observed, in order
  std::vector<std::vector<std::string>> models;  ///< of each arm that was run
  double relative_tolerance = 0.0, seconds = 0.0;
  int seed = 0;

  /// How far below the cost of the fit a profile went: with more starts the fit would have been better.
  double missed() const;
  /// The lowest cost was found by a search that converged.
  bool good() const { return converged; }
};

/// Estimates parameters by least squares on exact sensitivities: residuals over their errors, the normal distribution
/// function for what lies below an assay's limit, priors as residuals of their own. Levenberg and Marquardt within
/// bounds (Ceres), from the start given and from others of a Latin hypercube.
/// @throws InputError with all faults of all files before anything is run; NumericalError if no start could be solved;
///         Interrupted
Fit run_fit(const std::filesystem::path& file, const study::DataFolder& data, const UnitSystem& units,
            const FitOptions& options);

/// Checks a fit.toml and all it names without running anything. @returns what there is, in a line
std::string check_fit(const std::filesystem::path& file, const study::DataFolder& data, const UnitSystem& units);

}  // namespace howship::calibration
