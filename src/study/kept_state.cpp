#include "kept_state.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"
#include "howship/output/checkpoint.hpp"

namespace howship::study {
namespace {

constexpr const char* kFormat = "state format";
constexpr const char* kVertebra = "vertebra";
constexpr std::string_view kBegin = "day_", kEnd = ".h5";

std::string systemic_name(const model::Species& species) {
  return "systemic/" + species.id;
}
std::string local_name(const model::Species& species) {
  return "local/" + species.id;
}

bool is_local(const model::Species& species) {
  return species.scope == model::Scope::local;
}
std::string name_of(const model::Species& species) {
  return is_local(species) ? local_name(species) : systemic_name(species);
}

simulation::Archive::Part part_of(std::size_t voxels, simulation::Slabs::Slab slab) {
  return {1, voxels, slab.begin, slab.size(), slab.size()};
}

// The file, if a run of this model in this vertebra can go on from it.
output::CheckpointReader fitting(const std::filesystem::path& file, const std::string& vertebra,
                                 const model::Model& model) {
  output::CheckpointReader reader(file);
  const auto& labels = reader.labels();
  const auto label = [&labels](const char* name) {
    const auto found = labels.find(name);
    return found != labels.end() ? found->second : std::string();
  };
  if (label(kFormat) != "1")
    throw InputError(fmt::format("'{}' holds no state that this version of howship can read", file.string()));
  if (label(kVertebra) != vertebra) {
    throw InputError(fmt::format("the state '{}' is that of another vertebra or lesion", file.string()),
                     "leave [vertebra] and [lesion] out: they are those of the run that is left");
  }
  bool waiting = false;
  reader.number("waiting", waiting);
  if (waiting) {
    throw InputError(
        fmt::format(
            "on the day of '{}' an event waits for its delay to pass or a dose is still entering, which is not kept",
            file.string()),
        "branch on another day (output.states says which days are kept)");
  }
  for (const model::Species& species : model.species) {
    if (!reader.contains(is_local(species) ? systemic_name(species) : local_name(species))) continue;
    throw InputError(fmt::format("{} is {} in the model, and was {} in the run that is left", species.id,
                                 is_local(species) ? "local" : "systemic", is_local(species) ? "systemic" : "local"),
                     "the models of a branch may add to those of the run, and not change what kind a species is");
  }
  return reader;
}

}  // namespace

std::filesystem::path state_file(const std::filesystem::path& arm_folder, double day) {
  return arm_folder / "states" / fmt::format("{}{}{}", kBegin, day, kEnd);
}

std::vector<double> kept_days(const std::filesystem::path& arm_folder) {
  std::vector<double> days;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(arm_folder / "states", error)) {
    const std::string name = entry.path().filename().string();
    if (name.size() <= kBegin.size() + kEnd.size() || !name.starts_with(kBegin) || !name.ends_with(kEnd)) continue;
    double day = 0.0;
    const char* last = name.data() + name.size() - kEnd.size();
    const auto [end, code] = std::from_chars(name.data() + kBegin.size(), last, day);
    if (code == std::errc() && end == last) days.push_back(day);
  }
  std::sort(days.begin(), days.end());
  return days;
}

void keep_state(const std::filesystem::path& file, const std::string& vertebra, const model::Model& model,
                const simulation::State& state, std::size_t voxels, simulation::Slabs::Slab slab, bool waiting,
                Ranks& ranks) {
  ranks.together([&] {
    std::error_code error;
    if (ranks.first()) std::filesystem::create_directories(file.parent_path(), error);
    if (error) throw OutputError(fmt::format("cannot create '{}': {}", file.parent_path().string(), error.message()));
  });
  output::CheckpointWriter writer(file, {{kFormat, "1"}, {kVertebra, vertebra}}, &ranks);
  double time = state.time;
  writer.number("time", time);
  writer.number("waiting", waiting);
  for (const std::size_t index : model.systemic) {
    double value = state.systemic[model.species[index].slot];
    writer.number(systemic_name(model.species[index]), value);
  }
  std::vector<double> field(slab.size());
  for (const std::size_t index : model.local) {
    const double* from = state.local.data + model.species[index].slot * state.local.stride;
    std::copy(from, from + field.size(), field.begin());
    writer.exchange_part(local_name(model.species[index]), std::span(field), part_of(voxels, slab));
  }
  writer.commit();
}

void check_state(const std::filesystem::path& file, const std::string& digest, const std::string& vertebra,
                 const model::Model& model) {
  fitting(file, vertebra, model);
  if (file_digest(file) != digest)
    throw InputError(fmt::format("the state '{}' has changed since", file.string()), "run the branch anew");
}

KeptState kept_state(const std::filesystem::path& file, const std::string& vertebra, const model::Model& model,
                     std::size_t voxels, simulation::Slabs::Slab slab) {
  output::CheckpointReader reader = fitting(file, vertebra, model);
  KeptState kept;
  reader.number("time", kept.start.time);
  kept.start.systemic.resize(model.systemic.size());
  kept.start.local.resize(model.local.size());
  for (const model::Species& species : model.species) {
    const std::string name = name_of(species);
    if (!reader.contains(name)) {
      kept.fresh.push_back(species.id);
    } else if (is_local(species)) {
      kept.start.local[species.slot].resize(slab.size());
      reader.exchange_part(name, std::span(kept.start.local[species.slot]), part_of(voxels, slab));
    } else {
      double value = 0.0;
      reader.number(name, value);
      kept.start.systemic[species.slot] = value;
    }
  }
  return kept;
}

}  // namespace howship::study
