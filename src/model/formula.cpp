#include "model/formula.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sbml/SBMLTypes.h>
#include <sbml/math/L3Parser.h>

#include "howship/model/model.hpp"

#include "model/functions.hpp"

namespace howship::model {
namespace {

// Bounds that no honest formula reaches, so that recursion over a hostile one cannot exhaust the stack.
constexpr std::size_t kLongest = 8000;
constexpr std::size_t kDeepest = 100;
constexpr std::size_t kDeepestTree = 400;  // a long sum is a deep tree

constexpr double kAvogadro = 6.02214179e23;  // 1/mol; the value that SBML Level 3 prescribes

struct FreeString {
  void operator()(char* text) const { std::free(text); }
};
struct FreeSettings {
  void operator()(L3ParserSettings_t* settings) const { L3ParserSettings_free(settings); }
};

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Positions of the names in a formula that are operands: functions and the units of numbers left out.
std::vector<std::size_t> operand_positions(std::string_view text) {
  std::vector<std::size_t> found;
  bool after_number = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (starts_name(c)) {
      std::size_t end = i;
      while (end < text.size() && continues_name(text[end])) ++end;
      std::size_t next = end;
      while (next < text.size() && text[next] == ' ') ++next;
      const bool is_function = next < text.size() && text[next] == '(';
      if (!is_function && !after_number) found.push_back(i);
      after_number = false;
      i = end;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.') {
      while (
          i < text.size() &&
          (std::isdigit(static_cast<unsigned char>(text[i])) != 0 || text[i] == '.' ||
           ((text[i] == 'e' || text[i] == 'E') && i + 1 < text.size() &&
            (std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0 || text[i + 1] == '-' || text[i + 1] == '+')) ||
           ((text[i] == '-' || text[i] == '+') && i > 0 && (text[i - 1] == 'e' || text[i - 1] == 'E')))) {
        ++i;
      }
      after_number = true;
    } else {
      if (c != ' ') after_number = false;
      ++i;
    }
  }
  return found;
}

void check_size(std::string_view text) {
  if (text.size() > kLongest) {
    throw FormulaError(fmt::format("the formula has {} characters, more than {}", text.size(), kLongest), 0,
                       "split it into quantities");
  }
  std::size_t depth = 0;
  std::size_t signs = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126) {
      if (c != ' ' && c != '\n' && c != '\t')
        throw FormulaError("the formula has a character that is not plain ASCII", i,
                           "write names with letters, digits and _");
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
    signs = c == '-' || c == '+' || c == '!' || c == '^' ? signs + 1 : (c == ' ' || c == '(' ? signs : 0);
    if (depth > kDeepest || signs > kDeepest) {
      throw FormulaError(fmt::format("the formula is nested more than {} deep", kDeepest), i,
                         "split it into quantities");
    }
  }
}

// "given.x" becomes "given_x": same length, so positions stay.
std::string with_given_names(std::string_view text) {
  constexpr std::string_view kGiven = "given.";
  std::string out(text);
  for (std::size_t at = out.find(kGiven); at != std::string::npos; at = out.find(kGiven, at + 1)) {
    const bool whole_word = at == 0 || !continues_name(out[at - 1]);
    if (whole_word && at + kGiven.size() < out.size() && starts_name(out[at + kGiven.size()]))
      out[at + kGiven.size() - 1] = '_';
  }
  return out;
}

// In SBML's infix "60 mm^3" is (60 mm)^3, which nobody who writes it means. Parentheses around the number and its unit
// say that it is.
void check_powers_of_units(std::string_view text) {
  const auto back_over = [&](std::size_t end, auto&& wanted) {
    while (end > 0 && wanted(text[end - 1])) --end;
    return end;
  };
  const auto is_space = [](char c) { return c == ' '; };
  for (std::size_t at = text.find('^'); at != std::string_view::npos; at = text.find('^', at + 1)) {
    const std::size_t unit_end = back_over(at, is_space);
    const std::size_t unit = back_over(unit_end, continues_name);
    const std::size_t number_end = back_over(unit, is_space);
    const std::size_t number = back_over(number_end, [](char c) { return continues_name(c) || c == '.'; });
    if (unit == unit_end || !starts_name(text[unit]) || number_end == unit || number == number_end) continue;
    if (std::isdigit(static_cast<unsigned char>(text[number])) == 0 && text[number] != '.') continue;
    const std::string_view with_unit = text.substr(number, unit_end - number);
    throw FormulaError(
        fmt::format("'{}^' would raise the number too", with_unit), number,
        fmt::format("write {}*(1 {})^..., or ({})^... if that is meant", text.substr(number, number_end - number),
                    text.substr(unit, unit_end - unit), with_unit));
  }
}

