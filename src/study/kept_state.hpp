#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "howship/model/model.hpp"
#include "howship/simulation/simulation.hpp"

namespace howship::study {

/// What a run had come to on a day, kept so that other runs can go on from there: every species under its name, in
/// HDF5. Unlike a checkpoint it knows nothing of the solver, and the models of those runs may be others.

/// ARM/states/day_DAY.h5
std::filesystem::path state_file(const std::filesystem::path& arm_folder, double day);

/// The days that an arm has kept, ascending.
std::vector<double> kept_days(const std::filesystem::path& arm_folder);

/// @param vertebra  what says which vertebra it is; empty: a single voxel, of any bone
/// @param voxels    of the whole vertebra  @param slab  those of this rank, which the state holds
/// @param waiting   whether an event waits or a dose is still entering, which no file keeps
/// @throws OutputError when the disk is full. All ranks
void keep_state(const std::filesystem::path& file, const std::string& vertebra, const model::Model& model,
                const simulation::State& state, std::size_t voxels, simulation::Slabs::Slab slab, bool waiting,
                Ranks& ranks);

/// What was kept, as where a run of this model begins.
struct KeptState {
  simulation::Start start;
  std::vector<std::string> fresh;  ///< species of the model that were not kept: they begin at their own initial values
};

/// Refuses what a run of this model cannot go on from, without reading its arrays.
/// @param digest  of the file, as it was when the branch was read
/// @throws InputError if the file is missing, has changed, is of another vertebra, or something was waiting
void check_state(const std::filesystem::path& file, const std::string& digest, const std::string& vertebra,
                 const model::Model& model);

/// @param voxels  of the whole vertebra  @param slab  those of this rank, which the start gets
/// @throws InputError if the file is missing, damaged, of another vertebra, or something was waiting
KeptState kept_state(const std::filesystem::path& file, const std::string& vertebra, const model::Model& model,
                     std::size_t voxels, simulation::Slabs::Slab slab);

}  // namespace howship::study
