#include "simulation/field_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "howship/core/error.hpp"

namespace howship::simulation {
namespace {

using model::Program;
using Clock = std::chrono::steady_clock;

/// Adds the time it lives to a counter.
class Stopwatch {
 public:
  explicit Stopwatch(double& total) : total_(total), start_(Clock::now()) {}
  ~Stopwatch() { total_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& total_;
  Clock::time_point start_;
};

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
  for (const std::size_t slot : kinetics.diffusing()) sizes.push_back(kinetics.model().species[kinetics.model().local[slot]].typical);
  return sizes;
}

/// The diffusion coefficients in every voxel.
std::vector<std::vector<double>> coefficients(const model::Kinetics& kinetics, std::span<const double> parameters,
                                              const vertebra::Domain& domain, const Layout& layout, const Buffer<double>& given,
                                              std::size_t given_count) {
  const Program& program = kinetics.diffusion();
  const std::size_t count = kinetics.diffusing().size();
  std::vector<std::vector<double>> fields(count, std::vector<double>(layout.voxels));
  if (count == 0) return fields;
  const std::size_t lanes = layout.lanes;
  Program::Workspace workspace = program.workspace(static_cast<int>(lanes), parameters);
  const std::vector<double> systemic(kinetics.systemic_count(), 0.0);
  const std::vector<double> reductions(kinetics.model().reductions.size(), 0.0);
  program.prepare(workspace, {0.0, systemic, reductions});
  const Buffer<double> local(std::max<std::size_t>(1, layout.block_size()));
  Buffer<double> out(count * lanes);
  for (std::size_t block = 0; block < layout.blocks; ++block) {
    program.run(workspace, {local.data(), lanes}, {given.data() + block * given_count * lanes, lanes}, 0, {out.data(), lanes});
    for (std::size_t d = 0; d < count; ++d) {
      for (std::size_t l = 0; l < layout.valid_lanes(block); ++l) {
        const double value = out[d * lanes + l];
        const std::size_t voxel = block * lanes + l;
        if (!(std::isfinite(value) && value >= 0.0)) {
          const auto& species = kinetics.model().species[kinetics.model().local[kinetics.diffusing()[d]]];
          throw InputError(fmt::format("the diffusion coefficient of {} is {} mm^2/day in {}", species.id, value, voxel_text(domain, voxel)),
                           "it must be zero or positive everywhere; its formula is " + species.diffusion_text);
        }
        fields[d][voxel] = value;
      }
    }
  }
  return fields;
}

void check_given(const model::Kinetics& kinetics, const vertebra::Domain& domain, const std::vector<std::vector<double>>& given) {
  const auto& names = kinetics.model().given;
  if (given.size() != names.size()) throw std::logic_error("Simulation: one given field per name in Model::given is needed");
  for (std::size_t f = 0; f < given.size(); ++f) {
    if (given[f].size() != domain.size()) throw std::logic_error("Simulation: given." + names[f] + " has the wrong length");
  }
}

}  // namespace

FieldSystem::FieldSystem(SUNContext context, std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters,
                         const vertebra::Domain& domain, const std::vector<std::vector<double>>& given, Threads threads,
                         const AheadTrajectory& ahead)
    : kinetics_(std::move(kinetics)),
      parameters_(std::move(parameters)),
      domain_(domain),
      ahead_(ahead),
      main_slots_(simulation::main_slots(*kinetics_)),
      main_place_(kinetics_->systemic_count(), -1),
      layout_(domain.size(), kinetics_->local_count(), main_slots_.size()),
      space_(context, layout_, typical_sizes(*kinetics_, main_slots_), threads),
      threads_(threads),
      given_count_(given.size()),
      given_((check_given(*kinetics_, domain, given), in_blocks(given, layout_))),
      transport_(domain, layout_, coefficients(*kinetics_, parameters_, domain, layout_, given_, given_count_)),
      lu_(layout_.locals, kinetics_->local_by_local().pattern,
          transport_.couples() ? std::span<const std::size_t>(kinetics_->diffusing()) : std::span<const std::size_t>()),
      transport_solver_(transport_, layout_, diffusing_sizes(*kinetics_), threads),
      coupled_(transport_.couples()),
      systemic_(kinetics_->systemic_count(), 0.0),
      reductions_(kinetics_->model().reductions.size(), 0.0),
      main_rates_(main_slots_.size(), 0.0),
      systemic_workspace_(kinetics_->systemic_rates().workspace(Program::kSmall, parameters_)),
      systemic_derivatives_(kinetics_->systemic_by_systemic().program.workspace(Program::kSmall, parameters_)),
      reduction_derivatives_(kinetics_->systemic_by_reduction().program.workspace(Program::kSmall, parameters_)),
      tissue_(domain, layout_),
      bad_blocks_(layout_.blocks, 0) {
  for (std::size_t i = 0; i < main_slots_.size(); ++i) main_place_[main_slots_[i]] = static_cast<std::ptrdiff_t>(i);
  check_reductions();

  const int lanes = static_cast<int>(layout_.lanes);
  const std::size_t entries = std::max({kinetics_->local_by_local().pattern.size(), kinetics_->local_by_systemic().pattern.size(),
                                        kinetics_->integrand_by_local().pattern.size(), kinetics_->integrand_by_systemic().pattern.size(),
                                        kinetics_->rate_reduction_count(), std::size_t{1}});
  for (int thread = 0; thread < std::max(1, threads.count); ++thread) {
    scratch_.push_back({kinetics_->local_rates().workspace(lanes, parameters_),
                        kinetics_->local_by_local().program.workspace(lanes, parameters_),
                        kinetics_->local_by_systemic().program.workspace(lanes, parameters_),
                        kinetics_->integrands().workspace(lanes, parameters_),
                        kinetics_->integrand_by_local().program.workspace(lanes, parameters_),
                        Buffer<double>(layout_.block_size()),
                        Buffer<double>(layout_.block_size()),
                        Buffer<double>(entries * layout_.lanes),
                        Buffer<double>(lu_.slots() * layout_.lanes),
                        {},
                        {}});
  }
  factors_ = Buffer<float>(layout_.blocks * lu_.slots() * layout_.lanes);
  diffusing_ = Buffer<double>(transport_.species() * layout_.padded());
  if (coupled_) {
    trailing_ = Buffer<double>(transport_.species() * layout_.padded());
    trailing_weights_ = Buffer<double>(transport_.species() * layout_.padded());
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

void FieldSystem::check_reductions() {
  const std::size_t count = kinetics_->rate_reduction_count();
  partial_ = Buffer<double>(layout_.blocks * std::max<std::size_t>(1, count));
  for (std::size_t r = 0; r < count; ++r) {
    const model::Reduction& reduction = kinetics_->model().reductions[r];
    if (reduction.kind == model::Reduction::Kind::maximum) {
      throw InputError(fmt::format("'{}' is used in a rate", reduction.text), "a maximum over tissue may only be observed");
    }
    factors_of_reductions_.push_back(tissue_.factor(reduction));
    if (!std::isfinite(factors_of_reductions_.back())) {
      throw InputError(fmt::format("'{}' is a mean over a region that has no voxel here", reduction.text),
                       "take another region or the whole vertebra");
    }
    masks_.push_back(tissue_.region(reduction.region).mask.data());
  }
}

void FieldSystem::initial_state(N_Vector y, std::span<double> systemic) {
  const model::Model& model = kinetics_->model();
  const Program& scalar = kinetics_->initial_systemic();
  const std::vector<double> zeros(std::max(systemic_.size(), reductions_.size()), 0.0);
  const model::Scalars scalars{0.0, std::span(zeros).first(systemic_.size()), std::span(zeros).first(reductions_.size())};
  if (!systemic.empty()) {
    Program::Workspace workspace = scalar.workspace(Program::kSmall, parameters_);
    scalar.prepare(workspace, scalars);
    scalar.scalars(workspace, systemic);
  }
  for (std::size_t slot = 0; slot < systemic.size(); ++slot) {
    if (!std::isfinite(systemic[slot])) {
      const model::Species& species = model.species[model.systemic[slot]];
      throw InputError(fmt::format("the initial value of {} is {}", species.id, systemic[slot]), "its formula is " + species.initial_text);
    }
  }
  double* values = space_.values(y);
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
                                   voxel_text(domain_, layout_.source(block * lanes + i % lanes))),
                       "its formula is " + species.initial_text);
    }
  }
}

