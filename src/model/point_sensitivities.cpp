#include "howship/model/point_sensitivities.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "point_expressions.hpp"

namespace howship::model {
namespace {

struct Rows {
  std::vector<NodeId> values;
  PointDerivatives by_state, by_parameter;

  Rows() = default;
  Rows(Graph& graph, std::vector<NodeId> nodes, std::span<const std::size_t> asked)
      : values(std::move(nodes)),
        by_state(point_derivatives(graph, values, Op::systemic)),
        by_parameter(point_derivatives(graph, values, asked)) {}
};

PointSensitivities::Matrix compiled(const Graph& graph, PointDerivatives& derivatives) {
  return {std::move(derivatives.pattern), ScalarProgram(graph, derivatives.entries)};
}
PointSensitivities::Differentiable compiled(const Graph& graph, Rows& rows) {
  return {ScalarProgram(graph, rows.values), compiled(graph, rows.by_state), compiled(graph, rows.by_parameter)};
}

}  // namespace

struct PointSensitivities::Parts : PointExpressions {
  std::vector<std::size_t> asked;
  PointDerivatives rates_by_parameter, initial_by_parameter, levels_by_time;
  Rows read_outs, bioavailabilities, levels;
  std::vector<NodeId> holds;
  std::vector<std::string> names;

  Parts(const Model& model, std::vector<std::size_t> asked_in, const std::vector<NodeId>& nodes)
      : PointExpressions(model, Reductions::all),
        asked(std::move(asked_in)),
        rates_by_parameter(point_derivatives(graph, rates, asked)),
        initial_by_parameter(point_derivatives(graph, initial, asked)),
        read_outs(graph, replaced(nodes), asked) {
    if (!model.events.empty()) {
      throw UnsupportedError(
          fmt::format("sensitivities cannot follow event '{}': it sets species at an instant", model.events[0].id),
          "leave the event out (without = [\"events." + model.events[0].id + "\"]) to estimate parameters");
    }
    std::vector<NodeId> shares;
    for (const Drug& drug : model.drugs) shares.push_back(drug.bioavailability);
    bioavailabilities = Rows(graph, replaced(shares), asked);
    find_turns(model);
  }

 private:
  /// Leaves of a kind of expression: whether there is time, state, or a parameter that was asked for.
  struct Seen {
    bool time = false, state = false;
    std::optional<std::size_t> parameter;
  };
  Seen seen_by(NodeId node) const {
    Seen seen;
    for (const NodeId leaf : graph.leaves(node)) {
      seen.time = seen.time || graph[leaf].op == Op::time;
      seen.state = seen.state || graph[leaf].op == Op::systemic;
      if (graph[leaf].op == Op::parameter && std::find(asked.begin(), asked.end(), graph[leaf].index) != asked.end())
        seen.parameter = graph[leaf].index;
    }
    return seen;
  }

  void find_turns(const Model& model) {
    std::vector<std::size_t> unknowns = model.local;
    unknowns.insert(unknowns.end(), model.systemic.begin(), model.systemic.end());
    const std::vector<bool> in_rates = graph.reachable(rates);
    std::vector<NodeId> nodes;
    for (NodeId id = 0; id < in_rates.size(); ++id) {
      const Node node = graph[id];  // a copy: the graph grows below
      const bool compares = node.op == Op::less || node.op == Op::less_equal;
      const bool steps = node.op == Op::floor || node.op == Op::ceiling || node.op == Op::equal;
      if (!in_rates[id] || !(compares || steps)) continue;
      const Seen seen = seen_by(id);
      const bool moves = seen.state || (seen.time && seen.parameter);
      if (!moves) continue;
      const std::string name = "the rate of " + model.species[unknowns[row_of(id)]].id;
      if (steps) {
        throw UnsupportedError(
            seen.parameter && !seen.state
                ? fmt::format("parameter {} moves the instants at which {} jumps (floor, ceil or ==)",
                              model.parameters[*seen.parameter].id, name)
                : fmt::format("{} jumps where a step (floor, ceil or ==) of species comes", name),
            "sensitivities do not follow that; comparisons (<, >=) and piecewise are followed");
      }
      nodes.push_back(graph.subtract(node.a, node.b));
      holds.push_back(id);
      names.push_back(name);
    }
    levels = Rows(graph, nodes, asked);
    const NodeId time = graph.leaf(Op::time);
    for (std::uint32_t row = 0; row < nodes.size(); ++row) {
      levels_by_time.pattern.push_back({row, 0});
      levels_by_time.entries.push_back(graph.derivative(nodes[row], time));
    }
  }

  std::size_t row_of(NodeId node) const {
    for (std::size_t row = 0; row < rates.size(); ++row) {
      if (graph.reachable({&rates[row], 1})[node]) return row;
    }
    return 0;
  }
};

PointSensitivities::PointSensitivities(const Model& model, std::vector<std::size_t> asked,
                                       const std::vector<NodeId>& read_outs)
    : PointSensitivities(Parts(model, std::move(asked), read_outs)) {}

PointSensitivities::PointSensitivities(Parts parts)
    : asked_(std::move(parts.asked)),
      size_(parts.rates.size()),
      parameter_count_(parts.parameter_count),
      rates_by_parameter_(compiled(parts.graph, parts.rates_by_parameter)),
      initial_by_parameter_(compiled(parts.graph, parts.initial_by_parameter)),
      read_outs_(compiled(parts.graph, parts.read_outs)),
      bioavailabilities_(compiled(parts.graph, parts.bioavailabilities)),
      turns_{compiled(parts.graph, parts.levels), compiled(parts.graph, parts.levels_by_time),
             ScalarProgram(parts.graph, parts.holds), std::move(parts.names)} {}

}  // namespace howship::model