/// What takes one argument and is an operator of the graph.
const std::map<ASTNodeType_t, std::pair<Op, const char*>>& one_argument_operators() {
  static const std::map<ASTNodeType_t, std::pair<Op, const char*>> kOperators{
      {AST_FUNCTION_LN, {Op::logarithm, "ln"}},
      {AST_FUNCTION_EXP, {Op::exponential, "exp"}},
      {AST_FUNCTION_ABS, {Op::absolute, "abs"}},
      {AST_FUNCTION_FLOOR, {Op::floor, "floor"}},
      {AST_FUNCTION_CEILING, {Op::ceiling, "ceil"}},
      {AST_FUNCTION_SIN, {Op::sine, "sin"}},
      {AST_FUNCTION_COS, {Op::cosine, "cos"}},
      {AST_FUNCTION_TAN, {Op::tangent, "tan"}},
      {AST_FUNCTION_ARCSIN, {Op::arcsine, "asin"}},
      {AST_FUNCTION_ARCCOS, {Op::arccosine, "acos"}},
      {AST_FUNCTION_ARCTAN, {Op::arctangent, "atan"}},
      {AST_FUNCTION_SINH, {Op::hyperbolic_sine, "sinh"}},
      {AST_FUNCTION_COSH, {Op::hyperbolic_cosine, "cosh"}},
      {AST_FUNCTION_TANH, {Op::hyperbolic_tangent, "tanh"}},
      {AST_FUNCTION_ARCSINH, {Op::area_hyperbolic_sine, "asinh"}},
      {AST_FUNCTION_ARCCOSH, {Op::area_hyperbolic_cosine, "acosh"}},
      {AST_FUNCTION_ARCTANH, {Op::area_hyperbolic_tangent, "atanh"}},
      {AST_FUNCTION_FACTORIAL, {Op::factorial, "factorial"}},
      {AST_LOGICAL_NOT, {Op::logical_not, "!"}},
  };
  return kOperators;
}

/// What is built from operators (functions.hpp), by its name there.
const std::map<ASTNodeType_t, const char*>& built_functions() {
  static const std::map<ASTNodeType_t, const char*> kNames{
      {AST_FUNCTION_SEC, "sec"},           {AST_FUNCTION_CSC, "csc"},       {AST_FUNCTION_COT, "cot"},
      {AST_FUNCTION_SECH, "sech"},         {AST_FUNCTION_CSCH, "csch"},     {AST_FUNCTION_COTH, "coth"},
      {AST_FUNCTION_ARCSEC, "asec"},       {AST_FUNCTION_ARCCSC, "acsc"},   {AST_FUNCTION_ARCCOT, "acot"},
      {AST_FUNCTION_ARCSECH, "asech"},     {AST_FUNCTION_ARCCSCH, "acsch"}, {AST_FUNCTION_ARCCOTH, "acoth"},
      {AST_FUNCTION_QUOTIENT, "quotient"}, {AST_FUNCTION_REM, "rem"},       {AST_LOGICAL_IMPLIES, "implies"},
  };
  return kNames;
}

class Converter {
 public:
  explicit Converter(std::string_view text) : positions_(operand_positions(text)) {}

  Syntax operator()(const ASTNode& node, std::size_t depth = 0) {
    if (depth > kDeepestTree) throw FormulaError("the formula is nested too deep", 0, "split it into quantities");
    Syntax out = convert(node, depth);
    if (out.kind != Syntax::Kind::name && out.kind != Syntax::Kind::time && !out.children.empty())
      out.position = out.children[0].position;
    return out;
  }

  bool used_all_positions() const { return next_ == positions_.size(); }

 private:
  std::size_t take_position() { return next_ < positions_.size() ? positions_[next_++] : (++next_, 0); }

  static Syntax number(double value, std::string unit = {}) {
    Syntax out;
    out.value = value;
    out.text = std::move(unit);
    return out;
  }

