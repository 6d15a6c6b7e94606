#include "patient_arms.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sections.hpp"

namespace howship::study {
namespace {

constexpr std::size_t kMostFaults = InputError::kShown - 1;  // and that it stops there

bool sets_itself(const Arm& arm, const std::string& parameter) {
  return std::any_of(arm.parameters.begin(), arm.parameters.end(),
                     [&parameter](const ParameterValue& value) { return value.id == parameter; });
}

class Binder {
 public:
  Binder(const Study& study, const PatientTable& table, const std::vector<PreparedArm>& arms, const UnitSystem& units,
         Diagnostics& faults, std::vector<std::string>& notes)
      : study_(study), table_(table), arms_(arms), units_(units), faults_(faults), notes_(notes) {}

  std::vector<PatientArm> bind() {
    std::vector<PatientArm> bound;
    for (const PreparedArm& arm : arms_) bound.emplace_back(arm.parameters, arm.patient);
    for (std::size_t column = 0; column < table_.columns.size(); ++column) bind_column(column, bound);
    if (found_ == 0) check_values(bound);
    return bound;
  }

 private:
  void fault(const SourceLocation& where, const std::string& message, const std::string& hint = {}) {
    ++found_;
    faults_.add(table_.source.diagnostic(where, message, hint));
  }

  void bind_column(std::size_t c, std::vector<PatientArm>& bound) {
    const PatientTable::Column& column = table_.columns[c];
    bool known = false, counts = false;
    std::vector<std::string> own;
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      const model::Model& model = *arms_[a].model;
      const model::Parameter* parameter = model.find_parameter(column.parameter);
      if (parameter == nullptr) continue;
      known = true;
      if (sets_itself(study_.arms[a], column.parameter)) {
        own.push_back(arms_[a].id);
        continue;
      }
      counts = true;
      const auto unit = unit_of(column, *parameter);
      if (!unit) return;  // once is enough
      bound[a].add({c, static_cast<std::size_t>(parameter - model.parameters.data()), *unit});
    }
    if (!known && bind_body(c, bound)) return;
    if (!known) {
      std::set<std::string> names;
      for (const PreparedArm& arm : arms_) {
        for (const model::Parameter& parameter : arm.model->parameters) names.insert(parameter.id);
      }
      fault(column.where, fmt::format("there is no parameter '{}' in the models of this study", column.parameter),
            did_you_mean(column.parameter, {names.begin(), names.end()}));
    } else if (!counts) {
      fault(column.where, fmt::format("every arm sets {} itself, so this column would not count", column.parameter),
            "take the column out, or the parameter out of the arms");
    } else if (!own.empty()) {
      notes_.push_back(fmt::format("the patients' {} does not count in arm {}, which sets it itself", column.parameter,
                                   fmt::join(own, ", ")));
    }
  }

  static bool uses(const DoseGiven& given, std::optional<Quantity> Body::*what) {
    if (what == &Body::creatinine_clearance) return !given.stated.by_clearance.empty();
    const auto per_mass = [&](const Quantity& amount) { return is_per_mass(amount, given.drug->amount); };
    return per_mass(given.stated.amount) ||
           std::any_of(given.stated.by_clearance.begin(), given.stated.by_clearance.end(),
                       [&](const ClearanceRow& row) { return per_mass(row.amount); });
  }

  // A column that doses depend on. False: it is none.
  bool bind_body(std::size_t c, std::vector<PatientArm>& bound) {
    const PatientTable::Column& column = table_.columns[c];
    const bool is_weight = column.parameter == "weight";
    if (!is_weight && column.parameter != "creatinine_clearance") return false;
    const auto what = is_weight ? &Body::weight : &Body::creatinine_clearance;
    bool counts = false;
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      if (study_.arms[a].patient.*what) continue;
      if (std::none_of(arms_[a].given.begin(), arms_[a].given.end(), [&](const auto& g) { return uses(g, what); }))
        continue;
      counts = true;
      model::Parameter like;
      like.id = column.parameter;
      like.unit = units_.parse(is_weight ? "kg" : "mL/min");
      const auto unit = unit_of(column, like);
      if (!unit) return true;
      bound[a].add(PatientArm::BodyTarget{c, what, *unit});
    }
    if (!counts)
      fault(column.where, fmt::format("no dose of this study depends on the patients' {}", column.parameter),
            is_weight ? "a dose in mg/kg does" : "a dose by creatinine clearance does");
    return true;
  }

