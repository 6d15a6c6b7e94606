#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <sbml/SBMLTypes.h>

#include "howship/core/diagnostics.hpp"
#include "howship/sbml/import.hpp"

#include "sbml/math_text.hpp"
#include "sbml/symbols.hpp"

namespace howship::sbml {

/// A stoichiometry: a number, or a formula where that is not empty.
struct Coefficient {
  double number = 0.0;
  std::string formula;
};

/// Writes a model of a document as a model text.
class Translation {
 public:
  Translation(const Model& model, std::string file, const ImportOptions& options);

  /// Collects every fault before it throws. @throws InputError, UnsupportedError
  Import run();

 private:
  void refuse_unsupported();
  void check_symbols();
  void parameters();
  void species();
  void quantities();
  void processes();
  void events();

  void state(const Symbol& symbol);
  void rate_rule(const Symbol& symbol);
  void reaction(const Reaction& reaction);
  void event(const Event& event);
  std::map<const Symbol*, std::string> coefficients(const Reaction& reaction);
  Coefficient stoichiometry(const SpeciesReference& reference, const Reaction& reaction);
  Locals local_parameters(const Reaction& reaction);

  Rendered value_of(const std::string& id);
  Rendered rate_of(const std::string& id);
  /// The name of a compartment whose size a formula needs.
  const std::string& size_of(const Symbol& compartment);
  std::string initial_of(const Symbol& symbol);
  double typical() const;
  Meaning meaning_of(const Symbol& symbol) const;
  std::string unit_of(const Symbol& symbol) const;

  /// The formula of an element; faults are collected, and "0" stands for what could not be written.
  Rendered formula(const ASTNode* math, const SBase& element, const Locals& locals = {});
  void fault(const SBase& element, const std::string& message, const std::string& hint = {});
  void unsupported(const SBase& element, const std::string& message, const std::string& hint = {});
  /// The element that states what a name of the text stands for; returns the name.
  const std::string& stated(const std::string& name, const SBase& element);

  const Model& model_;
  std::string file_;
  const ImportOptions& options_;
  Symbols symbols_;
  MathText math_;
  Diagnostics faults_, unsupported_;
  std::string parameters_, species_, quantities_, processes_, events_;
  std::vector<Diagnostic> notes_;
  std::map<std::string, Element> elements_;
  const SBase* at_ = nullptr;  ///< the element whose formula is being written
  std::set<std::string> sizes_assumed_;
  int parts_ = 0;  ///< of formulas that got a name of their own
  double typical_;
};

/// The element's own name, in quotes.
std::string title_of(const SBase& element, const std::string& otherwise);

std::string product(const Rendered& a, const std::string& b);

}  // namespace howship::sbml
