// The Newton matrix of a field system and one Newton update.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/stopwatch.hpp"

#include "simulation/field_system.hpp"

namespace howship::simulation {

namespace {

constexpr double kSmallestSlack = 1e-3;

std::span<double> in_span(Eigen::MatrixXd& matrix) {
  return {matrix.data(), static_cast<std::size_t>(matrix.size())};
}

}  // namespace

bool FieldSystem::setup(const ImplicitStep& step) {
  const TimeOfScope watch(counters_.seconds_setup);
  const double* y = FieldSpace::raw(step.predicted);
  prepare(step.time, y, nullptr);
  if (kinetics_->rate_reduction_count() > 0 || !followed_.empty()) gather(y, nullptr);
  take_coefficients();
  const model::Scalars scalars{step.time, systemic_, reductions_};
  for (Scratch& scratch : scratch_) {
    kinetics_->local_by_local().program.prepare(scratch.derivatives, scalars);
    kinetics_->local_by_systemic().program.prepare(scratch.by_systemic, scalars);
    kinetics_->integrand_by_local().program.prepare(scratch.integrand_derivatives, scalars);
  }
  for (Scratch& scratch : scratch_) scratch.slack = 1.0;
  std::fill(bad_blocks_.begin(), bad_blocks_.end(), 0);
  if (layout_.locals > 0) {
    space_.sweep([&](std::size_t block, std::size_t thread) {
      bad_blocks_[block] = factor_block(block, step.gamma, y, scratch_[thread]) ? 0 : 1;
      if (coupled_) weigh_what_follows(block, FieldSpace::raw(step.weights), scratch_[thread]);
    });
  }
  slack_ = 1.0;
  for (const Scratch& scratch : scratch_) slack_ = std::min(slack_, scratch.slack);
  const auto bad = std::find_if(bad_blocks_.begin(), bad_blocks_.end(), [](auto flag) { return flag != 0; });
  std::array<double, 2> found{bad != bad_blocks_.end() ? 1.0 : 0.0, -slack_};
  ranks_.largest(found);
  if (found[0] != 0.0) {
    agree_on_failure(bad != bad_blocks_.end() &&
                     note_derivative(step, y, static_cast<std::size_t>(bad - bad_blocks_.begin())));
    return false;
  }
  slack_ = std::max(-found[1], kSmallestSlack);
  if (coupled_ && !transport_solver_.prepare()) return false;
  return main_slots_.empty() || setup_border(step.gamma, y);
}

// Names a derivative that is not finite; a vanishing pivot leaves nothing to name and is met by a smaller step.
bool FieldSystem::note_derivative(const ImplicitStep& step, const double* y, std::size_t block) {
  Scratch& scratch = scratch_.front();
  factor_block(block, step.gamma, y, scratch);
  const auto& pattern = kinetics_->local_by_local().pattern;
  const model::Model& model = kinetics_->model();
  for (std::size_t l = 0; l < layout_.valid_lanes(block); ++l) {
    for (std::size_t e = 0; e < pattern.size(); ++e) {
      if (std::isfinite(scratch.entries[e * layout_.lanes + l])) continue;
      failure_ = failure_at(
          step.time, y, nullptr, model.local[pattern[e].row], block * layout_.lanes + l,
          fmt::format("the derivative of its rate by {} is not finite (a root or a power with infinite slope?)",
                      model.species[model.local[pattern[e].column]].id));
      return true;
    }
  }
  return false;
}

bool FieldSystem::factor_block(std::size_t block, double gamma, const double* y, Scratch& scratch) {
  const std::size_t lanes = layout_.lanes;
  const model::FieldView values{y + block * layout_.block_size(), lanes};
  const model::FieldView given{given_.data() + block * given_count_ * lanes, lanes};
  const model::MutableFieldView entries{scratch.entries.data(), lanes};

  // The border's right-hand sides, as long as the block is in cache.
  if (!border_columns_.empty()) {
    const model::Derivatives& by_systemic = kinetics_->local_by_systemic();
    by_systemic.program.run(scratch.by_systemic, values, given, 0, entries);
    for (std::size_t j = 0; j < border_columns_.size(); ++j) {
      double* column = block_of(border_[j], block);
      std::fill(column, column + layout_.block_size(), 0.0);
      for (std::size_t e = 0; e < by_systemic.pattern.size(); ++e) {
        if (main_place_[by_systemic.pattern[e].column] != static_cast<std::ptrdiff_t>(border_columns_[j])) continue;
        for (std::size_t l = 0; l < lanes; ++l)
          column[by_systemic.pattern[e].row * lanes + l] = gamma * scratch.entries[e * lanes + l];
      }
    }
  }
  const model::Derivatives& integrands = kinetics_->integrand_by_local();
  if (!integrands.pattern.empty()) {
    integrands.program.run(scratch.integrand_derivatives, values, given, 0, entries);
    float* slopes = integrand_slopes_.data() + block * integrands.pattern.size() * lanes;
    for (std::size_t e = 0; e < integrands.pattern.size(); ++e) {
      const std::size_t r = integrands.pattern[e].row;
      for (std::size_t l = 0; l < lanes; ++l) {
        const double mask = masks_[r][block * lanes + l];
        slopes[e * lanes + l] =
            mask == 0.0 ? 0.0F : static_cast<float>(factors_of_reductions_[r] * scratch.entries[e * lanes + l]);
      }
    }
  }

  kinetics_->local_by_local().program.run(scratch.derivatives, values, given, 0, entries);
  double* matrix = scratch.matrix.data();
  lu_.assemble(lanes, scratch.entries.data(), gamma, matrix);
  // An infinite slope off the diagonal leaves every pivot finite and spoils the solution all the same.
  double spoilt = 0.0;
  for (std::size_t i = 0; i < kinetics_->local_by_local().pattern.size() * lanes; ++i)
    spoilt += 0.0 * scratch.entries[i];
  bool good = lu_.eliminate(lanes, matrix) && spoilt == 0.0;
  // What flows between voxels touches the diffusing species alone, and so can be added to their Schur complement.
  for (std::size_t r = 0; r < lu_.trailing_count(); ++r) {
    for (std::size_t c = 0; c < lu_.trailing_count(); ++c) {
      const double* entry = matrix + lu_.trailing_slot(r, c) * lanes;
      std::transform(entry, entry + lanes, transport_solver_.reaction(r, c) + block * lanes,
                     [](double v) { return static_cast<float>(v); });
    }
    double* diagonal = matrix + lu_.trailing_slot(r, r) * lanes;
    for (std::size_t l = 0; l < lanes; ++l) diagonal[l] += gamma * transport_.diagonal(r)[block * lanes + l];
  }
  good = lu_.invert_trailing(lanes, matrix) && good;
  // Error over preconditioned residual, for a field that varies little between voxels: 1 / (1 - γ N₀ S⁻¹), N₀ the sum
  // of the conductances. Where diffusion is fast this is large, and the residual alone would promise too much.
  for (std::size_t d = 0; d < lu_.trailing_count(); ++d) {
    const double* inverse = matrix + lu_.trailing_slot(d, d) * lanes;
    const double* diagonal = transport_.diagonal(d) + block * lanes;
    for (std::size_t l = 0; l < lanes; ++l)
      scratch.slack = std::min(scratch.slack, 1.0 - gamma * diagonal[l] * inverse[l]);
  }
  float* factors = factors_.data() + block * lu_.slots() * lanes;
  for (std::size_t i = 0; i < lu_.slots() * lanes; ++i) factors[i] = static_cast<float>(matrix[i]);
  for (std::size_t r = 0; r < lu_.trailing_count(); ++r) {
    for (std::size_t c = 0; c < lu_.trailing_count(); ++c) {
      const float* from = factors + lu_.trailing_slot(r, c) * lanes;
      std::copy(from, from + lanes, transport_solver_.inverse(r, c) + block * lanes);
    }
  }
  return good;
}

// What the transport solver leaves wrong in a diffusing species, the species that are solved from it get too: a fast
// reaction may turn next to nothing of the one into much of another. So that its tolerance is one for all of them, a
// diffusing species counts as much as its error and all that follow from it.
void FieldSystem::weigh_what_follows(std::size_t block, const double* weights, Scratch& scratch) {
  const std::size_t lanes = layout_.lanes;
  const double* at = weights + block * layout_.block_size();
  for (std::size_t d = 0; d < transport_.species(); ++d) {
    const std::size_t own = kinetics_->diffusing()[d];
    double* x = scratch.values.data();
    std::fill(x, x + layout_.block_size(), 0.0);
    std::fill(x + own * lanes, x + (own + 1) * lanes, 1.0);
    lu_.backward(lanes, scratch.matrix.data(), x);
    std::array<double, model::Program::kBlock> squares{};
    for (std::size_t s = 0; s < layout_.locals; ++s) {
#pragma omp simd
      for (std::size_t l = 0; l < lanes; ++l)
        squares[l] += x[s * lanes + l] * at[s * lanes + l] * (x[s * lanes + l] * at[s * lanes + l]);
    }
    float* to = followers_.data() + d * transport_.stride() + block * lanes;
    for (std::size_t l = 0; l < lanes; ++l) to[l] = static_cast<float>(std::sqrt(squares[l]) / at[own * lanes + l]);
  }
}

// From a right-hand side to what the transport solver starts from.
void FieldSystem::right_hand_side(std::size_t block, double* x) {
  const std::size_t lanes = layout_.lanes;
  const float* factors = factors_.data() + block * lu_.slots() * lanes;
  lu_.forward(lanes, factors, x);
  if (!coupled_) return;
  for (std::size_t d = 0; d < transport_.species(); ++d) {
    const double* from = x + kinetics_->diffusing()[d] * lanes;
    double sum = 0.0;
    for (std::size_t l = 0; l < layout_.valid_lanes(block); ++l) sum += from[l];
    transport_solver_.right_sum(block, d) = sum;
  }
  for (std::size_t d = 0; d < transport_.species(); ++d) {
    double* to = trailing_.data() + d * transport_.stride() + block * lanes;
    std::fill(to, to + lanes, 0.0);
    for (std::size_t e = 0; e < transport_.species(); ++e) {
      const float* inverse = factors + lu_.trailing_slot(d, e) * lanes;
      const double* from = x + kinetics_->diffusing()[e] * lanes;
      for (std::size_t l = 0; l < lanes; ++l) to[l] += static_cast<double>(inverse[l]) * from[l];
    }
  }
}

// From the transport solver's result to the solution.
void FieldSystem::back_substitute(std::size_t block, double* x) {
  const std::size_t lanes = layout_.lanes;
  if (coupled_) {
    for (std::size_t d = 0; d < transport_.species(); ++d) {
      const double* from = trailing_.data() + d * transport_.stride() + block * lanes;
      const double shift = transport_solver_.shift(d);
      std::transform(from, from + lanes, x + kinetics_->diffusing()[d] * lanes, [&](double u) { return u + shift; });
    }
  }
  lu_.backward(lanes, factors_.data() + block * lu_.slots() * lanes, x);
}

void FieldSystem::apply_update(std::size_t block, const double* x, double ratio, const ImplicitStep& step,
                               Scratch& scratch) {
  const std::size_t lanes = layout_.lanes;
  const std::size_t begin = block * layout_.block_size();
  double* correction = FieldSpace::raw(step.correction) + begin;
  const double* weights = FieldSpace::raw(step.weights) + begin;
  std::array<double, model::Program::kBlock> squares{};
  for (std::size_t s = 0; s < layout_.locals; ++s) {
    const std::size_t at = s * lanes;
#pragma omp simd
    for (std::size_t l = 0; l < lanes; ++l) {
      const double update = ratio * x[at + l];
      correction[at + l] += update;
      squares[l] += update * weights[at + l] * (update * weights[at + l]);
    }
  }
  for (std::size_t l = 0; l < lanes; ++l) {
    scratch.squares[l] = squares[l] > scratch.squares[l] ? squares[l] : scratch.squares[l];
    scratch.squares_sum[l] += 0.0 * squares[l];  // stays 0 unless a term is not finite
  }
}

std::optional<double> FieldSystem::iterate(const ImplicitStep& step, double gamma_ratio, double tolerance) {
  const std::size_t lanes = layout_.lanes;
  const std::size_t size = layout_.block_size();
  const std::size_t tail = layout_.tail();
  const double* predicted = FieldSpace::raw(step.predicted);
  const double* slope = FieldSpace::raw(step.slope);
  const double* weights = FieldSpace::raw(step.weights);
  double* correction = FieldSpace::raw(step.correction);
  const double ratio = 2.0 / (1.0 + gamma_ratio);
  const double setup_gamma = step.gamma / gamma_ratio;
  const bool has_sums = kinetics_->rate_reduction_count() > 0;
  const bool bordered = !border_columns_.empty();
  const auto& slopes = kinetics_->integrand_by_local().pattern;
  ++counters_.rate_evaluations;
  for (Scratch& scratch : scratch_) {
    scratch.squares.fill(0.0);
    scratch.squares_sum.fill(0.0);
  }
  const auto sum_slopes = [&](std::size_t block, const double* x) {
    const std::size_t sums = kinetics_->rate_reduction_count();
    for (std::size_t r = 0; r < sums; ++r) partial_[block * sums + r] = 0.0;
    for (std::size_t e = 0; e < slopes.size(); ++e) {
      const float* entry = integrand_slopes_.data() + (block * slopes.size() + e) * lanes;
      double sum = 0.0;
      for (std::size_t l = 0; l < lanes; ++l) sum += static_cast<double>(entry[l]) * x[slopes[e].column * lanes + l];
      partial_[block * sums + slopes[e].row] += sum;
    }
  };

  bool good = true;
  {
    const TimeOfScope watch(counters_.seconds_rates);
    prepare(step.time, predicted, correction);
    if (transport_.species() > 0 || has_sums) gather(predicted, correction);
    for (Scratch& scratch : scratch_)
      kinetics_->local_rates().prepare(scratch.rates, {step.time, systemic_, reductions_});
    good = systemic_rates(main_rates_);
    if (layout_.locals > 0) {
      halo_.begin(diffusing_.data(), transport_.species() + followed_.size(), transport_.stride());
      space_.sweep(halo_, [&](std::size_t block, std::size_t thread) {
        Scratch& scratch = scratch_[thread];
        const std::size_t begin = block * size;
        for (std::size_t i = 0; i < size; ++i) scratch.values[i] = predicted[begin + i] + correction[begin + i];
        bad_blocks_[block] = evaluate_block(block, scratch) ? 0 : 1;
        if (bad_blocks_[block] != 0) return;  // the correction stays as it was, for the report
        double* x = scratch.results.data();
#pragma omp simd
        for (std::size_t i = 0; i < size; ++i)
          x[i] = step.gamma * x[i] - step.rl1 * slope[begin + i] - correction[begin + i];
        right_hand_side(block, x);
        if (coupled_) {
          for (std::size_t d = 0; d < transport_.species(); ++d) {
            const double* from = weights + begin + kinetics_->diffusing()[d] * lanes;
            const float* follow = followers_.data() + d * transport_.stride() + block * lanes;
            double* to = trailing_weights_.data() + d * transport_.stride() + block * lanes;
            for (std::size_t l = 0; l < lanes; ++l) to[l] = from[l] * static_cast<double>(follow[l]);
          }
          std::copy(x, x + size, block_of(update_, block));
          return;
        }
        back_substitute(block, x);
        if (has_sums) sum_slopes(block, x);
        if (bordered) {
          std::copy(x, x + size, block_of(update_, block));
        } else {
          apply_update(block, x, ratio, step, scratch);
        }
      });
    }
    good = none_is_bad() && good;
  }
  if (!good) {
    note_failure(step.time, predicted, correction, "its rate is not finite");
    return std::nullopt;
  }

  const TimeOfScope watch(counters_.seconds_solve);
  if (coupled_) {
    const int iterations =
        transport_solver_.solve(setup_gamma, trailing_.data(), trailing_weights_.data(),
                                static_cast<double>(layout_.locals + layout_.systemics), slack_ * tolerance);
    if (iterations < 0) return std::nullopt;
    counters_.linear_iterations += iterations;
    team_.for_blocks(layout_.blocks, [&](std::size_t block, std::size_t thread) {
      double* x = block_of(update_, block);
      back_substitute(block, x);
      if (has_sums) sum_slopes(block, x);
      if (!bordered) apply_update(block, x, ratio, step, scratch_[thread]);
    });
  }

  double systemic_squares = 0.0;
  if (!main_slots_.empty()) {
    Eigen::VectorXd residual(static_cast<Eigen::Index>(main_slots_.size()));
    for (std::size_t i = 0; i < main_slots_.size(); ++i) {
      residual[static_cast<Eigen::Index>(i)] =
          step.gamma * main_rates_[i] - step.rl1 * slope[tail + i] - correction[tail + i];
    }
    if (has_sums && layout_.locals > 0) {
      const std::size_t sums = kinetics_->rate_reduction_count();
      Eigen::VectorXd change(static_cast<Eigen::Index>(sums));
      sums_.of_blocks(partial_.data(), sums, {change.data(), sums});
      residual += systemic_by_reduction_ * change;
    }
    const Eigen::VectorXd update = border_lu_.solve(residual);
    if (bordered) {
      team_.for_blocks(layout_.blocks, [&](std::size_t block, std::size_t thread) {
        double* x = block_of(update_, block);
        for (std::size_t j = 0; j < border_columns_.size(); ++j) {
          const double* column = block_of(border_[j], block);
          const double factor = update[static_cast<Eigen::Index>(border_columns_[j])];
          for (std::size_t i = 0; i < size; ++i) x[i] += factor * column[i];
        }
        apply_update(block, x, ratio, step, scratch_[thread]);
      });
    }
    for (std::size_t i = 0; i < main_slots_.size(); ++i) {
      const double change = ratio * update[static_cast<Eigen::Index>(i)];
      correction[tail + i] += change;
      systemic_squares += change * weights[tail + i] * (change * weights[tail + i]);
    }
  }

  std::array<double, 2> found{};  // the largest, and whether anything is not finite
  for (const Scratch& scratch : scratch_) {
    for (std::size_t l = 0; l < lanes; ++l) {
      if (!std::isfinite(scratch.squares_sum[l])) found[1] = 1.0;
      found[0] = std::max(found[0], scratch.squares[l]);
    }
  }
  ranks_.largest(found);
  if (found[1] != 0.0 || !std::isfinite(systemic_squares)) return std::nullopt;
  return space_.combine(found[0], systemic_squares);
}

void FieldSystem::exchange_matrix(Archive& archive) {
  archive.number("matrix/slack", slack_);
  const auto part = [this](std::size_t per_block) {
    return Archive::Part{1, layout_.whole_blocks * per_block, layout_.first_block() * per_block,
                         layout_.blocks * per_block, layout_.blocks * per_block};
  };
  const std::size_t slopes = kinetics_->integrand_by_local().pattern.size();
  archive.exchange_part("matrix/factors", std::span(factors_.data(), factors_.size()),
                        part(lu_.slots() * layout_.lanes));
  archive.exchange_part("matrix/integrand_slopes", std::span(integrand_slopes_.data(), integrand_slopes_.size()),
                        part(slopes * layout_.lanes));
  if (coupled_) {
    const auto fields = [this](std::size_t rows) {
      return Archive::Part{rows, layout_.whole_padded(), layout_.first, layout_.padded(), transport_.stride()};
    };
    if (!followed_.empty())
      archive.exchange_part("matrix/coefficients", std::span(taken_.data(), taken_.size()), fields(followed_.size()));
    transport_solver_.exchange(archive);
    archive.exchange_part("matrix/followers", std::span(followers_.data(), followers_.size()),
                          fields(transport_.species()));
  }
  for (std::size_t j = 0; j < border_.size(); ++j)
    archive.exchange_part(fmt::format("matrix/border_{}", j), std::span(border_[j].data(), border_[j].size()),
                          part(layout_.block_size()));
  if (main_slots_.empty()) return;
  const auto size = static_cast<Eigen::Index>(main_slots_.size());
  systemic_by_reduction_.conservativeResize(size, static_cast<Eigen::Index>(kinetics_->rate_reduction_count()));
  border_matrix_.conservativeResize(size, size);
  archive.exchange("matrix/systemic_by_reduction", in_span(systemic_by_reduction_));
  archive.exchange("matrix/systemic", in_span(border_matrix_));
  if (archive.reading()) border_lu_.compute(border_matrix_);
}

void FieldSystem::matrix_is_back() {
  if (followed_.empty()) return;
  halo_.exchange(taken_.data(), followed_.size(), transport_.stride());
  set_conductances();
}

}  // namespace howship::simulation
