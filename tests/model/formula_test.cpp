#include "model/formula.hpp"

#include <string>

#include <gtest/gtest.h>

namespace howship::model {
namespace {

using Kind = Syntax::Kind;

TEST(Formula, ReadsInfix) {
  const Syntax s = parse_formula("a + b*c^2");
  ASSERT_EQ(s.kind, Kind::operation);
  EXPECT_EQ(s.op, Op::add);
  EXPECT_EQ(s.children[0].text, "a");
  EXPECT_EQ(s.children[1].op, Op::multiply);
  EXPECT_EQ(s.children[1].children[1].op, Op::power);
}

TEST(Formula, KnowsWhereEachNameStands) {
  const Syntax s = parse_formula("min(alpha, 2.5e-3) - beta_2/(gamma + 3 mL)");
  EXPECT_EQ(s.children[0].children[0].position, 4U);
  EXPECT_EQ(s.children[1].children[0].position, 21U);
  EXPECT_EQ(s.children[1].children[1].children[0].position, 29U);
  EXPECT_EQ(s.children[1].children[1].children[1].text, "mL");
}

TEST(Formula, UnaryMinusIsNegation) {
  EXPECT_EQ(parse_formula("-a").op, Op::negate);
  const Syntax s = parse_formula("-1");
  if (s.kind == Kind::operation) {
    EXPECT_EQ(s.op, Op::negate);
  } else {
    EXPECT_EQ(s.value, -1.0);
  }
}

TEST(Formula, GivenFieldsAndReductions) {
  EXPECT_EQ(parse_formula("given.bvtv/2").children[0].text, "given_bvtv");
  EXPECT_EQ(parse_formula("integral(a*b)").kind, Kind::integral);
  EXPECT_EQ(parse_formula("mean(a, trabecular)").children[1].text, "trabecular");
  EXPECT_EQ(parse_formula("max(a)").kind, Kind::maximum_over_tissue);
  EXPECT_EQ(parse_formula("max(a, b)").op, Op::maximum);
}

TEST(Formula, SyntaxErrorsHaveAPosition) {
  try {
    parse_formula("a + (b*");
    FAIL();
  } catch (const FormulaError& error) {
    EXPECT_GE(error.position(), 5U);
  }
  EXPECT_THROW(parse_formula(""), FormulaError);
  EXPECT_THROW(parse_formula("   "), FormulaError);
  EXPECT_THROW(parse_formula("a b"), FormulaError);
  EXPECT_THROW(parse_formula("log(a)"), FormulaError);
  EXPECT_NO_THROW(parse_formula("log10(a) + ln(b)"));
}

TEST(Formula, NothingButMathematics) {
  for (const char* text : {"system(\"rm\")", "a; b", "a = b", "open('x')", "delay(a, 1)", "lambda(x, x)", "foo(a)",
                           "$(x)", "`x`", "a -> b", "rateOf(a + b)", "caf\xc3\xa9"}) {
    EXPECT_THROW(parse_formula(text), FormulaError) << text;
  }
}

TEST(Formula, APowerOfANumberWithAUnitMustBeMeant) {
  for (const char* text : {"60 mm^3", "a + 1.5e-3 mm ^2", ".5 day^x"}) {
    EXPECT_THROW(parse_formula(text), FormulaError) << text;
  }
  for (const char* text : {"(60 mm)^3", "60*(1 mm)^3", "a2^3", "2^x", "1e3^2", "x ^ 2", "2 mm*x^3"}) {
    EXPECT_NO_THROW(parse_formula(text)) << text;
  }
}

TEST(Formula, HostileNestingIsRefusedNotFollowed) {
  for (const std::size_t depth : {101U, 3000U, 10000U}) {
    EXPECT_THROW(parse_formula(std::string(depth, '(') + "a" + std::string(depth, ')')), FormulaError);
    std::string calls;
    for (std::size_t i = 0; i < depth; ++i) calls += "sin(";
    EXPECT_THROW(parse_formula(calls + "a" + std::string(depth, ')')), FormulaError);
    EXPECT_THROW(parse_formula(std::string(depth, '-') + "a"), FormulaError);
    std::string towers = "a";
    for (std::size_t i = 0; i < depth; ++i) towers += "^a";
    if (depth > 4000) {
      EXPECT_THROW(parse_formula(towers), FormulaError);
    }
  }
  std::string sum = "a";
  while (sum.size() < 7900) sum += "+a";
  EXPECT_NO_THROW(parse_formula(sum));
}

}  // namespace
}  // namespace howship::model
