#include "simulation/sensitivity_system.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::simulation {
namespace {

bool finite(const double* values, std::size_t count) {
  double check = 0.0;  // 0 times anything that is not finite is not 0
  for (std::size_t i = 0; i < count; ++i) check += 0.0 * values[i];
  return check == 0.0;
}

}  // namespace

SensitivitySystem::Matrix::Matrix(const model::PointSensitivities::Matrix& matrix, std::span<const double> parameters)
    : code(matrix), workspace(matrix.program.workspace(parameters)), entries(matrix.pattern.size()) {}

void SensitivitySystem::Matrix::run(double time, const double* state) {
  code.program.run(workspace, time, state, entries.data());
}

SensitivitySystem::Values::Values(const model::ScalarProgram& program, std::span<const double> parameters)
    : code(program), workspace(program.workspace(parameters)), outputs(program.output_count()) {}

void SensitivitySystem::Values::run(double time, const double* state) {
  code.run(workspace, time, state, outputs.data());
}

SensitivitySystem::SensitivitySystem(const model::PointKinetics& point, const model::PointSensitivities& sensitivities,
                                     std::vector<double> parameters, std::vector<double> scales,
                                     SensitivitySpace& space)
    : point_(point),
      sensitivities_(sensitivities),
      scales_(std::move(scales)),
      columns_(space.columns()),
      size_(point.size()),
      lu_(point.size(), point.pattern()),
      jacobian_(point.jacobian(), parameters),
      rates_by_(sensitivities.rates_by_parameter(), parameters),
      initial_by_(sensitivities.initial_by_parameter(), parameters),
      read_(sensitivities.read_outs().values, parameters),
      read_by_state_(sensitivities.read_outs().by_state, parameters),
      read_by_parameter_(sensitivities.read_outs().by_parameter, parameters),
      shares_(sensitivities.bioavailabilities().values, parameters),
      shares_by_(sensitivities.bioavailabilities().by_parameter, parameters),
      holds_(sensitivities.turns().holds, parameters),
      levels_by_state_(sensitivities.turns().levels.by_state, parameters),
      levels_by_parameter_(sensitivities.turns().levels.by_parameter, parameters),
      levels_by_time_(sensitivities.turns().by_time, parameters) {
  const std::vector<double> nowhere(size_ + 1, 0.0);  // bioavailabilities are of parameters alone
  shares_.run(0.0, nowhere.data());
  shares_by_.run(0.0, nowhere.data());
}

void SensitivitySystem::initial(const double* state, double* s) {
  std::fill(s, s + size_ * columns_, 0.0);
  initial_by_.run(0.0, state);
  for (std::size_t e = 0; e < initial_by_.entries.size(); ++e) {
    const auto [row, column] = initial_by_.code.pattern[e];
    s[row * columns_ + column] += scales_[column] * initial_by_.entries[e];
  }
}

void SensitivitySystem::add_product(double factor, const double* s, double* out) const {
  constexpr std::size_t kWidth = PointSpace::kWidth;
  const auto& pattern = point_.pattern();
  for (std::size_t e = 0; e < pattern.size(); ++e) {
    const double entry = factor * jacobian_.outputs[e];
    const double* from = s + pattern[e].column * columns_;
    double* to = out + pattern[e].row * columns_;
    for (std::size_t first = 0; first < columns_; first += kWidth) {
#pragma omp simd
      for (std::size_t c = first; c < first + kWidth; ++c) to[c] += entry * from[c];
    }
  }
}

void SensitivitySystem::add_sources(double factor, double* out) const {
  for (std::size_t e = 0; e < rates_by_.entries.size(); ++e) {
    const auto [row, column] = rates_by_.code.pattern[e];
    out[row * columns_ + column] += factor * scales_[column] * rates_by_.entries[e];
  }
}

bool SensitivitySystem::rates(double time, const double* state, const double* s, double* out) {
  jacobian_.run(time, state);
  rates_by_.run(time, state);
  std::fill(out, out + size_ * columns_, 0.0);
  add_product(1.0, s, out);
  add_sources(1.0, out);
  return finite(out, size_ * columns_);
}

