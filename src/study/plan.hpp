#pragma once

#include "howship/model/kinetics.hpp"
#include "howship/study/place.hpp"
#include "howship/study/prepare.hpp"
#include "howship/study/simulation.hpp"

namespace howship::study {

/// An arm and its model as code.
struct CompiledArm {
  PreparedArm arm;
  std::shared_ptr<const model::Kinetics> kinetics;
};

/// Compiles the model of every arm; arms with the same model share the code.
std::vector<CompiledArm> compile_arms(std::vector<PreparedArm> arms);

/// Refuses a vertebra of more voxels than the memory can hold, before it is built. @throws InputError
void check_lattice(const Study& study, const std::vector<CompiledArm>& arms, const Ranks& ranks);

/// Counts what a run takes. @throws InputError if the memory, OutputError if the disk cannot hold it, and InputError if
/// an arm cannot go on from the state that a branch names
/// @param at_once  how many arms are solved side by side
Plan make_plan(const Study& study, const std::vector<CompiledArm>& arms, const Place& place,
               const std::filesystem::path& folder, const Ranks& ranks, int at_once = 1);

}  // namespace howship::study