void FieldSystem::systemic_at(double time, N_Vector y, std::span<double> systemic) {
  ahead_.evaluate(time, systemic);
  const double* values = space_.values(y);
  for (std::size_t i = 0; i < main_slots_.size(); ++i) systemic[main_slots_[i]] = values[layout_.tail() + i];
}

// Copies the diffusing species out of the blocks and sums the integrands, both at y + correction (if any).
void FieldSystem::gather(const double* y, const double* correction) {
  const std::size_t lanes = layout_.lanes;
  const std::size_t size = layout_.block_size();
  const auto& slots = kinetics_->diffusing();
  const std::size_t sums = kinetics_->rate_reduction_count();
  if (sums > 0) {
    for (Scratch& scratch : scratch_) kinetics_->integrands().prepare(scratch.integrands, {time_, systemic_, reductions_});
  }
  space_.sweep([&](std::size_t block, std::size_t thread) {
    const double* values = y + block * size;
    for (std::size_t d = 0; d < slots.size(); ++d) {
      double* out = diffusing_.data() + d * layout_.padded() + block * lanes;
      const std::size_t at = slots[d] * lanes;
      for (std::size_t l = 0; l < lanes; ++l) out[l] = values[at + l] + (correction == nullptr ? 0.0 : correction[block * size + at + l]);
    }
    if (sums == 0) return;
    Scratch& scratch = scratch_[thread];
    for (std::size_t i = 0; i < size; ++i) scratch.values[i] = values[i] + (correction == nullptr ? 0.0 : correction[block * size + i]);
    kinetics_->integrands().run(scratch.integrands, {scratch.values.data(), lanes}, {given_.data() + block * given_count_ * lanes, lanes}, 0,
                                {scratch.entries.data(), lanes});
    for (std::size_t r = 0; r < sums; ++r) {
      double sum = 0.0;
      for (std::size_t l = 0; l < lanes; ++l) {
        if (masks_[r][block * lanes + l] != 0.0) sum += scratch.entries[r * lanes + l];
      }
      partial_[block * sums + r] = sum;
    }
  });
  for (std::size_t r = 0; r < sums; ++r) {
    reductions_[r] = factors_of_reductions_[r] * ordered_sum(partial_.data() + r, layout_.blocks, sums);
  }
}