  std::optional<Unit> unit_of(const PatientTable::Column& column, const model::Parameter& parameter) {
    if (column.unit == parameter.unit.text) return parameter.unit;
    try {
      const Unit unit = column.unit.empty() ? Unit{} : units_.parse(column.unit);
      if (unit.dimension == parameter.unit.dimension) return unit;
      const std::string heading = fmt::format("{} [{}]", parameter.id, parameter.unit.text);
      fault(column.where,
            column.unit.empty()
                ? fmt::format("parameter {} is in {}, and its column names no unit", parameter.id, parameter.unit.text)
                : fmt::format("parameter {} is in {}, and '{}' is no such unit", parameter.id, parameter.unit.text,
                              column.unit),
            fmt::format("head the column '{}', or name another unit of that dimension", heading));
    } catch (const UnitError& error) {
      fault(column.where, error.what(), error.hint());
    }
    return std::nullopt;
  }

  /// Whether what the patients say of an arm changes how much of a dose arrives.
  static bool moves_doses(const PreparedArm& arm, const PatientArm& bound) {
    if (!bound.body_targets().empty()) return true;
    const model::Graph& graph = arm.model->graph;
    for (const DoseGiven& given : arm.given) {
      for (const model::NodeId leaf : graph.leaves(given.drug->bioavailability)) {
        for (const PatientArm::Target& target : bound.targets()) {
          if (arm.model->parameters[target.parameter].node == leaf) return true;
        }
      }
    }
    return false;
  }

  void check_values(const std::vector<PatientArm>& bound) {
    std::vector<std::optional<PreparedArm>> trials;
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      trials.emplace_back();
      if (moves_doses(arms_[a], bound[a])) trials.back() = arms_[a];
    }
    for (std::size_t patient = 0; patient < table_.patients.size(); ++patient) {
      std::set<std::size_t> refused;  // a cell is refused once, and not for every arm
      for (std::size_t a = 0; a < arms_.size(); ++a) check_patient(patient, arms_[a], bound[a], trials[a], refused);
      if (found_ < kMostFaults) continue;
      fault({table_.source.file, table_.lines[patient], 1}, "too many faults: what follows was not looked at");
      return;
    }
  }

  void check_patient(std::size_t patient, const PreparedArm& arm, const PatientArm& bound,
                     std::optional<PreparedArm>& trial, std::set<std::size_t>& refused) {
    for (const PatientArm::Target& target : bound.targets()) {
      try {
        checked_value(arm.model->parameters[target.parameter], table_.value(patient, target.column), target.unit);
      } catch (const InputError& error) {
        if (refused.insert(target.column).second)
          fault(table_.where(patient, target.column), error.diagnostics().front().message,
                error.diagnostics().front().hint);
      }
    }
    for (const PatientArm::BodyTarget& target : bound.body_targets()) {
      const double value = table_.value(patient, target.column) * target.unit.scale;
      const Range range = target.what == &Body::weight ? kWeight : kClearance;
      if (value >= range.low && value <= range.high) continue;
      if (refused.insert(target.column).second)
        fault(table_.where(patient, target.column),
              fmt::format("{} is not that of a person",
                          with_unit(fmt::format("{}", table_.value(patient, target.column)), target.unit)));
    }
    if (!trial || !refused.empty()) return;
    try {
      set_patient(*trial, bound.body(table_, patient));
      set_parameters(*trial, bound.parameters(table_, patient));
    } catch (const InputError& error) {
      fault(
          {table_.source.file, table_.lines[patient], 1},
          fmt::format("patient {}, arm {}: {}", table_.patients[patient], arm.id, error.diagnostics().front().message),
          error.diagnostics().front().hint);
    }
  }

  const Study& study_;
  const PatientTable& table_;
  const std::vector<PreparedArm>& arms_;
  const UnitSystem& units_;
  Diagnostics& faults_;
  std::vector<std::string>& notes_;
  std::size_t found_ = 0;
};

}  // namespace

std::vector<double> PatientArm::parameters(const PatientTable& table, std::size_t patient) const {
  std::vector<double> values = shared_;
  for (const Target& target : targets_)
    values[target.parameter] = table.value(patient, target.column) * target.unit.scale;
  return values;
}

Body PatientArm::body(const PatientTable& table, std::size_t patient) const {
  Body body = body_;
  for (const BodyTarget& target : body_targets_)
    body.*target.what = Quantity{table.value(patient, target.column), target.unit};
  return body;
}

std::vector<PatientArm> patient_arms(const Study& study, const PatientTable& table,
                                     const std::vector<PreparedArm>& arms, const UnitSystem& units, Diagnostics& faults,
                                     std::vector<std::string>& notes) {
  return Binder(study, table, arms, units, faults, notes).bind();
}

}  // namespace howship::study
