#pragma once

#include <string>
#include <vector>

#include <sbml/SBMLTypes.h>

namespace howship::sbml {

/// Plain sentences as the XHTML notes of an element, one paragraph each; empty ones are left out.
void set_notes(SBase& element, const std::vector<std::string>& paragraphs);

/// States, for machines, the publications that describe the model.
void set_citations(Model& model, const std::vector<std::string>& dois);

}  // namespace howship::sbml
