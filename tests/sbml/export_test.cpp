// Exported models are valid SBML with consistent units, and their rules and reactions compute what the graph does.
#include "howship/sbml/export.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "howship/model/library.hpp"

#include "sbml/sbml_values.hpp"

namespace howship::sbml {
namespace {

using model::Environment;
using model::Library;

constexpr double kVolume = 7.0;  // not one, so that a forgotten volume shows

const Library& shipped() {
  static const Library kLibrary(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
  return kLibrary;
}

ExportOptions options() {
  ExportOptions out;
  out.volume = kVolume;
  out.given = {{"bvtv", 0.15}, {"lesion", 0.5}, {"x", 0.3}, {"y", -0.2}, {"z", 0.1}};
  return out;
}

std::unique_ptr<SBMLDocument> parsed(const std::string& text) {
  return std::unique_ptr<SBMLDocument>(readSBMLFromString(text.c_str()));
}

/// Everything that libSBML's consistency check says of a file, units included.
std::vector<std::string> remarks(const std::string& text) {
  const auto document = parsed(text);
  document->checkConsistency();
  std::vector<std::string> out;
  for (unsigned int i = 0; i < document->getNumErrors(); ++i) {
    out.push_back(std::to_string(document->getError(i)->getErrorId()) + ": " + document->getError(i)->getMessage());
  }
  return out;
}

/// A voxel's state, and the sums over `kVolume` of tissue that is all in this state.
class State {
 public:
  explicit State(const model::Model& model) : model_(model) {
    for (const double p : model.parameter_values()) e.parameters.push_back(p);
    for (const std::string& name : model.given) e.given.push_back(options().given.at(name));
    for (const std::size_t s : model.systemic) e.systemic.push_back(evaluate(model.graph, model.species[s].initial, e));
    for (const std::size_t s : model.local) e.local.push_back(evaluate(model.graph, model.species[s].initial, e));
  }

  void disturb(std::mt19937_64& random) {
    const auto uniform = [&random] { return static_cast<double>(random() >> 11U) * 0x1p-53; };
    const auto move = [&](long double value, const model::Species& species) {
      return value * (0.5L + uniform()) + 30.0L * species.typical * uniform();
    };
    for (std::size_t i = 0; i < e.local.size(); ++i) e.local[i] = move(e.local[i], model_.species[model_.local[i]]);
    for (std::size_t i = 0; i < e.systemic.size(); ++i)
      e.systemic[i] = move(e.systemic[i], model_.species[model_.systemic[i]]);
    e.time = 1000.0L * uniform();
    e.reductions.clear();
    for (const auto& reduction : model_.reductions) {
      const long double value = evaluate(model_.graph, reduction.integrand, e);
      e.reductions.push_back(reduction.kind == model::Reduction::Kind::integral ? kVolume * value : value);
    }
  }

  long double of(const model::Species& species) const {
    return species.scope == model::Scope::local ? e.local[species.slot] : e.systemic[species.slot];
  }
  long double of(model::NodeId node) const { return evaluate(model_.graph, node, e); }

  /// The size of the terms that a rate is the sum of: what rounding is measured against.
  long double size_of_terms(std::size_t species) const {
    long double size = 0;
    for (const auto& process : model_.processes) {
      for (const auto& change : process.changes) {
        if (change.species == species) size += std::abs(of(change.coefficient) * of(process.rate));
      }
    }
    return size;
  }

  Environment e;

 private:
  const model::Model& model_;
};

void expect_same(const model::Model& model, const std::string& text) {
  const auto document = parsed(text);
  ASSERT_NE(document->getModel(), nullptr);
  SbmlValues sbml(*document->getModel());
  State state(model);
  for (const auto& s : model.species) {
    const auto truth = state.of(s.initial) / s.unit.scale;
    EXPECT_LE(std::abs(sbml.initial(s.id) - truth), 1e-13L * std::abs(truth)) << s.id << " at day 0";
  }
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 20; ++trial) {
    state.disturb(random);
    sbml.set_time(state.e.time);
    for (const auto& s : model.species) sbml.set(s.id, state.of(s) / s.unit.scale);
    for (std::size_t i = 0; i < model.species.size(); ++i) {
      const auto& s = model.species[i];
      EXPECT_LE(std::abs(sbml.rate(s.id) * s.unit.scale - state.of(model.rates[i])), 1e-12L * state.size_of_terms(i))
          << "d/dt " << s.id;
    }
    for (const auto& o : model.observables) {
      const auto truth = state.of(o.node) / o.unit.scale;
      EXPECT_LE(std::abs(sbml.value(o.id) - truth), 1e-12L * std::abs(truth)) << o.id;
    }
  }
}

class ShippedExport : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(ShippedExport, IsValidAndComputesTheSame) {
  const UnitSystem units;
  const model::Model model = build_model(shipped(), GetParam(), units);
  const Exported exported = export_model(model, units, options());
  EXPECT_THAT(exported.warnings, testing::IsEmpty());
  EXPECT_THAT(remarks(exported.text), testing::IsEmpty());
  if (std::find(model.given.begin(), model.given.end(), "x") != model.given.end())
    GTEST_SKIP() << "computes with coordinates, which mean nothing in one voxel";
  expect_same(model, exported.text);
}

std::vector<std::vector<std::string>> combinations() {
  std::vector<std::vector<std::string>> out;
  for (const std::string& id : shipped().ids()) out.push_back({id});
  out.push_back({"vicious_cycle", "drugs/denosumab", "drugs/zoledronic_acid"});
  return out;
}
INSTANTIATE_TEST_SUITE_P(All, ShippedExport, testing::ValuesIn(combinations()), [](const auto& instance) {
  std::string name;
  for (const std::string& id : instance.param) name += (name.empty() ? "" : "_and_") + id;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
});

TEST(Export, TheUnitCheckSeesAWrongUnit) {
  const UnitSystem units;
  const std::vector<std::string> ids{"drugs/denosumab"};
  std::string text = export_model(build_model(shipped(), ids, units), units, options()).text;
  const std::string right = R"(units="mL_per_hour")";
  ASSERT_NE(text.find(right), std::string::npos);
  text.replace(text.find(right), right.size(), R"(units="mg")");
  EXPECT_THAT(remarks(text), testing::Not(testing::IsEmpty()));
}

/// A base and an overlay that use what the shipped models leave out.
constexpr const char* kBase = R"toml(
id = "base"
title = "a < b & c > d"
[species.A]
title = "in pM"
scope = "local"
unit = "pM"
initial = "2*A0"
typical = 1
[species.B]
title = "in nM"
scope = "local"
unit = "nM"
initial = "A0"
typical = 1
[species.C]
title = "cells"
scope = "systemic"
unit = "cell"
initial = "5 cell"
typical = 1
[species.D]
title = "share"
scope = "local"
unit = "percent"
initial = "given.bvtv"
typical = 1
[species.tissue]
title = "a name that the compartment would like"
scope = "systemic"
unit = "ug"
initial = "0"
typical = 1
[parameters]
A0 = { value = 3, unit = "nM", range = [0, 10], source = "test" }
k = { value = 2, unit = "1/hour", range = [0, 10], source = "test" }
year = { value = 1, unit = "year", range = [0, 10], source = "test" }
c0 = { value = 7, unit = "cell", range = [0, 10], source = "test" }
[quantities]
sum = { formula = "A + B", unit = "uM" }
late = "(time > year && time < 700 day + year) * 0.5 + (A > B && !(D > 0.1))"
power = "(C/c0)^0.5*(D + 1)^late + (C/c0)^(1/3) + root(3, A/B)"
cut = "max(0, A - B) + min(A, 2 pM, B) + piecewise(A, A > 1 nM, B, D < 20*0.01, 0)"
[processes.a]
title = "a"
rate = "k*cut*power"
changes = { A = -1, B = 1 }
[processes.a2]
title = "a2"
rate = "k*A*exp(-sum/A0)"
changes = { A = 2, D = "1/A0" }
[processes.c]
title = "c"
rate = "k*c0^0.5*C^0.5*(1 + mean(a2)/(k*A0)) + 3*c0/year"
changes = { C = -1 }
[processes.t]
title = "t"
rate = "1e-6 mg/(1 day)*(1 + integral(A)/(1 amol))*mean(D, trabecular)"
changes = { tissue = 1 }
[observables.highest]
title = "highest"
formula = "max(A, trabecular) + max(A)"
unit = "nM"
)toml";
constexpr const char* kOverlay = R"toml(
id = "overlay"
title = "an overlay"
extends = ["base"]
[parameters]
gain = { value = 50, unit = "percent", range = [0, 100], source = "test" }
[modify.k]
multiply = "1 + gain"
[modify.sum]
add = "0.5*A0"
multiply = "2*gain"
)toml";

