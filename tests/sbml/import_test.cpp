#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "sbml_run.hpp"

// What each construct of SBML means, by closed forms.

namespace howship {
namespace {

using namespace test;
using testing::AllOf;
using testing::HasSubstr;

const std::string kTime = csymbol("time");
const std::string kOne = cn(1);

TEST(SbmlImport, AReactionOfConcentrationsMovesAmounts) {
  // Rate in amount per time: 0.5*S1*c with c = 2; concentrations follow exp(-0.5 t).
  const SbmlRun run(
      document(compartment() +
               list("Species", species("S1", "initialConcentration=\"3\"") + species("S2", "initialAmount=\"4\"")) +
               list("Parameters", parameter("k", "0.5", true)) +
               list("Reactions", reaction("R", reference("S1"), reference("S2", "stoichiometry=\"2\""),
                                          math(call("times", ci("k") + ci("S1") + ci("c")))))));
  const double left = 3 * std::exp(-1.0);
  EXPECT_NEAR(run.at(2, "S1"), left, 1e-7);
  EXPECT_NEAR(run.at(2, "S2"), 2 + 2 * (3 - left), 1e-7);
  EXPECT_NEAR(run.at(2, "R"), 0.5 * left * 2, 1e-7);
  EXPECT_NEAR(run.at(2, run.import.meanings.at("S1").amount), 2 * left, 1e-7);
}

TEST(SbmlImport, AmountsBoundariesAndConstants) {
  const SbmlRun run(document(
      compartment() +
      list("Species", species("A", "initialConcentration=\"3\"", "hasOnlySubstanceUnits=\"true\"") +
                          species("B", "initialAmount=\"1\"", "boundaryCondition=\"true\"") +
                          species("C", "initialAmount=\"1\"", "boundaryCondition=\"true\" constant=\"true\"")) +
      list("Reactions", reaction("R", reference("A") + reference("B") + reference("C"), "", math(cn(1.5))))));
  EXPECT_NEAR(run.at(2, "A"), 6 - 3, 1e-9);
  EXPECT_EQ(run.at(2, "B"), 0.5);
  EXPECT_EQ(run.at(2, "C"), 0.5);
  EXPECT_NEAR(run.at(2, run.import.meanings.at("A").concentration), 1.5, 1e-9);
}

TEST(SbmlImport, ACompartmentThatGrowsDilutes) {
  const SbmlRun run(document(compartment("1", "false") + list("Species", species("S", "initialAmount=\"4\"")) +
                             list("Rules", rule("rate", "c", kOne))));
  EXPECT_NEAR(run.at(3, "S"), 1.0, 1e-8);
  EXPECT_NEAR(run.at(3, run.import.meanings.at("S").amount), 4.0, 1e-8);
}

TEST(SbmlImport, ARateRuleOfAConcentrationHoldsInAGrowingCompartment) {
  const SbmlRun run(document(compartment("1", "false") +
                             list("Species", species("S", "initialConcentration=\"1\"", "boundaryCondition=\"true\"")) +
                             list("Rules", rule("rate", "c", kOne) + rule("rate", "S", cn(0.25)))));
  EXPECT_NEAR(run.at(2, "S"), 1.5, 1e-8);
  EXPECT_NEAR(run.at(2, run.import.meanings.at("S").amount), 4.5, 1e-7);
}

TEST(SbmlImport, ACompartmentGivenByARule) {
  const SbmlRun run(document(compartment("1", "false") + list("Species", species("S", "initialAmount=\"6\"")) +
                             list("Rules", rule("assignment", "c", call("plus", kOne + kTime)))));
  EXPECT_NEAR(run.at(2, "S"), 2.0, 1e-9);
}

TEST(SbmlImport, ConversionFactorsAndVariableStoichiometry) {
  const SbmlRun run(
      document(compartment("1") + list("Species", species("S", "initialAmount=\"0\"", "conversionFactor=\"f\"")) +
               list("Parameters", parameter("f", "10", true)) + list("Rules", rule("assignment", "n", kTime)) +
               list("Reactions", reaction("R", "", reference("S", "id=\"n\" constant=\"false\""), math(cn(2))))));
  EXPECT_NEAR(run.at(3, "S"), 10 * 2 * 4.5, 1e-6);
}

TEST(SbmlImport, Level2HasStoichiometryMathAndLocalParameters) {
  const SbmlRun run(document(
      "<listOfCompartments><compartment id=\"c\" size=\"1\"/></listOfCompartments>"
      "<listOfSpecies><species id=\"S\" compartment=\"c\" initialAmount=\"0\"/></listOfSpecies>"
      "<listOfParameters><parameter id=\"k\" value=\"7\"/></listOfParameters>"
      "<listOfReactions><reaction id=\"R\"><listOfProducts><speciesReference species=\"S\"><stoichiometryMath>" +
          math(call("plus", kOne + ci("k"))) + "</stoichiometryMath></speciesReference></listOfProducts><kineticLaw>" +
          math(ci("k")) +
          "<listOfParameters><parameter id=\"k\" value=\"3\"/></listOfParameters></kineticLaw></reaction>"
          "</listOfReactions>",
      2, 4));
  EXPECT_NEAR(run.at(1, "S"), 8 * 3, 1e-9);
}

TEST(SbmlImport, Level1) {
  const SbmlRun run(
      "<sbml xmlns=\"http://www.sbml.org/sbml/level1\" level=\"1\" version=\"2\"><model name=\"m\">"
      "<listOfCompartments><compartment name=\"c\"/></listOfCompartments>"
      "<listOfSpecies><species name=\"S\" compartment=\"c\" initialAmount=\"2\"/></listOfSpecies>"
      "<listOfReactions><reaction name=\"R\"><listOfReactants><speciesReference species=\"S\" stoichiometry=\"1\" "
      "denominator=\"2\"/></listOfReactants><kineticLaw formula=\"pow(S, 1)\"/></reaction></listOfReactions>"
      "</model></sbml>");
  EXPECT_NEAR(run.at(2, "S"), 2 * std::exp(-1.0), 1e-7);
}

TEST(SbmlImport, FunctionDefinitionsAreWrittenOut) {
  const std::string lambda = "<lambda><bvar><ci>x</ci></bvar><bvar><ci>y</ci></bvar>" +
                             call("minus", ci("x") + call("times", ci("y") + ci("x"))) + "</lambda>";
  const SbmlRun run(document(
      list("FunctionDefinitions", "<functionDefinition id=\"f\">" + math(lambda) + "</functionDefinition>") +
      list("Parameters", parameter("x", "5", true) + parameter("p", "")) +
      list("Rules", rule("assignment", "p", "<apply><ci>f</ci>" + call("plus", kOne + ci("x")) + cn(2) + "</apply>"))));
  EXPECT_EQ(run.at(1, "p"), 6 - 2 * 6);
}

TEST(SbmlImport, InitialAssignmentsSeeTheStart) {
  const SbmlRun run(document(compartment("2") + list("Species", species("S", "initialConcentration=\"9\"")) +
                             list("Parameters", parameter("p", "") + parameter("q", "3", true) + parameter("r", "")) +
                             list("InitialAssignments", initial("S", call("times", ci("q") + ci("r"))) +
                                                            initial("p", call("plus", ci("S") + kTime)) +
                                                            initial("r", call("power", ci("q") + cn(2)))) +
                             list("Reactions", reaction("R", reference("S"), "", math(kOne)))));
  EXPECT_NEAR(run.at(2, "S"), 27 - 1, 1e-9);
  EXPECT_EQ(run.at(2, "p"), 27);  // and stays
  EXPECT_EQ(run.at(2, "r"), 9);
}

TEST(SbmlImport, RateOf) {
  const SbmlRun run(
      document(compartment("1", "false") + list("Species", species("S", "initialAmount=\"8\"")) +
               list("Parameters", parameter("p", "") + parameter("x", "1")) +
               list("Rules", rule("rate", "c", kOne) + rule("rate", "x", call("minus", ci("x"))) +
                                 rule("assignment", "p",
                                      call("plus", "<apply>" + csymbol("rateOf") + ci("S") + "</apply><apply>" +
                                                       csymbol("rateOf") + ci("x") + "</apply>")))));
  EXPECT_NEAR(run.at(1, "p"), -8.0 / 4 - std::exp(-1.0), 1e-7);
}

double evaluated(const std::string& content) {
  return SbmlRun(document(list("Parameters", parameter("x", "0.5", true) + parameter("p", "")) +
                          list("Rules", rule("assignment", "p", content))))
      .at(1, "p");
}

TEST(SbmlImport, Mathematics) {
  const std::string x = ci("x");
  EXPECT_DOUBLE_EQ(evaluated(call("arccosh", cn(3))), std::acosh(3));
  EXPECT_DOUBLE_EQ(evaluated(call("log", "<logbase>" + cn(2) + "</logbase>" + cn(32))), 5);
  EXPECT_DOUBLE_EQ(evaluated(call("root", "<degree>" + cn(3) + "</degree>" + cn(27))), 3);
  EXPECT_DOUBLE_EQ(evaluated(call("root", cn(9))), 3);
  EXPECT_EQ(evaluated(call("max", cn(1) + cn(7) + x)), 7);
  EXPECT_EQ(evaluated(call("max", x)), 0.5);
  EXPECT_EQ(evaluated(call("lt", cn(0) + x + cn(1))), 1);
  EXPECT_EQ(evaluated(call("lt", cn(0) + x + cn(0.25))), 0);
  EXPECT_EQ(evaluated(call("xor", "<true/><true/><true/>")), 1);
  EXPECT_EQ(evaluated(call("and", "")), 1);
  EXPECT_EQ(evaluated(call("not", call("or", "<false/>" + call("gt", x + cn(1))))), 1);
  EXPECT_EQ(evaluated(call("implies", "<true/><false/>")), 0);
  EXPECT_EQ(evaluated(call("rem", cn(-7) + cn(2))), -1);
  EXPECT_EQ(evaluated(call("quotient", cn(7) + cn(2))), 3);
  EXPECT_EQ(evaluated(call("factorial", cn(5))), 120);
  EXPECT_EQ(evaluated(call("plus", "")), 0);
  EXPECT_EQ(evaluated(call("times", "")), 1);
  EXPECT_EQ(evaluated(call("minus", call("minus", x))), 0.5);
  EXPECT_EQ(evaluated(call("power", call("minus", cn(2)) + call("minus", cn(2)))), 0.25);
  EXPECT_EQ(evaluated(call("divide", cn(8) + call("divide", cn(4) + cn(2)))), 4);
  EXPECT_EQ(evaluated(call("minus", cn(8) + call("minus", cn(4) + cn(2)))), 6);
  EXPECT_EQ(evaluated("<cn type=\"e-notation\">2<sep/>3</cn>"), 2000);
  EXPECT_EQ(evaluated("<cn type=\"rational\">1<sep/>4</cn>"), 0.25);
  EXPECT_EQ(evaluated(csymbol("avogadro")), 6.02214179e23);
  EXPECT_TRUE(std::isinf(evaluated("<infinity/>")));
  EXPECT_EQ(evaluated("<piecewise><piece>" + cn(3) + call("gt", x + cn(1)) + "</piece><otherwise>" + cn(4) +
                      "</otherwise></piecewise>"),
            4);
}

TEST(SbmlImport, LongAndDeepFormulasAreSplit) {
  std::string wide;
  for (int i = 0; i < 3000; ++i) wide += ci("x");
  EXPECT_NEAR(evaluated(call("plus", wide)), 1500, 1e-9);
  std::string deep = ci("x");
  for (int i = 0; i < 150; ++i) deep = call("abs", call("minus", deep));
  EXPECT_EQ(evaluated(deep), 0.5);
}

TEST(SbmlImport, EventsSetEverythingThatMayChange) {
  // At time 1 the compartment doubles: the concentration halves. At 2, with a delay of 0.5, p becomes what it was.
  const SbmlRun run(
      document(compartment("1", "false") + list("Species", species("S", "initialAmount=\"4\"")) +
               list("Parameters", parameter("p", "1") + parameter("q", "0")) +
               list("Events", event(call("geq", kTime + kOne), set("c", cn(2))) +
                                  event(call("gt", ci("q") + cn(2)), set("p", call("plus", ci("q") + ci("p"))),
                                        "<delay>" + math(cn(0.5)) + "</delay>")) +
               list("Rules", rule("rate", "q", kOne))));
  EXPECT_NEAR(run.at(0.5, "S"), 4, 1e-9);
  EXPECT_NEAR(run.at(1.5, "S"), 2, 1e-9);
  EXPECT_NEAR(run.at(2.25, "p"), 1, 1e-9);
  EXPECT_NEAR(run.at(2.75, "p"), 3, 1e-6);
}

TEST(SbmlImport, WhenAnEventSetsSizeAndConcentrationTheSizeIsThatBefore) {
  const SbmlRun run(
      document(compartment("0.5", "false") + list("Species", species("S", "initialConcentration=\"2\"")) +
               list("Events", event(call("geq", kTime + cn(0.5)), set("c", cn(0.2)) + set("S", cn(0.2))))));
  EXPECT_NEAR(run.at(1, "S"), 0.5, 1e-9);
}

TEST(SbmlImport, AnEventOfLevel2DoesNotFireAtTheStart) {
  const auto text = [](int level, const std::string& trigger) {
    return document(
        "<listOfParameters><parameter id=\"p\" value=\"0\" constant=\"false\"/></listOfParameters>"
        "<listOfEvents><event" +
            std::string(level == 3 ? " useValuesFromTriggerTime=\"true\"" : "") + "><trigger" + trigger + ">" +
            math("<true/>") + "</trigger><listOfEventAssignments>" + set("p", kOne) +
            "</listOfEventAssignments></event></listOfEvents>",
        level, level == 3 ? 1 : 4);
  };
  EXPECT_EQ(SbmlRun(text(2, "")).at(1, "p"), 0);
  EXPECT_EQ(SbmlRun(text(3, " initialValue=\"true\" persistent=\"true\"")).at(1, "p"), 0);
  EXPECT_EQ(SbmlRun(text(3, " initialValue=\"false\" persistent=\"true\"")).at(1, "p"), 1);
}

TEST(SbmlImport, AConditionThatHoldsBetweenTwoStepsIsNotMissed) {
  const SbmlRun run(
      document(list("Parameters", parameter("x", "0") + parameter("p", "0")) + list("Rules", rule("rate", "x", kOne)) +
               list("Events", event(call("and", call("gt", ci("x") + cn(0.512)) + call("lt", ci("x") + cn(0.513))),
                                    set("p", kOne)))));
  EXPECT_EQ(run.at(1, "p"), 1);
}

TEST(SbmlImport, ADelayMayEndWithinTheStepThatTriggersIt) {
  const SbmlRun run(document(
      list("Parameters", parameter("x", "0") + parameter("p", "0")) + list("Rules", rule("rate", "x", kOne)) +
      list("Events", event(call("gt", ci("x") + cn(0.05)), set("p", kTime), "<delay>" + math(cn(0.01)) + "</delay>",
                           "initialValue=\"true\" persistent=\"true\"", "false"))));
  EXPECT_NEAR(run.at(1, "p"), 0.06, 1e-9);
}

TEST(SbmlImport, IdsWithAMeaningOfTheirOwnAreRenamedAndSaid) {
  const SbmlRun run(document(
      list("Parameters", parameter("time", "3", true) + parameter("mean", "") + parameter("time_", "4", true)) +
      list("Rules", rule("assignment", "mean", call("plus", ci("time") + ci("time_"))))));
  EXPECT_EQ(run.at(1, "mean"), 7);
  ASSERT_EQ(run.import.notes.size(), 3U);
  EXPECT_THAT(run.import.notes[0].message, HasSubstr("'time' has a meaning of its own"));
}

// Level 3 knows no defaults; other programs take 1, and so is it done here, but said.
TEST(SbmlImport, SaysWhichSizesAndStoichiometriesCountAsOne) {
  const std::string law = math(ci("S"));
  const std::string unsized =
      "<listOfCompartments><compartment id=\"c\" spatialDimensions=\"3\" constant=\"true\"/>"
      "</listOfCompartments>\n";
  const SbmlRun run(document(unsized + list("Species", species("S", "initialConcentration=\"1\"")) +
                             list("Reactions", reaction("R", reference("S", ""), "", law))));
  ASSERT_EQ(run.import.notes.size(), 2U);
  EXPECT_THAT(run.import.notes[0].message,
              HasSubstr("speciesReference to 'S' in reaction 'R' has no stoichiometry; it counts as 1"));
  EXPECT_THAT(run.import.notes[1].message, HasSubstr("compartment 'c' has no size"));
  EXPECT_NEAR(run.at(1, "S"), std::exp(-1.0), 1e-8);
  const SbmlRun amounts(
      document(unsized + list("Species", species("S", "initialAmount=\"1\"", "hasOnlySubstanceUnits=\"true\"")) +
               list("Reactions", reaction("R", reference("S"), "", law))));
  EXPECT_TRUE(amounts.import.notes.empty()) << "nothing reads the size";
  const SbmlRun set(document(unsized + list("Species", species("S", "initialConcentration=\"1\"")) +
                             list("InitialAssignments", initial("c", cn(2)) + initial("n", cn(2))) +
                             list("Reactions", reaction("R", reference("S", "id=\"n\""), "", law))));
  EXPECT_TRUE(set.import.notes.empty()) << set.import.notes[0].message;
}

TEST(SbmlImport, AStoichiometryMayBeNamedLikeANumber) {
  const SbmlRun run(
      document(compartment("1") + list("Species", species("S", "initialConcentration=\"1\"")) +
               list("Reactions", reaction("R", reference("S", "id=\"NAN\" stoichiometry=\"2\""), "", math(ci("S"))))));
  EXPECT_NEAR(run.at(1, "S"), std::exp(-2.0), 1e-8);
}

TEST(SbmlImport, KeepsUnitsAsLabels) {
  const SbmlRun run(
      "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version1/core\" level=\"3\" version=\"1\"><model id=\"m\" "
      "timeUnits=\"second\" substanceUnits=\"mole\" volumeUnits=\"litre\">" +
      compartment() + list("Species", species("S", "initialAmount=\"1\"")) + "</model></sbml>");
  EXPECT_EQ(run.import.time_unit, "second");
  EXPECT_THAT(run.import.text, AllOf(HasSubstr("units = \"unchecked\""), HasSubstr("unit = \"mole/litre\"")));
}

}  // namespace
}  // namespace howship
