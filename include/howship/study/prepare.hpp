#pragma once

#include <memory>
#include <string>
#include <vector>

#include "howship/model/library.hpp"
#include "howship/output/manifest.hpp"
#include "howship/simulation/simulation.hpp"
#include "howship/study/study.hpp"

namespace howship::study {

/// What a frame holds of the model.
struct FrameField {
  std::string name, title;
  Unit unit;
  model::NodeId node = 0;
};

/// What a dose of the schedule is before bioavailability, which parameters decide.
struct DoseGiven {
  const model::Drug* drug = nullptr;
  double amount = 0.0;  ///< base unit
  DoseAmount stated;    ///< what the amount follows from
};

/// A hold rule of an arm, with its level and what it looks at found in the model.
struct DoseGate {
  std::string of;
  model::NodeId node = 0;
  bool above = false;
  double level = 0.0;            ///< base unit
  std::optional<double> resume;  ///< base unit
};

/// An arm whose every statement has been checked against its model: ready to be compiled and run.
struct PreparedArm {
  std::string id, title;
  std::vector<std::string> models;
  std::shared_ptr<const model::Model> model;
  std::vector<double> parameters;  ///< base units, in the model's order
  simulation::Schedule schedule;   ///< doses, and rows and frames together
  std::vector<DoseGiven> given;    ///< one per dose of the schedule
  Body patient;
  std::vector<DoseGate> gates;               ///< by Dose::gate
  std::vector<double> rows, frames, states;  ///< day, ascending; the same numbers as in the schedule
  std::vector<output::DoseRecord> doses;
  std::vector<FrameField> fields;
  std::vector<std::string> notes;  ///< what the user should know, a sentence each
};

/// The models of the study, with the texts that it carries itself.
model::Library library_of(const Study& study, const std::filesystem::path& models);

/// The names that a model may use after "given.": fields that every vertebra provides.
const std::vector<std::string>& given_names();

/// A fault for each name that the model reads after "given." and no vertebra provides; without a place.
std::vector<Diagnostic> unknown_given(const model::Model& model);

/// A parameter's value in base units. @throws InputError if the unit is of another dimension, or the value not in the
/// parameter's range; without a place
double checked_value(const model::Parameter& parameter, double value, const Unit& unit);

/// The share of a dose that arrives. @throws InputError if it makes no sense; without a place
double bioavailability(const model::Model& model, const model::Drug& drug, const std::vector<double>& parameters);

/// Whether an amount of a drug is stated per body mass.
bool is_per_mass(const Quantity& amount, const Dimension& of_drug);

/// The amount that is stated for somebody. @throws InputError if there is none for this renal function; without a place
const Quantity& stated_amount(const DoseAmount& amount, const Body& body);

/// That in base units. @throws InputError also if it is per body mass and no weight is known; without a place
double amount_of(const DoseAmount& amount, const Dimension& of_drug, const Body& body);

/// Gives an arm another patient, and its doses the amounts that follow. @throws InputError as amount_of
void set_patient(PreparedArm& arm, const Body& body);

/// Gives an arm other parameter values, and its doses the amounts that arrive under these.
/// @throws InputError if a bioavailability makes no sense; without a place
void set_parameters(PreparedArm& arm, std::vector<double> parameters);

/// Builds the model of every arm and checks parameters, doses, fields and given fields against it. Arms of the same
/// models share one. Faults are added; arms that have any are left out.
std::vector<PreparedArm> prepare_arms(const Study& study, const model::Library& library, const UnitSystem& units,
                                      Diagnostics& faults);

}  // namespace howship::study
