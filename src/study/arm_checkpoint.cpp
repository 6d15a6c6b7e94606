#include "arm_checkpoint.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"
#include "howship/core/stopwatch.hpp"

namespace howship::study {
namespace {

constexpr double kMostOfTheTime = 1.0 / 20.0;

// What a label that differs means to the user.
std::string reason(const std::string& label) {
  if (label == "resolved.toml") return "resolved.toml has changed since";
  if (label == "vertebra") return "the vertebra is another one: an image has changed, or how vertebrae are built";
  if (label == "program") return "it was begun by another build of howship, which may round differently";
  if (label == "arm") return "it is that of another arm";
  return fmt::format("its '{}' is another", label);
}

template <class Value>
std::string_view bytes_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};  // NOLINT: bytes of numbers
}

}  // namespace

ArmCheckpoint::ArmCheckpoint(std::filesystem::path file, output::CheckpointLabels labels, double every_seconds,
                             Ranks& ranks)
    : file_(std::move(file)), labels_(std::move(labels)), every_(every_seconds), ranks_(ranks) {
  schedule(0.0);
}

void ArmCheckpoint::schedule(double cost) {
  constexpr double kNever = 1e9;  // seconds; a clock holds no infinity
  const std::chrono::duration<double> pause(std::min(kNever, std::max(every_, cost / kMostOfTheTime)));
  next_ = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(pause);
}

bool ArmCheckpoint::exists() const {
  std::error_code error;
  return ranks_.any(ranks_.first() && std::filesystem::exists(file_, error));
}

void ArmCheckpoint::remove() const {
  if (!ranks_.first()) return;
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  std::filesystem::remove(file_.string() + ".part", ignored);
}

void ArmCheckpoint::save(double day, simulation::Simulation& simulation, ArmRecorder& recorder, DoseGates& gates) {
  constexpr double kAfterAFailure = 3.0;  // seconds; a disk does not empty itself at once
  const Stopwatch watch;
  schedule(kAfterAFailure);
  output::CheckpointWriter writer(file_, labels_, &ranks_);
  ranks_.together([&] {
    recorder.exchange(writer);
    gates.exchange(writer);
  });
  simulation.save(writer);
  writer.commit();
  saved_day_ = day;
  schedule(watch.seconds());
}

output::CheckpointReader ArmCheckpoint::open(ArmRecorder& recorder, DoseGates& gates) const {
  std::optional<output::CheckpointReader> reader;
  ranks_.together([&] {
    reader.emplace(file_);
    const std::string other = difference(labels_, reader->labels());
    if (!other.empty())
      throw InputError(fmt::format("the checkpoint '{}' cannot be taken up: {}", file_.string(), other));
    recorder.exchange(*reader);
    gates.exchange(*reader);
  });
  return std::move(*reader);
}

std::string vertebra_digest(const Place& place) {
  std::string vertebra;
  for (const auto& [name, values] : place.given) vertebra += name + digest(bytes_of(values));
  vertebra += digest(bytes_of(place.domain.active()));
  for (const auto& [name, sha] : place.digests) vertebra += name + sha;
  return digest(vertebra);
}

output::CheckpointLabels checkpoint_labels(const std::string& resolved, const Place& place) {
  return {{"checkpoint format", "2"},
          {"resolved.toml", digest(resolved)},
          {"vertebra", vertebra_digest(place)},
          {"program", file_digest("/proc/self/exe")}};
}

std::string difference(const output::CheckpointLabels& wanted, const std::map<std::string, std::string>& found) {
  for (const auto& [name, text] : wanted) {
    const auto place = found.find(name);
    if (place == found.end() || place->second != text) return reason(name);
  }
  return {};
}

}  // namespace howship::study
