// Sensitivities of models without space, held against closed forms and against differences of tight runs.
#include <cmath>
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"
#include "howship/model/library.hpp"
#include "howship/simulation/sensitivity_run.hpp"

namespace howship::simulation {
namespace {

struct Row {
  double time = 0.0;
  Moment moment = Moment::output;
  std::vector<double> values, derivatives;
};

/// A model, what is asked of it, and what happens to it.
struct Patient {
  std::shared_ptr<const model::Kinetics> kinetics;
  std::vector<std::size_t> asked;
  std::vector<model::NodeId> nodes;
  std::vector<double> parameters;
  DrugSchedule schedule;
  vertebra::Domain domain = vertebra::Domain::single(0.15);

  Patient(const model::Library& library, const std::vector<std::string>& ids, const std::vector<std::string>& asked_ids,
          const std::vector<std::string>& read) {
    const UnitSystem units;
    kinetics = std::make_shared<const model::Kinetics>(
        std::make_shared<const model::Model>(model::build_model(library, ids, units)));
    parameters = kinetics->model().parameter_values();
    for (const std::string& id : asked_ids) asked.push_back(place(id));
    for (const std::string& id : read) nodes.push_back(*kinetics->model().find_node(id));
  }
  std::size_t place(const std::string& id) const {
    const model::Parameter* found = kinetics->model().find_parameter(id);
    if (found == nullptr) throw std::logic_error("no parameter " + id);
    return static_cast<std::size_t>(found - kinetics->model().parameters.data());
  }
  void dose(const std::string& drug, double amount, double first, double every = 0.0, int count = 1) {
    const model::Model& model = kinetics->model();
    const auto index = static_cast<std::size_t>(model.find_drug(drug) - model.drugs.data());
    for (int n = 0; n < count; ++n) schedule.doses.push_back({first + every * n, index, amount, drug});
  }
  std::vector<Row> run(double tolerance, const std::vector<std::size_t>& by, const std::vector<double>& values) const {
    const auto code = std::make_shared<const model::PointSensitivities>(kinetics->model(), by, nodes);
    SolverOptions options;
    options.relative_tolerance = tolerance;
    const std::vector<std::vector<double>> given(kinetics->model().given.size(), {0.15});
    SensitivityRun run(kinetics, code, values, domain, given, options);
    std::vector<Row> rows;
    run.run(schedule,
            [&rows](const ReadOut& read, Moment moment) {
              rows.push_back({read.time,
                              moment,
                              {read.values.begin(), read.values.end()},
                              {read.derivatives.begin(), read.derivatives.end()}});
            },
            {});
    return rows;
  }
  std::vector<Row> run(double tolerance) const { return run(tolerance, asked, parameters); }
};

Patient of_text(const std::string& text, const std::vector<std::string>& asked, const std::vector<std::string>& read) {
  model::Library library("no such folder");
  library.add("toy", text);
  return Patient(library, {"toy"}, asked, read);
}
Patient shipped(const std::vector<std::string>& ids, const std::vector<std::string>& asked,
                const std::vector<std::string>& read) {
  return Patient(model::Library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models"), ids, asked, read);
}

void expect_close(double is, double exact, double relative, double size) {
  EXPECT_NEAR(is, exact, relative * std::abs(exact) + 1e-9 * size);
}

constexpr const char* kDecay = R"toml(
id = "toy"
title = "decay"
[species.x]
title = "x"
scope = "systemic"
unit = "mg"
initial = "2*x0"
typical = 1e-3
[parameters]
x0 = { value = 3, unit = "mg", range = [0, 10], source = "assumed: a test" }
k = { value = 0.2, unit = "1/day", range = [0, 10], source = "assumed: a test" }
[processes.loss]
title = "loss"
rate = "k*x"
changes = { x = -1 }
[observables.squared]
title = "a read-out that names a parameter"
formula = "k*x*x"
unit = "mg^2/day"
)toml";

TEST(Sensitivity, ExponentialDecayAndItsInitialValue) {
  Patient patient = of_text(kDecay, {"k", "x0"}, {"x", "squared"});
  patient.schedule = {20.0, {}, {0.0, 1.0, 5.0, 20.0}};
  const auto rows = patient.run(1e-9);
  ASSERT_EQ(rows.size(), 4U);
  for (const Row& row : rows) {
    const double t = row.time;
    const double x = 6.0 * std::exp(-0.2 * t);
    expect_close(row.values[0], x, 1e-7, 1.0);
    expect_close(row.derivatives[0], -t * x, 1e-6, 1.0);
    expect_close(row.derivatives[1], x / 3.0, 1e-6, 1.0);
    expect_close(row.derivatives[2], x * x - 0.4 * x * t * x, 1e-6, 1.0);
    expect_close(row.derivatives[3], 0.4 * x * x / 3.0, 1e-6, 1.0);
  }
}

TEST(Sensitivity, LogisticGrowth) {
  Patient patient = of_text(R"toml(
id = "toy"
title = "growth"
[species.n]
title = "n"
scope = "local"
unit = "1"
initial = "n0"
typical = 1e-3
[parameters]
n0 = { value = 0.01, unit = "1", range = [0, 1], source = "assumed: a test" }
r = { value = 0.3, unit = "1/day", range = [0, 10], source = "assumed: a test" }
K = { value = 2, unit = "1", range = [0, 10], source = "assumed: a test" }
[processes.growth]
title = "growth"
rate = "r*n*(1 - n/K)"
changes = { n = 1 }
)toml",
                            {"n0", "r", "K"}, {"n"});
  patient.schedule = {60.0, {}, {10.0, 20.0, 60.0}};
  for (const Row& row : patient.run(1e-9)) {
    const double e = std::exp(-0.3 * row.time);
    const double a = 2.0 / 0.01 - 1.0;
    const double bottom = 1.0 + a * e;
    expect_close(row.values[0], 2.0 / bottom, 1e-6, 1.0);
    expect_close(row.derivatives[0], 2.0 / (bottom * bottom) * e * 2.0 / (0.01 * 0.01), 1e-5, 1.0);
    expect_close(row.derivatives[1], 2.0 / (bottom * bottom) * a * e * row.time, 1e-5, 1.0);
    expect_close(row.derivatives[2], 1.0 / bottom - 2.0 / (bottom * bottom) * e / 0.01, 1e-5, 1.0);
  }
}

constexpr const char* kBateman = R"toml(
id = "toy"
title = "absorption and elimination"
[species.depot]
title = "depot"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1e-3
[species.blood]
title = "blood"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1e-3
[parameters]
ka = { value = 0.5, unit = "1/day", range = [0, 10], source = "assumed: a test" }
ke = { value = 0.1, unit = "1/day", range = [0, 10], source = "assumed: a test" }
F = { value = 0.6, unit = "1", range = [0, 1], source = "assumed: a test" }
[processes.absorption]
title = "absorption"
rate = "ka*depot"
changes = { depot = -1, blood = 1 }
[processes.elimination]
title = "elimination"
rate = "ke*blood"
changes = { blood = -1 }
[dose.drug]
title = "drug"
enters = "depot"
bioavailability = "F"
)toml";

