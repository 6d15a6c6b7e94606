#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "howship/core/diagnostics.hpp"
#include "howship/model/model.hpp"
#include "howship/model/names.hpp"

namespace howship::model {

/// A string of a model file and where its first character stands.
struct Text {
  std::string value;
  SourceLocation where;
};

struct SpeciesStatement {
  std::string id, title, scope, unit;
  Text initial;
  double typical = 1.0;
  std::optional<Text> diffusion;
  SourceLocation where, unit_where;
};

struct ParameterStatement {
  std::string id, title, unit, source;
  double value = 0.0, low = 0.0, high = 0.0;
  SourceLocation where, unit_where;
};

struct QuantityStatement {
  std::string id, title;
  std::optional<std::string> unit;
  Text formula;
  SourceLocation where, unit_where;
};

struct ChangeStatement {
  std::string species;
  Text coefficient;
  SourceLocation where;
};

struct ProcessStatement {
  std::string id, title, source;
  Text rate;
  std::vector<ChangeStatement> changes;
  SourceLocation where;
};

struct ObservableStatement {
  std::string id, title, unit;
  Text formula;
  bool conserved = false;
  SourceLocation where, unit_where;
};

struct ModificationStatement {
  enum class Kind { multiply, add, replace, value, initial, diffusion };
  std::string target;
  Kind kind = Kind::multiply;
  Text formula;        ///< of all but value
  double value = 0.0;  ///< of value, in the parameter's unit
  std::string source;  ///< of value, initial and diffusion
  SourceLocation where;
};

struct DoseStatement {
  std::string id, title;
  Text enters, bioavailability;
  SourceLocation where;
};

struct EventStatement {
  struct Assignment {
    std::string species;
    Text value;
    SourceLocation where;
  };
  std::string id, title;
  Text when;
  bool at_start = true, persistent = true, values_at_trigger = true;
  std::optional<Text> delay, priority;
  std::vector<Assignment> set;
  SourceLocation where;
};

/// What one model file says, in the order in which it says it.
struct Statements {
  std::string id, file, title;
  bool units_checked = true;
  std::string time_unit = "day";
  bool random_event_order = false;
  SourceLocation units_where;  ///< of the statement that units are not checked
  std::vector<std::string> cites;
  std::vector<Text> extends, without;
  std::vector<SpeciesStatement> species;
  std::vector<ParameterStatement> parameters;
  std::vector<QuantityStatement> quantities;
  std::vector<ProcessStatement> processes;
  std::vector<ObservableStatement> observables;
  std::vector<ModificationStatement> modifications;
  std::vector<DoseStatement> doses;
  std::vector<EventStatement> events;
  bool complete = true;  ///< false if something could not be read that later checks would only stumble over
};

/// The line of a text, counted from 1, for the caret of a message.
std::string line_of(std::string_view text, int line);

/// Reads the TOML of one model file. Faults go to `diagnostics`; what could be read is returned all the same.
Statements read_statements(const std::string& id, const std::string& file, const std::string& text,
                           Diagnostics& diagnostics);

}  // namespace howship::model
