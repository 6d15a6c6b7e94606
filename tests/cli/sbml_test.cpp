#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "program.hpp"

// SBML as a user and the test suite's runner meet it.

namespace howship {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string decay(const std::string& law) {
  return "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version1/core\" level=\"3\" version=\"1\"><model id=\"m\" "
         "timeUnits=\"second\"><listOfCompartments><compartment id=\"c\" spatialDimensions=\"3\" size=\"2\" "
         "constant=\"true\"/></listOfCompartments><listOfSpecies><species id=\"S\" compartment=\"c\" "
         "initialAmount=\"4\" hasOnlySubstanceUnits=\"false\" boundaryCondition=\"false\" constant=\"false\"/>"
         "</listOfSpecies><listOfReactions><reaction id=\"R\" reversible=\"false\" fast=\"false\"><listOfReactants>"
         "<speciesReference species=\"S\" stoichiometry=\"1\" constant=\"true\"/></listOfReactants><kineticLaw><math "
         "xmlns=\"http://www.w3.org/1998/Math/MathML\">" +
         law + "</math></kineticLaw></reaction></listOfReactions></model></sbml>";
}

class SbmlProgram : public ::testing::Test {
 protected:
  Outcome howship(const std::string& words) const { return program_.run(words); }
  void put_case(const std::string& law) const {
    test::put(folder_ / "cases/00007/00007-settings.txt",
              "start: 0\nduration: 1\nsteps: 2\nvariables: S, c\nabsolute: 1e-9\nrelative: 1e-6\namount: S\n"
              "concentration:\n");
    test::put(folder_ / "cases/00007/00007-sbml-l3v1.xml", decay(law));
  }
  const test::TemporaryFolder folder_;
  const test::Program program_{folder_.path()};
};

TEST_F(SbmlProgram, RunsACaseOfTheSuite) {
  put_case("<apply><times/><ci>S</ci><ci>c</ci></apply>");
  const Outcome run = howship("sbml-case cases 00007 results 3 1");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(test::contents(folder_ / "results/00007.csv"),
              AllOf(StartsWith("time,S,c\n0,4,2\n0.5,2.42612"), HasSubstr("\n1,1.471517")));
}

TEST_F(SbmlProgram, RefusesACaseWithFour) {
  put_case(
      "<apply><csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/delay\">d</csymbol>"
      "<ci>S</ci><cn>1</cn></apply>");
  const Outcome run = howship("sbml-case cases 00007 results 3 1");
  EXPECT_EQ(run.code, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("'R'"), HasSubstr("delay differential equation")));
  EXPECT_FALSE(fs::exists(folder_ / "results/00007.csv"));
  EXPECT_EQ(howship("sbml-case cases 00007 results 2 1").code, 1);
  EXPECT_EQ(howship("sbml-case cases 00007 results").code, 1);
}

TEST_F(SbmlProgram, ImportsAModelThatRuns) {
  test::put(folder_ / "decay.xml", decay("<ci>S</ci>"));
  const Outcome import = howship("import decay.xml -o mine.toml");
  EXPECT_EQ(import.code, 0) << import.err;
  EXPECT_EQ(import.out, "mine.toml\n");
  EXPECT_THAT(howship("check mine.toml").out, HasSubstr("1 species"));
  EXPECT_THAT(howship("import decay.xml -o mine.toml").err, HasSubstr("--force"));
  EXPECT_THAT(howship("import decay.xml").out, StartsWith("id = \"decay\"\n"));
  EXPECT_THAT(howship("import decay.xml --mask x.nii").err, HasSubstr("--mask is for images"));
}

TEST_F(SbmlProgram, ChecksAndExplainsAModel) {
  test::put(folder_ / "decay.xml", decay("<ci>S</ci>"));
  const Outcome check = howship("check decay.xml");
  EXPECT_EQ(check.code, 0) << check.err;
  EXPECT_THAT(check.out, AllOf(HasSubstr("1 species"), HasSubstr("units are labels")));
  EXPECT_THAT(howship("explain decay.xml").out, AllOf(HasSubstr("d/dt S = + (-1/c)*R"), HasSubstr("R = S")));
  EXPECT_THAT(howship("explain decay.xml decay.xml").err, HasSubstr("howship import MODEL.xml"));
  test::put(folder_ / "unknown.xml", decay("<ci>X</ci>"));
  for (const std::string command : {"check", "explain", "run"}) {
    const Outcome unknown = howship(command + " unknown.xml");
    EXPECT_EQ(unknown.code, 1);
    EXPECT_THAT(unknown.err, AllOf(HasSubstr("unknown.xml:1:"), HasSubstr("unknown symbol 'X'")));
  }
  test::put(folder_ / "empty.xml",
            "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" level=\"3\" version=\"2\"><model/></sbml>");
  EXPECT_EQ(howship("check empty.xml").code, 0);
}

TEST_F(SbmlProgram, ANegativeToleranceOfACaseIsRefused) {
  put_case("<ci>S</ci>");
  std::string settings = test::contents(folder_ / "cases/00007/00007-settings.txt");
  settings.replace(settings.find("1e-9"), 4, "-1");
  test::put(folder_ / "cases/00007/00007-settings.txt", settings);
  const Outcome run = howship("sbml-case cases 00007 results 3 1");
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("'absolute' is -1"));
}

TEST_F(SbmlProgram, RunsAModel) {
  test::put(folder_ / "decay.xml", decay("<ci>S</ci>"));
  const Outcome run = howship("run decay.xml --duration 4 --every 2 -q -o r");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(test::contents(folder_ / "r/untreated/timeseries.csv"),
              AllOf(StartsWith("time [second],S [1]\n0,2\n"), HasSubstr("\n2,0.7357588"), HasSubstr("\n4,0.270670")));
  EXPECT_EQ(howship("run r/resolved.toml -q -o again").code, 0);
  EXPECT_EQ(test::contents(folder_ / "again/untreated/timeseries.csv"),
            test::contents(folder_ / "r/untreated/timeseries.csv"));
  std::string quoted = decay("<ci>S</ci>");
  quoted.replace(quoted.find("id=\"S\""), 6, "id=\"S\" name=\"5'''6 &quot;\\\"");
  test::put(folder_ / "quoted.xml", quoted);
  EXPECT_EQ(howship("run quoted.xml -q -o q").code, 0) << howship("run quoted.xml -q -o q --force").err;
  EXPECT_THAT(howship("run decay.xml --duration never").err, HasSubstr("usage"));
  EXPECT_THAT(howship("run decay.xml --duration=-1").err, HasSubstr("--duration must be a positive number"));
  EXPECT_THAT(howship("run bone_agents_0d --duration 3").err, HasSubstr("--duration is for SBML"));
}

}  // namespace
}  // namespace howship
