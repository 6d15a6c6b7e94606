#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "howship/model/kinetics.hpp"
#include "howship/model/library.hpp"

namespace howship::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kBase = R"(
id = "base"
title = "a base"
[species.A]
title = "a species"
scope = "local"
unit = "pM"
initial = "A0"
typical = 1
[species.C]
title = "a concentration in blood"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1
[parameters]
A0 = { value = 2, unit = "pM", range = [0, 10], source = "assumed: a test" }
k = { value = 0.5, unit = "1/day", range = [0, 1], source = "assumed: a test" }
[quantities]
half = "A/2"
[processes.decay]
title = "decay"
rate = "k*half"
changes = { A = -1 }
[processes.clearance]
title = "clearance"
rate = "k*C"
changes = { C = -1 }
[dose.drug]
title = "a drug"
enters = "C"
bioavailability = "0.5"
)";

/// Builds "base" and overlays given as text.
class Build : public testing::Test {
 protected:
  Build() { library_.add("base", kBase); }

  Model build(const std::vector<std::string>& overlays = {}) {
    std::vector<std::string> ids{"base"};
    for (std::size_t i = 0; i < overlays.size(); ++i) {
      const std::string id = "overlay" + std::to_string(i + 1);
      library_.add(id, "id = \"" + id + "\"\ntitle = \"an overlay\"\nextends = [\"base\"]\n" + overlays[i]);
      ids.push_back(id);
    }
    return build_model(library_, ids, units_);
  }

