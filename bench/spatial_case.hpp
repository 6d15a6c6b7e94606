#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/model/kinetics.hpp"
#include "howship/simulation/simulation.hpp"
#include "howship/study/place.hpp"
#include "howship/study/prepare.hpp"
#include "howship/study/read_study.hpp"

namespace howship::bench {

/// The yardstick: an arm of bone_agents_L3 at a voxel size of choice, or of bone_agents_0d.
struct SpatialCase {
  study::PreparedArm arm;
  study::Place place;
  std::shared_ptr<const model::Kinetics> kinetics;
  std::vector<std::vector<double>> given;

  static SpatialCase read(const std::string& arm_id, double voxel) {
    return read(arm_id, "bone_agents_L3", {fmt::format("vertebra.voxel_size={} mm", voxel)});
  }
  static SpatialCase without_space(const std::string& arm_id) { return read(arm_id, "bone_agents_0d", {}); }

  static SpatialCase read(const std::string& arm_id, const std::string& id, const std::vector<std::string>& overrides) {
    const UnitSystem units;
    const study::DataFolder data{std::filesystem::path(HOWSHIP_SOURCE_DIR)};
    const auto path = data.study(id);
    Diagnostics faults;
    const study::Study study = study::read_study(read_text(path), path.string(), overrides, data, units, faults);
    auto arms = study::prepare_arms(study, study::library_of(study, data.models()), units, faults);
    faults.raise_if_any();
    for (study::PreparedArm& arm : arms) {
      if (arm.id != arm_id) continue;
      SpatialCase out{arm, study::build_place(study), std::make_shared<const model::Kinetics>(arm.model), {}};
      out.given = out.place.given_fields(arm.model->given);
      return out;
    }
    throw std::invalid_argument("no arm " + arm_id);
  }

  simulation::Simulation simulation(double tolerance, int threads) const {
    simulation::SolverOptions options;
    options.relative_tolerance = tolerance;
    options.threads = {threads};
    return {kinetics, arm.parameters, place.domain, given, options};
  }
};

}  // namespace howship::bench
