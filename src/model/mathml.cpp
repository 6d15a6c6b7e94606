#include "howship/model/mathml.hpp"

#include <cmath>
#include <numbers>
#include <vector>

#include <fmt/format.h>

#include "model/formula.hpp"

namespace howship::model {
namespace {

// Of a name whose rest may hang below: "CL_den" and "kint_den", but not "denosumab_free" or "bone_formation".
constexpr std::size_t kShortHead = 3, kLongHead = 5, kShortRest = 3;

// How tightly an expression holds together: what is looser than its place wants is put in parentheses.
enum Tightness : int { loose, alternative, conjunction, comparison, sum, product, sign, power, atom };

std::string tagged(const char* tag, const std::string& inside) {
  return fmt::format("<{0}>{1}</{0}>", tag, inside);
}
std::string row(const std::string& inside) {
  return tagged("mrow", inside);
}
std::string sign_text(const char* text) {
  return tagged("mo", text);
}
std::string words(const std::string& text) {
  return tagged("mtext", escaped_markup(text));
}
std::string upright(const std::string& text) {
  return fmt::format("<mi mathvariant=\"normal\">{}</mi>", escaped_markup(text));
}
std::string in_parentheses(const std::string& inside) {
  return row(sign_text("(") + inside + sign_text(")"));
}

std::string exponent_form(double value) {
  const std::string text = fmt::format("{:.10g}", value);
  const auto at = text.find('e');
  if (at == std::string::npos) return tagged("mn", text);
  const int exponent = std::stoi(text.substr(at + 1));
  const std::string ten = fmt::format("<msup><mn>10</mn><mn>{}</mn></msup>", exponent);
  const std::string digits = text.substr(0, at);
  return digits == "1" ? ten : row(tagged("mn", digits) + sign_text("&#xD7;") + ten);
}

/// Writes a syntax tree, putting parentheses only where they are needed.
class Writer {
 public:
  std::string write(const Syntax& s, Tightness wanted) const {
    const std::string inside = bare(s);
    return tightness(s) < wanted ? in_parentheses(inside) : inside;
  }

 private:
  static Tightness tightness(const Syntax& s) {
    if (s.kind == Syntax::Kind::number) {
      const bool is_plain =
          s.value >= 0.0 && s.text.empty() && fmt::format("{:.10g}", s.value).find('e') == std::string::npos;
      return is_plain ? atom : product;
    }
    if (s.kind != Syntax::Kind::operation) return s.kind == Syntax::Kind::select ? loose : atom;
    switch (s.op) {
      case Op::add:
      case Op::subtract:
        return sum;
      case Op::multiply:
      case Op::divide:
        return product;
      case Op::negate:
        return sign;
      case Op::power:
      case Op::exponential:
        return power;
      case Op::less:
      case Op::less_equal:
      case Op::equal:
        return comparison;
      case Op::logical_not:
        return s.text == "!=" ? comparison : sign;
      case Op::logical_and:
        return conjunction;
      case Op::logical_or:
        return alternative;
      default:
        return atom;
    }
  }

  std::string bare(const Syntax& s) const {
    switch (s.kind) {
      case Syntax::Kind::number:
        return number(s);
      case Syntax::Kind::name:
        return s.text.starts_with("given_") ? upright("given." + s.text.substr(6)) : mathml_name(s.text);
      case Syntax::Kind::time:
        return tagged("mi", "t");
      case Syntax::Kind::operation:
        return operation(s);
      case Syntax::Kind::select:
        return cases(s);
      case Syntax::Kind::call:
        return function(s.text.c_str(), s);
      case Syntax::Kind::rate_of:
        return fmt::format("<mfrac>{}{}</mfrac>", row(sign_text("d") + mathml_name(s.text)),
                           row(sign_text("d") + tagged("mi", "t")));
      default:
        return over_tissue(s);
    }
  }

  static std::string number(const Syntax& s) {
    if (s.value == std::numbers::pi) return tagged("mi", "&#x3C0;");
    if (s.value == std::numbers::e) return tagged("mi", "e");
    const std::string value = exponent_form(s.value);
    return s.text.empty() ? value : row(value + "<mspace width=\"0.2em\"/>" + words(s.text));
  }

  std::string binary(const Syntax& s, const char* sign_of, Tightness left, Tightness right) const {
    return row(write(s.children[0], left) + sign_text(sign_of) + write(s.children[1], right));
  }

  // Of a > b the parser has made b < a.
  std::string compared(const Syntax& s) const {
    if (s.text == ">" || s.text == ">=")
      return row(write(s.children[1], sum) + sign_text(s.text == ">" ? "&gt;" : "&#x2265;") +
                 write(s.children[0], sum));
    return binary(s, s.op == Op::equal ? "=" : s.op == Op::less ? "&lt;" : "&#x2264;", sum, sum);
  }

  using Factors = std::vector<const Syntax*>;

  // a/b*c/d is (a c)/(b d): one fraction rather than fractions of fractions.
  static void collect(const Syntax& s, Factors& over, Factors& under) {
    if (s.kind != Syntax::Kind::operation || (s.op != Op::multiply && s.op != Op::divide)) {
      over.push_back(&s);
      return;
    }
    collect(s.children[0], over, under);
    if (s.op == Op::multiply) {
      collect(s.children[1], over, under);
    } else {
      collect(s.children[1], under, over);
    }
  }