// Everything that is the same in all voxels, at y + correction.
void FieldSystem::prepare(double time, const double* y, const double* correction) {
  space_.flush();
  time_ = time;
  ahead_.evaluate(time, systemic_);
  for (std::size_t i = 0; i < main_slots_.size(); ++i) {
    const std::size_t at = layout_.tail() + i;
    systemic_[main_slots_[i]] = y[at] + (correction == nullptr ? 0.0 : correction[at]);
  }
}

bool FieldSystem::evaluate_block(std::size_t block, Scratch& scratch) {
  const std::size_t lanes = layout_.lanes;
  double* rates = scratch.results.data();
  kinetics_->local_rates().run(scratch.rates, {scratch.values.data(), lanes}, {given_.data() + block * given_count_ * lanes, lanes}, 0,
                               {rates, lanes});
  std::array<double, Program::kBlock> flow{};
  for (std::size_t d = 0; d < transport_.species(); ++d) {
    transport_.rate(d, diffusing_.data() + d * layout_.padded(), block * lanes, (block + 1) * lanes, flow.data());
    double* out = rates + kinetics_->diffusing()[d] * lanes;
    for (std::size_t l = 0; l < lanes; ++l) out[l] += flow[l];
  }
  std::array<double, Program::kBlock> check{};  // 0 times anything that is not finite is not 0
  for (std::size_t s = 0; s < layout_.locals; ++s) {
    for (std::size_t l = 0; l < lanes; ++l) check[l] += 0.0 * rates[s * lanes + l];
  }
  double all = 0.0;
  for (std::size_t l = 0; l < lanes; ++l) all += check[l];
  return all == 0.0;
}

