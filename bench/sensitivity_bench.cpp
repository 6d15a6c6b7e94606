// What sensitivities cost: a three-year patient with denosumab every 4 weeks at a relative tolerance of 1e-6, alone and
// with the sensitivities to 20 parameters.
#include <benchmark/benchmark.h>
#include <filesystem>
#include <memory>

#include "howship/model/library.hpp"
#include "howship/simulation/sensitivity_run.hpp"

namespace {

using namespace howship;

struct Patient {
  std::shared_ptr<const model::Kinetics> kinetics;
  std::vector<std::vector<double>> given;
  simulation::DrugSchedule schedule;
  simulation::Schedule plain;
  vertebra::Domain domain = vertebra::Domain::single(0.15);
  simulation::SolverOptions options;

  Patient() {
    const UnitSystem units;
    const model::Library library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
    const std::vector<std::string> ids{"vicious_cycle", "drugs/denosumab", "drugs/zoledronic_acid"};
    kinetics = std::make_shared<const model::Kinetics>(
        std::make_shared<const model::Model>(model::build_model(library, ids, units)));
    const model::Model& model = kinetics->model();
    given.assign(model.given.size(), {0.15});
    schedule.end = plain.end = 1096.0;
    const model::Drug& drug = *model.find_drug("denosumab");
    const auto index = static_cast<std::size_t>(&drug - model.drugs.data());
    for (double day = 0.0; day < schedule.end; day += 28.0) {
      schedule.doses.push_back({day, index, 120.0, "denosumab"});
      plain.doses.push_back({day, model.species[drug.species].slot, 120.0 * 0.61, "denosumab"});
      schedule.outputs.push_back(day);
      plain.outputs.push_back(day);
    }
    options.relative_tolerance = 1e-6;
    options.threads = {1};
  }
};

void simulation_alone(benchmark::State& state) {
  const Patient patient;
  long steps = 0;
  for (auto _ : state) {
    simulation::Simulation simulation(patient.kinetics, patient.kinetics->model().parameter_values(), patient.domain,
                                      patient.given, patient.options);
    steps = simulation.run(patient.plain, [](const simulation::State&, simulation::Moment) {}, {}).steps;
  }
  state.counters["steps"] = static_cast<double>(steps);
}

void with_sensitivities(benchmark::State& state) {
  const Patient patient;
  const model::Model& model = patient.kinetics->model();
  std::vector<std::size_t> asked;
  for (const char* id :
       {"F_den",   "ka_den",  "CL_den",          "V1_den", "V2_den", "Q_den", "kint_den", "R0_den", "Kss_den", "K_den",
        "OB_life", "OC_life", "modelling_share", "K_Tu",   "K_Tp",   "K_Tc",  "kappa",    "rhoT",   "K_Tn",    "n0"})
    asked.push_back(static_cast<std::size_t>(model.find_parameter(id) - model.parameters.data()));
  asked.resize(static_cast<std::size_t>(state.range(0)));
  const auto code = std::make_shared<const model::PointSensitivities>(
      model, asked, std::vector<model::NodeId>{*model.find_node("BMD"), *model.find_node("OCa")});
  long steps = 0;
  for (auto _ : state) {
    simulation::SensitivityRun run(patient.kinetics, code, model.parameter_values(), patient.domain, patient.given,
                                   patient.options);
    steps = run.run(patient.schedule, [](const simulation::ReadOut&, simulation::Moment) {}, {}).steps;
  }
  state.counters["steps"] = static_cast<double>(steps);
}

BENCHMARK(simulation_alone)->Unit(benchmark::kMillisecond);
BENCHMARK(with_sensitivities)->Arg(0)->Arg(1)->Arg(8)->Arg(20)->Unit(benchmark::kMillisecond);

}  // namespace
