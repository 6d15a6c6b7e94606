#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

#include "howship/core/worker_team.hpp"
#include "howship/simulation/simulation.hpp"

#include "simulation/buffer.hpp"
#include "simulation/layout.hpp"
#include "simulation/tissue.hpp"

namespace howship::simulation {

using model::NodeId;
using model::Program;

struct Probe::Impl {
  Impl(std::shared_ptr<const model::Kinetics> kinetics_in, std::vector<double> parameters_in,
       const vertebra::Domain& domain_in, const std::vector<std::vector<double>>& given_in, Threads threads_in,
       Ranks* ranks_in)
      : kinetics(std::move(kinetics_in)),
        parameters(std::move(parameters_in)),
        domain(domain_in),
        ranks(ranks_in == nullptr ? alone : *ranks_in),
        slabs(domain.size(), ranks.count()),
        layout(slabs, ranks.rank(), kinetics->local_count(), 0),
        tissue_sums(ranks, slabs, layout),
        given_count(given_in.size()),
        given(in_blocks(given_in, layout)),
        team(threads_in),
        tissue(domain, layout),
        reductions(kinetics->model().reductions.size(), 0.0) {
    for (const model::Reduction& reduction : kinetics->model().reductions) {
      integrand_nodes.push_back(reduction.integrand);
      masks.push_back(tissue.region(reduction.region).mask.data());
      factors.push_back(tissue.factor(reduction));
    }
  }

  /// A program for some nodes, kept with its workspaces: probes ask for the same nodes again and again.
  struct Compiled {
    Program program;
    std::vector<Program::Workspace> workspaces;
  };
  Compiled& compiled(std::span<const NodeId> nodes) {
    const std::vector<NodeId> key(nodes.begin(), nodes.end());
    const auto found = programs.find(key);
    if (found != programs.end()) return found->second;
    Compiled fresh{kinetics->program(nodes), {}};
    for (std::size_t t = 0; t < team.count(); ++t) {
      fresh.workspaces.push_back(fresh.program.workspace(static_cast<int>(layout.lanes), parameters));
    }
    return programs.emplace(key, std::move(fresh)).first->second;
  }

  /// Runs body(block, thread, values) with values[o*lanes + l] of every node in every block.
  template <class Body>
  void for_values(const State& state, std::span<const NodeId> nodes, Body&& body) {
    Compiled& code = compiled(nodes);
    const std::size_t lanes = layout.lanes;
    for (Program::Workspace& workspace : code.workspaces)
      code.program.prepare(workspace, {state.time, state.systemic, reductions});
    std::vector<Buffer<double>> outputs;
    std::vector<Buffer<double>> inputs;
    for (std::size_t t = 0; t < code.workspaces.size(); ++t) {
      outputs.emplace_back(std::max<std::size_t>(1, nodes.size()) * lanes);
      inputs.emplace_back(std::max<std::size_t>(1, layout.block_size()));
    }
    team.for_blocks(layout.blocks, [&](std::size_t block, std::size_t thread) {
      // Copied, so that a state need not be padded to whole blocks.
      const std::size_t valid = layout.valid_lanes(block);
      for (std::size_t s = 0; s < layout.locals; ++s) {
        const double* from = state.local.data + s * state.local.stride + block * lanes;
        double* in = inputs[thread].data() + s * lanes;
        std::copy(from, from + valid, in);
        std::fill(in + valid, in + lanes, from[valid - 1]);
      }
      code.program.run(code.workspaces[thread], {inputs[thread].data(), lanes},
                       {given.data() + block * given_count * lanes, lanes}, 0, {outputs[thread].data(), lanes});
      body(block, outputs[thread].data());
    });
  }

  /// The model's reductions at a state.
  void reduce(const State& state) {
    if (reductions.empty()) return;
    // Integrands may not read reductions, so one pass is enough.
    const std::size_t count = reductions.size();
    std::vector<double> partial(layout.blocks * count);
    for_values(state, integrand_nodes, [&](std::size_t block, const double* values) {
      for (std::size_t r = 0; r < count; ++r) {
        const bool maximum = kinetics->model().reductions[r].kind == model::Reduction::Kind::maximum;
        double result = maximum ? -std::numeric_limits<double>::infinity() : 0.0;
        for (std::size_t l = 0; l < layout.lanes; ++l) {
          if (masks[r][block * layout.lanes + l] == 0.0) continue;
          const double value = values[r * layout.lanes + l];
          result = maximum ? (value > result || std::isnan(value) ? value : result) : result + value;
        }
        partial[block * count + r] = result;
      }
    });
    const std::vector<double> maxima = largest(partial, count);
    tissue_sums.of_blocks(partial.data(), count, reductions);
    for (std::size_t r = 0; r < count; ++r) {
      if (kinetics->model().reductions[r].kind == model::Reduction::Kind::maximum) {
        reductions[r] = std::isinf(maxima[r]) && maxima[r] < 0.0 ? std::numeric_limits<double>::quiet_NaN() : maxima[r];
      } else {
        reductions[r] *= factors[r];
      }
    }
  }

