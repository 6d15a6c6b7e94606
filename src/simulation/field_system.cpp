#include "simulation/field_system.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/stopwatch.hpp"

#include "simulation/given_tissue.hpp"

namespace howship::simulation {
namespace {

using model::Program;

std::vector<std::size_t> main_slots(const model::Kinetics& kinetics) {
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < kinetics.systemic_count(); ++slot) {
    if (!kinetics.autonomous()[slot]) slots.push_back(slot);
  }
  return slots;
}

std::vector<double> typical_sizes(const model::Kinetics& kinetics, const std::vector<std::size_t>& main) {
  const model::Model& model = kinetics.model();
  std::vector<double> sizes;
  for (const std::size_t species : model.local) sizes.push_back(model.species[species].typical);
  for (const std::size_t slot : main) sizes.push_back(model.species[model.systemic[slot]].typical);
  return sizes;
}

std::vector<double> diffusing_sizes(const model::Kinetics& kinetics) {
  std::vector<double> sizes;
  for (const std::size_t slot : kinetics.diffusing())
    sizes.push_back(kinetics.model().species[kinetics.model().local[slot]].typical);
  return sizes;
}

/// A thread costs more than it brings when there is little to do.
Threads worthwhile(Threads threads, std::size_t values) {
  constexpr std::size_t kValuesPerThread = 8192;
  return {std::clamp(static_cast<int>(std::min<std::size_t>(values / kValuesPerThread, 1024)), 1,
                     std::max(1, threads.count))};
}

}  // namespace

FieldSystem::FieldSystem(SUNContext context, std::shared_ptr<const model::Kinetics> kinetics,
                         std::vector<double> parameters, const vertebra::Domain& domain,
                         const std::vector<std::vector<double>>& given, Threads threads, Ranks& ranks,
                         const AheadTrajectory& ahead)
    : kinetics_(std::move(kinetics)),
      parameters_(std::move(parameters)),
      domain_(domain),
      ahead_(ahead),
      ranks_(ranks),
      slabs_(domain.size(), ranks.count()),
      main_slots_(simulation::main_slots(*kinetics_)),
      main_place_(kinetics_->systemic_count(), -1),
      layout_(slabs_, ranks.rank(), kinetics_->local_count(), main_slots_.size()),
      team_(worthwhile(threads, layout_.size())),
      space_(context, layout_, typical_sizes(*kinetics_, main_slots_), team_, ranks),
      sums_(ranks, slabs_, layout_),
      halo_(ranks, slabs_, domain, layout_),
      given_count_(given.size()),
      given_((check_given(*kinetics_, layout_.voxels, given), in_blocks(given, layout_))),
      transport_(domain, layout_, coefficients(), kinetics_->followed(), halo_, ranks),
      lu_(layout_.locals, kinetics_->local_by_local().pattern,
          transport_.couples() ? std::span<const std::size_t>(kinetics_->diffusing()) : std::span<const std::size_t>()),
      transport_solver_(transport_, layout_, diffusing_sizes(*kinetics_), team_, halo_, sums_),
      coupled_(transport_.couples()),
      systemic_(kinetics_->systemic_count(), 0.0),
      known_(kinetics_->local_count(), 0.0),
      reductions_(kinetics_->model().reductions.size(), 0.0),
      main_rates_(main_slots_.size(), 0.0),
      input_(main_slots_.size(), 0.0),
      systemic_workspace_(kinetics_->systemic_rates().workspace(Program::kSmall, parameters_)),
      systemic_derivatives_(kinetics_->systemic_by_systemic().program.workspace(Program::kSmall, parameters_)),
      reduction_derivatives_(kinetics_->systemic_by_reduction().program.workspace(Program::kSmall, parameters_)),
      tissue_(domain, layout_),
      bad_blocks_(layout_.blocks, 0) {
  for (std::size_t i = 0; i < main_slots_.size(); ++i) main_place_[main_slots_[i]] = static_cast<std::ptrdiff_t>(i);
  ranks.together([this] { check_reductions(); });

  const int lanes = static_cast<int>(layout_.lanes);
  const std::size_t entries =
      std::max({kinetics_->local_by_local().pattern.size(), kinetics_->local_by_systemic().pattern.size(),
                kinetics_->integrand_by_local().pattern.size(), kinetics_->integrand_by_systemic().pattern.size(),
                kinetics_->rate_reduction_count(), kinetics_->followed().size(), std::size_t{1}});
  for (std::size_t thread = 0; thread < team_.count(); ++thread) {
    scratch_.push_back({kinetics_->local_rates().workspace(lanes, parameters_),
                        kinetics_->local_by_local().program.workspace(lanes, parameters_),
                        kinetics_->local_by_systemic().program.workspace(lanes, parameters_),
                        kinetics_->integrands().workspace(lanes, parameters_),
                        kinetics_->integrand_by_local().program.workspace(lanes, parameters_),
                        kinetics_->followed_diffusion().workspace(lanes, parameters_),
                        Buffer<double>(layout_.block_size()),
                        Buffer<double>(layout_.block_size()),
                        Buffer<double>(entries * layout_.lanes),
                        Buffer<double>(lu_.slots() * layout_.lanes),
                        {},
                        {},
                        1.0});
  }
  factors_ = Buffer<float>(layout_.blocks * lu_.slots() * layout_.lanes);
  if (coupled_) followed_ = kinetics_->followed();
  diffusing_ = Buffer<double>((transport_.species() + followed_.size()) * transport_.stride());
  taken_ = Buffer<double>(followed_.size() * transport_.stride());
  if (coupled_) {
    trailing_ = Buffer<double>(transport_.species() * transport_.stride());
    trailing_weights_ = Buffer<double>(transport_.species() * transport_.stride());
    followers_ = Buffer<float>(transport_.species() * transport_.stride());
  }
  std::vector<bool> felt(main_slots_.size(), false);
  for (const auto& entry : kinetics_->local_by_systemic().pattern) {
    if (main_place_[entry.column] >= 0) felt[static_cast<std::size_t>(main_place_[entry.column])] = true;
  }
  for (std::size_t i = 0; i < felt.size(); ++i) {
    if (!felt[i]) continue;
    border_columns_.push_back(i);
    border_.emplace_back(layout_.tail());
  }
  if (coupled_ || !border_columns_.empty()) update_ = Buffer<double>(layout_.tail());
  integrand_slopes_ = Buffer<float>(layout_.padded() * kinetics_->integrand_by_local().pattern.size());
}