Library small() {
  Library library("nowhere");
  library.add("base", kBase);
  library.add("overlay", kOverlay);
  return library;
}

TEST(Export, ConvertsUnitsNamesAndOverlays) {
  const UnitSystem units;
  const std::vector<std::string> ids{"overlay"};
  const model::Model model = build_model(small(), ids, units);
  const Exported exported = export_model(model, units, options());
  EXPECT_THAT(remarks(exported.text), testing::IsEmpty());
  expect_same(model, exported.text);
}

TEST(Export, ReactionsCarryWhatOneUnitCanCount) {
  const UnitSystem units;
  const std::vector<std::string> ids{"prototype/vicious_cycle"};
  const auto document = parsed(export_model(build_model(shipped(), ids, units), units, options()).text);
  const auto* reaction = document->getModel()->getReaction("osteoblast_differentiation");
  ASSERT_NE(reaction, nullptr);
  EXPECT_EQ(reaction->getReactant(0)->getSpecies(), "OBp");
  EXPECT_EQ(reaction->getProduct(0)->getSpecies(), "OBa");
  EXPECT_NE(document->getModel()->getRateRuleByVariable("BVTV"), nullptr);
}

TEST(Export, WritesEvents) {
  constexpr const char* kEvents = R"toml(
id = "pulse"
title = "a drug that is given again when it runs low"
[species.drug]
title = "drug"
scope = "systemic"
unit = "ug"
initial = "0"
typical = 1
[species.count]
title = "how often"
scope = "systemic"
unit = "1"
initial = "0"
typical = 1
[parameters]
k = { value = 2, unit = "1/hour", range = [0, 10], source = "test" }
amount = { value = 1, unit = "mg", range = [0, 10], source = "test" }
[processes.loss]
title = "loss"
rate = "k*drug"
changes = { drug = -1 }
[events.again]
title = "again"
when = "drug < 0.1*amount && time > 1/k"
set = { drug = "drug + amount", count = "count + 1" }
delay = "1/k"
priority = "2"
at_start = false
persistent = false
values_at = "execution"
)toml";
  Library library("nowhere");
  library.add("pulse", kEvents);
  const UnitSystem units;
  const std::vector<std::string> ids{"pulse"};
  const model::Model model = build_model(library, ids, units);
  const Exported exported = export_model(model, units, options());
  EXPECT_THAT(remarks(exported.text), testing::IsEmpty());
  expect_same(model, exported.text);
  const auto document = parsed(exported.text);
  const auto* event = document->getModel()->getEvent("again");
  ASSERT_NE(event, nullptr);
  EXPECT_FALSE(event->getTrigger()->getInitialValue());
  EXPECT_FALSE(event->getTrigger()->getPersistent());
  EXPECT_FALSE(event->getUseValuesFromTriggerTime());
  SbmlValues values(*document->getModel());
  EXPECT_NEAR(static_cast<double>(values.of(*event->getDelay()->getMath())), 0.5 / 24, 1e-15);
  EXPECT_EQ(values.of(*event->getPriority()->getMath()), 2.0L);
  values.set("drug", 99.0L);  // ug
  values.set_time(1.0L);
  EXPECT_EQ(values.of(*event->getTrigger()->getMath()), 1.0L);
  EXPECT_NEAR(static_cast<double>(values.of(*event->getEventAssignment("drug")->getMath())), 1099.0, 1e-11);
  values.set("drug", 101.0L);
  EXPECT_EQ(values.of(*event->getTrigger()->getMath()), 0.0L);
}

TEST(Export, CitesByDoi) {
  const UnitSystem units;
  const std::vector<std::string> ids{"bone/remodelling"};
  ExportOptions with = options();
  with.dois = {{"Pivonka2008", "10.1000/pivonka"}};
  const std::string text = export_model(build_model(shipped(), ids, units), units, with).text;
  EXPECT_THAT(text, testing::HasSubstr("bqmodel:isDescribedBy"));
  EXPECT_THAT(text, testing::HasSubstr("https://identifiers.org/doi:10.1000/pivonka"));
  EXPECT_THAT(remarks(text), testing::IsEmpty());
}

TEST(Export, SaysWhichGivenFieldIsMissing) {
  const UnitSystem units;
  const std::vector<std::string> ids{"bone/remodelling"};
  try {
    export_model(build_model(shipped(), ids, units), units);
    FAIL() << "nothing gave BV/TV";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("given.bvtv"));
  }
}

}  // namespace
}  // namespace howship::sbml