  Syntax operation(Op op, const char* name, std::vector<Syntax> children) {
    if (children.size() != static_cast<std::size_t>(operand_count(op))) {
      throw FormulaError(fmt::format("'{}' with {} operands", name, children.size()), position_of(children));
    }
    Syntax out;
    out.kind = Syntax::Kind::operation;
    out.op = op;
    out.text = name;
    out.children = std::move(children);
    return out;
  }

  std::vector<Syntax> children_of(const ASTNode& node, std::size_t depth) {
    std::vector<Syntax> children;
    for (unsigned int i = 0; i < node.getNumChildren(); ++i) children.push_back((*this)(*node.getChild(i), depth + 1));
    return children;
  }

  // a + b + c and max(a, b, c) become pairs, from the left.
  Syntax folded(Op op, const char* name, std::vector<Syntax> children, double empty) {
    if (children.empty()) {
      if (op == Op::maximum || op == Op::minimum) throw FormulaError(fmt::format("{}() of nothing", name), 0);
      return number(empty);
    }
    Syntax left = std::move(children[0]);
    for (std::size_t i = 1; i < children.size(); ++i) {
      const std::size_t position = left.position;
      std::vector<Syntax> pair;
      pair.push_back(std::move(left));
      pair.push_back(std::move(children[i]));
      left = operation(op, name, std::move(pair));
      left.position = position;
    }
    return left;
  }

  Syntax compared(Op op, const char* name, bool swapped, std::vector<Syntax> children) {
    if (children.size() != 2)
      throw FormulaError(fmt::format("'{}' compares two values", name), position_of(children),
                         "join comparisons with &&");
    if (swapped) std::swap(children[0], children[1]);
    return operation(op, name, std::move(children));
  }

  static std::size_t position_of(const std::vector<Syntax>& children) {
    return children.empty() ? 0 : children[0].position;
  }

  Syntax one_argument(Op op, const char* name, std::vector<Syntax> children) {
    if (children.size() != 1)
      throw FormulaError(fmt::format("{}() takes one argument, not {}", name, children.size()), position_of(children));
    return operation(op, name, std::move(children));
  }

  Syntax call(const char* name, std::vector<Syntax> children) {
    const Function* function = find_function(name);
    if (function == nullptr || children.size() != static_cast<std::size_t>(function->operands)) {
      throw FormulaError(fmt::format("{}() with {} arguments", name, children.size()), position_of(children));
    }
    Syntax out;
    out.kind = Syntax::Kind::call;
    out.text = name;
    out.children = std::move(children);
    return out;
  }

  // xor(a, b, c) becomes pairs, from the left.
  Syntax paired(const char* name, std::vector<Syntax> children) {
    if (children.empty()) return number(0.0);
    Syntax left = std::move(children[0]);
    for (std::size_t i = 1; i < children.size(); ++i) {
      std::vector<Syntax> pair;
      pair.push_back(std::move(left));
      pair.push_back(std::move(children[i]));
      left = call(name, std::move(pair));
      left.position = left.children[0].position;
    }
    return left;
  }

  Syntax reduction(Syntax::Kind kind, const char* name, std::vector<Syntax> children) {
    if (children.empty() || children.size() > 2) {
      throw FormulaError(fmt::format("{}() takes an expression and, optionally, a region", name), position_of(children),
                         fmt::format("such as {}(BVTV) or {}(BVTV, trabecular)", name, name));
    }
    if (children.size() == 2 && children[1].kind != Syntax::Kind::name) {
      throw FormulaError(fmt::format("the second argument of {}() is a region's name", name), children[1].position,
                         fmt::format("regions: {}", fmt::join(region_names(), ", ")));
    }
    Syntax out;
    out.kind = kind;
    out.text = name;
    out.children = std::move(children);
    return out;
  }