bool FieldSystem::systemic_rates(std::span<double> out) {
  if (main_slots_.empty()) return true;
  const Program& program = kinetics_->systemic_rates();
  program.prepare(systemic_workspace_, {time_, systemic_, reductions_});
  std::vector<double> all(program.output_count());
  program.scalars(systemic_workspace_, all);
  bool finite = true;
  for (std::size_t i = 0; i < main_slots_.size(); ++i) {
    out[i] = all[main_slots_[i]];
    finite = finite && std::isfinite(out[i]);
  }
  return finite;
}

bool FieldSystem::rates(double time, N_Vector y_vector, N_Vector rates_vector) {
  const Stopwatch watch(counters_.seconds_rates);
  ++counters_.rate_evaluations;
  const double* y = FieldSpace::raw(y_vector);
  double* out = FieldSpace::raw(rates_vector);
  prepare(time, y, nullptr);
  gather(y, nullptr);
  for (Scratch& scratch : scratch_) kinetics_->local_rates().prepare(scratch.rates, {time, systemic_, reductions_});
  if (layout_.locals > 0) {
    space_.sweep([&](std::size_t block, std::size_t thread) {
      Scratch& scratch = scratch_[thread];
      const std::size_t begin = block * layout_.block_size();
      std::copy(y + begin, y + begin + layout_.block_size(), scratch.values.data());
      bad_blocks_[block] = evaluate_block(block, scratch) ? 0 : 1;
      std::copy(scratch.results.data(), scratch.results.data() + layout_.block_size(), out + begin);
    });
  }
  const bool systemic_good = systemic_rates(main_rates_);
  std::copy(main_rates_.begin(), main_rates_.end(), out + layout_.tail());
  const bool good = systemic_good && std::none_of(bad_blocks_.begin(), bad_blocks_.end(), [](auto bad) { return bad != 0; });
  if (!good) note_failure(time, y, nullptr, "its rate is not finite");
  return good;
}

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
    failure.local.push_back(y[at] + (correction == nullptr ? 0.0 : correction[at]));
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

Failure FieldSystem::worst(double time, N_Vector y_vector, N_Vector x_vector, N_Vector w_vector, const std::string& cause) {
  const double* y = space_.values(y_vector);
  const double* x = FieldSpace::raw(x_vector);
  const double* w = FieldSpace::raw(w_vector);
  systemic_at(time, y_vector, systemic_);
  std::size_t species = 0;
  std::optional<std::size_t> voxel;
  double largest = -1.0;
  for (std::size_t i = 0; i < main_slots_.size(); ++i) {
    const std::size_t at = layout_.tail() + i;
    if (std::abs(x[at] * w[at]) > largest) {
      largest = std::abs(x[at] * w[at]);
      species = kinetics_->model().systemic[main_slots_[i]];
    }
  }
  for (std::size_t v = 0; v < layout_.voxels; ++v) {
    for (std::size_t s = 0; s < layout_.locals; ++s) {
      const std::size_t at = layout_.index(s, v);
      if (std::abs(x[at] * w[at]) > largest) {
        largest = std::abs(x[at] * w[at]);
        species = kinetics_->model().local[s];
        voxel = v;
      }
    }
  }
  return failure_at(time, y, nullptr, species, voxel, cause);
}