  /// Of `count` values per block the largest over all voxels of all ranks; NaN if one is.
  std::vector<double> largest(const std::vector<double>& partial, std::size_t count) {
    std::vector<double> found(2 * count, -std::numeric_limits<double>::infinity());  // values, and whether one is NaN
    for (std::size_t b = 0; b < layout.blocks; ++b) {
      for (std::size_t r = 0; r < count; ++r) {
        const double value = partial[b * count + r];
        if (value > found[r]) found[r] = value;
        if (std::isnan(value)) found[count + r] = 1.0;
      }
    }
    ranks.largest(found);
    for (std::size_t r = 0; r < count; ++r) {
      if (found[count + r] == 1.0) found[r] = std::numeric_limits<double>::quiet_NaN();
    }
    found.resize(count);
    return found;
  }

  bool is_field(NodeId node) const { return kinetics->model().graph[node].stage == model::Stage::voxel; }

  /// Sums over all voxels of fields; the value itself of the rest.
  std::vector<double> sums(const State& state, std::span<const NodeId> nodes, double factor) {
    std::vector<double> partial(layout.blocks * std::max<std::size_t>(1, nodes.size()));
    std::vector<double> first(nodes.size());
    for_values(state, nodes, [&](std::size_t block, const double* values) {
      for (std::size_t n = 0; n < nodes.size(); ++n) {
        double sum = 0.0;
        for (std::size_t l = 0; l < layout.valid_lanes(block); ++l) sum += values[n * layout.lanes + l];
        partial[block * nodes.size() + n] = sum;
        if (block == 0) first[n] = values[n * layout.lanes];
      }
    });
    ranks.broadcast(first, 0);
    std::vector<double> out(nodes.size());
    tissue_sums.of_blocks(partial.data(), nodes.size(), out);
    for (std::size_t n = 0; n < nodes.size(); ++n) out[n] = is_field(nodes[n]) ? factor * out[n] : first[n];
    return out;
  }

  std::shared_ptr<const model::Kinetics> kinetics;
  std::vector<double> parameters;
  const vertebra::Domain& domain;
  Ranks alone;
  Ranks& ranks;
  Slabs slabs;
  Layout layout;
  TissueSums tissue_sums;
  std::size_t given_count;
  Buffer<double> given;
  WorkerTeam team;
  Tissue tissue;
  std::vector<NodeId> integrand_nodes;
  std::vector<const double*> masks;
  std::vector<double> factors, reductions;
  std::map<std::vector<NodeId>, Compiled> programs;
};

Probe::Probe(std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters,
             const vertebra::Domain& domain, std::vector<std::vector<double>> given, Threads threads, Ranks* ranks)
    : impl_(std::make_unique<Impl>(std::move(kinetics), std::move(parameters), domain, given, threads, ranks)) {}
Probe::~Probe() = default;
Probe::Probe(Probe&&) noexcept = default;

void Probe::set_parameters(std::vector<double> parameters) {
  impl_->parameters = std::move(parameters);
  for (auto& [nodes, compiled] : impl_->programs) {
    for (Program::Workspace& workspace : compiled.workspaces)
      workspace = compiled.program.workspace(static_cast<int>(impl_->layout.lanes), impl_->parameters);
  }
}

Probe::Reading Probe::read(const State& state) {
  impl_->reduce(state);
  return {*impl_, state};
}

std::vector<double> Probe::Reading::numbers(std::span<const NodeId> nodes) const {
  for (const NodeId node : nodes) {
    if (probe_->is_field(node)) throw std::logic_error("Probe::numbers: a field has no single value");
  }
  Impl::Compiled& code = probe_->compiled(nodes);
  std::vector<double> out(nodes.size());
  code.program.prepare(code.workspaces.front(), {state_.time, state_.systemic, probe_->reductions});
  code.program.scalars(code.workspaces.front(), out);
  return out;
}

std::vector<std::vector<double>> Probe::Reading::fields(std::span<const NodeId> nodes) const {
  const Layout& layout = probe_->layout;
  std::vector<std::vector<double>> out(nodes.size(), std::vector<double>(layout.voxels));
  probe_->for_values(state_, nodes, [&](std::size_t block, const double* values) {
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      std::copy(values + n * layout.lanes, values + n * layout.lanes + layout.valid_lanes(block),
                out[n].begin() + static_cast<std::ptrdiff_t>(block * layout.lanes));
    }
  });
  return out;
}

std::vector<double> Probe::Reading::totals(std::span<const NodeId> nodes) const {
  return probe_->sums(state_, nodes, probe_->domain.grid().voxel_volume());
}

std::vector<double> Probe::Reading::means(std::span<const NodeId> nodes) const {
  return probe_->sums(state_, nodes, 1.0 / static_cast<double>(probe_->domain.size()));
}

std::vector<double> Probe::numbers(const State& state, std::span<const NodeId> nodes) {
  return read(state).numbers(nodes);
}
std::vector<std::vector<double>> Probe::fields(const State& state, std::span<const NodeId> nodes) {
  return read(state).fields(nodes);
}
std::vector<double> Probe::totals(const State& state, std::span<const NodeId> nodes) {
  return read(state).totals(nodes);
}
std::vector<double> Probe::means(const State& state, std::span<const NodeId> nodes) {
  return read(state).means(nodes);
}

}  // namespace howship::simulation
