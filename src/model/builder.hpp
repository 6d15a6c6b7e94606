#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/overlays.hpp"

namespace howship::model {

/// Turns joined model files into a Model: names resolved, dimensions checked, all faults gathered.
class Builder {
 public:
  Builder(JoinedFiles& joined, const UnitSystem& units)
      : joined_(joined),
        units_(units),
        names_(joined.names()),
        resolve_(model_, units,
                 [this](const std::string& name, std::size_t position) { return lookup(name, position); }) {}

  Model build();

 private:
  void fault(const SourceLocation& where, std::string message, std::string hint = {});
  static SourceLocation at(const Text& text, std::size_t position);
  /// Nothing if the text is no unit; that is reported, and fits any dimension from then on.
  std::optional<Unit> unit(const std::string& text, const SourceLocation& where);
  bool is_unit(const std::string& name) const;
  std::vector<std::string> known_names() const;
  /// What holds for the whole model. Whether units are checked: all files must say the same, or numbers of one would
  /// mean something else in the other.
  void settings();
  /// Leaves for species and parameters, in the order of the files.
  void declare();

  // Names and formulas.
  /// Thrown when something a formula needs has already been reported as faulty.
  struct Reported {};
  Typed lookup(const std::string& name, std::size_t position);
  Typed given(const std::string& name);
  /// The value of a species, parameter, quantity or process, worked out with all it needs if it is not known yet.
  Typed force(const std::string& name, Entry& entry);
  std::vector<std::string> needed_by(const Entry& entry);
  void resolve(Entry& entry);
  void fail(Entry& entry);
  Typed parameter_value(Entry& entry);
  Typed formula_value(Entry& entry);
  /// The statement's own formula, or the one that replaces it.
  Typed base_formula(const Text& own, const Entry& entry, std::string& text);
  /// (base + everything added) * everything multiplied: the order of overlays does not matter.
  Typed modified(Typed value, const Entry& entry, std::string& text);
  /// @throws Reported after adding the fault
  Typed formula(const Text& text);
  std::optional<Typed> try_formula(const Text& text);

  // The parts of the model.
  void processes();
  void add_process(const ProcessStatement& s, const Statements& file, const Typed& rate);
  void check_maxima(NodeId contribution, const ProcessStatement& s);
  void species_formulas();
  void check_constant(NodeId node, const Text& text, Scope scope, const std::string& what);
  void check_of_place(NodeId node, const Text& text, const std::string& what);
  void observables();
  void doses();
  void events();
  void add_event(const EventStatement& s, const Statements& file);
  void sum_rates();
  /// Quantities were resolved when first needed; report them in the order of the files.
  void order_quantities();

  // Rates and initial values that use each other.
  const Species& species_of(const Node& leaf) const;
  static bool is_species(const Node& leaf) { return leaf.op == Op::systemic || leaf.op == Op::local; }
  std::string chain_of(const std::vector<NodeId>& leaves) const;
  /// rateOf(x), which so far is a leaf that holds a place, becomes the rate of x everywhere.
  void replace_rates();
  /// Initial values may use each other: what they see is the state at time zero.
  void initial_values();

  JoinedFiles& joined_;
  const UnitSystem& units_;
  std::map<std::string, Entry>& names_;
  Model model_;
  Resolver resolve_;
  std::map<std::string, std::string> texts_of_;        ///< of processes, with modifications
  std::map<std::string, const Text*> initial_places_;  ///< by species
  std::map<const Text*, Syntax> parsed_;               ///< looked into for names, and not yet resolved
};

}  // namespace howship::model