  Syntax convert(const ASTNode& node, std::size_t depth) {
    switch (node.getType()) {
      case AST_INTEGER:
        return number(static_cast<double>(node.getInteger()), node.getUnits());
      case AST_REAL:
      case AST_REAL_E:
      case AST_RATIONAL:
        return number(node.getReal(), node.getUnits());
      case AST_CONSTANT_E:
        take_position();
        return number(M_E);
      case AST_CONSTANT_PI:
        take_position();
        return number(M_PI);
      case AST_CONSTANT_TRUE:
        take_position();
        return number(1.0);
      case AST_CONSTANT_FALSE:
        take_position();
        return number(0.0);
      case AST_NAME_AVOGADRO:
        take_position();
        return number(kAvogadro);
      case AST_NAME_TIME: {
        Syntax out;
        out.kind = Syntax::Kind::time;
        out.text = "time";
        out.position = take_position();
        return out;
      }
      case AST_NAME: {
        Syntax out;
        out.kind = Syntax::Kind::name;
        out.text = node.getName();
        out.position = take_position();
        return out;
      }
      default:
        break;
    }
    std::vector<Syntax> children = children_of(node, depth);
    if (const auto found = one_argument_operators().find(node.getType()); found != one_argument_operators().end())
      return one_argument(found->second.first, found->second.second, std::move(children));
    if (const auto found = built_functions().find(node.getType()); found != built_functions().end())
      return call(found->second, std::move(children));
    switch (node.getType()) {
      case AST_PLUS:
        return folded(Op::add, "+", std::move(children), 0.0);
      case AST_TIMES:
        return folded(Op::multiply, "*", std::move(children), 1.0);
      case AST_MINUS: {
        const Op op = children.size() == 1 ? Op::negate : Op::subtract;
        return operation(op, "-", std::move(children));
      }
      case AST_DIVIDE:
        return operation(Op::divide, "/", std::move(children));
      case AST_POWER:
      case AST_FUNCTION_POWER:
        return operation(Op::power, "^", std::move(children));
      case AST_FUNCTION_ROOT: {
        if (children.size() == 1) return operation(Op::square_root, "sqrt", std::move(children));
        if (children.size() != 2) throw FormulaError("root() takes a degree and a value", position_of(children));
        if (children[0].kind == Syntax::Kind::number && children[0].value == 2.0) {
          std::vector<Syntax> value;
          value.push_back(std::move(children[1]));
          return operation(Op::square_root, "sqrt", std::move(value));
        }
        std::vector<Syntax> inverse;
        inverse.push_back(number(1.0));
        inverse.push_back(std::move(children[0]));
        std::vector<Syntax> power;
        power.push_back(std::move(children[1]));
        power.push_back(operation(Op::divide, "/", std::move(inverse)));
        return operation(Op::power, "root", std::move(power));
      }
      case AST_FUNCTION_LOG: {
        if (children.size() != 2) throw FormulaError("log10() takes one argument", position_of(children));
        std::vector<Syntax> top;
        top.push_back(std::move(children[1]));
        std::vector<Syntax> bottom;
        bottom.push_back(std::move(children[0]));
        std::vector<Syntax> ratio;
        ratio.push_back(operation(Op::logarithm, "log", std::move(top)));
        ratio.push_back(operation(Op::logarithm, "log", std::move(bottom)));
        return operation(Op::divide, "log", std::move(ratio));
      }
      case AST_LOGICAL_XOR:
        return paired("xor", std::move(children));
      case AST_FUNCTION_RATE_OF: {
        if (children.size() != 1 || children[0].kind != Syntax::Kind::name) {
          throw FormulaError("rateOf() takes the name of a species", position_of(children));
        }
        Syntax out = std::move(children[0]);
        out.kind = Syntax::Kind::rate_of;
        return out;
      }
      case AST_FUNCTION_DELAY:
        throw FormulaError("delay(): equations that reach back in time are not solved", position_of(children),
                           "use a chain of transit species for a distributed delay");
      case AST_FUNCTION_MIN:
        return folded(Op::minimum, "min", std::move(children), 0.0);
      case AST_FUNCTION_MAX: {
        const bool over_tissue =
            children.size() == 1 ||
            (children.size() == 2 && children[1].kind == Syntax::Kind::name && is_region(children[1].text));
        if (over_tissue) return reduction(Syntax::Kind::maximum_over_tissue, "max", std::move(children));
        return folded(Op::maximum, "max", std::move(children), 0.0);
      }
      case AST_FUNCTION_PIECEWISE: {
        Syntax out;
        out.kind = Syntax::Kind::select;
        out.text = "piecewise";
        if (children.size() < 2) {
          throw FormulaError("piecewise() needs value, condition, ..., otherwise", position_of(children),
                             "such as piecewise(a, x < 1, b)");
        }
        out.children = std::move(children);
        return out;
      }
      case AST_RELATIONAL_LT:
        return compared(Op::less, "<", false, std::move(children));
      case AST_RELATIONAL_GT:
        return compared(Op::less, ">", true, std::move(children));
      case AST_RELATIONAL_LEQ:
        return compared(Op::less_equal, "<=", false, std::move(children));
      case AST_RELATIONAL_GEQ:
        return compared(Op::less_equal, ">=", true, std::move(children));
      case AST_RELATIONAL_EQ:
        return compared(Op::equal, "==", false, std::move(children));
      case AST_RELATIONAL_NEQ: {
        std::vector<Syntax> inner;
        inner.push_back(compared(Op::equal, "!=", false, std::move(children)));
        return operation(Op::logical_not, "!=", std::move(inner));
      }
      case AST_LOGICAL_AND:
        return folded(Op::logical_and, "&&", std::move(children), 1.0);
      case AST_LOGICAL_OR:
        return folded(Op::logical_or, "||", std::move(children), 0.0);
      case AST_FUNCTION: {
        const std::string name = node.getName();
        if (name == "integral") return reduction(Syntax::Kind::integral, "integral", std::move(children));
        if (name == "mean") return reduction(Syntax::Kind::mean, "mean", std::move(children));
        throw FormulaError(
            fmt::format("unknown function '{}'", name), position_of(children),
            "functions: exp ln log10 log(base, x) sqrt root abs min max floor ceil factorial quotient rem "
            "sin cos tan sec csc cot, the same with an h and with an a before them, piecewise xor "
            "implies rateOf integral mean");
      }
      default: {
        std::unique_ptr<char, FreeString> text(SBML_formulaToL3String(&node));
        throw FormulaError(fmt::format("'{}' is not part of the model language", text ? text.get() : "this expression"),
                           position_of(children));
      }
    }
  }

