#pragma once

#include <string>
#include <vector>

#include "howship/study/patients.hpp"
#include "howship/study/prepare.hpp"

namespace howship::study {

/// Which parameters of an arm a table of patients sets.
class PatientArm {
 public:
  struct Target {
    std::size_t column = 0, parameter = 0;  ///< of the table; of the model
    Unit unit;
  };
  /// Of what a dose may depend on.
  struct BodyTarget {
    std::size_t column = 0;
    std::optional<Quantity> Body::*what = nullptr;
    Unit unit;
  };
  PatientArm(std::vector<double> shared, Body body) : shared_(std::move(shared)), body_(std::move(body)) {}
  void add(Target target) { targets_.push_back(std::move(target)); }
  void add(BodyTarget target) { body_targets_.push_back(std::move(target)); }
  const std::vector<BodyTarget>& body_targets() const { return body_targets_; }
  const std::vector<Target>& targets() const { return targets_; }

  /// The parameter values of a patient in this arm, base units.
  std::vector<double> parameters(const PatientTable& table, std::size_t patient) const;
  /// What doses may depend on, of a patient in this arm.
  Body body(const PatientTable& table, std::size_t patient) const;

 private:
  std::vector<double> shared_;
  Body body_;
  std::vector<Target> targets_;
  std::vector<BodyTarget> body_targets_;
};

/// Finds every column's parameter in the arms' models, and checks every value against it.
/// @param arms   prepared ones, in the study's order
/// @param notes  receives what the user should know: where a column does not count
std::vector<PatientArm> patient_arms(const Study& study, const PatientTable& table,
                                     const std::vector<PreparedArm>& arms, const UnitSystem& units, Diagnostics& faults,
                                     std::vector<std::string>& notes);

}  // namespace howship::study
