// The systemic rows and columns of a field system's Newton matrix.
#include <algorithm>
#include <cmath>

#include "simulation/field_system.hpp"

namespace howship::simulation {

using model::Program;

// With A the local part, B and G H the coupling parts and Q = A⁻¹γB, the systemic unknowns obey
//   (I - γE - γG(H_z + H_x Q)) dz = r_z + γ G H_x A⁻¹ r_x   and then   dx = A⁻¹ r_x + Q dz.
bool FieldSystem::setup_border(double gamma, const double* y) {
  const std::size_t lanes = layout_.lanes;
  const auto size = static_cast<Eigen::Index>(main_slots_.size());
  const auto sums = static_cast<Eigen::Index>(kinetics_->rate_reduction_count());
  const model::Scalars scalars{time_, systemic_, reductions_};

  Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(size, size);
  const model::Derivatives& own = kinetics_->systemic_by_systemic();
  std::vector<double> values(
      std::max({own.pattern.size(), kinetics_->systemic_by_reduction().pattern.size(), std::size_t{1}}));
  own.program.prepare(systemic_derivatives_, scalars);
  own.program.scalars(systemic_derivatives_, std::span(values).first(own.pattern.size()));
  for (std::size_t e = 0; e < own.pattern.size(); ++e) {
    const std::ptrdiff_t row = main_place_[own.pattern[e].row];
    const std::ptrdiff_t column = main_place_[own.pattern[e].column];
    if (row >= 0 && column >= 0) matrix(row, column) -= gamma * values[e];
  }
  systemic_by_reduction_ = Eigen::MatrixXd::Zero(size, sums);
  const model::Derivatives& by_sum = kinetics_->systemic_by_reduction();
  by_sum.program.prepare(reduction_derivatives_, scalars);
  by_sum.program.scalars(reduction_derivatives_, std::span(values).first(by_sum.pattern.size()));
  for (std::size_t e = 0; e < by_sum.pattern.size(); ++e) {
    const std::ptrdiff_t row = main_place_[by_sum.pattern[e].row];
    if (row >= 0) systemic_by_reduction_(row, by_sum.pattern[e].column) = gamma * values[e];
  }

  // Entry (sum, unknown), as partial sums per block until all are known.
  const std::size_t entries = static_cast<std::size_t>(sums * size);
  Buffer<double> partial(layout_.blocks * entries);
  const auto entry = [&](std::size_t block, std::size_t sum, std::size_t unknown) -> double& {
    return partial[block * entries + unknown * static_cast<std::size_t>(sums) + sum];
  };
  const model::Derivatives& direct = kinetics_->integrand_by_systemic();
  if (!direct.pattern.empty()) {
    std::vector<Program::Workspace> workspaces;
    for (std::size_t thread = 0; thread < team_.count(); ++thread) {
      workspaces.push_back(direct.program.workspace(static_cast<int>(lanes), parameters_));
      direct.program.prepare(workspaces.back(), scalars);
    }
    team_.for_blocks(layout_.blocks, [&](std::size_t block, std::size_t thread) {
      double* out = scratch_[thread].entries.data();
      direct.program.run(workspaces[thread], {y + block * layout_.block_size(), lanes},
                         {given_.data() + block * given_count_ * lanes, lanes}, 0, {out, lanes});
      for (std::size_t e = 0; e < direct.pattern.size(); ++e) {
        const std::ptrdiff_t column = main_place_[direct.pattern[e].column];
        if (column < 0) continue;
        const std::size_t r = direct.pattern[e].row;
        for (std::size_t l = 0; l < lanes; ++l) {
          if (masks_[r][block * lanes + l] != 0.0)
            entry(block, r, static_cast<std::size_t>(column)) += factors_of_reductions_[r] * out[e * lanes + l];
        }
      }
    });
  }

  const auto& slopes = kinetics_->integrand_by_local().pattern;
  for (std::size_t j = 0; j < border_columns_.size(); ++j) {
    team_.for_blocks(layout_.blocks,
                     [&](std::size_t block, std::size_t) { right_hand_side(block, block_of(border_[j], block)); });
    if (coupled_) {
      // No step's weights belong to this solve; typical sizes scale it, and four digits are enough for Newton.
      double largest = 0.0;
      for (std::size_t d = 0; d < transport_.species(); ++d) {
        const double typical = kinetics_->model().species[kinetics_->model().local[kinetics_->diffusing()[d]]].typical;
        for (std::size_t v = 0; v < layout_.padded(); ++v) {
          trailing_weights_[d * transport_.stride() + v] = 1.0 / typical;
          largest = std::max(largest, std::abs(trailing_[d * transport_.stride() + v]) / typical);
        }
      }
      ranks_.largest({&largest, 1});
      const int iterations =
          transport_solver_.solve(gamma, trailing_.data(), trailing_weights_.data(), 1.0, slack_ * 1e-4 * largest);
      if (iterations < 0) return false;
      counters_.linear_iterations += iterations;
    }
    team_.for_blocks(layout_.blocks, [&](std::size_t block, std::size_t) {
      double* column = block_of(border_[j], block);
      back_substitute(block, column);
      for (std::size_t e = 0; e < slopes.size(); ++e) {
        const float* slope = integrand_slopes_.data() + (block * slopes.size() + e) * lanes;
        for (std::size_t l = 0; l < lanes; ++l) {
          entry(block, slopes[e].row, border_columns_[j]) +=
              static_cast<double>(slope[l]) * column[slopes[e].column * lanes + l];
        }
      }
    });
  }
  Eigen::MatrixXd sums_by_systemic = Eigen::MatrixXd::Zero(sums, size);
  if (entries > 0) sums_.of_blocks(partial.data(), entries, {sums_by_systemic.data(), entries});
  matrix -= systemic_by_reduction_ * sums_by_systemic;
  if (!matrix.allFinite()) return false;
  border_matrix_ = matrix;
  border_lu_.compute(matrix);
  return true;
}

}  // namespace howship::simulation