// A coefficient may be bad in the voxels of one rank only.
std::vector<std::vector<double>> FieldSystem::coefficients() const {
  std::vector<std::vector<double>> fields;
  ranks_.together(
      [&] { fields = diffusion_coefficients(*kinetics_, parameters_, domain_, layout_, given_, given_count_); });
  return fields;
}

void FieldSystem::check_reductions() {
  const std::size_t count = kinetics_->rate_reduction_count();
  partial_ = Buffer<double>(layout_.blocks * std::max<std::size_t>(1, count));
  for (std::size_t r = 0; r < count; ++r) {
    const model::Reduction& reduction = kinetics_->model().reductions[r];
    factors_of_reductions_.push_back(tissue_.rate_factor(reduction));
    masks_.push_back(tissue_.region(reduction.region).mask.data());
  }
}

void FieldSystem::initial_state(N_Vector y, std::span<double> systemic) {
  double* values = space_.values(y);
  ranks_.together([&] { fill_initial_state(values, systemic); });
}

void FieldSystem::fill_initial_state(double* values, std::span<double> systemic) {
  const model::Model& model = kinetics_->model();
  const Program& scalar = kinetics_->initial_systemic();
  const std::vector<double> zeros(std::max(systemic_.size(), reductions_.size()), 0.0);
  const model::Scalars scalars{0.0, std::span(zeros).first(systemic_.size()),
                               std::span(zeros).first(reductions_.size())};
  if (!systemic.empty()) {
    Program::Workspace workspace = scalar.workspace(Program::kSmall, parameters_);
    scalar.prepare(workspace, scalars);
    scalar.scalars(workspace, systemic);
  }
  for (std::size_t slot = 0; slot < systemic.size(); ++slot) {
    if (!std::isfinite(systemic[slot])) {
      const model::Species& species = model.species[model.systemic[slot]];
      throw InputError(fmt::format("the initial value of {} is {}", species.id, systemic[slot]),
                       "its formula is " + species.initial_text);
    }
  }
  for (std::size_t i = 0; i < main_slots_.size(); ++i) values[layout_.tail() + i] = systemic[main_slots_[i]];
  if (layout_.locals == 0) return;

  const Program& local = kinetics_->initial_local();
  const std::size_t lanes = layout_.lanes;
  Program::Workspace workspace = local.workspace(static_cast<int>(lanes), parameters_);
  local.prepare(workspace, scalars);
  const Buffer<double> none(layout_.block_size());
  for (std::size_t block = 0; block < layout_.blocks; ++block) {
    double* out = values + block * layout_.block_size();
    local.run(workspace, {none.data(), lanes}, {given_.data() + block * given_count_ * lanes, lanes}, 0, {out, lanes});
    for (std::size_t i = 0; i < layout_.block_size(); ++i) {
      if (std::isfinite(out[i])) continue;
      const model::Species& species = model.species[model.local[i / lanes]];
      throw InputError(fmt::format("the initial value of {} is {} in {}", species.id, out[i],
                                   voxel_text(domain_, layout_.first + layout_.source(block * lanes + i % lanes))),
                       "its formula is " + species.initial_text);
    }
    if (followed_.empty()) continue;
    Scratch& scratch = scratch_.front();
    kinetics_->followed_diffusion().prepare(scratch.coefficients, scalars);
    std::copy(out, out + layout_.block_size(), scratch.values.data());
    note_coefficients(block, scratch);
    for (std::size_t f = 0; f < followed_.size(); ++f) {
      for (std::size_t lane = block * lanes; lane < block * lanes + layout_.valid_lanes(block); ++lane)
        check_coefficient(*kinetics_, followed_[f], coefficient_of(f)[lane], domain_, layout_.first + lane);
    }
  }
}

