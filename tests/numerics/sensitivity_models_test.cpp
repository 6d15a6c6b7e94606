// Sensitivities of shipped models, held against differences of tight runs.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "numerics/patient.hpp"

namespace howship::simulation {
namespace {

using namespace howship::test;

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
  Patient patient = shipped({"prototype/vicious_cycle", "prototype/denosumab"},
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
  Patient patient = shipped({"prototype/vicious_cycle", "prototype/denosumab"},
                            {"F_den", "k_res", "rhoT", "D_OBu", "e_surv"}, {"OCa", "tumour", "BMD", "denosumab_serum"});
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
