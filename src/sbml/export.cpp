#include "howship/sbml/export.hpp"

#include <sbml/SBMLTypes.h>

namespace howship::sbml {

Exported export_model(const model::Model& /*model*/, const UnitSystem& /*units*/, const ExportOptions& /*options*/) {
  return {};
}

}  // namespace howship::sbml
