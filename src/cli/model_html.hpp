#pragma once

#include <string>
#include <vector>

#include "howship/model/model.hpp"

namespace howship::cli {

/// The model as one HTML page that needs nothing else: every equation with its terms, each term with its formula
/// (MathML), meaning, source and the parameters in it; then quantities, observables, drugs, events, references, and a
/// list of every number that is assumed.
/// @param named   ids of the models that were asked for, whose titles head the page
/// @param bibtex  where the keys of `cites` and sources are looked up
std::string explain_html(const model::Model& model, const std::vector<std::string>& named, const std::string& bibtex);

}  // namespace howship::cli