bool FieldSystem::setup(const ImplicitStep& step) {
  const Stopwatch watch(counters_.seconds_setup);
  const double* y = FieldSpace::raw(step.predicted);
  prepare(step.time, y, nullptr);
  if (kinetics_->rate_reduction_count() > 0) gather(y, nullptr);
  const model::Scalars scalars{step.time, systemic_, reductions_};
  for (Scratch& scratch : scratch_) {
    kinetics_->local_by_local().program.prepare(scratch.derivatives, scalars);
    kinetics_->local_by_systemic().program.prepare(scratch.by_systemic, scalars);
    kinetics_->integrand_by_local().program.prepare(scratch.integrand_derivatives, scalars);
  }
  std::fill(bad_blocks_.begin(), bad_blocks_.end(), 0);
  if (layout_.locals > 0) {
    space_.sweep([&](std::size_t block, std::size_t thread) {
      bad_blocks_[block] = factor_block(block, step.gamma, y, scratch_[thread]) ? 0 : 1;
    });
  }
  const auto bad = std::find_if(bad_blocks_.begin(), bad_blocks_.end(), [](auto flag) { return flag != 0; });
  if (bad != bad_blocks_.end()) {
    // Name a derivative that is not finite; a vanishing pivot leaves nothing to name and is met by a smaller step.
    const auto block = static_cast<std::size_t>(bad - bad_blocks_.begin());
    Scratch& scratch = scratch_.front();
    factor_block(block, step.gamma, y, scratch);
    const auto& pattern = kinetics_->local_by_local().pattern;
    const model::Model& model = kinetics_->model();
    for (std::size_t l = 0; l < layout_.valid_lanes(block); ++l) {
      for (std::size_t e = 0; e < pattern.size(); ++e) {
        if (std::isfinite(scratch.entries[e * layout_.lanes + l])) continue;
        failure_ = failure_at(step.time, y, nullptr, model.local[pattern[e].row], block * layout_.lanes + l,
                              fmt::format("the derivative of its rate by {} is not finite (a root or a power with infinite slope?)",
                                          model.species[model.local[pattern[e].column]].id));
        return false;
      }
    }
    return false;
  }
  return main_slots_.empty() || setup_border(step.gamma, y);
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
        for (std::size_t l = 0; l < lanes; ++l) column[by_systemic.pattern[e].row * lanes + l] = gamma * scratch.entries[e * lanes + l];
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
        slopes[e * lanes + l] = mask == 0.0 ? 0.0F : static_cast<float>(factors_of_reductions_[r] * scratch.entries[e * lanes + l]);
      }
    }
  }

  kinetics_->local_by_local().program.run(scratch.derivatives, values, given, 0, entries);
  double* matrix = scratch.matrix.data();
  lu_.assemble(lanes, scratch.entries.data(), gamma, matrix);
  for (std::size_t d = 0; d < transport_.species(); ++d) {
    lu_.add_to_diagonal(lanes, kinetics_->diffusing()[d], transport_.diagonal(d) + block * lanes, gamma, matrix);
  }
  const bool good = lu_.factor(lanes, matrix);
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

// From a right-hand side to what the transport solver starts from.
void FieldSystem::right_hand_side(std::size_t block, double* x) {
  const std::size_t lanes = layout_.lanes;
  const float* factors = factors_.data() + block * lu_.slots() * lanes;
  lu_.forward(lanes, factors, x);
  if (!coupled_) return;
  lu_.solve_trailing(lanes, factors, x);
  for (std::size_t d = 0; d < transport_.species(); ++d) {
    const double* from = x + kinetics_->diffusing()[d] * lanes;
    std::copy(from, from + lanes, trailing_.data() + d * layout_.padded() + block * lanes);
  }
}

// From the transport solver's result to the solution.
void FieldSystem::back_substitute(std::size_t block, double* x) {
  const std::size_t lanes = layout_.lanes;
  if (coupled_) {
    for (std::size_t d = 0; d < transport_.species(); ++d) {
      const double* from = trailing_.data() + d * layout_.padded() + block * lanes;
      std::copy(from, from + lanes, x + kinetics_->diffusing()[d] * lanes);
    }
  }
  lu_.backward(lanes, factors_.data() + block * lu_.slots() * lanes, x);
}

