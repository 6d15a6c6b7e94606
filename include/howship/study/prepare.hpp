#pragma once

#include <memory>
#include <string>
#include <vector>

#include "howship/model/library.hpp"
#include "howship/output/manifest.hpp"
#include "howship/simulation/sensitivity_run.hpp"
#include "howship/simulation/simulation.hpp"
#include "howship/study/study.hpp"

namespace howship::study {

/// What a frame holds of the model.
struct FrameField {
  std::string name, title;
  Unit unit;
  model::NodeId node = 0;
};

/// An arm whose every statement has been checked against its model: ready to be compiled and run.
struct PreparedArm {
  std::string id, title;
  std::vector<std::string> models;
  std::shared_ptr<const model::Model> model;
  std::vector<double> parameters;    ///< base units, in the model's order
  simulation::Schedule schedule;     ///< doses, and rows and frames together
  std::vector<double> rows, frames;  ///< day, ascending; the same numbers as in the schedule
  std::vector<output::DoseRecord> doses;
  std::vector<simulation::DrugDose> drug_doses;  ///< those of the schedule, before bioavailability
  std::vector<FrameField> fields;
};

/// The models of the study, with the texts that it carries itself.
model::Library library_of(const Study& study, const std::filesystem::path& models);

/// The names that a model may use after "given.": fields that every vertebra provides.
const std::vector<std::string>& given_names();

/// A fault for each name that the model reads after "given." and no vertebra provides; without a place.
std::vector<Diagnostic> unknown_given(const model::Model& model);

/// Builds the model of every arm and checks parameters, doses, fields and given fields against it. Arms of the same
/// models share one. Faults are added; arms that have any are left out.
std::vector<PreparedArm> prepare_arms(const Study& study, const model::Library& library, const UnitSystem& units,
                                      Diagnostics& faults);

}  // namespace howship::study
