#pragma once

#include <string>

#include "howship/model/model.hpp"

namespace howship::cli {

/// The whole model in words: species with their d/dt by process, formulas, parameters with unit, range and source.
std::string explain_text(const model::Model& model);

/// The process graph in Graphviz' language: what each process changes (solid) and what its rate depends on (dashed).
std::string process_graph(const model::Model& model);

}  // namespace howship::cli
