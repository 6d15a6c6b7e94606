#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "howship/core/error.hpp"
#include "howship/core/units.hpp"
#include "howship/model/expression.hpp"

namespace howship::model {

enum class Scope { local, systemic };

/// Where a statement was made, and from which published source its numbers come.
struct Origin {
  SourceLocation where;
  std::string file_id;  ///< the model file's id
};

struct Species {
  std::string id, title;
  Scope scope = Scope::local;
  Unit unit;
  std::size_t slot = 0;                      ///< among the species of the same scope
  NodeId node = 0;                           ///< its leaf in the graph
  NodeId initial = 0;                        ///< depends on parameters and, of a local species, on given fields
  std::string initial_text, initial_source;  ///< the source where an overlay sets it, otherwise empty
  double typical = 1.0;                      ///< base unit; relative accuracy is kept above this size
  std::optional<NodeId> diffusion;  ///< mm^2/day; depends on parameters, given fields and the voxel's own species
  std::string diffusion_text, diffusion_source;  ///< as above
  Origin origin;
};

struct Parameter {
  std::string id, title;
  std::string text;  ///< what formulas mean by its id: the id, or that with the modifications of overlays
  Unit unit;
  NodeId node = 0;               ///< its leaf in the graph
  double value = 0.0;            ///< base unit
  double low = 0.0, high = 0.0;  ///< base unit
  std::string source;
  Origin origin;
};

struct Quantity {
  std::string id, title;
  std::string text;  ///< the formula as written, with the modifications of overlays
  Unit unit;         ///< declared, or the base unit of its dimension
  NodeId node = 0;
  Stage stage = Stage::voxel;
  Origin origin;
};

struct Change {
  std::size_t species = 0;  ///< index into Model::species
  NodeId coefficient = 0;
  std::string coefficient_text;
};

/// A rate and what it changes. All the species it changes have its scope.
struct Process {
  std::string id, title;
  std::string text;
  Scope scope = Scope::local;
  Dimension dimension;  ///< of the rate
  NodeId rate = 0;
  std::vector<Change> changes;
  std::string source;
  Origin origin;
};

/// A sum over tissue that the systemic level, or an observer, sees.
struct Reduction {
  enum class Kind { integral, mean, maximum };
  Kind kind = Kind::integral;
  std::string region;  ///< one of region_names(); empty: the whole vertebra
  NodeId integrand = 0;
  std::string text;  ///< "mean(..., trabecular)", for messages
};

/// The parts of a vertebra that a reduction may name; "body" is all but the posterior elements.
const std::vector<std::string>& region_names();

/// A number (stage below voxel) or a field (stage voxel) to be reported.
struct Observable {
  std::string id, title;
  std::string text;
  Unit unit;
  NodeId node = 0;
  Stage stage = Stage::time;
  bool conserved = false;  ///< only doses and events change it: a ledger, which every run closes in run.json
  Origin origin;
};

/// A drug as a dose table knows it: which species an amount enters, and how much of it arrives.
struct Drug {
  std::string id, title;
  std::size_t species = 0;
  NodeId bioavailability = 0;  ///< parameters only
  std::string bioavailability_text;
  Dimension amount;  ///< what a dose is measured in
  Origin origin;
};

/// Systemic species take new values at once when a condition turns true; the meaning is that of SBML Level 3 events.
struct Event {
  struct Assignment {
    std::size_t species = 0;  ///< index into Model::species
    NodeId value = 0;
    std::string text;
  };
  std::string id, title;
  NodeId when = 0;  ///< systemic species, parameters and time only; so are delay, priority and values
  std::string when_text, delay_text, priority_text;
  bool at_start = true;            ///< what the condition counts as before day 0; false: an event may happen on day 0
  bool persistent = true;          ///< false: called off if the condition turns false before its delay is over
  bool values_at_trigger = true;   ///< values are computed when the condition turns true, not after the delay
  std::optional<NodeId> delay;     ///< day
  std::optional<NodeId> priority;  ///< the highest happens first
  std::vector<Assignment> set;
  Origin origin;
};

struct Model;

/// The delay of an event, in days, where parameters alone decide it.
/// @param parameters  base units, in the model's order
std::optional<double> known_delay(const Model& model, const Event& event, const std::vector<double>& parameters);

/// A model file that was read, for reports and for resolved.toml.
struct SourceFile {
  std::string id;  ///< path below models/ without .toml, "bone/remodelling"
  std::string title;
  std::string text;  ///< the whole file
  std::vector<std::string> cites;
};

/// A flattened model: base and overlays joined, every formula checked and in one graph.
struct Model {
  std::string title;
  bool units_checked = true;      ///< false: units are labels, and every number counts as it is written
  std::string time_unit = "day";  ///< a label, and anything but day only where units are not checked
  Graph graph;
  std::vector<Species> species;
  std::vector<Parameter> parameters;
  std::vector<Quantity> quantities;
  std::vector<Process> processes;
  std::vector<Reduction> reductions;  ///< those that rates use come first
  std::size_t rate_reductions = 0;
  std::vector<Observable> observables;
  std::vector<Drug> drugs;
  std::vector<Event> events;
  bool random_event_order = false;  ///< of events that are due at once with the same priority; false: the file's order
  std::vector<std::string> given;   ///< names of the vertebra's fields that the model reads
  std::vector<SourceFile> files;

  std::vector<std::size_t> local, systemic;  ///< species indices in slot order
  std::vector<NodeId> rates;                 ///< d/dt of each species without transport, in species order

  const Species* find_species(const std::string& id) const;
  const Parameter* find_parameter(const std::string& id) const;
  const Drug* find_drug(const std::string& id) const;
  /// The node of a species, parameter, quantity or observable by its id.
  std::optional<NodeId> find_node(const std::string& id) const;
  /// Unit under which an id is reported: species, parameter, quantity or observable.
  std::optional<Unit> find_unit(const std::string& id) const;
  std::vector<double> parameter_values() const;
};

}  // namespace howship::model
