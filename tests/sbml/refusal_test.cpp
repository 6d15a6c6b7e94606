#include <chrono>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "sbml_run.hpp"

// What is no SBML, or asks for what is not solved: refused by name, never run wrongly.

namespace howship {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;

struct Outcome {
  bool unsupported = false;
  std::string message;
};

Outcome outcome_of(const std::string& xml, bool strict_units = false) {
  sbml::ImportOptions options;
  options.id = "m";
  options.strict_units = strict_units;
  try {
    sbml::import_sbml(xml, "m.xml", options);
  } catch (const UnsupportedError& error) {
    return {true, error.what()};
  } catch (const InputError& error) {
    return {false, error.what()};
  }
  return {false, "no error"};
}

void expect_unsupported(const std::string& xml, const std::string& what, const std::string& element) {
  const Outcome outcome = outcome_of(xml);
  EXPECT_TRUE(outcome.unsupported) << outcome.message;
  EXPECT_THAT(outcome.message, AllOf(HasSubstr(what), HasSubstr(element)));
}

TEST(SbmlRefusals, NameFeatureAndElement) {
  const std::string p = list("Parameters", parameter("p", "") + parameter("q", "1"));
  expect_unsupported(
      document(p + list("Rules", rule("assignment", "p", "<apply>" + csymbol("delay") + ci("q") + cn(1) + "</apply>"))),
      "delay differential equation", "'p'");
  expect_unsupported(document(p + list("Rules", rule("algebraic", "", call("minus", ci("p") + ci("q"))))),
                     "algebraic rules", "algebraicRule");
  expect_unsupported(
      document(
          "<listOfCompartments><compartment id=\"c\" size=\"1\"/></listOfCompartments><listOfSpecies><species "
          "id=\"S\" compartment=\"c\" initialAmount=\"1\"/></listOfSpecies><listOfReactions><reaction id=\"quick\" "
          "fast=\"true\"><listOfReactants><speciesReference species=\"S\"/></listOfReactants><kineticLaw>" +
              math(cn(1)) + "</kineticLaw></reaction></listOfReactions>",
          2, 4),
      "fast reactions", "'quick'");
}

TEST(SbmlRefusals, RequiredPackages) {
  const auto with = [](const std::string& package, const std::string& required, const std::string& more) {
    return "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version1/core\" "
           "xmlns:x=\"http://www.sbml.org/sbml/level3/version1/" +
           package + "/version1\" x:required=\"" + required + "\" level=\"3\" version=\"1\"><model id=\"m\"" + more +
           "</model></sbml>";
  };
  expect_unsupported(with("spatial", "true", ">"), "'spatial'", "'m'");
  expect_unsupported(with("comp", "true", ">"), "'comp'", "'m'");
  expect_unsupported(with("fbc", "false",
                          "><x:listOfObjectives x:activeObjective=\"o\"><x:objective x:id=\"o\" x:type=\"maximize\">"
                          "<x:listOfFluxObjectives><x:fluxObjective x:reaction=\"r\" x:coefficient=\"1\"/>"
                          "</x:listOfFluxObjectives></x:objective></x:listOfObjectives>"),
                     "'fbc'", "flux balance");
  EXPECT_EQ(outcome_of(with("layout", "false", ">")).message, "no error");
}

TEST(SbmlRefusals, WhatIsNoSbml) {
  EXPECT_THAT(outcome_of("").message, HasSubstr("not XML"));
  EXPECT_THAT(outcome_of("plain words").message, HasSubstr("not XML"));
  EXPECT_THAT(outcome_of("<html/>").message, HasSubstr("m.xml:"));
  EXPECT_THAT(
      outcome_of("<sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" level=\"3\" version=\"2\"/>").message,
      HasSubstr("no model"));
  const std::string whole = document(list("Parameters", parameter("p", "1", true)));
  for (std::size_t size = 0; size < whole.size() - 8; size += 7)
    EXPECT_NE(outcome_of(whole.substr(0, size)).message, "no error") << size;
}

TEST(SbmlRefusals, EntitiesAreNeverRead) {
  EXPECT_THAT(outcome_of("<?xml version=\"1.0\"?>\n<!DOCTYPE sbml [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>\n" +
                         document("<notes>&x;</notes>").substr(39))
                  .message,
              AllOf(HasSubstr("m.xml:2:"), HasSubstr("document type")));
}

TEST(SbmlRefusals, SymbolsThatNobodyDefines) {
  EXPECT_THAT(outcome_of(document(list("Parameters", parameter("p", "")) +
                                  list("Rules", rule("assignment", "p", ci("nothing")))))
                  .message,
              AllOf(HasSubstr("assignmentRule for 'p'"), HasSubstr("unknown symbol 'nothing'")));
  EXPECT_THAT(outcome_of(document(list("Parameters", parameter("p", "")) +
                                  list("Rules", rule("assignment", "p", "<apply><ci>f</ci><cn>1</cn></apply>"))))
                  .message,
              HasSubstr("unknown function 'f'"));
}

TEST(SbmlRefusals, IdsTwiceAndRulesAstray) {
  const std::string p = list("Parameters", parameter("p", "1") + parameter("k", "1", true));
  EXPECT_THAT(outcome_of(document(compartment() + list("Parameters", parameter("c", "1")))).message,
              HasSubstr("parameter 'c': its id is taken already"));
  EXPECT_THAT(outcome_of(document(p + list("Rules", rule("rate", "x", cn(1))))).message,
              HasSubstr("rateRule for 'x': there is no such symbol"));
  EXPECT_THAT(outcome_of(document(p + list("Rules", rule("rate", "p", cn(1)) + rule("rate", "p", cn(2))))).message,
              HasSubstr("has a rule already"));
  EXPECT_THAT(outcome_of(document(p + list("Rules", rule("rate", "k", cn(1))))).message,
              HasSubstr("parameter 'k': is constant"));
  EXPECT_THAT(outcome_of(document(compartment() + list("Species", species("S", "initialAmount=\"1\"")) +
                                  list("Rules", rule("rate", "S", cn(1))) +
                                  list("Reactions", reaction("R", reference("S"), "", math(cn(1))))))
                  .message,
              HasSubstr("reaction 'R': changes 'S', which is given by a rule"));
}

TEST(SbmlRefusals, Circles) {
  const std::string pq = list("Parameters", parameter("p", "") + parameter("q", ""));
  EXPECT_THAT(
      outcome_of(document(pq + list("Rules", rule("assignment", "p", ci("q")) + rule("assignment", "q", ci("p")))))
          .message,
      HasSubstr("circular assignments: p → q → p"));
  EXPECT_THAT(
      outcome_of(document(pq + list("InitialAssignments", initial("p", ci("q")) + initial("q", ci("p"))))).message,
      HasSubstr("circular assignments"));
}

TEST(SbmlRefusals, FunctionDefinitionsThatExplode) {
  std::string definitions = "<functionDefinition id=\"f0\">" +
                            math("<lambda><bvar><ci>x</ci></bvar><ci>x</ci></lambda>") + "</functionDefinition>";
  for (int i = 1; i < 60; ++i) {
    const std::string once = "<apply><ci>f" + std::to_string(i - 1) + "</ci><ci>x</ci></apply>";
    definitions += "<functionDefinition id=\"f" + std::to_string(i) + "\">" +
                   math("<lambda><bvar><ci>x</ci></bvar>" + call("times", once + once) + "</lambda>") +
                   "</functionDefinition>";
  }
  EXPECT_THAT(outcome_of(document(list("FunctionDefinitions", definitions) + list("Parameters", parameter("p", "")) +
                                  list("Rules", rule("assignment", "p", "<apply><ci>f59</ci><cn>1</cn></apply>"))))
                  .message,
              HasSubstr("too long"));
}

TEST(SbmlRefusals, NestingBeyondReason) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<apply><plus/><cn>1</cn>";
  deep += "<cn>1</cn>";
  for (int i = 0; i < 5000; ++i) deep += "</apply>";
  EXPECT_THAT(
      outcome_of(document(list("Parameters", parameter("p", "")) + list("Rules", rule("assignment", "p", deep))))
          .message,
      HasSubstr("nested more than"));
}

