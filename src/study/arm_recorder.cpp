#include "arm_recorder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::study {
namespace {

std::filesystem::path created(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw OutputError(fmt::format("cannot create '{}': {}", folder.string(), error.message()));
  return folder;
}

Dimension volume() {
  Dimension dimension;
  dimension.exponents[Dimension::length] = 3.0;
  return dimension;
}

}  // namespace

ArmRecorder::ArmRecorder(const PreparedArm& arm, std::shared_ptr<const model::Kinetics> kinetics, const Place& place,
                         const std::filesystem::path& folder, Threads threads, Ranks& ranks,
                         output::CsvFile::Opening opening)
    : arm_(arm),
      ranks_(ranks),
      read_outs_(*arm.model),
      probe_(std::move(kinetics), arm.parameters, place.domain,
             place.given_fields(arm.model->given, simulation::slab_of(place.domain, &ranks)), threads, &ranks),
      ledgers_(arm) {
  const model::Model& model = *arm.model;
  std::vector<output::Column> fluxes;
  for (const auto& process : model.processes) {
    const bool local = process.scope == model::Scope::local;
    rates_.push_back(process.rate);
    // A local rate that is the same everywhere counts as a number for the probe, and still happens in every voxel.
    const bool spread = local && model.graph[process.rate].stage != model::Stage::voxel;
    flux_scale_.push_back(spread ? place.domain.volume() : 1.0);
    fluxes.push_back({process.id, to_text(local ? process.dimension * volume() : process.dimension)});
  }
  ranks_.together([&] {
    if (!ranks_.first()) return;
    created(folder);
    series_.emplace(folder / "timeseries.csv", read_outs_.columns(), model.time_unit, opening);
    fluxes_.emplace(folder / "fluxes.csv", fluxes, model.time_unit, opening);
  });
  if (arm.frames.empty()) return;
  std::vector<output::FrameWriter::Field> fields;
  for (const FrameField& field : arm.fields) {
    fields_.push_back(field.node);
    fields.push_back({field.name, field.unit.text});
  }
  frames_.emplace(folder, place.domain, std::move(fields), &ranks);
}

void ArmRecorder::exchange(simulation::Archive& archive) {
  if (series_) series_->exchange(archive);
  if (fluxes_) fluxes_->exchange(archive);
  ledgers_.exchange(archive);
  if (frames_) frames_->exchange(archive);
}

void ArmRecorder::record(const simulation::State& state, simulation::Moment moment) {
  const bool at_dose = moment != simulation::Moment::output;
  if (at_dose || state.time == arm_.rows.front() || state.time == arm_.rows.back())
    ledgers_.record(probe_, state, moment);
  if (at_dose || std::binary_search(arm_.rows.begin(), arm_.rows.end(), state.time)) write_row(state);
  // Tissue does not jump at a dose; its frame shows what the time before it led to.
  const bool is_frame = std::binary_search(arm_.frames.begin(), arm_.frames.end(), state.time);
  if (is_frame && moment != simulation::Moment::after_dose) write_frame(state);
}

void ArmRecorder::write_row(const simulation::State& state) {
  const simulation::Probe::Reading reading = probe_.read(state);
  const std::vector<double> values = read_outs_.values(reading);
  std::vector<double> flux = rates_.empty() ? std::vector<double>{} : reading.totals(rates_);
  for (std::size_t i = 0; i < flux.size(); ++i) flux[i] *= flux_scale_[i];
  ranks_.together([&] {
    if (!ranks_.first()) return;
    series_->row(state.time, values);
    fluxes_->row(state.time, flux);
  });
}

void ArmRecorder::write_frame(const simulation::State& state) {
  std::vector<std::vector<double>> values = probe_.fields(state, fields_);
  for (std::size_t f = 0; f < values.size(); ++f) {
    const double scale = 1.0 / arm_.fields[f].unit.scale;
    for (double& value : values[f]) value *= scale;
  }
  frames_->write(state.time, values);
}

std::size_t ArmRecorder::columns(const model::Model& model) {
  return model.species.size() + model.observables.size() + model.processes.size();
}

}  // namespace howship::study