void FieldSystem::systemic_at(double time, N_Vector y, std::span<double> systemic) {
  ahead_.evaluate(time, systemic);
  space_.settle_tail();
  const double* values = FieldSpace::raw(y);
  for (std::size_t i = 0; i < main_slots_.size(); ++i) systemic[main_slots_[i]] = values[layout_.tail() + i];
  note_known(systemic);
}

void FieldSystem::lay_out(N_Vector y, double* out) {
  const std::size_t lanes = layout_.lanes;
  space_.sweep([&](std::size_t block, std::size_t) {
    for (std::size_t s = 0; s < layout_.locals; ++s) {
      const double* from = FieldSpace::raw(y) + block * layout_.block_size() + s * lanes;
      const double above = known_[s];
      std::transform(from, from + lanes, out + s * layout_.padded() + block * lanes,
                     [above](double value) { return value + above; });
    }
  });
}

void FieldSystem::note_known(std::span<const double> systemic) {
  for (const model::KnownInput& input : kinetics_->known_inputs()) known_[input.local] = systemic[input.systemic];
}

void FieldSystem::set_weights(double time, N_Vector y, N_Vector weights, double relative_tolerance) {
  ahead_.evaluate(time, systemic_);
  note_known(systemic_);
  // Errors of steps add up over a run; each is held below half of the tolerance.
  constexpr double kOneStep = 0.5;
  space_.set_weights(y, weights, kOneStep * relative_tolerance, known_);
}

bool FieldSystem::none_is_bad() {
  return !ranks_.any(std::any_of(bad_blocks_.begin(), bad_blocks_.end(), [](auto bad) { return bad != 0; }));
}

double* FieldSystem::coefficient_of(std::size_t followed) {
  return diffusing_.data() + (transport_.species() + followed) * transport_.stride();
}