TEST(SbmlUnits, AreWarningsThatNameTheElementOrErrors) {
  const std::string xml =
      "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version1/core\" level=\"3\" version=\"1\"><model id=\"m\" "
      "timeUnits=\"second\" substanceUnits=\"mole\" volumeUnits=\"litre\" extentUnits=\"mole\">"
      "<listOfCompartments><compartment id=\"c\" spatialDimensions=\"3\" size=\"1\" units=\"litre\" constant=\"true\"/>"
      "</listOfCompartments>" +
      list("Species", species("S", "initialAmount=\"1\"", "substanceUnits=\"mole\"")) +
      "<listOfParameters><parameter id=\"k\" value=\"1\" units=\"mole\" constant=\"true\"/></listOfParameters>" +
      list("Reactions", reaction("R", reference("S"), "", math(call("times", ci("k") + ci("S"))), " fast=\"false\"")) +
      "</model></sbml>";
  sbml::ImportOptions options;
  const sbml::Import import = sbml::import_sbml(xml, "m.xml", options);
  ASSERT_EQ(import.notes.size(), 1U);
  EXPECT_THAT(import.notes[0].message, AllOf(HasSubstr("units"), HasSubstr("'R'")));
  EXPECT_THAT(outcome_of(xml, true).message, AllOf(HasSubstr("error: units"), HasSubstr("'R'")));
}

TEST(SbmlSize, TenThousandSpeciesAreRead) {
  std::string all;
  for (int i = 0; i < 10'000; ++i) all += species("s" + std::to_string(i), "initialAmount=\"1\"");
  std::string reactions;
  for (int i = 1; i < 10'000; ++i) {
    reactions += reaction("r" + std::to_string(i), reference("s" + std::to_string(i - 1)),
                          reference("s" + std::to_string(i)), math(ci("s" + std::to_string(i - 1))));
  }
  const std::string xml = document(compartment() + list("Species", all) + list("Reactions", reactions));
  sbml::ImportOptions options;
  options.id = "m";
  const sbml::Import import = sbml::import_sbml(xml, "m.xml", options);
  model::Library library("");
  library.add("m", import.text);
  const std::vector<std::string> ids{"m"};
  EXPECT_EQ(model::build_model(library, ids, UnitSystem()).species.size(), 10'000U);
}

}  // namespace
}  // namespace howship
