// The 0-D model against an independent implementation of the same equations (Python, LSODA, relative tolerance 1e-8):
// its printed trajectories, and its printed scorecard. This shows that the wiring is right, not that the science is.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "howship/model/kinetics.hpp"
#include "howship/model/library.hpp"
#include "howship/simulation/simulation.hpp"

namespace howship {
namespace {

struct Course {
  std::map<double, std::map<std::string, double>> at;  ///< day → read-out; the value before a dose on its day

  double operator()(const std::string& what, double day) const { return at.at(day).at(what); }
  double marker(double day) const { return 100.0 * ((*this)("resorption_relative", day) - 1.0); }
  double bmd(double day) const { return 100.0 * ((*this)("mineral", day) / (*this)("mineral", 0.0) - 1.0); }
};

struct Doses {
  std::string drug;
  double mg = 0.0;
  std::vector<double> days;
};

class Prototype : public testing::Test {
 protected:
  static std::vector<double> every(double start, double interval, double end) {
    std::vector<double> days;
    for (int i = 0; start + i * interval < end; ++i) days.push_back(start + i * interval);
    return days;
  }

  static Course simulate(double days, const std::vector<Doses>& doses, double lesion,
                         const std::vector<double>& extra = {}) {
    const UnitSystem units;
    const model::Library library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
    const std::vector<std::string> ids{"prototype/vicious_cycle", "prototype/denosumab", "prototype/zoledronic_acid"};
    const auto model = std::make_shared<model::Model>(model::build_model(library, ids, units));
    const auto kinetics = std::make_shared<model::Kinetics>(model);
    const vertebra::Domain domain = vertebra::Domain::single(0.15);
    std::vector<std::vector<double>> given;
    for (const std::string& name : model->given) given.push_back({name == "bvtv" ? 0.15 : lesion});
    simulation::SolverOptions options;
    options.relative_tolerance = 1e-7;
    options.threads = {1};
    simulation::Simulation run(kinetics, model->parameter_values(), domain, given, options);
    simulation::Probe probe(kinetics, model->parameter_values(), domain, given, options.threads);

    simulation::Schedule schedule;
    schedule.end = days;
    for (double day = 0; day <= days; day += 1.0) schedule.outputs.push_back(day);
    schedule.outputs.insert(schedule.outputs.end(), extra.begin(), extra.end());
    for (const Doses& d : doses) {
      const model::Drug& drug = *model->find_drug(d.drug);
      model::Environment e;
      for (const double p : model->parameter_values()) e.parameters.push_back(p);
      const auto share = static_cast<double>(model::evaluate(model->graph, drug.bioavailability, e));
      for (const double day : d.days)
        schedule.doses.push_back({day, model->species[drug.species].slot, d.mg * share, d.drug});
    }
    const std::vector<std::string> names{
        "BVTV", "OCa", "OBa", "tumour", "PTHrP", "mineral", "resorption_relative", "denosumab_serum"};
    std::vector<model::NodeId> nodes;
    for (const std::string& name : names) nodes.push_back(*model->find_node(name));
    Course course;
    run.run(
        schedule,
        [&](const simulation::State& state, simulation::Moment moment) {
          if (moment == simulation::Moment::after_dose) return;
          const std::vector<double> values = probe.means(state, nodes);
          for (std::size_t i = 0; i < names.size(); ++i) course.at[state.time][names[i]] = values[i];
        },
        [](double, double) { return true; });
    return course;
  }

