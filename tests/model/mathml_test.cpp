#include "howship/model/mathml.hpp"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "howship/model/library.hpp"

namespace howship::model {
namespace {

// Whether every tag is closed, in order.
bool balanced(const std::string& text) {
  std::vector<std::string> open;
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
    const std::size_t end = text.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = text.substr(at + 1, end - at - 1);
    if (tag.ends_with('/')) continue;
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  return open.empty();
}

// Without tags, and with signs for entities: what is read.
std::string read(const std::string& formula) {
  std::string text = mathml(formula), out;
  bool inside = false;
  for (const char c : text) {
    if (c == '<') inside = true;
    if (!inside) out += c;
    if (c == '>') inside = false;
  }
  return out;
}

const std::string kMinus = "&#x2212;", kDot = "&#x22C5;";

TEST(MathMl, ParenthesesStandWhereTheyAreNeededOnly) {
  EXPECT_EQ(read("a*(b + c)"), "a" + kDot + "(b+c)");
  EXPECT_EQ(read("(a*b) + c"), "a" + kDot + "b+c");
  EXPECT_EQ(read("a - (b - c)"), "a" + kMinus + "(b" + kMinus + "c)");
  EXPECT_EQ(read("(a - b) - c"), "a" + kMinus + "b" + kMinus + "c");
  EXPECT_EQ(read("-(a + b)"), kMinus + "(a+b)");
  EXPECT_EQ(read("(a + b)^2"), "(a+b)2");
  EXPECT_EQ(read("a^(b + 1)"), "ab+1");
  EXPECT_EQ(read("(a + b)/(c*d)"), "a+bc" + kDot + "d");
  EXPECT_EQ(read("a/b*c/d/e"), "a" + kDot + "cb" + kDot + "d" + kDot + "e");
  EXPECT_EQ(read("a/(b/c)"), "a" + kDot + "cb");
  EXPECT_EQ(read("(a/b)^2"), "(ab)2");
  EXPECT_EQ(read("1/a"), "1a");
  EXPECT_EQ(read("a*(-b)"), "a" + kDot + "(" + kMinus + "b)");
  EXPECT_EQ(read("a/b + c"), "ab+c");
  EXPECT_EQ(read("(-a)^2"), "(" + kMinus + "a)2");
}

TEST(MathMl, FormsAreThoseOfMathematics) {
  EXPECT_NE(mathml("a/b").find("<mfrac><mrow><mi mathvariant=\"normal\">a</mi></mrow>"), std::string::npos);
  EXPECT_NE(mathml("sqrt(a)").find("<msqrt>"), std::string::npos);
  EXPECT_NE(mathml("exp(-a)").find("<msup><mi>e</mi>"), std::string::npos);
  EXPECT_EQ(read("a > b && c <= d || e != f"), "a&gt;b&#x2227;c&#x2264;d&#x2228;e&#x2260;f");
  EXPECT_EQ(read("mean(x*y, trabecular)"), "&#x27E8;x" + kDot + "y&#x27E9;trabecular");
  EXPECT_EQ(read("integral(x + y)"), "&#x222B;(x+y)dV");
  EXPECT_EQ(read("piecewise(a, x < 1, b)"), "{aif x&lt;1botherwise");
  EXPECT_EQ(read("max(a, b)"), "max&#x2061;(a,b)");
  EXPECT_EQ(read("1e-7*a"), "10-7" + kDot + "a");
  EXPECT_EQ(read("2.5e16"), "2.5&#xD7;1016");
  EXPECT_EQ(read("given.bvtv"), "given.bvtv");
}

TEST(MathMl, ShortHeadsCarryTheirRestBelow) {
  EXPECT_NE(mathml_name("K_T").find("<msub>"), std::string::npos);
  EXPECT_NE(mathml_name("kint_den").find("<msub>"), std::string::npos);
  for (const char* whole : {"denosumab_free", "bone_formation", "BVTV", "_x", "x_"})
    EXPECT_EQ(mathml_name(whole).find("<msub>"), std::string::npos) << whole;
}

TEST(MathMl, NothingOfATextBecomesMarkup) {
  EXPECT_EQ(escaped_markup("<b>\"R&D\"</b>'\n"), "&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;&#39; ");
  EXPECT_EQ(mathml("<script>"), "<mtext>&lt;script&gt;</mtext>");
}

// Every formula that ships becomes mathematics, and well-formed.
TEST(MathMl, EveryShippedFormula) {
  const Library library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
  const UnitSystem units;
  std::size_t formulas = 0;
  for (const std::string& id : library.ids()) {
    Model model;
    try {
      model = build_model(library, std::vector{id}, units);
    } catch (const InputError&) {
      continue;  // an overlay that needs others
    }
    const auto check = [&](const std::string& formula) {
      ++formulas;
      const std::string text = mathml(formula);
      EXPECT_TRUE(balanced(text)) << id << ": " << formula;
      EXPECT_FALSE(text.starts_with("<mtext>")) << id << ": " << formula;
    };
    for (const auto& process : model.processes) check(process.text);
    for (const auto& quantity : model.quantities) check(quantity.text);
    for (const auto& observable : model.observables) check(observable.text);
    for (const auto& species : model.species) check(species.initial_text);
  }
  EXPECT_GT(formulas, 500U);
}

}  // namespace
}  // namespace howship::model
