#include "sbml/math_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace howship::sbml {
namespace {

// A formula that takes so many steps to write has been blown up by definitions that call each other.
constexpr std::size_t kMostNodes = 1'000'000;
constexpr int kDeepest = 500;  // what is read may not be nested deeper (document.cpp), nor function definitions much

// What the model language takes as one text, with room to spare.
constexpr std::size_t kLongText = 3000;
constexpr int kDeepText = 40;

int nesting(const std::string& text) {
  int depth = 0;
  int deepest = 0;
  for (const char c : text) {
    if (c == '(') deepest = std::max(deepest, ++depth);
    if (c == ')') --depth;
  }
  return deepest;
}

/// Functions whose arguments are written as they come.
const std::map<ASTNodeType_t, const char*>& plain_functions() {
  static const std::map<ASTNodeType_t, const char*> kNames{
      {AST_FUNCTION_ABS, "abs"},           {AST_FUNCTION_CEILING, "ceil"},
      {AST_FUNCTION_EXP, "exp"},           {AST_FUNCTION_FACTORIAL, "factorial"},
      {AST_FUNCTION_FLOOR, "floor"},       {AST_FUNCTION_LN, "ln"},
      {AST_FUNCTION_SIN, "sin"},           {AST_FUNCTION_COS, "cos"},
      {AST_FUNCTION_TAN, "tan"},           {AST_FUNCTION_SEC, "sec"},
      {AST_FUNCTION_CSC, "csc"},           {AST_FUNCTION_COT, "cot"},
      {AST_FUNCTION_SINH, "sinh"},         {AST_FUNCTION_COSH, "cosh"},
      {AST_FUNCTION_TANH, "tanh"},         {AST_FUNCTION_SECH, "sech"},
      {AST_FUNCTION_CSCH, "csch"},         {AST_FUNCTION_COTH, "coth"},
      {AST_FUNCTION_ARCSIN, "asin"},       {AST_FUNCTION_ARCCOS, "acos"},
      {AST_FUNCTION_ARCTAN, "atan"},       {AST_FUNCTION_ARCSEC, "asec"},
      {AST_FUNCTION_ARCCSC, "acsc"},       {AST_FUNCTION_ARCCOT, "acot"},
      {AST_FUNCTION_ARCSINH, "asinh"},     {AST_FUNCTION_ARCCOSH, "acosh"},
      {AST_FUNCTION_ARCTANH, "atanh"},     {AST_FUNCTION_ARCSECH, "asech"},
      {AST_FUNCTION_ARCCSCH, "acsch"},     {AST_FUNCTION_ARCCOTH, "acoth"},
      {AST_FUNCTION_QUOTIENT, "quotient"}, {AST_FUNCTION_REM, "rem"},
      {AST_LOGICAL_IMPLIES, "implies"},
  };
  return kNames;
}

/// The operands of a sum of sums of sums, or the like: the reader makes pairs of what was one long list.
std::vector<const ASTNode*> flat_operands(const ASTNode& node) {
  std::vector<const ASTNode*> out;
  std::vector<const ASTNode*> open{&node};
  while (!open.empty()) {
    const ASTNode* next = open.back();
    open.pop_back();
    if (next->getType() != node.getType()) {
      out.push_back(next);
      continue;
    }
    for (unsigned int i = next->getNumChildren(); i-- > 0;) open.push_back(next->getChild(i));
  }
  return out;
}

}  // namespace

bool is_function_name(const std::string& name) {
  static const std::vector<std::string> kOthers{
      "log",     "log10",   "sqrt",      "root",    "pow",     "power",   "min",      "max",    "piecewise",
      "and",     "or",      "not",       "xor",     "plus",    "times",   "minus",    "divide", "eq",
      "neq",     "gt",      "lt",        "geq",     "leq",     "rateOf",  "delay",    "lambda", "sqr",
      "modulo",  "ceiling", "factorial", "arcsin",  "arccos",  "arctan",  "arcsec",   "arccsc", "arccot",
      "arcsinh", "arccosh", "arctanh",   "arcsech", "arccsch", "arccoth", "integral", "mean"};
  if (std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end()) return true;
  const auto& plain = plain_functions();
  return std::any_of(plain.begin(), plain.end(), [&](const auto& entry) { return entry.second == name; });
}

