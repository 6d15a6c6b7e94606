#include "howship/calibration/fit.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"
#include "howship/core/stopwatch.hpp"

#include "latin_hypercube.hpp"
#include "profile.hpp"
#include "uncertainty.hpp"

namespace howship::calibration {
namespace {

/// The start that was given, and others all over the box of the bounds.
std::vector<std::vector<double>> starts_of(const Problem& problem, const Scaling& scaling, int count) {
  std::vector<double> given;
  for (const Estimate& p : problem.parameters) given.push_back(p.start);
  std::vector<std::vector<double>> starts{scaling.to_search(given)};
  const auto others = latin_hypercube(static_cast<std::size_t>(count) - 1, scaling.size(),
                                      static_cast<std::uint64_t>(problem.file.seed));
  for (const auto& point : others) {
    starts.emplace_back();
    for (std::size_t p = 0; p < point.size(); ++p)
      starts.back().push_back(scaling.low(p) + point[p] * (scaling.high(p) - scaling.low(p)));
  }
  return starts;
}

void require_go(const FitOptions& options) {
  if (options.interrupt != nullptr && options.interrupt->requested()) throw Interrupted("the fit was interrupted");
}

std::vector<Minimum> search(const Problem& problem, const Scaling& scaling,
                            const std::vector<std::vector<double>>& starts, WorkerTeam& team) {
  std::vector<Minimum> minima(starts.size());
  const std::vector<bool> none(scaling.size(), false);
  team.for_blocks(starts.size(),
                  [&](std::size_t s, std::size_t) { minima[s] = minimise(problem, scaling, starts[s], none); });
  return minima;
}

std::size_t best_of(const std::vector<Minimum>& minima) {
  std::size_t best = minima.size();
  for (std::size_t s = 0; s < minima.size(); ++s) {
    if (minima[s].solved && (best == minima.size() || minima[s].cost < minima[best].cost)) best = s;
  }
  if (best < minima.size()) return best;
  throw NumericalError(fmt::format("the equations cannot be solved at any start; at the first: {}", minima[0].message));
}

void report_points(const Problem& problem, const Minimum& minimum, Fit& fit) {
  fit.deviance = 0.0;
  for (std::size_t i = 0; i < problem.points.size(); ++i) {
    const FittedPoint& point = problem.points[i];
    const Series& series = problem.series[point.series];
    const Observation& o = point.observation;
    const double residual = minimum.evaluation.residuals[i];
    const bool log = series.entry.logarithmic;
    const double scale = series.unit.scale;
    fit.points.push_back({point.series, point.time, o.value / scale, minimum.evaluation.predicted[i] / scale,
                          log ? o.error : o.error / scale, o.censored, residual, o.where});
    fit.deviance += residual * residual;
    // In the file's unit, so that the number does not depend on ours.
    const double width = log ? o.error * o.value / scale : o.error / scale;
    if (!o.censored) fit.deviance += std::log(2.0 * std::numbers::pi * width * width);
  }
  for (std::size_t r = problem.points.size(); r < minimum.evaluation.residuals.size(); ++r)
    fit.prior_squares += minimum.evaluation.residuals[r] * minimum.evaluation.residuals[r];
  const auto k = static_cast<double>(problem.parameters.size());
  const auto n = static_cast<double>(problem.points.size());
  fit.aic = fit.deviance + 2.0 * k;
  fit.bic = fit.deviance + k * std::log(n);
  if (n > k + 1.0) fit.aicc = fit.aic + 2.0 * k * (k + 1.0) / (n - k - 1.0);
}

void report_parameters(const Problem& problem, const Scaling& scaling, const Minimum& minimum, const Uncertainty& found,
                       Fit& fit) {
  fit.parameters = problem.parameters;
  for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
    Estimate& estimate = fit.parameters[p];
    estimate.value = scaling.to_base(p, minimum.at[p]);
    if (found.errors[p]) estimate.error = *found.errors[p] * scaling.slope(p, minimum.at[p]);
    estimate.at_bound = found.bounds[p];
    estimate.undetermined = found.undetermined[p];
  }
  fit.correlation = found.correlation;
  fit.gradient_norm = found.gradient_norm;
}

/// What two fits must share to be compared: times, values, errors and how they were reported.
std::string digest_of_observations(const Problem& problem) {
  std::string text;
  for (const FittedPoint& point : problem.points) {
    const SeriesEntry& entry = problem.series[point.series].entry;
    const Observation& o = point.observation;
    text += fmt::format("{} {} {} {:.17g} {:.17g} {:.17g} {:.17g} {:.17g} {}\n", to_text(entry.against),
                        static_cast<int>(entry.extreme), entry.logarithmic, problem.series[point.series].unit.scale,
                        point.time, point.until, o.value, o.error, o.censored);
  }
  return digest(text);
}

void report_starts(const Scaling& scaling, const std::vector<std::vector<double>>& starts,
                   const std::vector<Minimum>& minima, Fit& fit) {
  constexpr double kSameCost = 0.01;  // a hundredth of a unit of the log likelihood is no difference
  for (std::size_t s = 0; s < starts.size(); ++s) {
    Start start{scaling.to_base(starts[s]), scaling.to_base(minima[s].at), std::nullopt,
                minima[s].converged,        minima[s].iterations,          minima[s].message};
    if (minima[s].solved) start.cost = minima[s].cost;
    if (minima[s].solved && minima[s].cost <= fit.cost + kSameCost) ++fit.starts_agreeing;
    fit.starts.push_back(std::move(start));
  }
}

}  // namespace

