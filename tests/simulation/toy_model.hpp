#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/simulation/simulation.hpp"
#include "howship/vertebra/domain.hpp"

namespace howship::testing {

/// A model put together in C++, so that tests of the solver need no text.
class Toy {
 public:
  using NodeId = model::NodeId;

  model::Graph& graph() { return model_.graph; }
  NodeId number(double value) { return graph().constant(value); }
  NodeId time() { return graph().leaf(model::Op::time); }
  NodeId plus(NodeId a, NodeId b) { return graph().add(a, b); }
  NodeId minus(NodeId a, NodeId b) { return graph().subtract(a, b); }
  NodeId times(NodeId a, NodeId b) { return graph().multiply(a, b); }
  NodeId times(double a, NodeId b) { return graph().multiply(number(a), b); }
  NodeId over(NodeId a, NodeId b) { return graph().divide(a, b); }
  NodeId apply(model::Op op, NodeId a) { return graph().unary(op, a); }

  NodeId given(const std::string& name) {
    for (std::size_t i = 0; i < model_.given.size(); ++i) {
      if (model_.given[i] == name) return graph().leaf(model::Op::given, static_cast<std::uint32_t>(i));
    }
    model_.given.push_back(name);
    return graph().leaf(model::Op::given, static_cast<std::uint32_t>(model_.given.size() - 1));
  }
  NodeId local(const std::string& id, NodeId initial, double typical = 1.0) {
    return species(id, model::Scope::local, initial, typical);
  }
  NodeId systemic(const std::string& id, NodeId initial, double typical = 1.0) {
    return species(id, model::Scope::systemic, initial, typical);
  }
  void diffuse(const std::string& id, NodeId coefficient) { model_.species[index(id)].diffusion = coefficient; }
  void process(const std::string& id, NodeId rate, const std::vector<std::pair<std::string, double>>& changes) {
    model::Process process;
    process.id = id;
    process.rate = rate;
    for (const auto& [name, coefficient] : changes) process.changes.push_back({index(name), number(coefficient), ""});
    model_.processes.push_back(process);
  }
  /// An event that sets one systemic species; the caller may change it until build().
  model::Event& event(const std::string& id, NodeId when, const std::string& target, NodeId value) {
    model::Event event;
    event.id = id;
    event.when = when;
    event.set.push_back({index(target), value, "toy"});
    model_.events.push_back(event);
    return model_.events.back();
  }
  NodeId less(NodeId a, NodeId b) { return graph().binary(model::Op::less, a, b); }
  NodeId at_most(NodeId a, NodeId b) { return graph().binary(model::Op::less_equal, a, b); }
  NodeId both(NodeId a, NodeId b) { return graph().binary(model::Op::logical_and, a, b); }

  /// A reduction that rates may read.
  NodeId reduce(NodeId integrand, model::Reduction::Kind kind = model::Reduction::Kind::integral,
                const std::string& region = "") {
    model_.reductions.push_back({kind, region, integrand, "toy"});
    model_.rate_reductions = model_.reductions.size();
    return graph().leaf(model::Op::reduction, static_cast<std::uint32_t>(model_.reductions.size() - 1));
  }

  std::size_t index(const std::string& id) const {
    for (std::size_t i = 0; i < model_.species.size(); ++i) {
      if (model_.species[i].id == id) return i;
    }
    throw std::logic_error("toy: no species " + id);
  }

  std::shared_ptr<const model::Kinetics> build() {
    model_.rates.assign(model_.species.size(), number(0.0));
    for (const model::Process& process : model_.processes) {
      for (const model::Change& change : process.changes) {
        model_.rates[change.species] = plus(model_.rates[change.species], times(change.coefficient, process.rate));
      }
    }
    return std::make_shared<const model::Kinetics>(std::make_shared<const model::Model>(model_));
  }

 private:
  NodeId species(const std::string& id, model::Scope scope, NodeId initial, double typical) {
    auto& slots = scope == model::Scope::local ? model_.local : model_.systemic;
    model::Species species;
    species.id = id;
    species.scope = scope;
    species.slot = slots.size();
    species.initial = initial;
    species.typical = typical;
    species.node = graph().leaf(scope == model::Scope::local ? model::Op::local : model::Op::systemic,
                                static_cast<std::uint32_t>(slots.size()));
    slots.push_back(model_.species.size());
    model_.species.push_back(species);
    return species.node;
  }

  model::Model model_;
};

/// A domain of those voxels of a lattice for which inside(i, j, k) holds, all trabecular unless told.
template <class Inside>
vertebra::Domain masked(std::array<int, 3> size, std::array<double, 3> spacing, Inside&& inside) {
  vertebra::Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  std::vector<std::size_t> active;
  for (int k = 0; k < size[2]; ++k) {
    for (int j = 0; j < size[1]; ++j) {
      for (int i = 0; i < size[0]; ++i) {
        if (inside(i, j, k)) active.push_back(grid.index(i, j, k));
      }
    }
  }
  const std::size_t count = active.size();
  return {grid, std::move(active), std::vector<double>(count, 0.2),
          std::vector<vertebra::Region>(count, vertebra::Region::trabecular)};
}
inline vertebra::Domain box(std::array<int, 3> size, double spacing = 1.0) {
  return masked(size, {spacing, spacing, spacing}, [](int, int, int) { return true; });
}

/// A state that outlives the call of an observer.
struct Snapshot {
  double time = 0.0;
  simulation::Moment moment = simulation::Moment::output;
  std::vector<double> systemic;
  std::vector<std::vector<double>> local;
};

/// Everything that a run reports.
struct Recording {
  std::vector<Snapshot> states;
  simulation::Statistics statistics;
  std::vector<double> step_ends;
};

inline Recording record(simulation::Simulation& simulation, const simulation::Schedule& schedule, std::size_t locals,
                        std::size_t voxels) {
  Recording recording;
  recording.statistics = simulation.run(
      schedule,
      [&](const simulation::State& state, simulation::Moment moment) {
        Snapshot snapshot{state.time, moment, {state.systemic.begin(), state.systemic.end()}, {}};
        for (std::size_t s = 0; s < locals; ++s) {
          const double* row = state.local.data + s * state.local.stride;
          snapshot.local.emplace_back(row, row + voxels);
        }
        recording.states.push_back(std::move(snapshot));
      },
      [&](double time, double) {
        recording.step_ends.push_back(time);
        return true;
      });
  return recording;
}

/// Runs a model with no given fields over a domain.
inline Recording run(const std::shared_ptr<const model::Kinetics>& kinetics, const vertebra::Domain& domain,
                     const simulation::Schedule& schedule, simulation::SolverOptions options,
                     const std::vector<std::vector<double>>& given = {}) {
  simulation::Simulation simulation(kinetics, kinetics->model().parameter_values(), domain, given, options);
  return record(simulation, schedule, kinetics->local_count(), domain.size());
}

/// How exactly, and on how many threads, a test solves.
inline simulation::SolverOptions tolerance(double relative, int threads = 1) {
  simulation::SolverOptions options;
  options.relative_tolerance = relative;
  options.threads = {threads};
  return options;
}

}  // namespace howship::testing