std::string wrapped(const Rendered& part, Rendered::Level loosest) {
  return part.level <= loosest ? part.text : "(" + part.text + ")";
}

Rendered number_text(double value) {
  if (std::isnan(value)) return {"notanumber", Rendered::atom};
  std::string text = std::isinf(value) ? "infinity" : fmt::format("{}", std::abs(value));
  if (std::signbit(value) && value != 0.0) return {"(-" + text + ")", Rendered::atom};
  return {std::move(text), Rendered::atom};
}

MathText::MathText(const Model& model, std::function<Rendered(const std::string&)> name_of,
                   std::function<Rendered(const std::string&)> rate_of,
                   std::function<std::string(const std::string&)> part_named)
    : name_of_(std::move(name_of)), rate_of_(std::move(rate_of)), part_named_(std::move(part_named)) {
  for (unsigned int i = 0; i < model.getNumFunctionDefinitions(); ++i) {
    const FunctionDefinition* definition = model.getFunctionDefinition(i);
    definitions_[definition->getId()] = definition;
  }
}

Rendered MathText::operator()(const ASTNode& node, const Locals& locals) {
  struct Level {
    int& depth;
    explicit Level(int& d) : depth(++d) {}
    ~Level() { --depth; }
  } level(depth_);
  if (depth_ > kDeepest) throw MathError("the formula is nested too deep", "split it with assignment rules");
  if (depth_ == 1) nodes_ = 0;
  if (++nodes_ > kMostNodes) {
    throw MathError("the formula, with its function definitions written out, is too long",
                    "split it with assignment rules");
  }
  Rendered out = render(node, locals);
  if (depth_ > 1 && (out.text.size() > kLongText || nesting(out.text) > kDeepText))
    out = {part_named_(out.text), Rendered::atom};
  return out;
}

std::vector<Rendered> MathText::children(const ASTNode& node, const Locals& locals) {
  std::vector<Rendered> out;
  for (unsigned int i = 0; i < node.getNumChildren(); ++i) out.push_back((*this)(*node.getChild(i), locals));
  return out;
}

Rendered MathText::call(const char* function, const ASTNode& node, const Locals& locals) {
  std::vector<std::string> arguments;
  for (const Rendered& child : children(node, locals)) arguments.push_back(child.text);
  if (arguments.empty()) throw MathError(fmt::format("{}() of nothing", function), "");
  return {fmt::format("{}({})", function, fmt::join(arguments, ", ")), Rendered::atom};
}

// a < b < c means a < b and b < c.
Rendered MathText::chain(const ASTNode& node, const char* sign, const Locals& locals) {
  const std::vector<Rendered> parts = children(node, locals);
  if (parts.size() < 2) return {"true", Rendered::atom};
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i)
    pairs.push_back(wrapped(parts[i], Rendered::sum) + sign + wrapped(parts[i + 1], Rendered::sum));
  if (pairs.size() == 1) return {pairs[0], Rendered::comparison};
  return {fmt::format("({})", fmt::join(pairs, ") && (")), Rendered::logic};
}

Rendered MathText::many(const ASTNode& node, const char* sign, Rendered::Level level, const char* empty,
                        const Locals& locals) {
  std::vector<Rendered> parts;
  for (const ASTNode* operand : flat_operands(node)) parts.push_back((*this)(*operand, locals));
  if (parts.empty()) return {empty, Rendered::atom};
  if (parts.size() == 1) return parts[0];
  return joined(parts, sign, level);
}