// The coefficients that follow the state, of scratch.values.
void FieldSystem::note_coefficients(std::size_t block, Scratch& scratch) {
  const std::size_t lanes = layout_.lanes;
  kinetics_->followed_diffusion().run(scratch.coefficients, {scratch.values.data(), lanes},
                                      {given_.data() + block * given_count_ * lanes, lanes}, 0,
                                      {scratch.entries.data(), lanes});
  for (std::size_t f = 0; f < followed_.size(); ++f)
    std::copy_n(scratch.entries.data() + f * lanes, lanes, coefficient_of(f) + block * lanes);
}

// The matrix is made with the coefficients as they are now.
void FieldSystem::take_coefficients() {
  if (followed_.empty()) return;
  halo_.exchange(coefficient_of(0), followed_.size(), transport_.stride());
  std::copy_n(coefficient_of(0), taken_.size(), taken_.data());
  set_conductances();
}

void FieldSystem::set_conductances() {
  const std::size_t lanes = layout_.lanes;
  team_.for_blocks(layout_.blocks, [&](std::size_t block, std::size_t) {
    for (std::size_t f = 0; f < followed_.size(); ++f)
      transport_.set_conductances(followed_[f], taken_.data() + f * transport_.stride(), block * lanes,
                                  (block + 1) * lanes);
  });
}

// Copies the diffusing species out of the blocks and sums the integrands, both at y + correction (if any).
void FieldSystem::gather(const double* y, const double* correction) {
  const std::size_t lanes = layout_.lanes;
  const std::size_t size = layout_.block_size();
  const auto& slots = kinetics_->diffusing();
  const std::size_t sums = kinetics_->rate_reduction_count();
  for (Scratch& scratch : scratch_) {
    const model::Scalars scalars{time_, systemic_, reductions_};
    if (sums > 0) kinetics_->integrands().prepare(scratch.integrands, scalars);
    if (!followed_.empty()) kinetics_->followed_diffusion().prepare(scratch.coefficients, scalars);
  }
  space_.sweep([&](std::size_t block, std::size_t thread) {
    const double* values = y + block * size;
    for (std::size_t d = 0; d < transport_.species(); ++d) {
      double* out = diffusing_.data() + d * transport_.stride() + block * lanes;
      const std::size_t at = slots[d] * lanes;
      for (std::size_t l = 0; l < lanes; ++l)
        out[l] = values[at + l] + (correction == nullptr ? 0.0 : correction[block * size + at + l]);
    }
    if (sums == 0 && followed_.empty()) return;
    Scratch& scratch = scratch_[thread];
    for (std::size_t i = 0; i < size; ++i)
      scratch.values[i] = values[i] + (correction == nullptr ? 0.0 : correction[block * size + i]);
    if (!followed_.empty()) note_coefficients(block, scratch);
    if (sums == 0) return;
    kinetics_->integrands().run(scratch.integrands, {scratch.values.data(), lanes},
                                {given_.data() + block * given_count_ * lanes, lanes}, 0,
                                {scratch.entries.data(), lanes});
    for (std::size_t r = 0; r < sums; ++r) {
      double sum = 0.0;
      for (std::size_t l = 0; l < lanes; ++l) {
        if (masks_[r][block * lanes + l] != 0.0) sum += scratch.entries[r * lanes + l];
      }
      partial_[block * sums + r] = sum;
    }
  });
  if (sums == 0) return;
  sums_.of_blocks(partial_.data(), sums, reductions_);
  for (std::size_t r = 0; r < sums; ++r) reductions_[r] *= factors_of_reductions_[r];
}

// Everything that is the same in all voxels, at y + correction.
void FieldSystem::prepare(double time, const double* y, const double* correction) {
  space_.settle_tail();  // what is pending in voxels is carried out in the sweep that follows, in cache
  time_ = time;
  ahead_.evaluate(time, systemic_);
  note_known(systemic_);
  for (std::size_t i = 0; i < main_slots_.size(); ++i) {
    const std::size_t at = layout_.tail() + i;
    systemic_[main_slots_[i]] = y[at] + (correction == nullptr ? 0.0 : correction[at]);
  }
}

