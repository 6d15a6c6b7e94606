// Where a field system stopped being solvable.
#include <algorithm>
#include <cmath>
#include <limits>

#include "simulation/field_system.hpp"

namespace howship::simulation {

Failure FieldSystem::failure_at(double time, const double* y, const double* correction, std::size_t species,
                                std::optional<std::size_t> voxel, std::string cause) const {
  Failure failure;
  failure.time = time;
  failure.cause = std::move(cause);
  failure.species = species;
  failure.voxel = voxel;
  failure.systemic = systemic_;
  failure.reductions = reductions_;
  const std::size_t place = voxel.value_or(0);
  for (std::size_t s = 0; s < layout_.locals; ++s) {
    const std::size_t at = layout_.index(s, place);
    failure.local.push_back(y[at] + (correction == nullptr ? 0.0 : correction[at]) + known_[s]);
  }
  for (std::size_t f = 0; f < given_count_; ++f) {
    failure.given.push_back(given_[(place / layout_.lanes * given_count_ + f) * layout_.lanes + place % layout_.lanes]);
  }
  return failure;
}

// The first voxel and species, in order, whose rate is not finite.
void FieldSystem::note_failure(double time, const double* y, const double* correction, const char* what) {
  const auto bad = std::find_if(bad_blocks_.begin(), bad_blocks_.end(), [](auto flag) { return flag != 0; });
  if (bad != bad_blocks_.end()) {
    const auto block = static_cast<std::size_t>(bad - bad_blocks_.begin());
    Scratch& scratch = scratch_.front();
    for (std::size_t i = 0; i < layout_.block_size(); ++i) {
      const std::size_t at = block * layout_.block_size() + i;
      scratch.values[i] = y[at] + (correction == nullptr ? 0.0 : correction[at]);
    }
    evaluate_block(block, scratch);
    for (std::size_t l = 0; l < layout_.valid_lanes(block); ++l) {
      for (std::size_t s = 0; s < layout_.locals; ++s) {
        if (std::isfinite(scratch.results[s * layout_.lanes + l])) continue;
        failure_ = failure_at(time, y, correction, kinetics_->model().local[s], block * layout_.lanes + l, what);
        return;
      }
    }
  }
  for (std::size_t i = 0; i < main_slots_.size(); ++i) {
    if (std::isfinite(main_rates_[i])) continue;
    failure_ = failure_at(time, y, correction, kinetics_->model().systemic[main_slots_[i]], std::nullopt, what);
    return;
  }
}

Failure FieldSystem::worst(double time, N_Vector y_vector, N_Vector x_vector, N_Vector w_vector,
                           const std::string& cause) {
  const double* y = space_.values(y_vector);
  const double* x = FieldSpace::raw(x_vector);
  const double* w = FieldSpace::raw(w_vector);
  systemic_at(time, y_vector, systemic_);
  std::size_t species = 0;
  std::optional<std::size_t> voxel;
  double largest = -1.0;
  const auto size = [&](std::size_t at) {
    const double weighted = std::abs(x[at] * w[at]);
    return std::isfinite(weighted) ? weighted : std::numeric_limits<double>::infinity();
  };
  for (std::size_t i = 0; i < main_slots_.size(); ++i) {
    const std::size_t at = layout_.tail() + i;
    if (size(at) > largest) {
      largest = size(at);
      species = kinetics_->model().systemic[main_slots_[i]];
    }
  }
  for (std::size_t v = 0; v < layout_.voxels; ++v) {
    for (std::size_t s = 0; s < layout_.locals; ++s) {
      const std::size_t at = layout_.index(s, v);
      if (size(at) > largest) {
        largest = size(at);
        species = kinetics_->model().local[s];
        voxel = v;
      }
    }
  }
  return failure_at(time, y, nullptr, species, voxel, cause);
}

}  // namespace howship::simulation
