// What the model costs: start-up, and rates and derivatives per voxel on one core.
#include <benchmark/benchmark.h>
#include <filesystem>
#include <memory>

#include "howship/model/kinetics.hpp"
#include "howship/model/library.hpp"
#include "howship/simulation/simulation.hpp"

namespace {

using namespace howship;

std::shared_ptr<const model::Model> read_model() {
  const UnitSystem units;
  const model::Library library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
  const std::vector<std::string> ids{"prototype/vicious_cycle", "prototype/denosumab", "prototype/zoledronic_acid"};
  return std::make_shared<model::Model>(model::build_model(library, ids, units));
}

/// A field of voxels of different density in health.
struct Field {
  explicit Field(std::size_t voxels) : kinetics(read_model()), stride(voxels) {
    const model::Model& m = kinetics.model();
    parameters = m.parameter_values();
    given.resize(m.given.size() * stride);
    for (std::size_t f = 0; f < m.given.size(); ++f) {
      for (std::size_t v = 0; v < stride; ++v)
        given[f * stride + v] =
            m.given[f] == "bvtv" ? 0.05 + 0.8 * static_cast<double>(v) / static_cast<double>(stride) : 0.1;
    }
    systemic.resize(kinetics.systemic_count());
    auto scalars = kinetics.initial_systemic().workspace(model::Program::kSmall, parameters);
    kinetics.initial_systemic().prepare(scalars, {});
    kinetics.initial_systemic().scalars(scalars, systemic);
    local.resize(kinetics.local_count() * stride);
    auto workspace = kinetics.initial_local().workspace(model::Program::kBlock, parameters);
    kinetics.initial_local().prepare(workspace, {});
    for (std::size_t v = 0; v < stride; v += model::Program::kBlock) {
      kinetics.initial_local().run(workspace, {}, {given.data(), stride}, v, {local.data() + v, stride});
    }
  }
  model::Kinetics kinetics;
  std::size_t stride;
  std::vector<double> parameters, given, systemic, local;
};

void run_program(benchmark::State& state, const model::Program& program, const Field& field) {
  auto workspace = program.workspace(model::Program::kBlock, field.parameters);
  std::vector<double> out(program.output_count() * model::Program::kBlock);
  for (auto _ : state) {
    program.prepare(workspace, {0.0, field.systemic, {}});
    for (std::size_t v = 0; v < field.stride; v += model::Program::kBlock) {
      program.run(workspace, {field.local.data(), field.stride}, {field.given.data(), field.stride}, v,
                  {out.data(), model::Program::kBlock});
      benchmark::DoNotOptimize(out.data());
    }
  }
  state.counters["per_voxel"] = benchmark::Counter(
      static_cast<double>(field.stride), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["instructions"] = static_cast<double>(program.instruction_count());
}

void rates(benchmark::State& state) {
  const Field field(32000);
  run_program(state, field.kinetics.local_rates(), field);
}
BENCHMARK(rates)->Unit(benchmark::kMillisecond);

void jacobian(benchmark::State& state) {
  const Field field(32000);
  run_program(state, field.kinetics.local_by_local().program, field);
}
BENCHMARK(jacobian)->Unit(benchmark::kMillisecond);

void text_to_kinetics(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(model::Kinetics(read_model()).local_count());
}
BENCHMARK(text_to_kinetics)->Unit(benchmark::kMillisecond);

/// Three years of one patient with both drugs every 28 days, at the given relative tolerance.
void patient(benchmark::State& state) {
  const auto kinetics = std::make_shared<const model::Kinetics>(read_model());
  const model::Model& m = kinetics->model();
  const vertebra::Domain domain = vertebra::Domain::single(0.15);
  std::vector<std::vector<double>> given(m.given.size(), {0.15});
  simulation::Schedule schedule;
  schedule.end = 1100.0;
  for (int n = 0; n < 25; ++n) {
    for (const model::Drug& drug : m.drugs)
      schedule.doses.push_back({400.0 + 28.0 * n, m.species[drug.species].slot, 70.0, drug.id});
  }
  simulation::SolverOptions options;
  options.relative_tolerance = 1e-6;
  options.threads = {1};
  long steps = 0;
  for (auto _ : state) {
    simulation::Simulation run(kinetics, m.parameter_values(), domain, given, options);
    steps = run.run(
                   schedule, [](const auto&, auto) {}, [](double, double) { return true; })
                .steps;
  }
  state.counters["steps"] = static_cast<double>(steps);
}
BENCHMARK(patient)->Unit(benchmark::kMillisecond);

}  // namespace
