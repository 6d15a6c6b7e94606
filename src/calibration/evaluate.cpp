#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "problem.hpp"

namespace howship::calibration {
namespace {

/// What an arm's read-outs were at one time.
struct Moments {
  std::array<std::vector<double>, 2> values, derivatives;  ///< before a dose, and after one; else alike
};

using Course = std::map<double, Moments>;

Course run(const FittedArm& arm, std::span<const double> values, const InterruptGuard* interrupt) {
  std::vector<double> parameters = arm.parameters;
  const std::vector<std::size_t>& asked = arm.sensitivities->asked();
  for (std::size_t c = 0; c < asked.size(); ++c) parameters[asked[c]] = values[arm.columns[c]];
  simulation::SensitivityRun run(arm.kinetics, arm.sensitivities, parameters, arm.place->domain, arm.given,
                                 arm.options);
  Course course;
  run.run(
      arm.schedule,
      [&course](const simulation::ReadOut& read, simulation::Moment moment) {
        Moments& moments = course[read.time];
        for (const std::size_t side : {0U, 1U}) {
          if (moment == simulation::Moment::before_dose && side == 1) continue;
          if (moment == simulation::Moment::after_dose && side == 0) continue;
          moments.values[side].assign(read.values.begin(), read.values.end());
          moments.derivatives[side].assign(read.derivatives.begin(), read.derivatives.end());
        }
      },
      [interrupt](double, double) { return interrupt == nullptr || !interrupt->requested(); });
  return course;
}

/// A number and its derivatives by the arm's parameters.
struct Differentiated {
  double value = 0.0;
  std::vector<double> by;
};

Differentiated read(const Course& course, double time, bool after, std::size_t read_out, std::size_t parameters) {
  const Moments& moments = course.at(time);
  const double* from = moments.derivatives[after ? 1 : 0].data() + read_out * parameters;
  return {moments.values[after ? 1 : 0][read_out], {from, from + parameters}};
}

// The highest (or lowest) of a window, by the parabola through three rows where none of them is a dose. Its derivative
// by parameters is that of the parabola at a fixed time, for at an extreme the time does not count.
Differentiated extreme_of(const Course& course, double from, double until, double sign, std::size_t read_out,
                          std::size_t parameters) {
  const auto first = course.find(from);
  const auto end = std::next(course.find(until));
  auto best = first;
  std::size_t best_side = 1;
  for (auto row = first; row != end; ++row) {
    for (const std::size_t side : {0U, 1U}) {
      if ((row == first && side == 0) || (row->first == until && side == 1)) continue;
      if (sign * row->second.values[side][read_out] <= sign * best->second.values[best_side][read_out]) continue;
      best = row;
      best_side = side;
    }
  }
  const Differentiated plain = read(course, best->first, best_side == 1, read_out, parameters);
  const bool inside = best != first && std::next(best) != end;
  if (!inside || best->second.values[0] != best->second.values[1]) return plain;
  const Differentiated left = read(course, std::prev(best)->first, true, read_out, parameters);
  const Differentiated right = read(course, std::next(best)->first, false, read_out, parameters);
  const double a = std::prev(best)->first - best->first;
  const double b = std::next(best)->first - best->first;
  const double slope_a = (left.value - plain.value) / a;
  const double slope_b = (right.value - plain.value) / b;
  const double curvature = (slope_b - slope_a) / (b - a);
  const double x = std::clamp(-0.5 * (slope_a - curvature * a) / curvature, a, b);
  if (!std::isfinite(x)) return plain;
  const std::array<double, 3> weights{x * (x - b) / (a * (a - b)), (x - a) * (x - b) / (a * b),
                                      x * (x - a) / (b * (b - a))};
  Differentiated result{weights[0] * left.value + weights[1] * plain.value + weights[2] * right.value, plain.by};
  for (std::size_t c = 0; c < parameters; ++c)
    result.by[c] = weights[0] * left.by[c] + weights[1] * plain.by[c] + weights[2] * right.by[c];
  return result;
}

// What trials report of a quantity.
Differentiated reported(const Problem& problem, const FittedPoint& point, const Course& course,
                        std::size_t parameters) {
  const SeriesEntry& entry = problem.series[point.series].entry;
  Differentiated now = entry.extreme == Extreme::none
                           ? read(course, point.time, entry.after_dose, point.read_out, parameters)
                           : extreme_of(course, point.time, point.until, entry.extreme == Extreme::highest ? 1.0 : -1.0,
                                        point.read_out, parameters);
  if (entry.against == Against::value) return now;
  // A baseline is measured before treatment begins.
  const Differentiated base = read(course, point.baseline, false, point.read_out, parameters);
  if (entry.against == Against::difference) {
    now.value -= base.value;
    for (std::size_t c = 0; c < parameters; ++c) now.by[c] -= base.by[c];
    return now;
  }
  const double ratio = now.value / base.value;
  for (std::size_t c = 0; c < parameters; ++c) now.by[c] = (now.by[c] - ratio * base.by[c]) / base.value;
  now.value = entry.against == Against::change ? ratio - 1.0 : ratio;
  return now;
}

}  // namespace

std::size_t Problem::priors() const {
  return static_cast<std::size_t>(
      std::count_if(parameters.begin(), parameters.end(), [](const Estimate& p) { return p.prior.has_value(); }));
}

Problem::Evaluation Problem::evaluate(std::span<const double> values) const {
  const std::size_t count = parameters.size();
  Evaluation result;
  result.predicted.resize(points.size());
  result.residuals.assign(residuals(), 0.0);
  result.jacobian.assign(residuals() * count, 0.0);
  try {
    std::vector<Course> courses;
    for (const FittedArm& arm : arms) courses.push_back(run(arm, values, interrupt));
    for (std::size_t i = 0; i < points.size(); ++i) {
      const FittedPoint& point = points[i];
      const FittedArm& arm = arms[point.arm];
      const Differentiated is = reported(*this, point, courses[point.arm], arm.columns.size());
      const Deviation off = deviation(point.observation, series[point.series].entry.logarithmic, is.value);
      result.predicted[i] = is.value;
      result.residuals[i] = off.residual;
      for (std::size_t c = 0; c < arm.columns.size(); ++c)
        result.jacobian[i * count + arm.columns[c]] = off.slope * is.by[c];
    }
  } catch (const NumericalError& error) {
    result.why_not = error.what();
    return result;
  } catch (const UnsupportedError&) {
    throw;
  } catch (const InputError& error) {  // an initial value that is not finite, say
    result.why_not = error.what();
    return result;
  } catch (const Interrupted& error) {
    result.why_not = error.what();
    return result;
  }
  std::size_t row = points.size();
  for (std::size_t p = 0; p < count; ++p) {
    const auto& prior = parameters[p].prior;
    if (!prior) continue;
    const double scale = parameters[p].unit.scale;
    const bool normal = prior->kind == Prior::Kind::normal;
    const double spread = normal ? prior->spread * scale : prior->spread;
    result.residuals[row] =
        (normal ? values[p] - prior->centre * scale : std::log(values[p] / (prior->centre * scale))) / spread;
    result.jacobian[row * count + p] = (normal ? 1.0 : 1.0 / values[p]) / spread;
    ++row;
  }
  result.good = true;
  for (const auto* numbers : {&result.residuals, &result.jacobian}) {
    for (const double number : *numbers) result.good = result.good && std::isfinite(number);
  }
  if (!result.good) result.why_not = "a prediction is not finite";
  return result;
}

}  // namespace howship::calibration
