#include "howship/core/units.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace howship {
namespace {

Dimension of(double length, double time, double mass, double amount) {
  Dimension d;
  d.exponents[Dimension::length] = length;
  d.exponents[Dimension::time] = time;
  d.exponents[Dimension::mass] = mass;
  d.exponents[Dimension::amount] = amount;
  return d;
}

TEST(Units, PicomolarIsTheBaseOfConcentration) {
  const UnitSystem units;
  const Unit pM = units.parse("pM");
  EXPECT_EQ(pM.scale, 1.0);
  EXPECT_EQ(pM.dimension, of(-3, 0, 0, 1));
  EXPECT_EQ(units.parse("nM").scale, 1000.0);
  EXPECT_EQ(units.parse("pmol/L").scale, 1.0);
}

TEST(Units, ConvertToTheCoherentBase) {
  const UnitSystem units;
  EXPECT_EQ(units.parse("mm").scale, 1.0);
  EXPECT_EQ(units.parse("day").scale, 1.0);
  EXPECT_EQ(units.parse("mg").scale, 1.0);
  EXPECT_DOUBLE_EQ(units.parse("hour").scale, 1.0 / 24.0);
  EXPECT_EQ(units.parse("mg/cm^3").scale, 1e-3);
  EXPECT_EQ(units.parse("ng/mL").scale, 1e-9);
  EXPECT_EQ(units.parse("L").scale, 1e6);
  EXPECT_DOUBLE_EQ(units.parse("mL/hour").scale, 24e3);
  EXPECT_EQ(units.parse("um^2/s").scale, 0.0864);
  EXPECT_EQ(units.parse("percent").scale, 0.01);
  EXPECT_EQ(units.parse("1/(pM day)").dimension, of(3, -1, 0, -1));
}

TEST(Units, ArePartOfAValueUnlessItIsAPureNumber) {
  const UnitSystem units;
  EXPECT_EQ(with_unit("0.3", units.parse("pM")), "0.3 pM");
  EXPECT_EQ(with_unit("0.3", units.parse("percent")), "0.3 percent");
  EXPECT_EQ(with_unit("0.3", Unit{}), "0.3");
}

TEST(Units, AreGuessedByWhatIsExpectedToo) {
  const UnitSystem units;
  const auto hint = [&units](const char* text, const Dimension* expected) {
    try {
      units.parse_quantity(text, expected);
    } catch (const UnitError& error) {
      return error.hint();
    }
    return std::string();
  };
  const Dimension time = of(0, 1, 0, 0), concentration = of(-3, 0, 0, 1), clearance = of(3, -1, 0, 0);
  EXPECT_EQ(hint("15 mim", &time), "did you mean 'min'?");
  EXPECT_EQ(hint("15 mmM", &concentration), "did you mean 'mM'?");
  EXPECT_EQ(hint("30 mL/mim", &clearance), "did you mean 'mL/min'?");
  // Far from every unit that would fit, and close to one that would not.
  EXPECT_EQ(hint("15 mg/cn^3", &time), "did you mean 'mg/cm^3'?");
}

TEST(Units, KnowCells) {
  const UnitSystem units;
  Dimension cell;
  cell.exponents[Dimension::cell] = 1.0;
  EXPECT_EQ(units.parse("cell").dimension, cell);
  EXPECT_EQ(units.parse("cell/mm^2").dimension, cell * of(-2, 0, 0, 0));
}

TEST(Units, RefuseWhatIsNoUnit) {
  const UnitSystem units;
  for (const char* text : {"", "pm/dya", "pMM/day", "mg +", "degC", "dB(re 1 mW)", "days since 2000-01-01"}) {
    EXPECT_THROW(units.parse(text), UnitError) << text;
  }
  try {
    units.parse("pM/dya");
    FAIL();
  } catch (const UnitError& error) {
    EXPECT_STREQ(error.what(), "unknown unit 'pM/dya'");
    EXPECT_EQ(error.hint(), "did you mean 'pM/day'?");
  }
}

TEST(Units, ReadQuantities) {
  const UnitSystem units;
  EXPECT_EQ(units.parse_quantity("28 day").base(), 28.0);
  EXPECT_EQ(units.parse_quantity(" 120 mg ").base(), 120.0);
  EXPECT_EQ(units.parse_quantity("4 weeks").base(), 28.0);
  EXPECT_EQ(units.parse_quantity("0.5").base(), 0.5);
  EXPECT_THROW(units.parse_quantity("mg"), UnitError);
  EXPECT_THROW(units.parse_quantity("nan mg"), UnitError);
  EXPECT_THROW(units.parse_quantity("inf day"), UnitError);
}

TEST(Units, DimensionsFormAGroup) {
  EXPECT_TRUE(rc::check("(a*b)/b == a, and powers undo roots", [] {
    const auto draw = [] {
      return of(*rc::gen::inRange(-3, 4), *rc::gen::inRange(-3, 4), *rc::gen::inRange(-3, 4), *rc::gen::inRange(-3, 4));
    };
    const Dimension a = draw();
    const Dimension b = draw();
    RC_ASSERT((a * b) / b == a);
    RC_ASSERT(pow(pow(a, 0.5), 2.0) == a);
    RC_ASSERT((a == b) == (a / b).is_none());
  }));
}

TEST(Units, AProductOfUnitsHasTheProductOfSizes) {
  const UnitSystem units;
  const std::vector<std::string> known{"pM", "day", "mg", "mm", "hour", "L", "ng", "um", "mol"};
  EXPECT_TRUE(rc::check("scale(a*b) == scale(a)*scale(b)", [&] {
    const std::string a = *rc::gen::elementOf(known);
    const std::string b = *rc::gen::elementOf(known);
    const Unit product = units.parse(a + " " + b);
    const double expected = units.parse(a).scale * units.parse(b).scale;
    RC_ASSERT(std::abs(product.scale / expected - 1.0) < 1e-13);
    RC_ASSERT(product.dimension == units.parse(a).dimension * units.parse(b).dimension);
  }));
}

TEST(Units, DimensionsReadAsABiologistWritesThem) {
  const UnitSystem units;
  EXPECT_EQ(to_text(units.parse("nM/hour").dimension), "pM/day");
  EXPECT_EQ(to_text(units.parse("mm^2/day").dimension), "mm^2/day");
  EXPECT_EQ(to_text(units.parse("g/L").dimension), "mg/mm^3");
  EXPECT_EQ(to_text(Dimension{}), "1");
  EXPECT_EQ(to_text(units.parse("1/(pM day)").dimension), "1/pM/day");
}

}  // namespace
}  // namespace howship
