#include "sbml/export_units.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace howship::sbml {
namespace {

/// SBML's own units in ours: the dimension of each, and how many of our base units make one.
struct Kind {
  Dimension dimension;
  double scale = 1.0;
};

Dimension power_of(Dimension::Base base, double exponent = 1.0) {
  Dimension out;
  out.exponents[base] = exponent;
  return out;
}

Kind kind_of(UnitKind_t kind) {
  constexpr double kSecondsPerDay = 86400.0;
  switch (kind) {
    case UNIT_KIND_METRE:
      return {power_of(Dimension::length), 1e3};
    case UNIT_KIND_LITRE:
      return {power_of(Dimension::length, 3.0), 1e6};
    case UNIT_KIND_GRAM:
      return {power_of(Dimension::mass), 1e3};
    case UNIT_KIND_MOLE:
      return {power_of(Dimension::amount), 1e18};
    case UNIT_KIND_ITEM:
      return {power_of(Dimension::cell), 1.0};
    case UNIT_KIND_SECOND:
      return {power_of(Dimension::time), 1.0 / kSecondsPerDay};
    case UNIT_KIND_KELVIN:
      return {power_of(Dimension::temperature), 1.0};
    case UNIT_KIND_AMPERE:
      return {power_of(Dimension::current), 1.0};
    case UNIT_KIND_CANDELA:
      return {power_of(Dimension::luminosity), 1.0};
    default:
      return {};
  }
}

/// (multiplier * 10^scale * kind)^exponent, as SBML writes a unit.
struct Part {
  UnitKind_t kind = UNIT_KIND_DIMENSIONLESS;
  int scale = 0;
  double multiplier = 1.0;
  double exponent = 1.0;
};

const std::map<std::string, std::vector<Part>>& familiar() {
  static const std::map<std::string, std::vector<Part>> kFamiliar = [] {
    std::map<std::string, std::vector<Part>> out;
    const std::vector<std::pair<std::string, int>> prefixes{{"", 0},    {"k", 3},   {"d", -1}, {"c", -2},
                                                            {"m", -3},  {"u", -6},  {"n", -9}, {"p", -12},
                                                            {"f", -15}, {"a", -18}, {"z", -21}};
    for (const auto& [prefix, scale] : prefixes) {
      out[prefix + "m"] = {{UNIT_KIND_METRE, scale}};
      out[prefix + "L"] = out[prefix + "l"] = {{UNIT_KIND_LITRE, scale}};
      out[prefix + "g"] = {{UNIT_KIND_GRAM, scale}};
      out[prefix + "mol"] = {{UNIT_KIND_MOLE, scale}};
      out[prefix + "M"] = {{UNIT_KIND_MOLE, scale}, {UNIT_KIND_LITRE, 0, 1.0, -1.0}};
    }
    out["cell"] = out["cells"] = {{UNIT_KIND_ITEM}};
    out["s"] = out["second"] = {{UNIT_KIND_SECOND}};
    out["min"] = out["minute"] = {{UNIT_KIND_SECOND, 0, 60.0}};
    out["h"] = out["hour"] = out["hr"] = {{UNIT_KIND_SECOND, 0, 3600.0}};
    out["day"] = out["days"] = out["d"] = {{UNIT_KIND_SECOND, 0, 86400.0}};
    out["week"] = {{UNIT_KIND_SECOND, 0, 604800.0}};
    out["K"] = {{UNIT_KIND_KELVIN}};
    out["A"] = {{UNIT_KIND_AMPERE}};
    out["cd"] = {{UNIT_KIND_CANDELA}};
    out["percent"] = {{UNIT_KIND_DIMENSIONLESS, -2}};
    return out;
  }();
  return kFamiliar;
}

/// Reads "mg/(cm^3 day)" as parts of familiar units; nothing if it has another word in it.
class Reader {
 public:
  explicit Reader(const std::string& text) : text_(text) {}

  std::optional<std::vector<Part>> read() {
    if (!product(1.0) || at_ != text_.size()) return std::nullopt;
    return parts_;
  }

 private:
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  char next() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool product(double sign) {
    double own = sign;
    while (factor(own)) {
      const char c = next();
      if (c == '\0' || c == ')') return true;
      own = c == '/' ? -sign : sign;
      if (c == '/' || c == '*' || c == '.') ++at_;
    }
    return false;
  }

  bool factor(double sign) {
    const char c = next();
    if (c == '(') {
      ++at_;
      if (!product(sign) || next() != ')') return false;
      ++at_;
      return true;
    }
    if (c == '1' && (at_ + 1 == text_.size() || std::isalnum(static_cast<unsigned char>(text_[at_ + 1])) == 0)) {
      ++at_;
      return true;
    }
    std::string word;
    while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0) word += text_[at_++];
    const auto found = familiar().find(word);
    if (found == familiar().end()) return false;
    double exponent = 1.0;
    if (at_ < text_.size() && text_[at_] == '^') ++at_;
    const bool has_exponent =
        at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-');
    if (has_exponent) {
      char* end = nullptr;
      exponent = std::strtod(text_.c_str() + at_, &end);
      at_ = static_cast<std::size_t>(end - text_.c_str());
    }
    for (Part part : found->second) {
      part.exponent *= sign * exponent;
      parts_.push_back(part);
    }
    return true;
  }

  const std::string& text_;
  std::size_t at_ = 0;
  std::vector<Part> parts_;
};

Unit unit_of_parts(const std::vector<Part>& parts) {
  Unit out;
  for (const Part& part : parts) {
    const Kind kind = kind_of(part.kind);
    out.dimension = out.dimension * pow(kind.dimension, part.exponent);
    out.scale *= std::pow(part.multiplier * std::pow(10.0, part.scale) * kind.scale, part.exponent);
  }
  return out;
}

