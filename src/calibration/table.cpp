#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "howship/calibration/report.hpp"
#include "howship/core/error.hpp"

namespace howship::calibration {
namespace {

std::string limits_text(const Fit& fit, std::size_t p) {
  for (const Profile& profile : fit.profiles) {
    if (profile.parameter != p) continue;
    const double scale = fit.parameters[p].unit.scale;
    const std::string lower = profile.lower ? fmt::format("{:.4g}", *profile.lower / scale) : "-";
    const std::string upper = profile.upper ? fmt::format("{:.4g}", *profile.upper / scale) : "-";
    return fmt::format("{} to {}, {}", lower, upper, to_text(profile.identified));
  }
  return {};
}

std::string remark(const Fit& fit, std::size_t p) {
  const Estimate& e = fit.parameters[p];
  std::string text = limits_text(fit, p);
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (e.at_bound != Bound::none) add(e.at_bound == Bound::low ? "at its lower bound" : "at its upper bound");
  if (e.undetermined && fit.profiles.empty()) add("not determined by these data");
  return text;
}

// Pairs that the data can hardly tell apart.
std::string correlations_text(const Fit& fit) {
  constexpr double kStrong = 0.95;
  std::string text;
  for (std::size_t a = 0; a < fit.parameters.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const auto& value = fit.correlation[a][b];
      if (value && std::abs(*value) >= kStrong)
        text += fmt::format("\nstrongly correlated: {} and {} ({:+.3f})", fit.parameters[b].id, fit.parameters[a].id,
                            *value);
    }
  }
  return text;
}

}  // namespace

std::string table_text(const Fit& fit) {
  std::size_t width = 9;
  std::size_t unit_width = 4;
  for (const Estimate& e : fit.parameters) {
    width = std::max(width, e.id.size());
    unit_width = std::max(unit_width, e.unit.text.size());
  }
  std::string text = fmt::format("{}: {}\n", fit.name, fit.title);
  text += fmt::format("{:<{}}  {:>12}  {:>10}  {:<{}}  {}", "parameter", width, "estimate", "std error", "unit",
                      unit_width, fit.profiles.empty() ? "" : "95 % limits");
  text.erase(text.find_last_not_of(' ') + 1);
  for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
    const Estimate& e = fit.parameters[p];
    const double scale = e.unit.scale;
    std::string line =
        fmt::format("{:<{}}  {:>12.6g}  {:>10}  {:<{}}  {}", e.id, width, e.value / scale,
                    e.error ? fmt::format("{:.3g}", *e.error / scale) : "-", e.unit.text, unit_width, remark(fit, p));
    line.erase(line.find_last_not_of(' ') + 1);
    text += "\n" + line;
  }
  text += correlations_text(fit);
  double squares = 0.0;
  for (const Point& point : fit.points) squares += point.residual * point.residual;
  text += fmt::format(
      "\n{} observations, {} parameters; squared residuals {:.4g}{}; -2 ln L {:.4g}, AIC {:.4g}, {}BIC {:.4g}",
      fit.points.size(), fit.parameters.size(), squares,
      fit.prior_squares > 0.0 ? fmt::format(" and of priors {:.4g}", fit.prior_squares) : "", fit.deviance, fit.aic,
      fit.aicc ? fmt::format("AICc {:.4g}, ", *fit.aicc) : "", fit.bic);
  const auto solved =
      std::count_if(fit.starts.begin(), fit.starts.end(), [](const Start& s) { return s.cost.has_value(); });
  text += fmt::format(
      "\n{} of {} starts end at this cost{}; gradient {:.2g}", fit.starts_agreeing, fit.starts.size(),
      solved < static_cast<std::ptrdiff_t>(fit.starts.size())
          ? fmt::format(" ({} could not be solved)", static_cast<std::ptrdiff_t>(fit.starts.size()) - solved)
          : "",
      fit.gradient_norm);
  constexpr double kWorthSaying = 0.01;
  if (fit.missed() > kWorthSaying)
    text += fmt::format("\na profile went {:.3g} below this cost: take more starts", fit.missed());
  if (!fit.converged) text += "\nNOT CONVERGED: " + fit.message;
  return text;
}

std::vector<double> akaike_weights(const std::vector<double>& criteria) {
  if (criteria.empty()) return {};
  const double least = *std::min_element(criteria.begin(), criteria.end());
  std::vector<double> weights;
  for (const double criterion : criteria) weights.push_back(std::exp(-0.5 * (criterion - least)));
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

std::string comparison_text(const std::vector<Fit>& fits) {
  for (const Fit& fit : fits) {
    if (fit.observations_digest == fits.front().observations_digest) continue;
    throw InputError(fmt::format("'{}' and '{}' are fitted to different observations", fits.front().name, fit.name),
                     "criteria compare hypotheses on the same observations only: times, values, units and errors, in "
                     "the same order");
  }
  const bool corrected = std::all_of(fits.begin(), fits.end(), [](const Fit& fit) { return fit.aicc.has_value(); });
  std::vector<double> criteria;
  std::size_t width = 10;
  for (const Fit& fit : fits) {
    criteria.push_back(corrected ? *fit.aicc : fit.aic);
    width = std::max(width, fit.name.size());
  }
  const std::vector<double> weights = akaike_weights(criteria);
  std::vector<std::size_t> order(fits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return criteria[a] < criteria[b]; });
  std::string text =
      fmt::format("{:<{}}  {:>3}  {:>10}  {:>8}  {:>10}  {:>10}  {:>10}  {:>8}  {:>6}", "hypothesis", width, "k",
                  "-2 ln L", "priors", "AIC", "AICc", "BIC", corrected ? "dAICc" : "dAIC", "weight");
  for (const std::size_t f : order) {
    const Fit& fit = fits[f];
    text += fmt::format("\n{:<{}}  {:>3}  {:>10.4f}  {:>8.3f}  {:>10.4f}  {:>10}  {:>10.4f}  {:>8.3f}  {:>6.3f}{}",
                        fit.name, width, fit.parameters.size(), fit.deviance, fit.prior_squares, fit.aic,
                        fit.aicc ? fmt::format("{:.4f}", *fit.aicc) : "-", fit.bic,
                        criteria[f] - criteria[order.front()], weights[f], fit.converged ? "" : "  not converged");
  }
  return text +
         fmt::format("\n{} observations; weights from {}", fits.front().points.size(), corrected ? "AICc" : "AIC");
}

}  // namespace howship::calibration
