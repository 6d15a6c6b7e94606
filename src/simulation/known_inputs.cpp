#include "simulation/known_inputs.hpp"

#include <algorithm>
#include <cmath>

namespace howship::simulation {

using model::Program;

std::vector<double> with_decays(const model::Kinetics& kinetics, std::vector<double> parameters,
                                const std::vector<std::vector<double>>& given) {
  const auto& inputs = kinetics.known_inputs();
  if (inputs.empty()) return parameters;
  const std::size_t first = parameters.size();
  parameters.resize(first + inputs.size(), 0.0);

  constexpr std::size_t kLanes = Program::kSmall;
  std::vector<double> systemic(kinetics.systemic_count());
  const std::vector<double> reductions(kinetics.model().reductions.size(), 0.0);
  const model::Scalars scalars{0.0, systemic, reductions};
  const Program& scalar = kinetics.initial_systemic();
  Program::Workspace scalar_workspace = scalar.workspace(Program::kSmall, parameters);
  scalar.prepare(scalar_workspace, scalars);
  std::vector<double> initial(systemic.size());
  scalar.scalars(scalar_workspace, initial);

  std::vector<double> given_lanes(std::max<std::size_t>(1, given.size()) * kLanes);
  for (std::size_t f = 0; f < given.size(); ++f) {
    for (std::size_t l = 0; l < kLanes; ++l) given_lanes[f * kLanes + l] = given[f].front();
  }
  std::vector<double> local(kinetics.local_count() * kLanes);
  const auto run = [&](const Program& program, const model::Scalars& at, const std::vector<double>& in, double* out) {
    Program::Workspace workspace = program.workspace(Program::kSmall, parameters);
    program.prepare(workspace, at);
    program.run(workspace, {in.data(), kLanes}, {given_lanes.data(), kLanes}, 0, {out, kLanes});
  };
  run(kinetics.initial_local(), scalars, std::vector<double>(local.size()), local.data());
  const model::Derivatives& slopes = kinetics.local_by_local();
  std::vector<double> entries(std::max<std::size_t>(1, slopes.pattern.size()) * kLanes);
  run(slopes.program, {0.0, initial, reductions}, local, entries.data());
  for (const model::KnownInput& input : inputs) {
    for (std::size_t e = 0; e < slopes.pattern.size(); ++e) {
      if (slopes.pattern[e].row != input.local || slopes.pattern[e].column != input.local) continue;
      const double loss = -entries[e * kLanes];
      if (std::isfinite(loss) && loss > 0.0) parameters[input.decay] = loss;
    }
  }
  return parameters;
}

}  // namespace howship::simulation
