#include <cmath>
#include <map>

#include <fmt/format.h>

#include "howship/study/prepare.hpp"

namespace howship::study {

double checked_value(const model::Parameter& parameter, double value, const Unit& unit) {
  const Unit& own = parameter.unit;
  if (!(unit.dimension == own.dimension)) {
    throw InputError(fmt::format("parameter {} is in {}, and '{}' is no such unit", parameter.id, own.text, unit.text));
  }
  const double base = value * unit.scale;
  if (std::isfinite(base) && base >= parameter.low && base <= parameter.high) return base;
  const auto in_it = [&unit](double base_value) { return fmt::format("{:g}", base_value / unit.scale); };
  throw InputError(fmt::format("parameter {} = {} lies outside its range, {} to {}", parameter.id,
                               with_unit(fmt::format("{:g}", value), unit), in_it(parameter.low),
                               with_unit(in_it(parameter.high), unit)),
                   "the range stands in the model; widen it there if the value is meant");
}

double bioavailability(const model::Model& model, const model::Drug& drug, const std::vector<double>& parameters) {
  model::Environment environment;
  environment.parameters.assign(parameters.begin(), parameters.end());
  const auto share = static_cast<double>(model::evaluate(model.graph, drug.bioavailability, environment));
  if (std::isfinite(share) && share >= 0.0) return share;
  throw InputError(fmt::format("the bioavailability of {} is {}", drug.id, share),
                   fmt::format("it is {} in the model", drug.bioavailability_text));
}

void set_patient(PreparedArm& arm, const Body& body) {
  std::vector<double> amounts;
  for (const DoseGiven& given : arm.given) amounts.push_back(amount_of(given.stated, given.drug->amount, body));
  for (std::size_t d = 0; d < arm.given.size(); ++d) arm.given[d].amount = amounts[d];
  arm.patient = body;
}

void set_parameters(PreparedArm& arm, std::vector<double> parameters) {
  std::map<const model::Drug*, double> arrives;
  for (std::size_t d = 0; d < arm.given.size(); ++d) {
    const DoseGiven& given = arm.given[d];
    const auto [share, is_new] = arrives.try_emplace(given.drug, 0.0);
    if (is_new) share->second = bioavailability(*arm.model, *given.drug, parameters);
    arm.schedule.doses[d].amount = given.amount * share->second;
  }
  arm.parameters = std::move(parameters);
}

}  // namespace howship::study