// With A the local part, B and G H the coupling parts and Q = A⁻¹γB, the systemic unknowns obey
//   (I - γE - γG(H_z + H_x Q)) dz = r_z + γ G H_x A⁻¹ r_x   and then   dx = A⁻¹ r_x + Q dz.
bool FieldSystem::setup_border(double gamma, const double* y) {
  const std::size_t lanes = layout_.lanes;
  const auto size = static_cast<Eigen::Index>(main_slots_.size());
  const auto sums = static_cast<Eigen::Index>(kinetics_->rate_reduction_count());
  const model::Scalars scalars{time_, systemic_, reductions_};

  Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(size, size);
  const model::Derivatives& own = kinetics_->systemic_by_systemic();
  std::vector<double> values(std::max({own.pattern.size(), kinetics_->systemic_by_reduction().pattern.size(), std::size_t{1}}));
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

  Eigen::MatrixXd sums_by_systemic = Eigen::MatrixXd::Zero(sums, size);
  const model::Derivatives& direct = kinetics_->integrand_by_systemic();
  if (!direct.pattern.empty()) {
    Program::Workspace workspace = direct.program.workspace(static_cast<int>(lanes), parameters_);
    direct.program.prepare(workspace, scalars);
    for (std::size_t block = 0; block < layout_.blocks; ++block) {
      double* out = scratch_.front().entries.data();
      direct.program.run(workspace, {y + block * layout_.block_size(), lanes}, {given_.data() + block * given_count_ * lanes, lanes}, 0,
                         {out, lanes});
      for (std::size_t e = 0; e < direct.pattern.size(); ++e) {
        const std::ptrdiff_t column = main_place_[direct.pattern[e].column];
        if (column < 0) continue;
        const std::size_t r = direct.pattern[e].row;
        for (std::size_t l = 0; l < lanes; ++l) {
          if (masks_[r][block * lanes + l] != 0.0) {
            sums_by_systemic(static_cast<Eigen::Index>(r), column) += factors_of_reductions_[r] * out[e * lanes + l];
          }
        }
      }
    }
  }

  const auto& slopes = kinetics_->integrand_by_local().pattern;
  for (std::size_t j = 0; j < border_columns_.size(); ++j) {
    for_blocks(threads_, layout_.blocks, [&](std::size_t block, std::size_t) { right_hand_side(block, block_of(border_[j], block)); });
    if (coupled_) {
      // No step's weights belong to this solve; typical sizes scale it, and four digits are enough for Newton.
      double largest = 0.0;
      for (std::size_t d = 0; d < transport_.species(); ++d) {
        const double typical = kinetics_->model().species[kinetics_->model().local[kinetics_->diffusing()[d]]].typical;
        for (std::size_t v = 0; v < layout_.padded(); ++v) {
          trailing_weights_[d * layout_.padded() + v] = 1.0 / typical;
          largest = std::max(largest, std::abs(trailing_[d * layout_.padded() + v]) / typical);
        }
      }
      const int iterations = transport_solver_.solve(gamma, trailing_.data(), trailing_weights_.data(), 1.0, 1e-4 * largest);
      if (iterations < 0) return false;
      counters_.linear_iterations += iterations;
    }
    for_blocks(threads_, layout_.blocks, [&](std::size_t block, std::size_t) { back_substitute(block, block_of(border_[j], block)); });
    for (std::size_t block = 0; block < layout_.blocks; ++block) {
      const double* column = block_of(border_[j], block);
      for (std::size_t e = 0; e < slopes.size(); ++e) {
        const float* slope = integrand_slopes_.data() + (block * slopes.size() + e) * lanes;
        for (std::size_t l = 0; l < lanes; ++l) {
          sums_by_systemic(slopes[e].row, static_cast<Eigen::Index>(border_columns_[j])) +=
              static_cast<double>(slope[l]) * column[slopes[e].column * lanes + l];
        }
      }
    }
  }
  matrix -= systemic_by_reduction_ * sums_by_systemic;
  if (!matrix.allFinite()) return false;
  border_lu_.compute(matrix);
  return true;
}

