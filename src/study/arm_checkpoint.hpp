#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "howship/output/checkpoint.hpp"
#include "howship/simulation/simulation.hpp"

#include "arm_recorder.hpp"
#include "dose_gates.hpp"

namespace howship::study {

/// The checkpoint of one arm: when the next is due, and what goes into it. Where ranks share the voxels all call the
/// same, each gives its part, and the first one writes.
class ArmCheckpoint {
 public:
  /// @param labels  what it belongs to; one with other labels is refused
  ArmCheckpoint(std::filesystem::path file, output::CheckpointLabels labels, double every_seconds, Ranks& ranks);

  /// By the clock of this rank.
  bool due() const { return std::chrono::steady_clock::now() >= next_; }
  bool exists() const;
  void remove() const;
  /// Replaces the checkpoint by the state on that day. @throws OutputError; the earlier one is kept
  void save(double day, simulation::Simulation& simulation, ArmRecorder& recorder, DoseGates& gates);
  /// The day of the last one written by this object.
  std::optional<double> saved_day() const { return saved_day_; }
  /// Opens the checkpoint for Simulation::resume and takes up tables, frames and held doses where they were.
  /// @throws InputError saying why it cannot be used
  output::CheckpointReader open(ArmRecorder& recorder, DoseGates& gates) const;

 private:
  void schedule(double cost);

  std::filesystem::path file_;
  output::CheckpointLabels labels_;
  double every_;
  Ranks& ranks_;
  std::optional<double> saved_day_;
  std::chrono::steady_clock::time_point next_;
};

/// Says which vertebra and lesion it is.
std::string vertebra_digest(const Place& place);

/// What the checkpoints of a run belong to: digests of the study, the vertebra and this program.
output::CheckpointLabels checkpoint_labels(const std::string& resolved, const Place& place);

/// What differs between two sets of labels, in words for the user; empty if nothing does.
std::string difference(const output::CheckpointLabels& wanted, const std::map<std::string, std::string>& found);

}  // namespace howship::study
