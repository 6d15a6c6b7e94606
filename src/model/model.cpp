#include "howship/model/model.hpp"

#include <algorithm>

namespace howship::model {
namespace {

template <class T>
const T* find_in(const std::vector<T>& list, const std::string& id) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const T& item) { return item.id == id; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<std::string>& region_names() {
  static const std::vector<std::string> kNames{"trabecular", "cortical", "endplate", "posterior", "body"};
  return kNames;
}

const Species* Model::find_species(const std::string& id) const {
  return find_in(species, id);
}
const Parameter* Model::find_parameter(const std::string& id) const {
  return find_in(parameters, id);
}
const Drug* Model::find_drug(const std::string& id) const {
  return find_in(drugs, id);
}

std::optional<double> known_delay(const Model& model, const Event& event, const std::vector<double>& parameters) {
  if (!event.delay || model.graph[*event.delay].stage != Stage::parameter) return std::nullopt;
  Environment environment;
  environment.parameters.assign(parameters.begin(), parameters.end());
  return static_cast<double>(evaluate(model.graph, *event.delay, environment));
}

std::optional<NodeId> Model::find_node(const std::string& id) const {
  if (const Species* s = find_species(id)) return s->node;
  if (const Parameter* p = find_parameter(id)) return p->node;
  if (const Quantity* q = find_in(quantities, id)) return q->node;
  if (const Observable* o = find_in(observables, id)) return o->node;
  return std::nullopt;
}

std::optional<Unit> Model::find_unit(const std::string& id) const {
  if (const Species* s = find_species(id)) return s->unit;
  if (const Parameter* p = find_parameter(id)) return p->unit;
  if (const Quantity* q = find_in(quantities, id)) return q->unit;
  if (const Observable* o = find_in(observables, id)) return o->unit;
  return std::nullopt;
}

std::vector<double> Model::parameter_values() const {
  std::vector<double> values;
  values.reserve(parameters.size());
  for (const Parameter& p : parameters) values.push_back(p.value);
  return values;
}

}  // namespace howship::model
