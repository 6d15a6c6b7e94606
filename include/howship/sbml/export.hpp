#pragma once

#include <map>
#include <string>
#include <vector>

#include "howship/core/units.hpp"
#include "howship/model/model.hpp"

namespace howship::sbml {

struct ExportOptions {
  double volume = 1.0;                      ///< mm^3 of uniform tissue: what integral(...) sums over
  std::map<std::string, double> given;      ///< values of the vertebra's fields, by name without "given."
  std::map<std::string, std::string> dois;  ///< of citation keys, "10.1000/xyz"
};

struct Exported {
  std::string text;                   ///< the whole file
  std::vector<std::string> warnings;  ///< what libSBML's consistency check remarks, one line each
};

/// A model as SBML Level 3 Version 2 core, for one piece of uniform tissue: no transport, and every mean over tissue
/// is the value itself. Units are the user's own, time is in days. Doses belong to studies and are left out.
/// @throws InputError if the model has something that SBML cannot say
Exported export_model(const model::Model& model, const UnitSystem& units, const ExportOptions& options = {});

}  // namespace howship::sbml