TEST(Sensitivity, DosesWhoseAmountDependsOnAParameter) {
  Patient patient = of_text(kBateman, {"ka", "ke", "F"}, {"blood", "depot"});
  patient.schedule = {40.0, {}, {3.0, 10.0, 12.0, 40.0}};
  patient.dose("drug", 100.0, 2.0, 10.0, 2);
  for (const Row& row : patient.run(1e-9)) {
    double blood = 0.0;
    double by_ka = 0.0;
    double by_ke = 0.0;
    double depot = 0.0;
    for (const double given : {2.0, 12.0}) {
      const double t = row.time - given;
      if (t < 0.0 || (t == 0.0 && row.moment == Moment::before_dose)) continue;
      const double a = std::exp(-0.5 * t);
      const double e = std::exp(-0.1 * t);
      const double c = 60.0 * 0.5 / 0.4;
      depot += 60.0 * a;
      blood += c * (e - a);
      by_ka += -60.0 * 0.1 / (0.4 * 0.4) * (e - a) + c * t * a;
      by_ke += c / 0.4 * (e - a) - c * t * e;
    }
    expect_close(row.values[0], blood, 1e-7, 10.0);
    expect_close(row.derivatives[0], by_ka, 1e-6, 10.0);
    expect_close(row.derivatives[1], by_ke, 1e-6, 10.0);
    expect_close(row.derivatives[2], blood / 0.6, 1e-6, 10.0);
    expect_close(row.derivatives[5], depot / 0.6, 1e-6, 10.0);
  }
}

