// Where a field system stopped being solvable.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "simulation/field_system.hpp"

namespace howship::simulation {

Failure FieldSystem::failure_at(double time, const double* y, const double* correction, std::size_t species,
                                std::optional<std::size_t> voxel, std::string cause) const {
  Failure failure;
  failure.time = time;
  failure.cause = std::move(cause);
  failure.species = species;
  if (voxel) failure.voxel = layout_.first + *voxel;
  failure.systemic = systemic_;
  failure.reductions = reductions_;
  const std::size_t place = voxel.value_or(0);
  if (place >= layout_.voxels) {  // a rank without voxels
    failure.local.assign(layout_.locals, 0.0);
    failure.given.assign(given_count_, 0.0);
    return failure;
  }
  for (std::size_t s = 0; s < layout_.locals; ++s) {
    const std::size_t at = layout_.index(s, place);
    failure.local.push_back(y[at] + (correction == nullptr ? 0.0 : correction[at]) + known_[s]);
  }
  for (std::size_t f = 0; f < given_count_; ++f) {
    failure.given.push_back(given_[(place / layout_.lanes * given_count_ + f) * layout_.lanes + place % layout_.lanes]);
  }
  return failure;
}

// The failure that the first rank has which has one becomes that of all.
void FieldSystem::agree_on_failure(bool mine) {
  if (ranks_.alone()) return;
  double first = mine ? -ranks_.rank() : -ranks_.count();
  ranks_.largest({&first, 1});
  const int from = -static_cast<int>(first);
  if (from == ranks_.count()) return;
  Failure common = mine ? *failure_ : Failure{};
  const auto send_list = [&](std::vector<double>& values) {
    auto size = static_cast<double>(values.size());
    ranks_.broadcast({&size, 1}, from);
    values.resize(static_cast<std::size_t>(size));
    ranks_.broadcast(values, from);
  };
  std::vector<double> numbers{common.time, static_cast<double>(common.species), common.voxel ? 1.0 : 0.0,
                              static_cast<double>(common.voxel.value_or(0))};
  send_list(numbers);
  common.time = numbers[0];
  common.species = static_cast<std::size_t>(numbers[1]);
  if (numbers[2] != 0.0) common.voxel = static_cast<std::size_t>(numbers[3]);
  ranks_.broadcast(common.cause, from);
  for (std::vector<double>* values : {&common.local, &common.given, &common.systemic, &common.reductions})
    send_list(*values);
  failure_ = std::move(common);
}

// The first voxel and species, in order, whose rate is not finite.
void FieldSystem::note_failure(double time, const double* y, const double* correction, const char* what) {
  agree_on_failure(find_failure(time, y, correction, what));
}

bool FieldSystem::find_failure(double time, const double* y, const double* correction, const char* what) {
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
        return true;
      }
      for (std::size_t f = 0; f < followed_.size(); ++f) {
        const double coefficient = coefficient_of(f)[block * layout_.lanes + l];
        if (coefficient >= 0.0) continue;
        const model::Model& model = kinetics_->model();
        failure_ = failure_at(
            time, y, correction, model.local[kinetics_->diffusing()[followed_[f]]], block * layout_.lanes + l,
            fmt::format("its diffusion coefficient is {:.3g} mm^2/day (write max(..., 0) where it may come to zero)",
                        coefficient));
        return true;
      }
    }
  }
  for (std::size_t i = 0; i < main_slots_.size(); ++i) {
    if (std::isfinite(main_rates_[i])) continue;
    failure_ = failure_at(time, y, correction, kinetics_->model().systemic[main_slots_[i]], std::nullopt, what);
    return ranks_.rank() + 1 == ranks_.count();  // it is the same on all, and a voxel of any goes before it
  }
  return false;
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
  Failure found = failure_at(time, y, nullptr, species, voxel, cause);
  if (ranks_.alone()) return found;
  double most = largest;
  ranks_.largest({&most, 1});
  const std::optional<Failure> kept = std::exchange(failure_, std::move(found));
  agree_on_failure(largest == most);
  found = *failure_;
  failure_ = kept;
  return found;
}

}  // namespace howship::simulation
