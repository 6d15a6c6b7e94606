// A model, and the same written as SBML and read again: the trajectories must be one.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <gmock/gmock.h>
#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "howship/model/library.hpp"
#include "howship/sbml/export.hpp"
#include "howship/sbml/import.hpp"
#include "howship/simulation/simulation.hpp"

namespace howship::sbml {
namespace {

constexpr double kBvtv = 0.15;

double given_value(const std::string& name) {
  return name == "bvtv" ? kBvtv : name == "lesion" ? 0.5 : 0.3;
}
constexpr double kRelative = 1e-10;

using Rows = std::vector<std::vector<double>>;

/// Rows of `nodes` at `times`, in base units, in one voxel.
Rows solved(const std::shared_ptr<const model::Model>& model, const std::vector<model::NodeId>& nodes,
            const std::vector<double>& times) {
  const auto kinetics = std::make_shared<model::Kinetics>(model);
  const vertebra::Domain domain = vertebra::Domain::single(kBvtv);
  std::vector<std::vector<double>> given;
  for (const std::string& name : model->given) given.push_back({given_value(name)});
  simulation::SolverOptions solver;
  solver.relative_tolerance = kRelative;
  solver.threads = {1};
  const std::vector<double> parameters = model->parameter_values();
  simulation::Simulation simulation(kinetics, parameters, domain, given, solver);
  simulation::Probe probe(kinetics, parameters, domain, given, solver.threads);
  simulation::Schedule schedule;
  schedule.outputs = times;
  schedule.end = times.back();
  std::map<double, std::vector<double>> rows;  // where an event meets a row, what is after it
  simulation.run(
      schedule,
      [&](const simulation::State& state, simulation::Moment) { rows[state.time] = probe.means(state, nodes); }, {});
  Rows out;
  for (const double time : times) out.push_back(rows.at(time));
  return out;
}

void expect_round_trip(const model::Library& library, const std::vector<std::string>& ids) {
  const UnitSystem units;
  const auto original = std::make_shared<const model::Model>(build_model(library, ids, units));
  if (std::find(original->given.begin(), original->given.end(), "x") != original->given.end())
    GTEST_SKIP() << "computes with coordinates, which mean nothing in one voxel";
  ExportOptions options;
  for (const char* name : {"bvtv", "lesion", "x", "y", "z"}) options.given[name] = given_value(name);
  ImportOptions reading;
  reading.id = "again";
  reading.check_units = original->units_checked;
  // SBML does not say which sizes matter.
  reading.typical = 1.0;
  for (const auto& s : original->species) reading.typical = std::min(*reading.typical, s.typical / s.unit.scale);
  const Import import = import_sbml(export_model(*original, units, options).text, "model.xml", reading);
  std::vector<std::string> notes;
  for (const Diagnostic& note : import.notes) notes.push_back(note.message);
  EXPECT_THAT(notes, testing::Each(testing::HasSubstr("is called"))) << "only new names are worth a note";

  std::string text = import.text;
  for (const auto& s : original->species) {
    ASSERT_TRUE(import.meanings.contains(s.id)) << s.id;
    text += fmt::format("[observables.again__{}]\ntitle = \"again\"\nformula = \"{}\"\nunit = \"1\"\n", s.id,
                        import.meanings.at(s.id).value);
  }
  model::Library read(std::filesystem::path("nowhere"));
  read.add("again", text);
  const std::vector<std::string> again_ids{"again"};
  const auto again = std::make_shared<const model::Model>(build_model(read, again_ids, units));

  std::vector<model::NodeId> nodes;
  std::vector<model::NodeId> nodes_again;
  for (const auto& s : original->species) {
    nodes.push_back(s.node);
    nodes_again.push_back(again->find_node("again__" + s.id).value());
  }
  const std::vector<double> times{0.0, 1.0, 10.0, 100.0, 300.0};
  const Rows expected = solved(original, nodes, times);
  const Rows found = solved(again, nodes_again, times);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& s = original->species[i];
    for (std::size_t t = 0; t < times.size(); ++t) {
      const double size = std::max(std::abs(expected[t][i]), s.typical);
      EXPECT_NEAR(found[t][i] * s.unit.scale, expected[t][i], 1e-6 * size) << s.id << " on day " << times[t];
    }
  }
}

class RoundTrip : public testing::TestWithParam<std::vector<std::string>> {};

const model::Library& shipped() {
  static const model::Library kLibrary(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
  return kLibrary;
}

TEST_P(RoundTrip, GivesTheSameTrajectories) {
  expect_round_trip(shipped(), GetParam());
}

std::vector<std::vector<std::string>> combinations() {
  std::vector<std::vector<std::string>> out;
  for (const std::string& id : shipped().ids()) out.push_back({id});
  out.push_back({"vicious_cycle", "drugs/denosumab", "drugs/zoledronic_acid"});
  return out;
}
INSTANTIATE_TEST_SUITE_P(All, RoundTrip, testing::ValuesIn(combinations()), [](const auto& instance) {
  std::string name;
  for (const std::string& id : instance.param) name += (name.empty() ? "" : "_and_") + id;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
});

TEST(RoundTripOfEvents, GivesTheSameTrajectories) {
  model::Library library(std::filesystem::path("nowhere"));
  library.add("pulse", R"toml(
id = "pulse"
title = "a drug that is given again when it runs low"
[species.drug]
title = "drug"
scope = "systemic"
unit = "ug"
initial = "0.2 mg"
typical = 1
[species.count]
title = "how often"
scope = "systemic"
unit = "1"
initial = "0"
typical = 1
[parameters]
k = { value = 0.01, unit = "1/hour", range = [0, 10], source = "test" }
amount = { value = 1, unit = "mg", range = [0, 10], source = "test" }
[processes.loss]
title = "loss"
rate = "k*drug"
changes = { drug = -1 }
[events.again]
title = "again"
when = "drug < 0.1*amount"
set = { drug = "drug + amount", count = "count + 1" }
delay = "5 hour"
values_at = "execution"
)toml");
  expect_round_trip(library, {"pulse"});
}

TEST(RoundTripOfLabels, AModelThatWasReadIsWrittenWithoutUnits) {
  model::Library library(std::filesystem::path("nowhere"));
  library.add("labels", R"toml(
id = "labels"
title = "units are labels"
units = "unchecked"
time_unit = "second"
[species.a]
title = "a"
scope = "systemic"
unit = "furlong"
initial = "2"
typical = 1
[species.b]
title = "b"
scope = "systemic"
unit = "1"
initial = "a + 1"
typical = 1
[parameters]
k = { value = 0.1, unit = "1/fortnight", range = [0, 10], source = "test" }
[processes.loss]
title = "loss"
rate = "k*a*time/(time + 3) + 0*rateOf(b)"
changes = { a = -1 }
[processes.gain]
title = "gain"
rate = "piecewise(k, a > 1, k/2)*xor(a > 1, time > 20)"
changes = { b = 1 }
)toml");
  expect_round_trip(library, {"labels"});
}

TEST(RoundTripOfNames, GivenIsNoNameOfOurs) {
  constexpr const char* kXml = R"xml(<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
  <model id="m">
    <listOfParameters><parameter id="given_x" value="3" constant="true"/></listOfParameters>
  </model>
</sbml>)xml";
  const Import import = import_sbml(kXml, "m.xml", {});
  EXPECT_FALSE(import.meanings.at("given_x").value.starts_with("given_"));
}

}  // namespace
}  // namespace howship::sbml