// x grows at rate a until `off`, an instant that is itself asked for, and from then on at rate b until it reaches a
// level that is asked for too; then it rests.
TEST(Sensitivity, InstantsThatParametersMove) {
  Patient patient = of_text(R"toml(
id = "toy"
title = "switched"
[species.x]
title = "x"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1
[species.y]
title = "filled at a steady rate until x is full"
scope = "systemic"
unit = "mg"
initial = "0"
typical = 1
[parameters]
a = { value = 2, unit = "mg/day", range = [0, 10], source = "assumed: a test" }
b = { value = 1, unit = "mg/day", range = [0, 10], source = "assumed: a test" }
off = { value = 5, unit = "day", range = [0, 10], source = "assumed: a test" }
c = { value = 1, unit = "mg/day", range = [0, 10], source = "assumed: a test" }
full = { value = 13, unit = "mg", range = [0, 100], source = "assumed: a test" }
[processes.growth]
title = "growth"
rate = "piecewise(a, time < off, b)"
changes = { x = 1 }
[processes.filling]
title = "filling"
rate = "piecewise(c, x < full, 0)"
changes = { y = 1 }
)toml",
                            {"a", "b", "off", "full"}, {"x", "y"});
  patient.schedule = {20.0, {}, {4.0, 7.0, 20.0}};
  const auto rows = patient.run(1e-8);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_NEAR(rows[0].derivatives[0], 4.0, 1e-6);
  EXPECT_NEAR(rows[0].derivatives[2], 0.0, 1e-6);
  // x = a off + b (t - off); y ends at the instant off + (full - a off)/b = 8.
  EXPECT_NEAR(rows[1].derivatives[0], 5.0, 1e-5);
  EXPECT_NEAR(rows[1].derivatives[1], 2.0, 1e-5);
  EXPECT_NEAR(rows[1].derivatives[2], 1.0, 1e-5);
  EXPECT_NEAR(rows[2].values[1], 8.0, 1e-5);
  EXPECT_NEAR(rows[2].derivatives[4], -5.0, 1e-5);
  EXPECT_NEAR(rows[2].derivatives[5], -3.0, 1e-5);
  EXPECT_NEAR(rows[2].derivatives[6], -1.0, 1e-5);
  EXPECT_NEAR(rows[2].derivatives[7], 1.0, 1e-5);
}

TEST(Sensitivity, WhatIsNotFollowedIsRefusedByName) {
  const std::string steps = std::string(kDecay) + R"toml(
[processes.steps]
title = "steps"
rate = "k*x0*floor(k*time)"
changes = { x = 1 }
)toml";
  try {
    of_text(steps, {"k"}, {"x"}).run(1e-6);
    FAIL();
  } catch (const UnsupportedError& error) {
    EXPECT_NE(std::string(error.what()).find("parameter k moves the instants"), std::string::npos) << error.what();
  }
  Patient fixed = of_text(steps, {"x0"}, {"x"});
  fixed.schedule = {20.0, {}, {20.0}};
  EXPECT_NO_THROW(fixed.run(1e-6));
  const std::string event = std::string(kDecay) + R"toml(
[events.flare]
title = "flare"
when = "x < 0.1*x0"
set = { x = "x + x0" }
)toml";
  try {
    of_text(event, {"k"}, {"x"}).run(1e-6);
    FAIL();
  } catch (const UnsupportedError& error) {
    EXPECT_NE(std::string(error.what()).find("event 'flare'"), std::string::npos) << error.what();
  }
}

