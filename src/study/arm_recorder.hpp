#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "howship/output/frames.hpp"
#include "howship/output/time_series.hpp"
#include "howship/study/place.hpp"
#include "howship/study/prepare.hpp"

#include "ledgers.hpp"
#include "read_outs.hpp"

namespace howship::study {

/// Writes what one arm does: a row of the two tables at every output time and around every dose, frames at their times.
/// Where ranks share the voxels all call the same, and the first one writes the tables.
class ArmRecorder {
 public:
  ArmRecorder(const PreparedArm& arm, std::shared_ptr<const model::Kinetics> kinetics, const Place& place,
              const std::filesystem::path& folder, Threads threads, Ranks& ranks,
              output::CsvFile::Opening opening = output::CsvFile::Opening::anew);

  /// How far tables and frames are. The only function in which ranks do not meet.
  void exchange(simulation::Archive& archive);

  void record(const simulation::State& state, simulation::Moment moment);

  /// @param held  doses of the schedule that were not given
  std::vector<output::LedgerRecord> ledgers(const std::vector<std::size_t>& held) const {
    return ledgers_.entries(held);
  }

  /// How many columns the two tables of a model have.
  static std::size_t columns(const model::Model& model);

 private:
  void write_row(const simulation::State& state);
  void write_frame(const simulation::State& state);

  const PreparedArm& arm_;
  Ranks& ranks_;
  ReadOuts read_outs_;
  simulation::Probe probe_;
  Ledgers ledgers_;
  std::vector<model::NodeId> rates_, fields_;
  std::vector<double> flux_scale_;  // from base units to what the column says
  std::optional<output::TimeSeriesWriter> series_, fluxes_;
  std::optional<output::FrameWriter> frames_;
};

}  // namespace howship::study