std::string to_text(Identified identified) {
  switch (identified) {
    case Identified::yes:
      return "identified";
    case Identified::from_below:
      return "bounded from below only";
    case Identified::from_above:
      return "bounded from above only";
    case Identified::unclear:
      return "unclear: the profile could not be followed";
    default:
      return "not identified";
  }
}

double Fit::missed() const {
  double least = cost;
  for (const Profile& one : profiles) {
    for (const double there : one.costs) least = std::min(least, there);
  }
  return cost - least;
}

Fit run_fit(const std::filesystem::path& file, const study::DataFolder& data, const UnitSystem& units,
            const FitOptions& options) {
  const Stopwatch watch;
  Problem problem = load_problem(file, data, units);
  problem.interrupt = options.interrupt;
  const Scaling scaling(problem.parameters);
  WorkerTeam team(options.threads);
  Fit fit;
  fit.name = problem.file.name;
  fit.title = problem.file.title;
  fit.series = problem.series;
  fit.digests = problem.digests;
  fit.observations_digest = digest_of_observations(problem);
  fit.relative_tolerance = problem.file.relative_tolerance;
  fit.seed = problem.file.seed;
  for (const FittedArm& arm : problem.arms) fit.models.push_back(arm.models);

  if (options.progress != nullptr) options.progress->begin(fit.name + ", searching");
  const auto starts = starts_of(problem, scaling, std::max(1, options.starts.value_or(problem.file.starts)));
  const std::vector<Minimum> minima = search(problem, scaling, starts, team);
  require_go(options);
  const Minimum& best = minima[best_of(minima)];
  fit.cost = best.cost;
  fit.converged = best.converged;
  fit.message = best.message;
  report_starts(scaling, starts, minima, fit);
  report_points(problem, best, fit);
  const Uncertainty found = uncertainty(best, scaling);
  report_parameters(problem, scaling, best, found, fit);

  if (options.profiles) {
    if (options.progress != nullptr) options.progress->begin(fit.name + ", profiles");
    fit.profiles.resize(scaling.size());
    team.for_blocks(scaling.size(), [&](std::size_t p, std::size_t) {
      fit.profiles[p] = profile(problem, scaling, best, p, found.errors[p]);
    });
    require_go(options);
  }
  if (options.progress != nullptr) options.progress->end();
  fit.seconds = watch.seconds();
  return fit;
}

}  // namespace howship::calibration
