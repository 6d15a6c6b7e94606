// Regimens against closed forms: a drug that decays, so that what each dose leaves is known exactly.
#include <cmath>
#include <gmock/gmock.h>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "howship/core/files.hpp"
#include "howship/study/arm_courses.hpp"
#include "howship/study/patients.hpp"

#include "small_world.hpp"

namespace howship::study {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kRate = 0.1;     // 1/day; of the drug's decay
constexpr double kArrives = 0.5;  // the share of a dose

std::string study_text(const std::string& doses, const std::string& more = "",
                       const std::string& place = "voxel = { bvtv = 0.15, lesion = 1 }") {
  return "id = \"regimen\"\nmodels = [\"mini\"]\nduration = \"100 day\"\n" + more + "[vertebra]\n" + place +
         "\n[solver]\nrelative_tolerance = 1e-10\n[output]\nevery = \"1 day\"\n[[arms]]\nid = \"a\"\nmodels = "
         "[\"drugs/agent\"]\n" +
         doses + "\n";
}
std::string dose(const std::string& rest) {
  return "doses = [{ drug = \"agent\", amount = \"10 mg\", " + rest + " }]";
}

class Regimen : public testing::Test {
 protected:
  PreparedArm prepared(const std::string& text) const {
    Diagnostics faults;
    std::vector<PreparedArm> arms = world_.prepare(world_.good(text), faults);
    faults.raise_if_any();
    return arms.at(0);
  }
  std::vector<double> times(const std::string& doses) const {
    std::vector<double> all;
    for (const auto& one : prepared(study_text(doses)).schedule.doses) all.push_back(one.time);
    return all;
  }
  // What is in the depot over time, mg.
  ArmCourses run(const std::string& text) const {
    const Study study = world_.good(text);
    const PreparedArm arm = prepared(text);
    const Place place = build_place(study);
    return run_courses(arm, std::make_shared<const model::Kinetics>(arm.model), study, place, {{"depot", "n"}, {}},
                       {Threads{2}});
  }
  std::string faults(const std::string& doses, const std::string& more = "") const {
    return world_.faults(study_text(doses, more));
  }