  std::string factors(const Factors& all) const {
    if (all.empty()) return tagged("mn", "1");
    if (all.size() == 1) return write(*all.front(), loose);
    std::string text;
    for (const Syntax* factor : all) {
      const bool is_negative = factor->kind == Syntax::Kind::operation && factor->op == Op::negate;
      text += text.empty() ? "" : sign_text("&#x22C5;");
      text += write(*factor, is_negative && factor != all.front() ? atom : product);
    }
    return text;
  }

  std::string product_of(const Syntax& s) const {
    Factors over, under;
    collect(s, over, under);
    if (under.empty()) return row(factors(over));
    return fmt::format("<mfrac>{}{}</mfrac>", row(factors(over)), row(factors(under)));
  }

  std::string operation(const Syntax& s) const {
    const auto operand = [&](std::size_t i, Tightness wanted) { return write(s.children[i], wanted); };
    switch (s.op) {
      case Op::add:
        return binary(s, "+", sum, sum);
      case Op::subtract:
        return binary(s, "&#x2212;", sum, product);
      case Op::multiply:
      case Op::divide:
        return product_of(s);
      case Op::power:
        return fmt::format("<msup>{}{}</msup>", row(operand(0, atom)), row(operand(1, loose)));
      case Op::exponential:
        return fmt::format("<msup><mi>e</mi>{}</msup>", row(operand(0, loose)));
      case Op::square_root:
        return tagged("msqrt", operand(0, loose));
      case Op::absolute:
        return row(sign_text("|") + operand(0, loose) + sign_text("|"));
      case Op::floor:
        return row(sign_text("&#x230A;") + operand(0, loose) + sign_text("&#x230B;"));
      case Op::ceiling:
        return row(sign_text("&#x2308;") + operand(0, loose) + sign_text("&#x2309;"));
      case Op::negate:
        return row(sign_text("&#x2212;") + operand(0, product));
      case Op::less:
      case Op::less_equal:
      case Op::equal:
        return compared(s);
      case Op::logical_and:
        return binary(s, "&#x2227;", conjunction, conjunction);
      case Op::logical_or:
        return binary(s, "&#x2228;", alternative, alternative);
      case Op::logical_not:
        if (s.text == "!=") return binary(s.children[0], "&#x2260;", sum, sum);
        return row(sign_text("&#xAC;") + operand(0, atom));
      case Op::factorial:
        return row(operand(0, atom) + sign_text("!"));
      default:
        return function(s.op == Op::logarithm ? "ln" : s.text.c_str(), s);
    }
  }

  std::string function(const char* name, const Syntax& s) const {
    std::string arguments;
    for (const Syntax& child : s.children) arguments += (arguments.empty() ? "" : sign_text(",")) + write(child, loose);
    return row(upright(name) + sign_text("&#x2061;") + in_parentheses(arguments));
  }

  // value, condition, value, condition, ..., otherwise
  std::string cases(const Syntax& s) const {
    std::string lines;
    for (std::size_t i = 0; i < s.children.size(); i += 2) {
      const bool has_condition = i + 1 < s.children.size();
      const std::string when = has_condition ? row(words("if ") + write(s.children[i + 1], loose)) : words("otherwise");
      lines += tagged("mtr", tagged("mtd", write(s.children[i], loose)) + tagged("mtd", when));
    }
    return row(sign_text("{") + tagged("mtable", lines));
  }

  std::string over_tissue(const Syntax& s) const {
    const std::string inside = write(s.children[0], s.kind == Syntax::Kind::integral ? product : loose);
    const std::string region = s.children.size() > 1 ? words(s.children[1].text) : "";
    const auto below = [&](const std::string& what) {
      return region.empty() ? what : fmt::format("<msub>{}{}</msub>", what, region);
    };
    if (s.kind == Syntax::Kind::integral)
      return row(below(sign_text("&#x222B;")) + inside + "<mspace width=\"0.2em\"/>" +
                 row(sign_text("d") + tagged("mi", "V")));
    if (s.kind == Syntax::Kind::mean) return below(row(sign_text("&#x27E8;") + inside + sign_text("&#x27E9;")));
    return row(below(upright("max")) + in_parentheses(inside));
  }
};

}  // namespace

std::string escaped_markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return out;
}

std::string mathml_name(std::string_view name) {
  const auto at = name.find('_');
  const std::size_t rest = at == std::string_view::npos ? 0 : name.size() - at - 1;
  const bool hangs = rest > 0 && at > 0 && (at <= kShortHead || (at <= kLongHead && rest <= kShortRest));
  if (!hangs) return upright(std::string(name));
  return fmt::format("<msub>{}<mtext>{}</mtext></msub>", upright(std::string(name.substr(0, at))),
                     escaped_markup(name.substr(at + 1)));
}

std::string mathml(std::string_view formula) {
  try {
    return Writer().write(parse_formula(formula), loose);
  } catch (const FormulaError&) {
    return words(std::string(formula));
  }
}

}  // namespace howship::model
