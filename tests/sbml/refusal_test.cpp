#include <chrono>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "sbml_run.hpp"

// What is no SBML, or asks for what is not solved: refused by name, never run wrongly.

#ifdef __SANITIZE_ADDRESS__
// libSBML forgets what it has read when it throws.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libsbml";
}
#endif

namespace howship {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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

// UTF-8 is what XML is where nothing else is said.
TEST(SbmlRefusals, NotOfADeclarationWithoutEncoding) {
  const std::string full = document(list("Parameters", parameter("p", "1")));
  const std::string body = full.substr(full.find("<sbml"));
  for (const char* declaration : {"", "<?xml version=\"1.0\"?>\n", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"})
    EXPECT_EQ(outcome_of(declaration + body).message, "no error") << declaration;
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
  EXPECT_THAT(outcome_of("\xFF\xFE<").message, HasSubstr("UTF-16"));
  EXPECT_THAT(outcome_of("<html/>").message, HasSubstr("m.xml:"));
  EXPECT_THAT(
      outcome_of("<sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" level=\"3\" version=\"2\"/>").message,
      HasSubstr("no model"));
  const std::string whole = document(list("Parameters", parameter("p", "1", true)));
  for (std::size_t size = 0; size < whole.size() - 8; size += 7)
    EXPECT_NE(outcome_of(whole.substr(0, size)).message, "no error") << size;
}

// libSBML gives this up by an exception, not by an error.
TEST(SbmlRefusals, AnElementThatItsLevelDoesNotHave) {
  const std::string reference =
      "<speciesReference species=\"S\"><stoichiometryMath>" + math(cn(2)) + "</stoichiometryMath></speciesReference>";
  std::string text =
      document(list("Reactions", "<reaction id=\"r\">" + list("Reactants", reference) + "</reaction>"), 2, 4);
  const std::string level = "level2/version4";
  text.replace(text.find(level), level.size(), "level1/version4");
  EXPECT_THAT(outcome_of(text).message, AllOf(HasSubstr("m.xml:1:1"), HasSubstr("does not belong to its level")));
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
  const std::string twice =
      outcome_of(document(p + list("Rules", rule("rate", "p", cn(1)) + rule("rate", "p", cn(2))))).message;
  EXPECT_THAT(twice, AllOf(HasSubstr("rateRule for 'p': it has a rule already"), Not(HasSubstr("no such symbol"))));
  EXPECT_THAT(outcome_of(document(p + list("Rules", rule("rate", "k", cn(1))))).message,
              HasSubstr("parameter 'k': is constant"));
  EXPECT_THAT(outcome_of(document(compartment() + list("Species", species("S", "initialAmount=\"1\"")) +
                                  list("Rules", rule("rate", "S", cn(1))) +
                                  list("Reactions", reaction("R", reference("S"), "", math(cn(1))))))
                  .message,
              HasSubstr("reaction 'R': changes 'S', which is given by a rule"));
}

TEST(SbmlRefusals, AStoichiometryThatIsNoNumber) {
  EXPECT_THAT(
      outcome_of(document(compartment() + list("Species", species("S", "initialAmount=\"1\"")) +
                          list("Reactions", reaction("R", reference("S", "stoichiometry=\"NaN\""), "", math(ci("S"))))))
          .message,
      HasSubstr("the stoichiometry of 'S' in reaction 'R' is not a number"));
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
      HasSubstr("assignmentRule 'p': elements are nested more than"));
}

// libSBML would take minutes, or for ever.
TEST(SbmlUnits, AreNotLookedAtWhereThatTakesTooLong) {
  const auto noted = [](const std::string& body, const std::string& formula) {
    const std::string definition = "<functionDefinition id=\"f\">" +
                                   math("<lambda><bvar><ci>x</ci></bvar>" + body + "</lambda>") +
                                   "</functionDefinition>";
    sbml::ImportOptions options;
    const auto start = std::chrono::steady_clock::now();
    const sbml::Import import =
        sbml::import_sbml(document(list("FunctionDefinitions", definition) +
                                   list("Parameters", parameter("p", "") + parameter("q", "1", true)) +
                                   list("Rules", rule("assignment", "p", formula))),
                          "m.xml", options);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
    return !import.notes.empty() && import.notes.back().message.find("units were not looked at") != std::string::npos;
  };
  const auto nested = [](int times) {
    std::string formula = ci("q");
    for (int i = 0; i < times; ++i) formula = "<apply>" + ci("f") + formula + "</apply>";
    return formula;
  };
  const std::string square = call("times", ci("x") + ci("x"));
  EXPECT_FALSE(noted(square, nested(8)));
  EXPECT_TRUE(noted(square, nested(16)));
  std::string sum;
  for (int i = 0; i < 800; ++i) sum += ci("x");
  EXPECT_TRUE(noted(call("plus", sum), nested(1)));
  EXPECT_FALSE(noted(ci("x"), nested(60)));
}

TEST(SbmlUnits, ThatCouldNeverBeCheckedAreSaidToBe) {
  const auto calls = [](const std::string& id, const std::string& other) {
    return "<functionDefinition id=\"" + id + "\">" +
           math("<lambda><bvar><ci>x</ci></bvar><apply><ci>" + other + "</ci><ci>x</ci></apply></lambda>") +
           "</functionDefinition>";
  };
  const std::string xml = document(list("FunctionDefinitions", calls("f", "g") + calls("g", "f")));
  EXPECT_EQ(outcome_of(xml).message, "no error") << "nothing calls them";
  EXPECT_THAT(outcome_of(xml, true).message, HasSubstr("units cannot be checked"));
}

TEST(SbmlRefusals, NumbersThatCannotBeHeld) {
  const auto with_number = [](const std::string& number) {
    return outcome_of(document(list("Parameters", parameter("p", "")) + list("Rules", rule("assignment", "p", number))))
        .message;
  };
  EXPECT_THAT(with_number("<cn type=\"integer\">4294967296</cn>"),
              AllOf(HasSubstr("m.xml:5:"), HasSubstr("assignmentRule 'p': '4294967296' is no whole number"),
                    HasSubstr("without type")));
  EXPECT_THAT(with_number("<cn type='integer'> 1.5 </cn>"), HasSubstr("'1.5' is no whole number"));
  EXPECT_THAT(with_number("<cn type=\"rational\">4294967296<sep/>3</cn>"), HasSubstr("4294967296<sep/>3"));
  EXPECT_NE(outcome_of("<sbml><cn type=\"integer\"").message, "no error");
  EXPECT_EQ(with_number("<cn type=\"integer\"> +2147483647 </cn>"), "no error");
  EXPECT_EQ(with_number("<cn type=\"integer\">-2147483648</cn>"), "no error");
}

// What the model language finds in the text is told of the document.
TEST(SbmlRefusals, FaultsOfTheTextNameTheElement) {
  sbml::ImportOptions options;
  options.id = "m";
  const sbml::Import import = sbml::import_sbml(
      document(list("Parameters", parameter("x", "0")) + list("Rules", rule("rate", "x", cn(1))) +
               list("Events",
                    "<event id=\"late\" useValuesFromTriggerTime=\"true\"><trigger initialValue=\"true\" "
                    "persistent=\"true\">" +
                        math(call("gt", ci("x") + cn(0.5))) + "</trigger><delay>" + math(cn(-1)) + "</delay>" +
                        list("EventAssignments", set("x", cn(0))) + "</event>")),
      "m.xml", options);
  model::Library library("");
  library.add("m", import.text);
  const std::vector<std::string> ids{"m"};
  try {
    model::build_model(library, ids, UnitSystem());
    FAIL() << "the delay is negative";
  } catch (const InputError& error) {
    EXPECT_THAT(sbml::in_terms_of_document(error, import).what(),
                AllOf(HasSubstr("m.xml:6:"), HasSubstr("event 'late': the delay of event 'late' is -1"),
                      Not(HasSubstr("toml"))));
  }
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
  EXPECT_THAT(import.notes[0].message, AllOf(HasSubstr("units of "), HasSubstr("'R'")));
  EXPECT_THAT(outcome_of(xml, true).message, AllOf(HasSubstr("error: units"), HasSubstr("'R'")));
}

TEST(SbmlSize, AssignmentsMayUseEachOtherFiveThousandDeep) {
  const int length = 5000;
  std::string parameters = parameter("p0", "1");
  std::string rules;
  for (int i = length; i > 0; --i) {
    parameters += parameter("p" + std::to_string(i), "");
    rules += rule("assignment", "p" + std::to_string(i), call("plus", ci("p" + std::to_string(i - 1)) + cn(1)));
  }
  EXPECT_EQ(SbmlRun(document(list("Parameters", parameters) + list("Rules", rules))).at(1, "p5000"), 5001);
  std::string initials;
  for (int i = length; i > 0; --i)
    initials += initial("p" + std::to_string(i), call("plus", ci("p" + std::to_string(i - 1)) + cn(1)));
  EXPECT_EQ(SbmlRun(document(list("Parameters", parameters) + list("InitialAssignments", initials))).at(1, "p5000"),
            5001);
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