/// Holds every derivative against fourth-order differences of tight runs. Both solutions bear errors, so what counts
/// is the largest difference of a derivative against the largest such derivative of the course.
void expect_differences(const Patient& patient, double relative, double step = 2e-3) {
  const auto rows = patient.run(1e-9);
  const std::size_t reads = patient.nodes.size();
  for (std::size_t c = 0; c < patient.asked.size(); ++c) {
    const double h = step * patient.parameters[patient.asked[c]];
    ASSERT_GT(h, 0.0);
    const auto shifted = [&](double by) {
      std::vector<double> values = patient.parameters;
      values[patient.asked[c]] += by * h;
      return patient.run(1e-11, {}, values);
    };
    const auto near_up = shifted(1.0);
    const auto near_down = shifted(-1.0);
    const auto far_up = shifted(2.0);
    const auto far_down = shifted(-2.0);
    for (std::size_t r = 0; r < reads; ++r) {
      double largest = 0.0;
      double worst = 0.0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const double difference =
            (8.0 * (near_up[i].values[r] - near_down[i].values[r]) - (far_up[i].values[r] - far_down[i].values[r])) /
            (12.0 * h);
        largest = std::max(largest, std::abs(difference));
        worst = std::max(worst, std::abs(rows[i].derivatives[r * patient.asked.size() + c] - difference));
      }
      const std::string& id = patient.kinetics->model().parameters[patient.asked[c]].id;
      double size = 0.0;
      for (const Row& row : rows) size = std::max(size, std::abs(row.values[r]));
      // Far below the read-out itself, over the parameter, differences are noise.
      const double noise = 2e-8 * size / patient.parameters[patient.asked[c]];
      EXPECT_LE(worst, relative * largest + noise) << "read-out " << r << " by " << id << ", largest " << largest;
    }
  }
}

std::vector<double> every(double step, double end) {
  std::vector<double> times;
  for (double t = 0.0; t <= end; t += step) times.push_back(t);
  return times;
}

TEST(Sensitivity, Lemaire2004AgainstDifferences) {
  Patient patient = shipped({"published/lemaire2004"}, {"k_B", "D_A", "k_5", "I_P", "D_R"}, {"R", "B", "C"});
  patient.parameters[patient.place("I_P")] = 1e3;
  patient.schedule = {140.0, {}, every(10.0, 140.0)};
  expect_differences(patient, 1e-5);
}

TEST(Sensitivity, PetersonRiggsWithDenosumabAgainstDifferences) {
  Patient patient = shipped({"published/peterson_riggs2010", "published/peterson_riggs2010_denosumab"},
                            {"F_den", "CL_den", "k_den", "OC_k", "OB_loss_k", "OC_form_power"},
                            {"OC", "RANKL", "BMD_spine_change", "denosumab_plasma"});
  patient.dose("denosumab", 60.0, 0.0, 182.625, 2);
  patient.schedule.end = 365.25;
  patient.schedule.outputs = every(30.0, 360.0);
  expect_differences(patient, 1e-5, 5e-3);
}

TEST(Sensitivity, ViciousCycleWithDenosumabAgainstDifferences) {
  Patient patient = shipped({"vicious_cycle", "drugs/denosumab"},
                            {"F_den", "kint_den", "k_res", "rhoT", "b_PTHrP", "D_OBu", "e_surv"},
                            {"OCa", "tumour", "BMD", "denosumab_serum"});
  // Away from the healthy state, where the mechanostat has its kink.
  patient.parameters[patient.place("k_res")] *= 1.2;
  patient.dose("denosumab", 120.0, 90.0, 28.0, 4);
  patient.schedule.end = 300.0;
  patient.schedule.outputs = every(30.0, 300.0);
  expect_differences(patient, 1e-5, 1e-3);
}

// What a fit sees: at its tolerance derivatives differ from those of a tight run by about the tolerance.
TEST(Sensitivity, FollowsTheTolerance) {
  Patient patient = shipped({"vicious_cycle", "drugs/denosumab"}, {"F_den", "k_res", "rhoT", "D_OBu", "e_surv"},
                            {"OCa", "tumour", "BMD", "denosumab_serum"});
  patient.parameters[patient.place("k_res")] *= 1.2;
  patient.dose("denosumab", 120.0, 0.0, 28.0, 10);
  patient.schedule.end = 300.0;
  patient.schedule.outputs = every(30.0, 300.0);
  const auto tight = patient.run(1e-10);
  const auto loose = patient.run(1e-6);
  ASSERT_EQ(tight.size(), loose.size());
  double worst = 0.0;
  for (std::size_t d = 0; d < tight[0].derivatives.size(); ++d) {
    double largest = 0.0;
    double off = 0.0;
    for (std::size_t i = 0; i < tight.size(); ++i) {
      largest = std::max(largest, std::abs(tight[i].derivatives[d]));
      off = std::max(off, std::abs(tight[i].derivatives[d] - loose[i].derivatives[d]));
    }
    if (largest > 0.0) worst = std::max(worst, off / largest);
  }
  EXPECT_LT(worst, 1e-4);
  EXPECT_GT(worst, 0.0);
}

}  // namespace
}  // namespace howship::simulation