void FieldSystem::apply_update(std::size_t block, const double* x, double ratio, const ImplicitStep& step, Scratch& scratch) {
  const std::size_t lanes = layout_.lanes;
  const std::size_t begin = block * layout_.block_size();
  double* correction = FieldSpace::raw(step.correction) + begin;
  const double* weights = FieldSpace::raw(step.weights) + begin;
  std::array<double, Program::kBlock> squares{};
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
    scratch.squares_sum[l] += squares[l];
  }
  const double* predicted = FieldSpace::raw(step.predicted) + begin;
  for (std::size_t d = 0; d < transport_.species(); ++d) {
    const std::size_t at = kinetics_->diffusing()[d] * lanes;
    double* out = diffusing_.data() + d * layout_.padded() + block * lanes;
    for (std::size_t l = 0; l < lanes; ++l) out[l] = predicted[at + l] + correction[at + l];
  }
}

std::optional<double> FieldSystem::iterate(const ImplicitStep& step, int iteration, double gamma_ratio, double tolerance) {
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
    const Stopwatch watch(counters_.seconds_rates);
    prepare(step.time, predicted, correction);
    if (iteration == 0 || has_sums) gather(predicted, correction);
    for (Scratch& scratch : scratch_) kinetics_->local_rates().prepare(scratch.rates, {step.time, systemic_, reductions_});
    good = systemic_rates(main_rates_);
    if (layout_.locals > 0) {
      space_.sweep([&](std::size_t block, std::size_t thread) {
        Scratch& scratch = scratch_[thread];
        const std::size_t begin = block * size;
        for (std::size_t i = 0; i < size; ++i) scratch.values[i] = predicted[begin + i] + correction[begin + i];
        bad_blocks_[block] = evaluate_block(block, scratch) ? 0 : 1;
        if (bad_blocks_[block] != 0) return;  // the correction stays as it was, for the report
        double* x = scratch.results.data();
#pragma omp simd
        for (std::size_t i = 0; i < size; ++i) x[i] = step.gamma * x[i] - step.rl1 * slope[begin + i] - correction[begin + i];
        right_hand_side(block, x);
        if (coupled_) {
          for (std::size_t d = 0; d < transport_.species(); ++d) {
            const double* from = weights + begin + kinetics_->diffusing()[d] * lanes;
            std::copy(from, from + lanes, trailing_weights_.data() + d * layout_.padded() + block * lanes);
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
    good = good && std::none_of(bad_blocks_.begin(), bad_blocks_.end(), [](auto bad) { return bad != 0; });
  }
  if (!good) {
    note_failure(step.time, predicted, correction, "its rate is not finite");
    return std::nullopt;
  }

  const Stopwatch watch(counters_.seconds_solve);
  if (coupled_) {
    const int iterations = transport_solver_.solve(setup_gamma, trailing_.data(), trailing_weights_.data(),
                                                   static_cast<double>(layout_.locals + layout_.systemics), tolerance);
    if (iterations < 0) return std::nullopt;
    counters_.linear_iterations += iterations;
    for_blocks(threads_, layout_.blocks, [&](std::size_t block, std::size_t thread) {
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
      residual[static_cast<Eigen::Index>(i)] = step.gamma * main_rates_[i] - step.rl1 * slope[tail + i] - correction[tail + i];
    }
    if (has_sums && layout_.locals > 0) {
      const std::size_t sums = kinetics_->rate_reduction_count();
      Eigen::VectorXd change(static_cast<Eigen::Index>(sums));
      for (std::size_t r = 0; r < sums; ++r) change[static_cast<Eigen::Index>(r)] = ordered_sum(partial_.data() + r, layout_.blocks, sums);
      residual += systemic_by_reduction_ * change;
    }
    const Eigen::VectorXd update = border_lu_.solve(residual);
    if (bordered) {
      for_blocks(threads_, layout_.blocks, [&](std::size_t block, std::size_t thread) {
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

  double largest = 0.0;
  for (const Scratch& scratch : scratch_) {
    for (std::size_t l = 0; l < lanes; ++l) {
      if (!std::isfinite(scratch.squares_sum[l])) return std::nullopt;
      largest = std::max(largest, scratch.squares[l]);
    }
  }
  if (!std::isfinite(systemic_squares)) return std::nullopt;
  return space_.combine(largest, systemic_squares);
}

}  // namespace howship::simulation
