#include "howship/model/point_kinetics.hpp"

#include <utility>

#include "point_expressions.hpp"

namespace howship::model {

struct PointKinetics::Parts : PointExpressions {
  PointDerivatives jacobian;

  explicit Parts(const Model& model)
      : PointExpressions(model, Reductions::of_rates), jacobian(point_derivatives(graph, rates, Op::systemic)) {}
};

PointKinetics::PointKinetics(const Model& model) : PointKinetics(Parts(model)) {}

PointKinetics::PointKinetics(Parts parts)
    : parameter_count_(parts.parameter_count),
      pattern_(std::move(parts.jacobian.pattern)),
      initial_(parts.graph, parts.initial),
      rates_(parts.graph, parts.rates),
      jacobian_(parts.graph, parts.jacobian.entries),
      reductions_(parts.graph, parts.reductions) {}

}  // namespace howship::model