// What holds no more firmly than the sign itself is put in parentheses, the first part of a sum or product excepted.
// Long lists are written in halves of halves, so that what reads them need not be as deep as they are long.
Rendered MathText::joined(std::span<const Rendered> parts, const char* sign, Rendered::Level level) {
  constexpr std::size_t kFlat = 32;
  if (parts.size() > kFlat) {
    const std::size_t half = parts.size() / 2;
    std::array<Rendered, 2> halves{joined(parts.first(half), sign, level), joined(parts.subspan(half), sign, level)};
    for (Rendered& part : halves) {
      if (part.text.size() > kLongText) part = {part_named_(part.text), Rendered::atom};
    }
    return joined(halves, sign, level);
  }
  const bool left = level == Rendered::sum || level == Rendered::product;
  const auto tighter = static_cast<Rendered::Level>(level == Rendered::logic ? Rendered::sum : level - 1);
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "" : sign) + wrapped(parts[i], left && i == 0 ? level : tighter);
  return {std::move(text), level};
}

Rendered MathText::piecewise(const ASTNode& node, const Locals& locals) {
  const std::vector<Rendered> parts = children(node, locals);
  if (parts.size() == 1) return parts[0];  // nothing but an otherwise
  if (parts.empty()) throw MathError("piecewise() of nothing", "");
  std::vector<std::string> texts;
  for (const Rendered& part : parts) texts.push_back(part.text);
  return {fmt::format("piecewise({})", fmt::join(texts, ", ")), Rendered::atom};
}

Rendered MathText::name(const ASTNode& node, const Locals& locals) const {
  const std::string id = node.getName();
  const auto local = locals.find(id);
  return local != locals.end() ? local->second : name_of_(id);
}

Rendered MathText::rate(const ASTNode& node, const Locals& locals) const {
  const ASTNode* child = node.getNumChildren() == 1 ? node.getChild(0) : nullptr;
  if (child == nullptr || child->getType() != AST_NAME) throw MathError("rateOf() takes the id of a variable", "");
  const auto local = locals.find(child->getName());
  if (local == locals.end()) return rate_of_(child->getName());
  // An argument of a function, or a local parameter, which is constant.
  if (local->second.level != Rendered::atom || !std::isalpha(static_cast<unsigned char>(local->second.text[0])))
    throw MathError("rateOf() takes the id of a variable", "");
  return {fmt::format("rateOf({})", local->second.text), Rendered::atom};
}

Rendered MathText::definition(const ASTNode& node, const Locals& locals) {
  const std::string id = node.getName();
  const auto found = definitions_.find(id);
  if (found == definitions_.end()) throw MathError(fmt::format("unknown function '{}'", id), "");
  const FunctionDefinition& function = *found->second;
  if (std::find(open_.begin(), open_.end(), id) != open_.end())
    throw MathError(fmt::format("the function definition '{}' calls itself", id), "");
  if (function.getBody() == nullptr)
    throw MathError(fmt::format("the function definition '{}' has no formula", id), "");
  if (function.getNumArguments() != node.getNumChildren()) {
    throw MathError(
        fmt::format("'{}' takes {} arguments, not {}", id, function.getNumArguments(), node.getNumChildren()), "");
  }
  Locals arguments;
  for (unsigned int i = 0; i < function.getNumArguments(); ++i) {
    Rendered value = (*this)(*node.getChild(i), locals);
    if (value.level != Rendered::atom) value = {"(" + value.text + ")", Rendered::atom};
    arguments[function.getArgument(i)->getName()] = std::move(value);
  }
  // A fault inside must not leave the definition open for those who use it next.
  struct Open {
    std::vector<std::string>& ids;
    ~Open() { ids.pop_back(); }
  };
  open_.push_back(id);
  const Open open{open_};
  return (*this)(*function.getBody(), arguments);
}

