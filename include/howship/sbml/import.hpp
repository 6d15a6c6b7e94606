#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "howship/core/error.hpp"

namespace howship::sbml {

struct ImportOptions {
  std::string id;                 ///< of the model text; empty: the SBML model's own
  bool check_units = true;        ///< look for faults of units, which become notes
  bool strict_units = false;      ///< ... or errors
  std::optional<double> typical;  ///< of every species; absent: a millionth of the largest initial value
};

/// What an SBML id means in the model text: formulas for its value and, of a species, for amount and concentration.
struct Meaning {
  std::string value, amount, concentration;
};

/// Where the document states what a name of the model text stands for, and as what: "assignmentRule for 'x'".
struct Element {
  SourceLocation where;
  std::string name;
};

/// An SBML model as a text of our model language (models/README.md), in which units are labels and one unit of SBML
/// time is one of time. What reads the text needs no SBML.
struct Import {
  std::string file, id, title, time_unit;
  std::string text;
  std::vector<Diagnostic> notes;  ///< what was renamed or ignored, and faults of units
  std::map<std::string, Meaning> meanings;
  std::map<std::string, Element> elements;  ///< by name of the text
};

/// Whether a file's name says that it is SBML.
bool is_sbml_name(const std::string& file);

/// Reads SBML Level 1 to Level 3 Version 2 core.
/// @param xml   the document; entities and document types are refused, nothing is fetched
/// @param file  its name, for messages
/// @throws InputError        with all faults: no XML, no model, unknown symbols, circles
/// @throws UnsupportedError  naming element and feature: delays, algebraic rules, fast reactions, required packages
Import import_sbml(const std::string& xml, const std::string& file, const ImportOptions& options);

/// Faults that were found in the text, told of the document's file and elements.
InputError in_terms_of_document(const InputError& error, const Import& import);

}  // namespace howship::sbml
