#include "sbml/export_formula.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <sbml/math/L3Parser.h>

#include "howship/core/error.hpp"
#include "howship/model/model.hpp"

namespace howship::sbml {
namespace {

/// The number that an expression of numbers is.
std::optional<double> constant(const ASTNode& node) {
  if (node.isNumber()) return node.getValue();
  std::vector<double> values;
  for (unsigned int i = 0; i < node.getNumChildren(); ++i) {
    const auto value = constant(*node.getChild(i));
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  if (values.size() == 1 && node.getType() == AST_MINUS) return -values[0];
  if (values.size() != 2) return std::nullopt;
  switch (node.getType()) {
    case AST_PLUS:
      return values[0] + values[1];
    case AST_MINUS:
      return values[0] - values[1];
    case AST_TIMES:
      return values[0] * values[1];
    case AST_DIVIDE:
      return values[0] / values[1];
    default:
      return std::nullopt;
  }
}

// "given.x" is one name; SBML's names have no dot.
std::string with_given_names(std::string text) {
  for (std::size_t at = text.find("given."); at != std::string::npos; at = text.find("given.", at + 1)) {
    const bool whole_word =
        at == 0 || (std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0 && text[at - 1] != '_');
    if (whole_word) text[at + 5] = '_';
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return text;
}

bool is_region(const ASTNode& node) {
  const auto& known = model::region_names();
  return node.getType() == AST_NAME && std::find(known.begin(), known.end(), node.getName()) != known.end();
}

}  // namespace

Term FormulaWriter::read(const std::string& text) {
  L3ParserSettings settings;
  settings.setParseLog(L3P_PARSE_LOG_AS_ERROR);
  settings.setParseUnits(L3P_PARSE_UNITS);
  settings.setComparisonCaseSensitivity(L3P_COMPARE_BUILTINS_CASE_SENSITIVE);
  const Tree tree(SBML_parseL3FormulaWithSettings(with_given_names(text).c_str(), &settings));
  if (!tree) throw InputError(fmt::format("the formula '{}' cannot be read", text));
  return convert(*tree);
}

Term FormulaWriter::symbol(const std::string& name) {
  const auto found = symbols_.find(name);
  if (found == symbols_.end()) throw InputError(fmt::format("'{}' has no counterpart in SBML", name));
  const WrittenName& known = found->second;
  Term term = maker_.symbol(known.id, known.unit);
  if (!known.over_volume) return term;
  return {tree_of(AST_DIVIDE, std::move(term.tree), volume().tree), term.dimension, term.scale, false, false};
}

Term FormulaWriter::volume() {
  return maker_.symbol(volume_, cubic_mm());
}

std::vector<Term> FormulaWriter::children(const ASTNode& node) {
  std::vector<Term> out;
  for (unsigned int i = 0; i < node.getNumChildren(); ++i) out.push_back(convert(*node.getChild(i)));
  return out;
}

Term FormulaWriter::number(const ASTNode& node) {
  const std::string unit = node.getUnits();
  const bool pure = unit.empty() || !maker_.units_checked();
  return maker_.number(node.getValue(), pure ? Unit{} : system_.parse(unit));
}

Term FormulaWriter::power(const ASTNode& node) {
  Term base = maker_.numeric(convert(*node.getChild(0)));
  if (base.dimension.is_none()) base = {maker_.pure(std::move(base)), {}, 1.0, false, false};
  const ASTNode& exponent = *node.getChild(1);
  if (const auto value = constant(exponent)) {
    // SBML's unit check knows plain numbers only.
    return maker_.power(std::move(base), *value, std::move(maker_.number(*value, Unit{}).tree));
  }
  Tree power = maker_.pure(convert(exponent));
  if (!moves(exponent)) return maker_.power(std::move(base), 1.0, std::move(power));
  // libSBML's unit check works such an exponent out, follows rate rules while it does, and never comes back.
  Tree logarithm = tree_of(AST_FUNCTION_LN, std::move(base.tree));
  return {tree_of(AST_FUNCTION_EXP, tree_of(AST_TIMES, std::move(power), std::move(logarithm))), {}, 1.0, false, false};
}

bool FormulaWriter::moves(const ASTNode& node) const {
  const auto found = node.getType() == AST_NAME ? symbols_.find(node.getName()) : symbols_.end();
  if (found != symbols_.end() && found->second.moves) return true;
  for (unsigned int i = 0; i < node.getNumChildren(); ++i) {
    if (moves(*node.getChild(i))) return true;
  }
  return false;
}

Term FormulaWriter::select(const ASTNode& node) {
  std::vector<Term> values;
  std::vector<Tree> conditions;
  for (unsigned int i = 0; i < node.getNumChildren(); ++i) {
    Term child = convert(*node.getChild(i));
    if (i % 2 == 1) {
      conditions.push_back(maker_.condition(std::move(child)));
    } else {
      values.push_back(maker_.numeric(std::move(child)));
    }
  }
  maker_.align(values);
  Term out{tree_of(AST_FUNCTION_PIECEWISE), values[0].dimension, values[0].scale, values[0].any, false};
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.tree->addChild(values[i].tree.release());
    if (i < conditions.size()) out.tree->addChild(conditions[i].release());
  }
  return out;
}

Term FormulaWriter::function(const ASTNode& node) {
  Term out{tree_of(node.getType()), {}, 1.0, false, false};
  for (Term& child : children(node)) out.tree->addChild(maker_.pure(std::move(child)).release());
  return out;
}

Term FormulaWriter::convert(const ASTNode& node) {
  const ASTNodeType_t type = node.getType();
  const unsigned int count = node.getNumChildren();
  const auto child = [&](unsigned int i) { return maker_.numeric(convert(*node.getChild(i))); };
  switch (type) {
    case AST_INTEGER:
    case AST_REAL:
    case AST_REAL_E:
    case AST_RATIONAL:
      return number(node);
    case AST_NAME:
      return symbol(node.getName());
    case AST_NAME_TIME:
      return maker_.time();
    case AST_CONSTANT_E:
      return maker_.number(M_E, Unit{});
    case AST_CONSTANT_PI:
      return maker_.number(M_PI, Unit{});
    case AST_CONSTANT_TRUE:
    case AST_CONSTANT_FALSE:
      return {tree_of(type), {}, 1.0, false, true};
    case AST_TIMES: {
      if (count == 0) return maker_.number(1.0, Unit{});
      Term out = child(0);
      for (unsigned int i = 1; i < count; ++i) out = maker_.product(std::move(out), child(i));
      return out;
    }
    case AST_DIVIDE:
      return maker_.quotient(child(0), child(1));
    case AST_MINUS:
      return count == 1 ? maker_.negative(child(0)) : maker_.alike(type, children(node));
    case AST_PLUS:
    case AST_FUNCTION_MIN:
      return maker_.alike(type, children(node));
    case AST_FUNCTION_MAX:
      // Over uniform tissue the largest value is the only one.
      if (count == 1 || (count == 2 && is_region(*node.getChild(1)))) return child(0);
      return maker_.alike(type, children(node));
    case AST_FUNCTION_ABS: {
      Term out = child(0);
      out.tree = tree_of(type, std::move(out.tree));
      return out;
    }
    case AST_POWER:
    case AST_FUNCTION_POWER:
      return power(node);
    case AST_FUNCTION_ROOT: {
      const double degree = count == 1 ? 2.0 : constant(*node.getChild(0)).value_or(0.0);
      if (degree != 0.0) return maker_.root(child(count - 1), degree, std::move(maker_.number(degree, Unit{}).tree));
      return function(node);
    }
    case AST_RELATIONAL_LT:
    case AST_RELATIONAL_GT:
    case AST_RELATIONAL_LEQ:
    case AST_RELATIONAL_GEQ:
    case AST_RELATIONAL_EQ:
    case AST_RELATIONAL_NEQ:
      return maker_.comparison(type, children(node));
    case AST_LOGICAL_AND:
    case AST_LOGICAL_OR:
    case AST_LOGICAL_NOT:
    case AST_LOGICAL_XOR:
    case AST_LOGICAL_IMPLIES: {
      Term out{tree_of(type), {}, 1.0, false, true};
      for (Term& one : children(node)) out.tree->addChild(maker_.condition(std::move(one)).release());
      return out;
    }
    case AST_FUNCTION_PIECEWISE:
      return select(node);
    case AST_FUNCTION_RATE_OF:
      return maker_.rate_of(child(0));
    case AST_FUNCTION: {
      const std::string name = node.getName();
      if (name == "integral") return maker_.product(child(0), volume());
      if (name == "mean") return child(0);
      throw InputError(fmt::format("the function '{}' has no counterpart in SBML", name));
    }
    default:
      return function(node);
  }
}

}  // namespace howship::sbml