Rendered MathText::render(const ASTNode& node, const Locals& locals) {
  if (const auto plain = plain_functions().find(node.getType()); plain != plain_functions().end())
    return call(plain->second, node, locals);
  const unsigned int count = node.getNumChildren();
  switch (node.getType()) {
    case AST_INTEGER:
      return number_text(static_cast<double>(node.getInteger()));
    case AST_REAL:
    case AST_REAL_E:
    case AST_RATIONAL:
      return number_text(node.getReal());
    case AST_CONSTANT_E:
      return {"exponentiale", Rendered::atom};
    case AST_CONSTANT_PI:
      return {"pi", Rendered::atom};
    case AST_CONSTANT_TRUE:
      return {"true", Rendered::atom};
    case AST_CONSTANT_FALSE:
      return {"false", Rendered::atom};
    case AST_NAME_TIME:
      return {"time", Rendered::atom};
    case AST_NAME_AVOGADRO:
      return {"avogadro", Rendered::atom};
    case AST_NAME:
      return name(node, locals);
    case AST_FUNCTION:
      return definition(node, locals);
    case AST_PLUS:
      return many(node, " + ", Rendered::sum, "0", locals);
    case AST_TIMES:
      return many(node, "*", Rendered::product, "1", locals);
    case AST_LOGICAL_AND:
      return many(node, " && ", Rendered::logic, "true", locals);
    case AST_LOGICAL_OR:
      return many(node, " || ", Rendered::logic, "false", locals);
    case AST_MINUS: {
      const std::vector<Rendered> parts = children(node, locals);
      if (parts.size() == 1) return {"(-" + wrapped(parts[0], Rendered::atom) + ")", Rendered::atom};
      if (parts.size() != 2) throw MathError("a difference of more than two values", "");
      return {wrapped(parts[0], Rendered::sum) + " - " + wrapped(parts[1], Rendered::product), Rendered::sum};
    }
    case AST_DIVIDE: {
      const std::vector<Rendered> parts = children(node, locals);
      if (parts.size() != 2) throw MathError("a quotient takes two values", "");
      return {wrapped(parts[0], Rendered::product) + "/" + wrapped(parts[1], Rendered::power), Rendered::product};
    }
    case AST_POWER:
    case AST_FUNCTION_POWER: {
      const std::vector<Rendered> parts = children(node, locals);
      if (parts.size() != 2) throw MathError("a power takes two values", "");
      return {wrapped(parts[0], Rendered::atom) + "^" + wrapped(parts[1], Rendered::atom), Rendered::power};
    }
    case AST_FUNCTION_ROOT:
      return call(count == 1 ? "sqrt" : "root", node, locals);
    case AST_FUNCTION_LOG:
      return call(count == 1 ? "log10" : "log", node, locals);
    case AST_FUNCTION_MAX:
    case AST_FUNCTION_MIN:
      if (count == 1) return (*this)(*node.getChild(0), locals);  // max(x) is something else in the language
      return call(node.getType() == AST_FUNCTION_MAX ? "max" : "min", node, locals);
    case AST_LOGICAL_XOR:
      if (count == 0) return {"false", Rendered::atom};
      if (count == 1) return (*this)(*node.getChild(0), locals);
      return call("xor", node, locals);
    case AST_LOGICAL_NOT: {
      if (count != 1) throw MathError("not() takes one value", "");
      return {"!(" + (*this)(*node.getChild(0), locals).text + ")", Rendered::power};
    }
    case AST_RELATIONAL_EQ:
      return chain(node, " == ", locals);
    case AST_RELATIONAL_NEQ:
      return chain(node, " != ", locals);
    case AST_RELATIONAL_LT:
      return chain(node, " < ", locals);
    case AST_RELATIONAL_LEQ:
      return chain(node, " <= ", locals);
    case AST_RELATIONAL_GT:
      return chain(node, " > ", locals);
    case AST_RELATIONAL_GEQ:
      return chain(node, " >= ", locals);
    case AST_FUNCTION_PIECEWISE:
      return piecewise(node, locals);
    case AST_FUNCTION_RATE_OF:
      return rate(node, locals);
    case AST_FUNCTION_DELAY:
      throw MathError("a delay differential equation (csymbol delay) is not supported",
                      "use a chain of transit species for a distributed delay", true);
    default: {
      const char* what = node.getName();
      throw MathError(fmt::format("'{}' is not supported in a formula", what != nullptr ? what : "this element"), "",
                      true);
    }
  }
}

}  // namespace howship::sbml