bool SensitivitySystem::correct(double time, double gamma, double rl1, const double* state, const double* predicted,
                                const double* slope, double* correction) {
  jacobian_.run(time, state);
  rates_by_.run(time, state);
  if (!lu_.factor(jacobian_.outputs.data(), gamma)) return false;
  for (std::size_t i = 0; i < size_ * columns_; ++i) correction[i] = -rl1 * slope[i];
  add_product(gamma, predicted, correction);
  add_sources(gamma, correction);
  lu_.solve_columns(columns_, correction);
  return finite(correction, size_ * columns_);
}

std::vector<double> SensitivitySystem::holds(double time, const double* state) {
  holds_.run(time, state);
  return holds_.outputs;
}

void SensitivitySystem::jump(double time, const double* state, std::span<const double> before,
                             std::span<const double> after, const std::vector<bool>& turned, double* s) {
  levels_by_state_.run(time, state);
  levels_by_parameter_.run(time, state);
  levels_by_time_.run(time, state);
  const std::size_t asked = sensitivities_.asked().size();
  const std::vector<std::string>& names = sensitivities_.turns().names;
  std::vector<double> moves;
  for (std::uint32_t t = 0; t < turned.size(); ++t) {
    if (!turned[t]) continue;
    double slope = levels_by_time_.entries[t];  // dense: one per comparison
    std::vector<double> by(asked, 0.0);
    for (std::size_t e = 0; e < levels_by_state_.entries.size(); ++e) {
      const auto [row, column] = levels_by_state_.code.pattern[e];
      if (row != t) continue;
      slope += levels_by_state_.entries[e] * before[column];
      for (std::size_t c = 0; c < asked; ++c) by[c] += levels_by_state_.entries[e] * s[column * columns_ + c];
    }
    for (std::size_t e = 0; e < levels_by_parameter_.entries.size(); ++e) {
      const auto [row, column] = levels_by_parameter_.code.pattern[e];
      if (row == t) by[column] += scales_[column] * levels_by_parameter_.entries[e];
    }
    for (double& value : by) value /= -slope;
    if (!finite(by.data(), asked)) {
      throw NumericalError(
          fmt::format("on day {:.6g} {} jumps at an instant that has no derivative by the parameters", time, names[t]));
    }
    if (moves.empty()) moves = by;
    for (std::size_t c = 0; c < asked; ++c) {
      constexpr double kSame = 1e-6;
      if (std::abs(moves[c] - by[c]) <= kSame * (std::abs(moves[c]) + std::abs(by[c]))) continue;
      throw NumericalError(fmt::format(
          "on day {:.6g} {} jumps together with another rate, at instants that parameters move differently; "
          "sensitivities cannot follow that",
          time, names[t]));
    }
  }
  if (moves.empty()) return;
  for (std::size_t u = 0; u < size_; ++u) {
    for (std::size_t c = 0; c < asked; ++c) s[u * columns_ + c] += (before[u] - after[u]) * moves[c];
  }
}

double SensitivitySystem::bioavailability(std::size_t drug, double amount, double* s_row) {
  for (std::size_t e = 0; e < shares_by_.entries.size(); ++e) {
    const auto [row, column] = shares_by_.code.pattern[e];
    if (row == drug) s_row[column] += amount * scales_[column] * shares_by_.entries[e];
  }
  return shares_.outputs[drug];
}

void SensitivitySystem::read(double time, const double* state, const double* s, double* values, double* derivatives) {
  read_.run(time, state);
  read_by_state_.run(time, state);
  read_by_parameter_.run(time, state);
  std::copy(read_.outputs.begin(), read_.outputs.end(), values);
  const std::size_t asked = sensitivities_.asked().size();
  std::fill(derivatives, derivatives + read_.outputs.size() * asked, 0.0);
  for (std::size_t e = 0; e < read_by_state_.entries.size(); ++e) {
    const auto [row, column] = read_by_state_.code.pattern[e];
    for (std::size_t c = 0; c < asked; ++c)
      derivatives[row * asked + c] += read_by_state_.entries[e] * s[column * columns_ + c] / scales_[c];
  }
  for (std::size_t e = 0; e < read_by_parameter_.entries.size(); ++e) {
    const auto [row, column] = read_by_parameter_.code.pattern[e];
    derivatives[row * asked + column] += read_by_parameter_.entries[e];
  }
}

}  // namespace howship::simulation
