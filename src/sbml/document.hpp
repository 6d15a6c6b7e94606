#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sbml/SBMLTypes.h>

#include "howship/core/error.hpp"

namespace howship::sbml {

/// Reads a document that holds a model. @throws InputError, UnsupportedError
std::unique_ptr<SBMLDocument> read_document(const std::string& xml, const std::string& file);

/// Packages that may be ignored, as notes. @throws UnsupportedError for one that changes what the model means
std::vector<Diagnostic> check_packages(SBMLDocument& document, const std::string& xml, const std::string& file);

/// Faults of units, each naming its element.
std::vector<Diagnostic> unit_faults(SBMLDocument& document, const std::string& file);

/// Where an element stands.
SourceLocation place_of(const SBase& element, const std::string& file);

/// "species 'S1'": an element as the user knows it.
std::string name_of(const SBase& element);

}  // namespace howship::sbml