/// Any unit from its dimension: our base units, and what is left of its size as a pure number.
std::vector<Part> parts_of(const Unit& unit) {
  static const std::array<std::pair<Dimension::Base, Part>, 8> kBase{{
      {Dimension::amount, {UNIT_KIND_MOLE, -18}},
      {Dimension::mass, {UNIT_KIND_GRAM, -3}},
      {Dimension::cell, {UNIT_KIND_ITEM}},
      {Dimension::length, {UNIT_KIND_METRE, -3}},
      {Dimension::time, {UNIT_KIND_SECOND, 0, 86400.0}},
      {Dimension::temperature, {UNIT_KIND_KELVIN}},
      {Dimension::current, {UNIT_KIND_AMPERE}},
      {Dimension::luminosity, {UNIT_KIND_CANDELA}},
  }};
  std::vector<Part> out;
  for (const auto& [base, unit_part] : kBase) {
    Part part = unit_part;
    part.exponent = unit.dimension.exponents[base];
    if (part.exponent != 0.0) out.push_back(part);
  }
  if (out.size() == 1 && out[0].exponent == 1.0) {
    out[0].multiplier *= unit.scale;
  } else if (!same_scale(unit.scale, 1.0) || out.empty()) {
    out.push_back({UNIT_KIND_DIMENSIONLESS, 0, unit.scale});
  }
  return out;
}

/// "mg/(cm^3 day)" as a name that SBML allows: mg_per_cm3_day.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += c;
    } else if (c == '/') {
      out += "_per_";
    } else if (c == '-') {
      out += "minus";
    } else if (c == '.') {
      out += "point";
    } else if (c != '^' && c != '(' && c != ')' && !out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  if (out.starts_with("1_per_")) out = out.substr(2);
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out[0])) != 0) out = "unit_" + out;
  return out;
}

}  // namespace

bool same_scale(double a, double b) {
  constexpr double kSame = 1e-13;
  return std::abs(a - b) <= kSame * std::abs(b);
}

std::string UnitTable::id(const Unit& unit) {
  if (!checked_) return {};
  if (unit.dimension.is_none() && same_scale(unit.scale, 1.0)) return "dimensionless";
  for (const Known& known : known_) {
    if (known.unit.dimension == unit.dimension && same_scale(known.unit.scale, unit.scale)) return known.id;
  }
  return define(unit, plain(unit.text));
}

std::string UnitTable::conversion(double multiplier) {
  return id({fmt::format("factor {:.10g}", multiplier), {}, multiplier});
}

std::string UnitTable::define(const Unit& unit, const std::string& wanted) {
  std::string id = wanted;
  for (int i = 2; UnitKind_forName(id.c_str()) != UNIT_KIND_INVALID || model_.getUnitDefinition(id) != nullptr; ++i)
    id = fmt::format("{}_{}", wanted, i);
  std::vector<Part> parts = parts_of(unit);
  // The user's own words where SBML has them, if they mean the same.
  if (const auto read = Reader(unit.text).read()) {
    const Unit meant = unit_of_parts(*read);
    if (!read->empty() && meant.dimension == unit.dimension && same_scale(meant.scale, unit.scale)) parts = *read;
  }
  UnitDefinition* definition = model_.createUnitDefinition();
  definition->setId(id);
  definition->setName(unit.text);
  for (const Part& part : parts) {
    ::Unit* piece = definition->createUnit();
    piece->setKind(part.kind);
    piece->setExponent(part.exponent);
    piece->setScale(part.scale);
    piece->setMultiplier(part.multiplier);
  }
  known_.push_back({unit, id});
  return id;
}

Unit unit_of(const Dimension& dimension, double scale) {
  const std::string text = to_text(dimension);
  return {same_scale(scale, 1.0) ? text : fmt::format("{:.10g} {}", scale, text), dimension, scale};
}

Unit day() {
  return {"day", power_of(Dimension::time), 1.0};
}

Unit cubic_mm() {
  return {"mm^3", power_of(Dimension::length, 3.0), 1.0};
}

Unit per_day(const Unit& unit) {
  Unit out = unit;
  out.text += "/day";
  out.dimension.exponents[Dimension::time] -= 1.0;
  return out;
}

Countable countable(const Unit& unit) {
  const auto is = [&unit](const Dimension& dimension) { return unit.dimension == dimension; };
  for (const auto base : {Dimension::amount, Dimension::mass, Dimension::cell}) {
    if (is(power_of(base))) return Countable::substance;
    if (is(power_of(base) * power_of(Dimension::length, -3.0))) return Countable::concentration;
  }
  return unit.dimension.is_none() ? Countable::substance : Countable::no;
}

Unit substance_of(const Unit& unit) {
  if (countable(unit) != Countable::concentration) return unit;
  Unit out = unit;
  out.dimension = out.dimension * power_of(Dimension::length, 3.0);
  for (const std::string base : {"mol", "g", "cell"}) {
    for (const std::string prefix : {"z", "a", "f", "p", "n", "u", "m", "", "k"}) {
      const auto found = familiar().find(prefix + base);
      if (found == familiar().end()) continue;
      const Unit candidate = unit_of_parts(found->second);
      if (!(candidate.dimension == out.dimension) || !same_scale(candidate.scale, out.scale)) continue;
      out.text = prefix + base;
      return out;
    }
  }
  return unit_of(out.dimension, out.scale);
}

}  // namespace howship::sbml