  // As the program tells them: a study with faults is held against its models all the same.
  std::string all_faults(const std::string& text) const {
    Diagnostics faults;
    world_.prepare(world_.read(text, faults), faults);
    try {
      faults.raise_if_any();
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  }

  test::SmallWorld world_;
  test::TemporaryFolder results_;
};

double depot(const ArmCourses& courses, double day) {
  const Course course = courses.course("depot");
  return measure(course, {Take::value, 0.0, 100.0, day}).value.value();
}

TEST_F(Regimen, PerBodyMassIsTheProductWithTheWeight) {
  const std::string per_mass = "doses = [{ drug = \"agent\", amount = \"0.125 mg/kg\", start = \"1 day\" }]";
  const std::string fixed = "doses = [{ drug = \"agent\", amount = \"10 mg\", start = \"1 day\" }]";
  const auto by_weight = prepared(study_text(per_mass, "patient = { weight = \"80 kg\" }\n"));
  EXPECT_NEAR(by_weight.schedule.doses.at(0).amount, 10.0 * kArrives, 1e-12);
  EXPECT_EQ(by_weight.doses.at(0).amount, "0.125 mg/kg");
  EXPECT_NEAR(prepared(study_text(fixed)).schedule.doses.at(0).amount, 10.0 * kArrives, 1e-12);
  // An arm's own weight goes before the study's.
  EXPECT_NEAR(
      prepared(study_text(per_mass + "\npatient = { weight = \"40000 g\" }", "patient = { weight = \"80 kg\" }\n"))
          .schedule.doses.at(0)
          .amount,
      5.0 * kArrives, 1e-12);
}

TEST_F(Regimen, AMissedDoseIsTheScheduleWithoutIt) {
  const std::string missed = study_text(dose("start = \"10 day\", every = \"20 day\", missed = [3]"));
  const std::string without = study_text(
      "doses = [{ drug = \"agent\", amount = \"10 mg\", start = \"10 day\", every = \"20 day\", until = \"50 day\" }, "
      "{ drug = "
      "\"agent\", amount = \"10 mg\", start = \"70 day\", every = \"20 day\" }]");
  const ArmCourses a = run(missed), b = run(without);
  EXPECT_THAT(times(dose("start = \"10 day\", every = \"20 day\", missed = [3]")), ElementsAre(10, 30, 70, 90));
  EXPECT_EQ(a.days, b.days);
  EXPECT_EQ(a.values, b.values) << "bit by bit";
}

TEST_F(Regimen, ADelayMovesWhatFollowsUnlessToldNotTo) {
  const std::string every = "start = \"0 day\", every = \"20 day\", ";
  EXPECT_THAT(times(dose(every + "delayed = [{ dose = 2, by = \"5 day\" }]")), ElementsAre(0, 25, 45, 65, 85));
  EXPECT_THAT(times(dose(every + "delayed = [{ dose = 2, by = \"5 day\", shifts = false }]")),
              ElementsAre(0, 25, 40, 60, 80));
  EXPECT_THAT(times(dose(every + "delayed = [{ dose = 2, by = \"5 day\" }, { dose = 4, by = \"1 week\" }]")),
              ElementsAre(0, 25, 45, 72, 92));
  // What is moved past the end is not given.
  EXPECT_THAT(times(dose(every + "delayed = [{ dose = 1, by = \"30 day\" }]")), ElementsAre(30, 50, 70, 90));
}

TEST_F(Regimen, LoadingDosesAreLargerOrMore) {
  const auto amounts = [this](const std::string& rest) {
    std::vector<double> all;
    for (const auto& given : prepared(study_text(dose("start = \"10 day\", every = \"40 day\", " + rest))).given)
      all.push_back(given.amount);
    return all;
  };
  EXPECT_THAT(amounts("loading = { amount = \"25 mg\" }"), ElementsAre(25, 10, 10));
  EXPECT_THAT(times(dose("start = \"10 day\", every = \"40 day\", loading = { after = [\"7 day\", \"14 day\"] }")),
              ElementsAre(10, 17, 24, 50, 90));
  EXPECT_THAT(amounts("loading = { amount = \"25 mg\", after = [\"7 day\"] }"), ElementsAre(10, 25, 10, 10));
  // The first of the plan is the loading dose; when it is missed nobody gets it.
  EXPECT_THAT(amounts("missed = [1], loading = { amount = \"25 mg\" }"), ElementsAre(10, 10));
}

TEST_F(Regimen, OneRegimenGoesOverIntoTheNext) {
  test::put(world_.path() / "params/regimens/agent_2mg_weekly.toml",
            "title = \"t\"\nsource = \"test\"\ndrug = \"agent\"\namount = \"2 mg\"\nevery = \"7 day\"\n");
  const PreparedArm arm = prepared(study_text(
      "regimens = [{ use = \"agent_10mg_q4w\", start = \"10 day\", for = \"30 day\" }, { use = \"agent_2mg_weekly\", "
      "start = \"then\", for = \"2 week\" }, { use = \"agent_10mg_q4w\", start = \"then\" }]"));
  std::vector<std::string> given;
  for (const auto& record : arm.doses) given.push_back(fmt::format("{:g}: {}", record.time, record.amount));
  EXPECT_THAT(given, ElementsAre("10: 10 mg", "38: 10 mg", "40: 2 mg", "47: 2 mg", "54: 10 mg", "82: 10 mg"));
}

TEST_F(Regimen, RenalFunctionDecidesByItsRows) {
  const std::string rows =
      "doses = [{ drug = \"agent\", amount = \"4 mg\", start = \"1 day\", by_creatinine_clearance = [{ above = \"60 "
      "mL/min\", amount = \"4 mg\" }, { from = \"50 mL/min\", amount = \"3.5 mg\" }, { from = \"30 mL/min\", amount = "
      "\"3 mg\" }] }]";
  const auto amount = [&](const std::string& clearance) {
    return prepared(study_text(rows, "patient = { creatinine_clearance = \"" + clearance + "\" }\n"))
        .doses.at(0)
        .amount;
  };
  EXPECT_EQ(amount("60.1 mL/min"), "4 mg");
  EXPECT_EQ(amount("60 mL/min"), "3.5 mg");
  EXPECT_EQ(amount("50 mL/min"), "3.5 mg");
  EXPECT_EQ(amount("49.9 mL/min"), "3 mg");
  EXPECT_EQ(amount("1.8 L/hour"), "3 mg");
  EXPECT_THAT(faults(rows, "patient = { creatinine_clearance = \"29 mL/min\" }\n"),
              AllOf(HasSubstr("arm a: with a creatinine clearance of 29 mL/min the regimen gives no dose"),
                    HasSubstr("from 30 mL/min"), HasSubstr("study.toml:14:")));
  // Where renal function is not known the regimen's own amount counts.
  EXPECT_EQ(prepared(study_text(rows)).doses.at(0).amount, "4 mg");
}

// A dose every 7 days unless more than 3 mg is left, and then not before less than 1.5 mg is: what is left follows from
// one exponential, so which doses are given follows from a recursion.
TEST_F(Regimen, AHeldDoseFollowsTheCourseInClosedForm) {
  const std::string text =
      study_text(dose("start = \"0 day\", every = \"7 day\", hold = { of = \"depot\", above = \"3 "
                      "mg\", resume_below = \"1.5 mg\" }"));
  const ArmCourses courses = run(text);
  double left = 0.0;
  bool held = false;
  int given = 0, not_given = 0;
  for (int n = 0; 7 * n < 100; ++n) {
    if (!held && left > 3.0)
      held = true;
    else if (held && left <= 1.5)
      held = false;
    (held ? not_given : given) += 1;
    if (!held) left += 10.0 * kArrives;
    EXPECT_NEAR(depot(courses, 7.0 * n), left, 1e-6) << "day " << 7 * n;
    left *= std::exp(-7.0 * kRate);
  }
  EXPECT_GT(given, 3);
  EXPECT_GT(not_given, 3);
  EXPECT_EQ(run(text).values, courses.values) << "bit by bit";
}

TEST_F(Regimen, WithoutAWayBackAHeldRegimenHasStopped) {
  const ArmCourses courses =
      run(study_text(dose("start = \"0 day\", every = \"7 day\", hold = { of = \"depot\", above = \"3 mg\" }")));
  // 5 mg, then 5(1 + e^-0.7) mg; after that more than 3 mg is left on day 14.
  const double second = 10.0 * kArrives * (1.0 + std::exp(-0.7));
  EXPECT_GT(second * std::exp(-0.7), 3.0);
  EXPECT_NEAR(depot(courses, 100.0), second * std::exp(-kRate * 93.0), 1e-6);
}

// The run folder says what was held, and what entered without it.
TEST_F(Regimen, TheRecordSaysWhatWasHeld) {
  RunOptions options;
  options.folder = results_ / "run";
  options.quiet = true;
  run_study(world_.good(study_text(
                dose("start = \"0 day\", every = \"20 day\", hold = { of = \"depot\", above = \"100 ug\" }"))),
            world_.data(), world_.units(), options);
  const auto record = nlohmann::json::parse(read_text(options.folder / "run.json"))["arms"][0];
  EXPECT_EQ(record["doses"].size(), 1U);
  EXPECT_EQ(record["doses"][0]["time_day"], 0.0);
  const std::size_t held = record["doses_held"].size();
  EXPECT_EQ(held, 4U) << "5 mg have fallen to 0.7 mg on day 20, when it stops for good";
  EXPECT_EQ(record["doses_held"].back()["time_day"], 80.0);
  EXPECT_NEAR(record["mass_balance"]["depot_entered [ug]"], static_cast<double>(5 - held) * 5000.0, 1e-6);
  // It runs again from what it wrote.
  options.folder = results_ / "again";
  Diagnostics faults;
  const std::string resolved = read_text(results_ / "run/resolved.toml");
  run_study(world_.good(resolved), world_.data(), world_.units(), options);
  EXPECT_EQ(read_text(results_ / "run/a/timeseries.csv"), read_text(results_ / "again/a/timeseries.csv"));
}

// depot' = R - k depot while the infusion lasts.
double infused(double start, double length, double day) {
  const double rate = 10.0 * kArrives / length;
  const double during = std::clamp(day - start, 0.0, length);
  return rate / kRate * (1.0 - std::exp(-kRate * during)) * std::exp(-kRate * std::max(0.0, day - start - length));
}

TEST_F(Regimen, AnInfusionEntersEvenly) {
  const std::string rule = dose("start = \"10 day\", infusion = \"30 day\"");
  for (const char* place : {"voxel = { bvtv = 0.15, lesion = 1 }",
                            "block = [\"4 mm\", \"1 mm\", \"1 mm\"]\nvoxel_size = \"1 mm\"\nbvtv = 0.15"}) {
    const ArmCourses courses = run(study_text(rule, "", place));
    for (const double day : {5.0, 10.0, 11.0, 25.0, 40.0, 41.0, 70.0})
      EXPECT_NEAR(depot(courses, day), infused(10.0, 30.0, day), 1e-6) << place << ", day " << day;
  }
}

TEST_F(Regimen, InfusionsMayOverlapAndAddUp) {
  for (const char* place : {"voxel = { bvtv = 0.15, lesion = 1 }",
                            "block = [\"4 mm\", \"1 mm\", \"1 mm\"]\nvoxel_size = \"1 mm\"\nbvtv = 0.15"}) {
    for (const double length : {20.0, 30.0, 65.0}) {  // one after the other, two at a time, four at a time
      const std::string rule = fmt::format("start = \"10 day\", every = \"20 day\", infusion = \"{} day\"", length);
      const ArmCourses courses = run(study_text(dose(rule), "", place));
      for (const double day : {20.0, 30.0, 35.0, 41.0, 75.0, 95.0}) {
        double sum = 0.0;
        for (const double start : {10.0, 30.0, 50.0, 70.0, 90.0}) sum += infused(start, length, day);
        EXPECT_NEAR(depot(courses, day), sum, 1e-6) << place << ", over " << length << " days, day " << day;
      }
    }
  }
}

TEST_F(Regimen, AShortInfusionIsNearlyABolus) {
  const double bolus = depot(run(study_text(dose("start = \"10 day\""))), 20.0);
  const double quick = depot(run(study_text(dose("start = \"10 day\", infusion = \"15 min\""))), 20.0);
  EXPECT_NEAR(quick / bolus, 1.0 + 0.5 * kRate * 15.0 / 1440.0, 1e-6);
}

TEST_F(Regimen, AWholeRuleSurvivesItsResolvedText) {
  const std::string rule = dose(
      "start = \"10 day\", every = \"20 day\", until = \"95 day\", infusion = \"15 min\", missed = [4], delayed = [{ "
      "dose = 2, by = \"3 day\", shifts = false }], loading = { amount = \"0.2 mg/kg\", after = [\"2 day\"] }, hold = "
      "{ of "
      "= \"size\", below = \"1 mm^3\", resume_above = \"2 mm^3\" }, by_creatinine_clearance = [{ above = \"60 "
      "mL/min\", "
      "amount = \"9 mg\" }, { from = \"30 mL/min\", amount = \"8 mg\" }]");
  const Study study = world_.good(
      study_text(rule + "\npatient = { creatinine_clearance = \"50 mL/min\" }", "patient = { weight = \"70 kg\" }\n"));
  const std::string resolved = resolved_text(study, {}, "");
  const Study again = world_.good(resolved);
  EXPECT_EQ(resolved_text(again, {}, ""), resolved);
  Diagnostics faults;
  const auto a = world_.prepare(study, faults), b = world_.prepare(again, faults);
  faults.raise_if_any();
  ASSERT_EQ(a[0].schedule.doses.size(), b[0].schedule.doses.size());
  EXPECT_EQ(a[0].schedule.doses.size(), 5U);
  for (std::size_t d = 0; d < a[0].schedule.doses.size(); ++d) {
    EXPECT_EQ(a[0].schedule.doses[d].time, b[0].schedule.doses[d].time);
    EXPECT_EQ(a[0].schedule.doses[d].amount, b[0].schedule.doses[d].amount);
    EXPECT_EQ(a[0].schedule.doses[d].duration, b[0].schedule.doses[d].duration);
    EXPECT_EQ(a[0].schedule.doses[d].gate, 0);
  }
}

TEST_F(Regimen, PatientsHaveTheirOwnWeightAndRenalFunction) {
  const std::string rule =
      "doses = [{ drug = \"agent\", amount = \"0.1 mg/kg\", start = \"1 day\", every = \"30 day\", "
      "by_creatinine_clearance = [{ from = \"50 mL/min\", amount = \"0.1 mg/kg\" }, { from = \"30 mL/min\", amount = "
      "\"0.05 mg/kg\" }], hold = { of = \"depot\", above = \"8 mg\" } }]";
  const auto table = [](const std::string& text) {
    Diagnostics faults;
    PatientTable read = read_patients(text, "patients.csv", faults);
    faults.raise_if_any();
    return read;
  };
  RunOptions options;
  options.folder = results_ / "patients";
  options.quiet = true;
  const std::string patient = "patient = { weight = \"70 kg\" }\n";
  run_patients(world_.good(study_text(rule, patient)),
               table("patient,weight [kg],creatinine_clearance [mL/min]\nanna,60,80\nbert,90,40\n"), world_.data(),
               world_.units(), options);
  const std::string rows = read_text(options.folder / "patients.csv");
  const auto alone = [&](const std::string& name, const std::string& weight, const std::string& clearance) {
    RunOptions own = options;
    own.folder = results_ / name;
    run_study(world_.good(study_text(
                  rule, "patient = { weight = \"" + weight + "\", creatinine_clearance = \"" + clearance + "\" }\n")),
              world_.data(), world_.units(), own);
    std::istringstream lines(read_text(own.folder / "a/timeseries.csv"));
    std::string line, last;
    while (std::getline(lines, line)) last = line;
    return name + ",a," + last;
  };
  EXPECT_THAT(rows, HasSubstr(alone("anna", "60 kg", "80 mL/min")));
  EXPECT_THAT(rows, HasSubstr(alone("bert", "90 kg", "40 mL/min")));
  // A renal function without a dose, a weight of nobody, and a column that nothing depends on.
  const auto refused = [&](const std::string& study, const std::string& text) {
    try {
      RunOptions own = options;
      own.folder = results_ / "refused";
      run_patients(world_.good(study), table(text), world_.data(), world_.units(), own);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(refused(study_text(rule, patient), "patient,creatinine_clearance [mL/min]\ncara,80\ndora,20\n"),
              AllOf(HasSubstr("patients.csv:3:1"), HasSubstr("patient dora"), HasSubstr("gives no dose")));
  EXPECT_THAT(refused(study_text(rule, patient), "patient,weight [g]\ncara,80\n"),
              AllOf(HasSubstr("patients.csv:2:6"), HasSubstr("not that of a person")));
  EXPECT_THAT(refused(study_text(rule, patient), "patient,weight [mL]\ncara,80\n"), HasSubstr("'mL' is no such unit"));
  EXPECT_THAT(refused(study_text(dose("start = \"1 day\"")), "patient,weight [kg]\ncara,80\n"),
              HasSubstr("no dose of this study depends on the patients' weight"));
}

TEST_F(Regimen, FaultsHaveTheirPlace) {
  const std::string every = "start = \"0 day\", every = \"20 day\", ";
  EXPECT_THAT(faults("doses = [{ drug = \"agent\", amount = \"1 mg/kg\", start = \"1 day\" }]"),
              AllOf(HasSubstr("study.toml:13:"), HasSubstr("a dose of 1 mg/kg needs the patient's weight"),
                    HasSubstr("patient = { weight = \"70 kg\" }")));
  EXPECT_THAT(faults(dose(every + "missed = [6]")),
              AllOf(HasSubstr("missed: there is no dose 6"), HasSubstr("5 doses are planned")));
  EXPECT_THAT(faults(dose(every + "missed = [0]")), HasSubstr("a list of numbers of doses"));
  EXPECT_THAT(faults(dose(every + "missed = [2], delayed = [{ dose = 2, by = \"1 day\" }]")),
              HasSubstr("missed and delayed"));
  EXPECT_THAT(faults(dose(every + "delayed = [{ dose = 9, by = \"1 day\" }]")),
              HasSubstr("delayed: there is no dose 9"));
  EXPECT_THAT(faults(dose(every + "delayed = [{ dose = 1, by = \"1 mm\" }]")), HasSubstr("day was expected"));
  EXPECT_THAT(faults(dose(every + "loading = { after = [\"200 day\"] }")), HasSubstr("lies past the last day"));
  EXPECT_THAT(faults(dose(every + "loading = {}")), HasSubstr("a loading dose has an amount"));
  EXPECT_THAT(faults(dose(every + "loading = { amount = \"3 mm\" }")), HasSubstr("'mm' is no such unit"));
  EXPECT_THAT(faults(dose("start = \"then\"")), HasSubstr("begins where the entry before it ends"));
  EXPECT_THAT(faults(dose("start = \"1 day\", until = \"3 day\", for = \"2 day\"")), HasSubstr("both given"));
  EXPECT_THAT(faults(dose(every + "infusion = \"0 min\"")), HasSubstr("infusion"));
  EXPECT_THAT(faults(dose(every + "hold = { of = \"dpot\", above = \"3 mg\" }")), HasSubstr("did you mean 'depot'?"));
  EXPECT_THAT(faults(dose(every + "hold = { of = \"depot\", above = \"3 mm\" }")),
              HasSubstr("a level of it cannot be in 'mm'"));
  EXPECT_THAT(faults(dose(every + "hold = { of = \"depot\", above = \"3 mg\", resume_below = \"4 mg\" }")),
              HasSubstr("on the side on which doses are held"));
  EXPECT_THAT(faults(dose(every + "hold = { of = \"depot\" }")), HasSubstr("either below a level or above one"));
  EXPECT_THAT(faults(dose(every + "hold = { of = \"depot\", below = \"1 mg\", above = \"3 mg\" }")),
              HasSubstr("either below a level or above one"));
  EXPECT_THAT(faults(dose(every + "infusion = \"15 mim\"")), HasSubstr("did you mean 'min'?"));
  EXPECT_THAT(faults(dose(every + "infusion = \"-3 min\"")), HasSubstr("infusion is -3 min, and must be above 0 min"));
  EXPECT_THAT(faults(dose(every + "by_creatinine_clearance = [{ amount = \"3 mg\" }]")),
              HasSubstr("from (included) or above"));
  EXPECT_THAT(faults(dose("start = \"1 day\""), "patient = { weight = \"70 g\" }\n"), HasSubstr("patient.weight"));
  EXPECT_THAT(faults(dose("start = \"1 day\""), "patient = { wieght = \"70 kg\" }\n"),
              HasSubstr("did you mean 'weight'?"));
}

// What follows from a misspelt key alone is not said.
TEST_F(Regimen, AMisspeltKeyIsOneFault) {
  const std::string every = "start = \"0 day\", every = \"20 day\", ";
  for (const auto& [slip, meant] : std::map<std::string, std::string>{
           {every + "hold = { of = \"depot\", abve = \"3 mg\", resume_below = \"2 mg\" }", "above"},
           {every + "hold = { of = \"depot\", bellow = \"1 mg\" }", "below"},
           {every + "hold = { of = \"depot\", below = \"1 mg\", resume_abov = \"2 mg\" }", "resume_above"},
           {every + "hold = { off = \"depot\", below = \"1 mg\" }", "of"},
           {"strat = \"0 day\"", "start"}}) {
    const std::string said = all_faults(study_text(dose(slip)));
    EXPECT_EQ(said.find("error: "), said.rfind("error: ")) << said;
    EXPECT_THAT(said, AllOf(HasSubstr("unknown key"), HasSubstr("did you mean '" + meant + "'?")));
  }
  const std::string said = all_faults(
      study_text("doses = [{ drug = \"agent\", amuont = \"10 mg\", start = \"0 day\", every = \"20 day\" }]"));
  EXPECT_EQ(said.find("error: "), said.rfind("error: ")) << said;
  EXPECT_THAT(said, HasSubstr("did you mean 'amount'?"));
}

TEST_F(Regimen, BoundsSpeakInTheUnitThatWasWritten) {
  const auto of_patient = [this](const std::string& patient) {
    return faults(dose("start = \"1 day\""), "patient = { " + patient + " }\n");
  };
  EXPECT_THAT(of_patient("weight = \"3000 kg\""), HasSubstr("patient.weight is 3000 kg, and must be at least"));
  EXPECT_THAT(of_patient("weight = \"3000 kg\""), HasSubstr(" kg\n"));
  EXPECT_THAT(of_patient("weight = \"70 kg/min\""), HasSubstr("patient.weight is in kg/min, and kg was expected"));
  EXPECT_THAT(of_patient("weight = \"70\""), HasSubstr("patient.weight is a pure number, and kg was expected"));
  EXPECT_THAT(of_patient("creatinine_clearance = \"60 mg\""), HasSubstr("is in mg, and mL/min was expected"));
}

// What ships: every regimen and every study without images is right, and says where it comes from.
class Shipped : public testing::Test {
 protected:
  std::vector<PreparedArm> prepared(const std::string& text, const std::string& file) const {
    Diagnostics faults;
    const Study study = read_study(text, file, {}, data_, units_, faults);
    faults.raise_if_any();
    std::vector<PreparedArm> arms = prepare_arms(study, library_of(study, data_.models()), units_, faults);
    faults.raise_if_any();
    return arms;
  }
  PreparedArm using_regimen(const std::string& id, const std::string& patient = "") const {
    return prepared(
               "models = [\"vicious_cycle\", \"drugs/denosumab\", \"drugs/zoledronic_acid\"]\nduration = \"1 "
               "year\"\n" +
                   patient + "[vertebra]\nvoxel = { bvtv = 0.15 }\n[[arms]]\nid = \"a\"\nregimens = [{ use = \"" + id +
                   "\", start = \"0 day\" }]\n",
               "study.toml")
        .at(0);
  }

  const DataFolder data_{HOWSHIP_SOURCE_DIR};
  const UnitSystem units_;
};

TEST_F(Shipped, EveryRegimenIsRightAndNamesItsSource) {
  const std::vector<std::string> ids = DataFolder::ids(data_.regimens());
  EXPECT_GE(ids.size(), 7U);
  for (const std::string& id : ids) {
    EXPECT_FALSE(using_regimen(id).doses.empty()) << id;
    EXPECT_THAT(read_text(data_.regimens() / (id + ".toml")), HasSubstr("\nsource = \"")) << id;
  }
}

TEST_F(Shipped, StudiesAreRight) {
  for (const std::string id : {"bone_agents_0d", "switches_0d"})
    EXPECT_GE(prepared(read_text(data_.study(id)), data_.study(id).string()).size(), 4U) << id;
}

TEST_F(Shipped, ZoledronicAcidFollowsRenalFunction) {
  const auto amount = [this](const std::string& id, int clearance) {
    return using_regimen(id, fmt::format("patient = {{ creatinine_clearance = \"{} mL/min\" }}\n", clearance))
        .doses.at(0)
        .amount;
  };
  for (const std::string id : {"zoledronic_acid_4mg_q4w", "zoledronic_acid_4mg_q3w"}) {
    EXPECT_EQ(amount(id, 75), "4 mg");
    EXPECT_EQ(amount(id, 60), "3.5 mg");
    EXPECT_EQ(amount(id, 45), "3.3 mg");
    EXPECT_EQ(amount(id, 30), "3 mg");
    EXPECT_THROW(amount(id, 29), InputError);
  }
  EXPECT_EQ(using_regimen("zoledronic_acid_4mg_q4w").doses.at(0).amount, "4 mg");
  EXPECT_THROW(amount("zoledronic_acid_5mg_yearly", 34), InputError);
}

}  // namespace
}  // namespace howship::study
