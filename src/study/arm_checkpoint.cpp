#include "arm_checkpoint.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

namespace howship::study {
namespace {

constexpr double kMostOfTheTime = 1.0 / 20.0;

// What a label that differs means to the user.
std::string reason(const std::string& label) {
  if (label == "study") return "resolved.toml has changed since";
  if (label == "vertebra") return "the vertebra is another one: an image has changed, or how vertebrae are built";
  if (label == "program") return "it was written by another build of howship, which may round differently";
  if (label == "arm") return "it is that of another arm";
  return fmt::format("its '{}' is another", label);
}

template <class Value>
std::string_view bytes_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};  // NOLINT: bytes of numbers
}

}  // namespace

ArmCheckpoint::ArmCheckpoint(std::filesystem::path file, output::CheckpointLabels labels, double every_seconds)
    : file_(std::move(file)), labels_(std::move(labels)), every_(every_seconds) {
  schedule({});
}

void ArmCheckpoint::schedule(std::chrono::duration<double> cost) {
  constexpr double kNever = 1e9;
  const double pause = std::min(kNever, std::max(every_, cost.count() / kMostOfTheTime));
  next_ = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                 std::chrono::duration<double>(std::isfinite(pause) ? pause : kNever));
}

bool ArmCheckpoint::exists() const {
  std::error_code error;
  return std::filesystem::exists(file_, error);
}

void ArmCheckpoint::remove() const {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  std::filesystem::remove(file_.string() + ".part", ignored);
}

void ArmCheckpoint::save(simulation::Simulation& simulation, ArmRecorder& recorder) {
  const auto begin = std::chrono::steady_clock::now();
  schedule({});  // also if this fails
  output::CheckpointWriter writer(file_, labels_);
  recorder.exchange(writer);
  simulation.save(writer);
  writer.commit();
  schedule(std::chrono::steady_clock::now() - begin);
}

output::CheckpointReader ArmCheckpoint::open(ArmRecorder& recorder) const {
  output::CheckpointReader reader(file_);
  for (const auto& [name, text] : labels_) {
    const auto found = reader.labels().find(name);
    if (found == reader.labels().end() || found->second != text) {
      throw InputError(fmt::format("the checkpoint '{}' cannot be taken up: {}", file_.string(), reason(name)),
                       "howship resume --from-start runs the arms that are not complete from their first day");
    }
  }
  recorder.exchange(reader);
  return reader;
}

output::CheckpointLabels checkpoint_labels(const std::string& resolved, const Place& place) {
  std::string vertebra;
  for (const auto& [name, values] : place.given) vertebra += name + digest(bytes_of(values));
  vertebra += digest(bytes_of(place.domain.active()));
  for (const auto& [name, sha] : place.digests) vertebra += name + sha;
  return {{"format", "1"},
          {"study", digest(resolved)},
          {"vertebra", digest(vertebra)},
          {"program", file_digest("/proc/self/exe")}};
}

}  // namespace howship::study