  std::string error_of(const std::vector<std::string>& overlays) {
    try {
      build(overlays);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  /// d/dt of a local species at local values, by the tree-walker.
  static double rate(const Model& m, const std::string& species, std::vector<long double> local) {
    Environment e;
    for (const double p : m.parameter_values()) e.parameters.push_back(p);
    e.local = std::move(local);
    e.systemic.assign(m.systemic.size(), 0.0L);
    e.given.assign(m.given.size(), 0.0L);
    return static_cast<double>(
        evaluate(m.graph, m.rates[static_cast<std::size_t>(m.find_species(species) - m.species.data())], e));
  }

  UnitSystem units_;
  Library library_{"/nonexistent"};
};

TEST_F(Build, ABaseModel) {
  const Model m = build();
  EXPECT_EQ(m.species.size(), 2U);
  EXPECT_EQ(m.local.size(), 1U);
  EXPECT_DOUBLE_EQ(rate(m, "A", {4.0L}), -1.0);
  EXPECT_EQ(m.find_drug("drug")->species, 1U);
}

TEST_F(Build, OverlaysAddThenMultiplyInAnyOrder) {
  const std::string doubles = "[modify.decay]\nmultiply = \"2\"\n";
  const std::string adds = "[modify.decay]\nadd = \"k*A0\"\n";
  EXPECT_DOUBLE_EQ(rate(build({doubles, adds}), "A", {4.0L}), -4.0);
  EXPECT_DOUBLE_EQ(rate(build({adds, doubles}), "A", {4.0L}), -4.0);
}

// Each name of theirs would be a fault, and each formula that rests on one another.
TEST_F(Build, TwoModelsOfTheSameThingAreOneFault) {
  std::string other = kBase;
  other.replace(other.find("id = \"base\""), 11, "id = \"other\"");
  library_.add("other", other);
  library_.add("drug", "id = \"drug\"\ntitle = \"d\"\nextends = [\"other\"]\n[modify.nothing]\nadd = \"1\"\n");
  const std::vector<std::string> ids{"base", "drug"};
  try {
    build_model(library_, ids, units_);
    FAIL();
  } catch (const InputError& error) {
    ASSERT_EQ(error.diagnostics().size(), 1U) << error.what();
    EXPECT_EQ(error.diagnostics()[0].message,
              "'base' and 'other' both set 'A', 'C' and 5 more names: they do not go into one model");
    EXPECT_EQ(error.diagnostics()[0].hint,
              "take models that rest on one of the two: 'base' was asked for; 'other' comes with drug");
  }
}

TEST_F(Build, OverlaysReplaceSetAndLeaveOut) {
  EXPECT_DOUBLE_EQ(rate(build({"[modify.half]\nreplace = \"A/4\"\n"}), "A", {4.0L}), -0.5);
  EXPECT_DOUBLE_EQ(rate(build({"[modify.k]\nvalue = 1.0\nsource = \"a test\"\n"}), "A", {4.0L}), -2.0);
  EXPECT_DOUBLE_EQ(rate(build({"[modify.k]\nmultiply = \"3\"\n"}), "A", {4.0L}), -3.0);
  EXPECT_DOUBLE_EQ(rate(build({"without = [\"processes.decay\"]\n"}), "A", {4.0L}), 0.0);
}

TEST_F(Build, TwoOverlaysThatCollideAreBothNamed) {
  const std::string a =
      error_of({"[modify.k]\nvalue = 0.1\nsource = \"t\"\n", "[modify.k]\nvalue = 0.2\nsource = \"t\"\n"});
  EXPECT_THAT(a, HasSubstr("'k' is set by two overlays, overlay1 and overlay2"));
  const std::string b = error_of({"[quantities]\nextra = \"A\"\n", "[quantities]\nextra = \"2*A\"\n"});
  EXPECT_THAT(b, HasSubstr("'extra' is already set by overlay1"));
  EXPECT_THAT(b, HasSubstr("overlay2.toml:5:1"));
  EXPECT_THAT(error_of({"without = [\"processes.decay\"]\n", "[modify.decay]\nmultiply = \"2\"\n"}),
              HasSubstr("left out by overlay1 and modified by overlay2"));
}

TEST_F(Build, NamesAreSuggested) {
  const std::string text = error_of({"[quantities]\nq = \"3*hlaf + A\"\n"});
  EXPECT_THAT(text, HasSubstr("overlay1.toml:5:8: error: unknown name 'hlaf'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'half'?"));
  EXPECT_THAT(text, HasSubstr("\n           ^"));
}

TEST_F(Build, DimensionsAreChecked) {
  EXPECT_THAT(error_of({"[quantities]\nq = \"C + k\"\n"}), HasSubstr("cannot add mg and 1/day"));
  EXPECT_THAT(error_of({"[quantities]\nq = \"C + 2 day\"\n"}), HasSubstr("cannot add mg and day"));
  EXPECT_THAT(error_of({"[quantities]\nq = \"exp(A)\"\n"}), HasSubstr("must be a pure number"));
  EXPECT_THAT(error_of({"[quantities]\nq = \"A^k\"\n"}), HasSubstr("an exponent must be a pure number"));
  EXPECT_THAT(error_of({"[quantities]\nq = { formula = \"A\", unit = \"day\" }\n"}),
              HasSubstr("declared in day, but its formula is in pM"));
  EXPECT_THAT(error_of({"[processes.p]\ntitle = \"t\"\nrate = \"A\"\nchanges = { A = 1 }\n"}),
              HasSubstr("changes A by pM, but its rate of change is in pM/day"));
  EXPECT_NO_THROW(build(
      {"[quantities]\nq = \"max(0, A - A0)^1.5/A0^1.5\"\nr = \"sqrt(A*A0) + A\"\ns = \"piecewise(0, A < A0, A)\"\n"}));
}

TEST_F(Build, UnitsAndNumbersAreChecked) {
  EXPECT_THAT(error_of({"[parameters]\np = { value = 1, unit = \"pM/dya\", range = [0, 1], source = \"test\" }\n"}),
              HasSubstr("unknown unit 'pM/dya'"));
  EXPECT_THAT(error_of({"[parameters]\np = { value = -1, unit = \"pM\", range = [0, 1], source = \"test\" }\n"}),
              HasSubstr("p = -1 lies outside its range [0, 1]"));
  EXPECT_THAT(error_of({"[parameters]\np = { value = nan, unit = \"pM\", range = [0, 1], source = \"test\" }\n"}),
              HasSubstr("not finite"));
  EXPECT_THAT(error_of({"[parameters]\np = { value = 1, unit = \"pM\", range = [0, 1] }\n"}),
              HasSubstr("'source' is missing"));
  EXPECT_THAT(error_of({"[parameters]\np = { value = 1, unit = \"pM\", range = [0, 1], source = \"assumed\" }\n"}),
              HasSubstr("assumed without a reason"));
  EXPECT_THAT(error_of({"[parameters]\np = { value = 1, unit = \"pM\", source = \"test\" }\n"}),
              HasSubstr("'range' of p is missing"));
  EXPECT_THAT(error_of({"[modify.k]\nvalue = 7.0\nsource = \"t\"\n"}),
              HasSubstr("k = 7 lies outside its range [0, 1]"));
}

TEST_F(Build, CirclesAreShown) {
  EXPECT_THAT(error_of({"[quantities]\na = \"b + A\"\nb = \"c\"\nc = \"a\"\n"}), HasSubstr("a → b → c → a"));
  EXPECT_THAT(error_of({"[modify.half]\nmultiply = \"half/A0\"\n"}), HasSubstr("half → half"));
}

TEST_F(Build, AllFaultsAtOnce) {
  const std::string text =
      error_of({"[quantities]\na = \"nope\"\nb = \"A + k\"\n[species.X]\ntitle = \"x\"\nscope = \"lokal\"\nunit = "
                "\"pM\"\ninitial = \"0\"\ntypical = 1\nwrong = 2\n"});
  EXPECT_THAT(text, HasSubstr("unknown scope 'lokal'"));
  EXPECT_THAT(text, HasSubstr("has no key 'wrong'"));
  const std::string formulas = error_of({"[quantities]\na = \"nope\"\nb = \"A + k\"\nc = \"A +\"\n"});
  EXPECT_THAT(formulas, HasSubstr("unknown name 'nope'"));
  EXPECT_THAT(formulas, HasSubstr("cannot add pM and 1/day"));
  EXPECT_THAT(formulas, HasSubstr("overlay1.toml:7"));
}

TEST_F(Build, ScopesAreKeptApart) {
  EXPECT_THAT(error_of({"[processes.p]\ntitle = \"t\"\nrate = \"k*A\"\nchanges = { A = 1, C = \"1 mg/A0\" }\n"}),
              HasSubstr("local and systemic species at once"));
  EXPECT_THAT(error_of({"[processes.p]\ntitle = \"t\"\nrate = \"k*A*1 mg/A0\"\nchanges = { C = 1 }\n"}),
              HasSubstr("differs from voxel to voxel"));
  EXPECT_THAT(error_of({"[processes.p]\ntitle = \"t\"\nrate = \"k*mean(A)\"\nchanges = { A = 1 }\n"}),
              HasSubstr("sum over the whole tissue"));
  EXPECT_THAT(error_of({"[processes.p]\ntitle = \"t\"\nrate = \"k*max(A)*1 mg/A0\"\nchanges = { C = 1 }\n"}),
              HasSubstr("not differentiable"));
  EXPECT_THAT(error_of({"[processes.p]\ntitle = \"t\"\nrate = \"k*A\"\nchanges = { B = 1 }\n"}),
              HasSubstr("changes 'B', which is no species"));
}

TEST_F(Build, SystemicSpeciesThatSeeTissueAreNotAutonomous) {
  const std::string coupled =
      "[processes.release]\ntitle = \"release\"\nrate = \"k*mean(A)*1 mg/A0\"\nchanges = { C = 1 }\n";
  EXPECT_TRUE(Kinetics(std::make_shared<Model>(build())).autonomous()[0]);
  const auto model = std::make_shared<Model>(build({coupled}));
  EXPECT_EQ(model->rate_reductions, 1U);
  const Kinetics kinetics(model);
  EXPECT_FALSE(kinetics.autonomous()[0]);
  EXPECT_EQ(kinetics.systemic_by_reduction().pattern.size(), 1U);
}

TEST_F(Build, BrokenFilesAreReportedNotFollowed) {
  library_.add("broken", "id = \"broken\ntitle");
  const std::vector<std::string> broken{"broken"};
  EXPECT_THROW(build_model(library_, broken, units_), InputError);
  EXPECT_THAT(error_of({"[modify.nothing]\nmultiply = \"2\"\n"}), HasSubstr("nothing called 'nothing' to modify"));
  // In a build with assertions toml++ itself would end the program here.
  library_.add("sign", "[^x]\na = 1\n");
  const std::vector<std::string> sign{"sign"};
  EXPECT_THROW(build_model(library_, sign, units_), InputError);
  library_.add("loop", "id = \"loop\"\ntitle = \"t\"\nextends = [\"loop\"]\n");
  const std::vector<std::string> loop{"loop"};
  EXPECT_THROW(build_model(library_, loop, units_), InputError);
  const std::vector<std::string> missing{"bsae"};
  try {
    build_model(library_, missing, units_);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'base'?"));
  }
  const std::vector<std::string> outside{"../etc/passwd"};
  EXPECT_THROW(build_model(library_, outside, units_), InputError);
}

// q1 uses q0, q2 uses q1 and so on.
std::string chain_of_quantities(int length, const std::string& first) {
  std::string chain = "[quantities]\nq0 = \"" + first + "\"\n";
  for (int i = 1; i < length; ++i) chain += "q" + std::to_string(i) + " = \"q" + std::to_string(i - 1) + " + A\"\n";
  return chain;
}

TEST_F(Build, AChainOfQuantitiesMayBeLong) {
  // Resolved from the far end first.
  const Model model = build({chain_of_quantities(20000, "A") + "aaa = \"q19999\"\n"});
  const auto last = model.find_node("aaa");
  ASSERT_TRUE(last);
  Environment environment;
  environment.systemic = {2.0L};
  environment.local = {2.0L};
  EXPECT_DOUBLE_EQ(static_cast<double>(evaluate(model.graph, *last, environment)), 40000.0);
}

TEST_F(Build, AUnitWithoutANumberIsExplained) {
  EXPECT_THAT(error_of({"[quantities]\nq = \"k*5 pM/day\"\n"}),
              AllOf(HasSubstr("unknown name 'day'"), HasSubstr("write (5 mg)/(1 day), not 5 mg/day")));
}

TEST_F(Build, ALongCircleIsFound) {
  EXPECT_THAT(error_of({chain_of_quantities(20000, "q19999")}), HasSubstr("quantities go round in a circle"));
}

TEST_F(Build, OverlaysSetHowASpeciesStartsAndSpreads) {
  const Model model = build({"[modify.A]\ninitial = \"3*A0\"\nsource = \"a test\"\n",
                             "[modify.A]\ndiffusion = \"2*(1 mm)^2/(1 day)\"\nsource = "
                             "\"another\"\n"});
  const Species& species = *model.find_species("A");
  EXPECT_EQ(species.initial_text, "3*A0");
  EXPECT_EQ(species.initial_source, "a test");
  EXPECT_EQ(species.diffusion_source, "another");
  ASSERT_TRUE(species.diffusion);
  EXPECT_DOUBLE_EQ(model.graph[*species.diffusion].value, 2.0);
  EXPECT_THAT(error_of({"[modify.A]\ninitial = \"A0\"\n"}), HasSubstr("'source' is missing"));
  EXPECT_THAT(error_of({"[modify.A]\ninitial = \"1 day\"\nsource = \"a test\"\n"}),
              HasSubstr("the initial value of A is in"));
  EXPECT_THAT(error_of({"[modify.A]\ninitial = \"A0\"\nsource = \"one\"\n",
                        "[modify.A]\ninitial = \"2*A0\"\nsource = \"two\"\n"}),
              HasSubstr("'A' is set by two overlays"));
  EXPECT_THAT(error_of({"[modify.A]\nmultiply = \"2\"\n"}), HasSubstr("its 'initial' or 'diffusion'"));
  // What spreads may follow its own voxel, and nothing else that changes.
  const auto spreads = [&](const std::string& formula) {
    return error_of({"[modify.A]\ndiffusion = \"" + formula + "*(1 mm)^2/(1 day)\"\nsource = \"a test\"\n"});
  };
  EXPECT_EQ(spreads("A/A0"), "no error");
  EXPECT_THAT(spreads("time/(1 day)"), HasSubstr("something that is not in its voxel"));
  EXPECT_THAT(spreads("mean(A)/A0"), HasSubstr("something that is not in its voxel"));
  EXPECT_THAT(error_of({"[modify.k]\ninitial = \"2\"\nsource = \"one\"\n"}),
              HasSubstr("belongs to a species, and 'k' is none"));
}

TEST_F(Build, ADelayThatIsAlwaysNegativeIsRefused) {
  const std::string event = "[events.e]\ntitle = \"t\"\nwhen = \"time > 1 day\"\nset = { S = \"0\" }\ndelay = ";
  const std::string species =
      "[species.S]\ntitle = \"s\"\nscope = \"systemic\"\nunit = \"1\"\ninitial = \"1\"\ntypical = 1\n";
  EXPECT_THAT(error_of({species + event + "\"-2 day\"\n"}), HasSubstr("the delay of event 'e' is -2"));
  EXPECT_THAT(error_of({species + event + "\"1 day - 2/k\"\n"}), HasSubstr("must be zero or positive"));
  EXPECT_NO_THROW(build({species + event + "\"1 day*S\"\n"}));
}

TEST_F(Build, LongSumsMayUseEachOther) {
  std::string text = "[quantities]\n";
  std::string before = "A";
  for (const std::string name : {"z", "y", "x", "w", "v", "u", "a"}) {
    std::string sum = before;
    while (sum.size() < 700) sum += "-A";
    text += name + " = \"" + sum + "\"\n";
    before = name;
  }
  EXPECT_NO_THROW(build({text}));
}

TEST_F(Build, NonsenseIsNoNumber) {
  EXPECT_THAT(error_of({"[quantities]\nq = \"0/0\"\n"}), HasSubstr("division by zero"));
  EXPECT_THAT(error_of({"[quantities]\nq = \"A/(k - k)\"\n"}), HasSubstr("division by zero"));
  EXPECT_THAT(error_of({"[quantities]\nq = \"max()\"\n"}), HasSubstr("of nothing"));
  EXPECT_THAT(error_of({"[quantities]\nq = \"log(A/A0)\"\n"}), HasSubstr("ln(x) or log10(x)"));
}

TEST_F(Build, SmallFaultsHideNoLargeOnes) {
  const std::string text =
      error_of({"[parameters]\np = { value = 1, unit = \"furlongz\", range = [0, 1], source = \"x\" }\n"
                "[quantities]\nq = \"hlaf*p\"\n"
                "[processes.r]\nrate = \"nope\"\nchanges = { B = 1 }\n"});
  EXPECT_THAT(text, HasSubstr("unknown unit 'furlongz'"));
  EXPECT_THAT(text, HasSubstr("'source' of p says nothing"));
  EXPECT_THAT(text, HasSubstr("unknown name 'hlaf'"));
  EXPECT_THAT(text, HasSubstr("'title' is missing"));
  EXPECT_THAT(text, HasSubstr("unknown name 'nope'"));
  EXPECT_THAT(text, HasSubstr("changes 'B', which is no species"));
}

TEST_F(Build, RegionsAreChecked) {
  const auto observable = [](const std::string& formula) {
    return "[observables.o]\ntitle = \"t\"\nformula = \"" + formula + "\"\nunit = \"pM\"\n";
  };
  EXPECT_NO_THROW(build({observable("mean(A, trabecular)")}));
  EXPECT_THAT(error_of({observable("mean(A, corticl)")}), HasSubstr("there is no region 'corticl'"));
  EXPECT_THAT(error_of({"[quantities]\nbody = \"A\"\n"}), HasSubstr("has a meaning of its own"));
}

TEST_F(Build, AnEventIsReadWithItsDefaults) {
  const Model m =
      build({"[events.top_up]\ntitle = \"a refill\"\nwhen = \"C < 1 mg && time > 2 day\"\n"
             "delay = \"6 hour\"\nset = { C = \"C + 5 mg\" }"});
  ASSERT_EQ(m.events.size(), 1U);
  const Event& event = m.events[0];
  EXPECT_TRUE(event.at_start && event.persistent && event.values_at_trigger);
  EXPECT_FALSE(event.priority);
  Environment e;
  for (const double p : m.parameter_values()) e.parameters.push_back(p);
  e.systemic = {0.5L};
  e.time = 3.0L;
  EXPECT_EQ(evaluate(m.graph, event.when, e), 1.0L);
  EXPECT_EQ(evaluate(m.graph, *event.delay, e), 0.25L);
  EXPECT_EQ(evaluate(m.graph, event.set.at(0).value, e), 5.5L);
  EXPECT_FALSE(Kinetics(std::make_shared<Model>(m)).autonomous()[0]);
}

TEST_F(Build, AnEventsFaultsAreAllNamed) {
  const std::string error =
      error_of({"[events.bad]\ntitle = \"bad\"\nwhen = \"A < 1 pM\"\ndelay = \"1 mg\"\n"
                "values_at = \"noon\"\nset = { A = 1, Cc = 2, C = \"1 day\" }"});
  EXPECT_THAT(error, HasSubstr("the condition of event 'bad' looks at tissue"));
  EXPECT_THAT(error, HasSubstr("the delay of event 'bad' is in mg, but must be in day"));
  EXPECT_THAT(error, HasSubstr("'values_at' cannot be 'noon'"));
  EXPECT_THAT(error, HasSubstr("event 'bad' sets 'A', which is no systemic species"));
  EXPECT_THAT(error, HasSubstr("event 'bad' sets 'Cc', which is no systemic species"));
  EXPECT_THAT(error, HasSubstr("the new C of event 'bad' is in day, but must be in mg"));
}

TEST_F(Build, AnEventMayBeLeftOut) {
  library_.add(
      "with_event",
      "id = \"with_event\"\ntitle = \"t\"\nextends = [\"base\"]\n[events.e]\ntitle = \"e\"\nwhen = \"C < 1 mg\"\n"
      "set = { C = 0 }");
  library_.add("without", "id = \"without\"\ntitle = \"t\"\nextends = [\"with_event\"]\nwithout = [\"events.e\"]");
  EXPECT_EQ(build_model(library_, std::vector<std::string>{"with_event"}, units_).events.size(), 1U);
  EXPECT_TRUE(build_model(library_, std::vector<std::string>{"without"}, units_).events.empty());
}

}  // namespace
}  // namespace howship::model