  static bool is_region(const std::string& name) {
    const std::vector<std::string>& known = region_names();
    return std::find(known.begin(), known.end(), name) != known.end();
  }

  std::vector<std::size_t> positions_;
  std::size_t next_ = 0;
};

// libSBML says "... at position 7: ..." (counted from 1) and shows the text again; we show it our way.
FormulaError syntax_error(const std::string& text, const std::string& reason) {
  std::size_t position = 0;
  const std::size_t at = reason.find("at position ");
  if (at != std::string::npos)
    position = static_cast<std::size_t>(std::max(0, std::atoi(reason.c_str() + at + 12) - 1));
  position = std::min(position, text.empty() ? 0 : text.size() - 1);
  std::string what = "the formula cannot be read here";
  const std::size_t colon = reason.rfind(":  ");
  if (colon != std::string::npos) {
    std::string detail = reason.substr(colon + 3);
    while (!detail.empty() && (detail.back() == '\n' || detail.back() == ' ' || detail.back() == '.'))
      detail.pop_back();
    if (!detail.empty() && detail.size() < 200) what = "the formula cannot be read: " + detail;
  }
  if (text.find("log(") != std::string::npos) return {what, position, "write ln(x) or log10(x)"};
  return {what, position, "formulas are SBML Level 3 infix: a*b + c^2/(1 + d)"};
}

void flatten(Syntax& syntax) {
  syntax.position = 0;
  for (Syntax& child : syntax.children) flatten(child);
}

}  // namespace

Syntax parse_formula(std::string_view raw) {
  check_size(raw);
  std::string text = with_given_names(raw);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  if (text.find_first_not_of(' ') == std::string::npos)
    throw FormulaError("the formula is empty", 0, "write \"0\" if nothing is meant");
  check_powers_of_units(text);
  std::unique_ptr<L3ParserSettings_t, FreeSettings> settings(L3ParserSettings_create());
  L3ParserSettings_setParseLog(settings.get(), L3P_PARSE_LOG_AS_ERROR);
  L3ParserSettings_setParseUnits(settings.get(), L3P_PARSE_UNITS);
  settings->setComparisonCaseSensitivity(L3P_COMPARE_BUILTINS_CASE_SENSITIVE);
  std::unique_ptr<ASTNode> tree(SBML_parseL3FormulaWithSettings(text.c_str(), settings.get()));
  if (!tree) {
    std::unique_ptr<char, FreeString> reason(SBML_getLastParseL3Error());
    throw syntax_error(text, reason ? reason.get() : "");
  }
  Converter convert(text);
  Syntax syntax = convert(*tree);
  if (!convert.used_all_positions())
    flatten(syntax);  // libSBML rewrote the formula (%, say): names and leaves no longer pair up
  return syntax;
}

}  // namespace howship::model