bool FieldSystem::evaluate_block(std::size_t block, Scratch& scratch) {
  const std::size_t lanes = layout_.lanes;
  double* rates = scratch.results.data();
  kinetics_->local_rates().run(scratch.rates, {scratch.values.data(), lanes},
                               {given_.data() + block * given_count_ * lanes, lanes}, 0, {rates, lanes});
  std::array<double, Program::kBlock> flow{};
  bool sound = true;  // every coefficient is zero or positive
  std::size_t f = 0;
  for (std::size_t d = 0; d < transport_.species(); ++d) {
    const double* c = diffusing_.data() + d * transport_.stride();
    if (f < followed_.size() && followed_[f] == d) {
      const double* coefficient = coefficient_of(f++);
      transport_.rate(c, coefficient, block * lanes, (block + 1) * lanes, flow.data());
      sound = sound && std::all_of(coefficient + block * lanes, coefficient + (block + 1) * lanes,
                                   [](double one) { return one >= 0.0; });
    } else {
      transport_.rate(d, c, block * lanes, (block + 1) * lanes, flow.data());
    }
    double* out = rates + kinetics_->diffusing()[d] * lanes;
    for (std::size_t l = 0; l < lanes; ++l) out[l] += flow[l];
  }
  std::array<double, Program::kBlock> check{};  // 0 times anything that is not finite is not 0
  for (std::size_t s = 0; s < layout_.locals; ++s) {
    for (std::size_t l = 0; l < lanes; ++l) check[l] += 0.0 * rates[s * lanes + l];
  }
  double all = 0.0;
  for (std::size_t l = 0; l < lanes; ++l) all += check[l];
  return all == 0.0 && sound;
}

bool FieldSystem::systemic_rates(std::span<double> out) {
  if (main_slots_.empty()) return true;
  const Program& program = kinetics_->systemic_rates();
  program.prepare(systemic_workspace_, {time_, systemic_, reductions_});
  std::vector<double> all(program.output_count());
  program.scalars(systemic_workspace_, all);
  bool finite = true;
  for (std::size_t i = 0; i < main_slots_.size(); ++i) {
    out[i] = all[main_slots_[i]] + input_[i];
    finite = finite && std::isfinite(out[i]);
  }
  return finite;
}

void FieldSystem::set_input(std::span<const double> systemic) {
  for (std::size_t i = 0; i < main_slots_.size(); ++i) input_[i] = systemic[main_slots_[i]];
}

bool FieldSystem::rates(double time, N_Vector y, N_Vector rates_vector) {
  return rates(time, FieldSpace::raw(y), FieldSpace::raw(rates_vector));
}

bool FieldSystem::rates(double time, const double* y, double* out) {
  const TimeOfScope watch(counters_.seconds_rates);
  ++counters_.rate_evaluations;
  prepare(time, y, nullptr);
  gather(y, nullptr);
  for (Scratch& scratch : scratch_) kinetics_->local_rates().prepare(scratch.rates, {time, systemic_, reductions_});
  if (layout_.locals > 0) {
    halo_.begin(diffusing_.data(), transport_.species() + followed_.size(), transport_.stride());
    space_.sweep(halo_, [&](std::size_t block, std::size_t thread) {
      Scratch& scratch = scratch_[thread];
      const std::size_t begin = block * layout_.block_size();
      std::copy(y + begin, y + begin + layout_.block_size(), scratch.values.data());
      bad_blocks_[block] = evaluate_block(block, scratch) ? 0 : 1;
      std::copy(scratch.results.data(), scratch.results.data() + layout_.block_size(), out + begin);
    });
  }
  const bool systemic_good = systemic_rates(main_rates_);
  std::copy(main_rates_.begin(), main_rates_.end(), out + layout_.tail());
  const bool good = none_is_bad() && systemic_good;
  if (!good) note_failure(time, y, nullptr, "its rate is not finite");
  return good;
}

}  // namespace howship::simulation
