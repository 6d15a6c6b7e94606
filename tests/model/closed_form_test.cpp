#include "howship/model/closed_form.hpp"

#include <cmath>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "howship/model/library.hpp"

namespace howship::model {
namespace {

using testing::HasSubstr;

class ClosedFormTest : public testing::Test {
 protected:
  ClosedFormTest() {
    library_.add("m", R"toml(id = "m"
title = "m"
[species.x]
title = "x"
scope = "systemic"
unit = "pM"
initial = "x0"
typical = 1
[parameters]
x0 = { value = 2, unit = "nM", range = [0, 10], source = "test" }
k = { value = 24, unit = "1/day", range = [0, 100], source = "test" }
[quantities]
half_life = "ln(2)/k"
rate_now = "k*x"
[processes.loss]
title = "loss"
rate = "k*x"
changes = { x = -1 }
)toml");
    const std::vector<std::string> ids{"m"};
    model_ = build_model(library_, ids, units_);
  }
  double value(const std::string& text, double time = 0.0) const {
    return ClosedForm(model_, units_, text)(model_.parameter_values(), time);
  }
  // "column: message"
  std::string fault(const std::string& text) const {
    try {
      ClosedForm(model_, units_, text);
    } catch (const InputError& error) {
      return std::to_string(error.diagnostics()[0].where.column) + ": " + error.diagnostics()[0].message;
    }
    return {};
  }

  UnitSystem units_;
  Library library_{"/nonexistent"};
  Model model_;
};

TEST_F(ClosedFormTest, IsInBaseUnits) {
  EXPECT_DOUBLE_EQ(value("x0*exp(-k*time)", 0.125), 2000.0 * std::exp(-3.0));
  EXPECT_DOUBLE_EQ(value("half_life"), std::log(2.0) / 24.0);
  EXPECT_DOUBLE_EQ(value("3 nM + x0"), 5000.0);
}

TEST_F(ClosedFormTest, TakesTheParametersItIsGiven) {
  std::vector<double> parameters = model_.parameter_values();
  parameters[0] = 7.0;
  EXPECT_DOUBLE_EQ(ClosedForm(model_, units_, "2*x0")(parameters, 0.0), 14.0);
}

TEST_F(ClosedFormTest, KnowsItsDimension) {
  EXPECT_EQ(to_text(ClosedForm(model_, units_, "x0*k").dimension()), "pM/day");
  EXPECT_TRUE(ClosedForm(model_, units_, "0").fits(model_.species[0].unit.dimension));
  EXPECT_FALSE(ClosedForm(model_, units_, "1").fits(model_.species[0].unit.dimension));
}

TEST_F(ClosedFormTest, MayNotUseTheSolution) {
  EXPECT_THAT(fault("2*x"), HasSubstr("3: 'x' is part of the solution"));
  EXPECT_THAT(fault("rate_now"), HasSubstr("part of the solution"));
  EXPECT_THAT(fault("x0 + y0"), HasSubstr("6: unknown name 'y0'"));
  EXPECT_THAT(fault("x0 + k"), HasSubstr("cannot add"));
  EXPECT_THAT(fault("x0*("), testing::Not(""));
}

}  // namespace
}  // namespace howship::model