  static void expect_within(double value, double printed, double relative, double last_digit, const std::string& what) {
    EXPECT_NEAR(value, printed, relative * std::abs(printed) + last_digit) << what;
  }
};

struct Row {
  double day, bvtv, osteoclasts, tumour, pthrp;
};

void check_rows(const Course& course, const std::vector<Row>& rows, const std::string& arm) {
  constexpr double kRelative = 1e-3;
  for (const Row& row : rows) {
    const std::string where = arm + " day " + std::to_string(row.day);
    EXPECT_NEAR(course("BVTV", row.day), row.bvtv, kRelative * row.bvtv) << where;
    EXPECT_NEAR(course("OCa", row.day) / 1e-4, row.osteoclasts, kRelative * row.osteoclasts) << where;
    EXPECT_NEAR(course("tumour", row.day), row.tumour, kRelative * row.tumour + 5e-7) << where;
    EXPECT_NEAR(course("PTHrP", row.day), row.pthrp, kRelative * row.pthrp + 5e-6) << where;
  }
}

TEST_F(Prototype, Untreated) {
  check_rows(simulate(1100, {}, 1.0),
             {{200, .14984, 1.02498, .006080, .14431},
              {400, .14889, 1.15250, .037731, .98610},
              {491, .14737, 1.33908, .088316, 2.60283},
              {582, .14386, 1.67613, .207119, 7.25488},
              {700, .13397, 2.20239, .530001, 22.61202},
              {800, .12141, 2.45649, .814395, 37.43542},
              {900, .10794, 2.54053, .946884, 44.51406},
              {1000, .09517, 2.56382, .986549, 46.66015},
              {1099, .08365, 2.56976, .996661, 47.21065}},
             "untreated");
}

TEST_F(Prototype, Denosumab) {
  check_rows(simulate(1100, {{"denosumab", 120, every(400, 28, 1100)}}, 1.0),
             {{400, .14889, 1.15250, .037731, .98610},
              {491, .15032, .13409, .056704, .20662},
              {582, .15032, .16719, .085718, .38698},
              {700, .15021, .19526, .145467, .76283},
              {900, .14946, .22384, .325681, 1.94717},
              {1099, .14785, .24000, .582595, 3.72313}},
             "denosumab");
}

TEST_F(Prototype, ZoledronicAcid) {
  check_rows(simulate(1100, {{"zoledronic_acid", 4, every(400, 28, 1100)}}, 1.0),
             {{491, .14999, .35104, .065119, .59602},
              {582, .14998, .32304, .106523, .90195},
              {700, .14963, .31726, .190822, 1.58859},
              {900, .14802, .33694, .429845, 3.78644},
              {1099, .14518, .35033, .709941, 6.48611}},
             "zoledronic acid");
}

TEST_F(Prototype, Both) {
  check_rows(
      simulate(1100, {{"denosumab", 120, every(400, 28, 1100)}, {"zoledronic_acid", 4, every(400, 28, 1100)}}, 1.0),
      {{491, .15039, .03773, .054510, .05696},
       {700, .15041, .04027, .122607, .13668},
       {900, .15033, .03941, .245876, .26831},
       {1099, .15015, .03797, .430658, .45283}},
      "both");
}

TEST_F(Prototype, ScorecardDenosumab60) {
  const Course c = simulate(1460, {{"denosumab", 60, {0, 182, 364, 546}}}, 0.0, {181.5});
  const auto near = [](double value, double printed, const char* what) {
    expect_within(value, printed, 1e-3, 0.05, what);
  };
  near(c.marker(3), -84.7, "day 3");
  near(c.marker(30), -89.2, "1 month");
  near(c.marker(181.5), -66.5, "6 months");
  double peak = -100.0;
  for (double day = 729; day <= 1460; day += 1.0) peak = std::max(peak, c.marker(day));
  near(peak, 52.5, "overshoot");
  near(c.marker(1093), 3.2, "12 months after stopping");
  near(c.bmd(364), 5.9, "BMD 1 year");
  near(c.bmd(728), 6.5, "BMD 2 years");
}

TEST_F(Prototype, ScorecardDenosumab120) {
  const Course c = simulate(364, {{"denosumab", 120, every(0, 28, 364)}}, 0.0);
  expect_within(c.marker(91), -86.1, 1e-3, 0.05, "week 13");
  expect_within(c("denosumab_serum", 364) / 1e-6, 26.2, 1e-3, 0.05, "trough, ug/mL");
  expect_within(100.0 * (c("OBa", 91) / 5e-4 - 1.0), -84.7, 1e-3, 0.05, "osteoblasts week 13");
}

TEST_F(Prototype, ScorecardZoledronicAcid) {
  const Course once = simulate(1830, {{"zoledronic_acid", 5, {0}}}, 0.0);
  expect_within(once.marker(10), -63.3, 1e-3, 0.05, "day 10");
  expect_within(once.marker(730), -47.7, 1e-3, 0.05, "day 730");
  expect_within(once.marker(1095), -45.7, 1e-3, 0.05, "day 1095");
  expect_within(once.marker(1825), -42.3, 1e-3, 0.05, "day 1825");
  expect_within(once.bmd(730), 5.5, 1e-3, 0.05, "BMD day 730");
  expect_within(once.bmd(1095), 6.4, 1e-3, 0.05, "BMD day 1095");
  expect_within(once.bmd(1825), 8.3, 1e-3, 0.05, "BMD day 1825");
  const Course monthly = simulate(364, {{"zoledronic_acid", 4, every(0, 28, 364)}}, 0.0);
  expect_within(monthly.marker(91), -67.2, 1e-3, 0.05, "4 mg q4w week 13");
  const Course single = simulate(365, {{"zoledronic_acid", 4, {0}}}, 0.0);
  expect_within(single.marker(364), -48.7, 1e-3, 0.05, "4 mg once, 12 months");
}

}  // namespace
}  // namespace howship
