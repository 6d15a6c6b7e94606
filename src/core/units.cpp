#include "howship/core/units.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <udunits2.h>

#include "howship/core/diagnostics.hpp"

namespace howship {
namespace {

constexpr double kSame = 1e-9;

// Rounding through 14 digits turns 1.0000000000000002 back into the decimal that was meant; 1/24 is none and stays.
double snapped(double value) {
  const double decimal = std::strtod(fmt::format("{:.14g}", value).c_str(), nullptr);
  constexpr double kFewUlp = 1e-15;
  return std::abs(decimal - value) <= kFewUlp * std::abs(value) ? decimal : value;
}

struct UnitDeleter {
  void operator()(ut_unit* unit) const { ut_free(unit); }
};
using UnitHandle = std::unique_ptr<ut_unit, UnitDeleter>;
struct SystemDeleter {
  void operator()(ut_system* system) const { ut_free_system(system); }
};

// What UDUNITS says of a unit when it is walked: the factor to its own base units and their powers.
struct Walk {
  double factor = 1.0;
  std::map<std::string, int> powers;
  bool linear = true;
};

ut_status visit_basic(const ut_unit* unit, void* context) {
  auto& walk = *static_cast<Walk*>(context);
  const char* name = ut_get_name(unit, UT_ASCII);
  const char* symbol = ut_get_symbol(unit, UT_ASCII);
  walk.powers[name != nullptr ? name : symbol] += 1;
  return UT_SUCCESS;
}

ut_status visit_product(const ut_unit* /*unit*/, int count, const ut_unit* const* basics, const int* powers,
                        void* context) {
  auto& walk = *static_cast<Walk*>(context);
  for (int i = 0; i < count; ++i) {
    const char* name = ut_get_name(basics[i], UT_ASCII);
    const char* symbol = ut_get_symbol(basics[i], UT_ASCII);
    walk.powers[name != nullptr ? name : symbol] += powers[i];
  }
  return UT_SUCCESS;
}

ut_status visit_galilean(const ut_unit* /*unit*/, double scale, const ut_unit* underlying, double offset,
                         void* context);
ut_status visit_timestamp(const ut_unit* /*unit*/, const ut_unit* /*timed*/, double /*origin*/, void* context) {
  static_cast<Walk*>(context)->linear = false;
  return UT_SUCCESS;
}
ut_status visit_logarithm(const ut_unit* /*unit*/, double /*base*/, const ut_unit* /*reference*/, void* context) {
  static_cast<Walk*>(context)->linear = false;
  return UT_SUCCESS;
}
constexpr ut_visitor kVisitor{visit_basic, visit_product, visit_galilean, visit_timestamp, visit_logarithm};

ut_status visit_galilean(const ut_unit* /*unit*/, double scale, const ut_unit* underlying, double offset,
                         void* context) {
  auto& walk = *static_cast<Walk*>(context);
  if (offset != 0.0) walk.linear = false;
  walk.factor *= scale;
  return ut_accept_visitor(underlying, &kVisitor, context);
}

// UDUNITS' base units in ours: which exponent, and how many of ours make one of theirs.
struct BaseUnit {
  Dimension::Base base;
  double scale;
};
const std::map<std::string, BaseUnit>& base_units() {
  static const std::map<std::string, BaseUnit> kUnits{
      {"meter", {Dimension::length, 1e3}},   {"second", {Dimension::time, 1.0 / 86400.0}},
      {"kilogram", {Dimension::mass, 1e6}},  {"mole", {Dimension::amount, 1e18}},
      {"cell", {Dimension::cell, 1.0}},      {"kelvin", {Dimension::temperature, 1.0}},
      {"ampere", {Dimension::current, 1.0}}, {"candela", {Dimension::luminosity, 1.0}}};
  return kUnits;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

}  // namespace

bool operator==(const Dimension& a, const Dimension& b) {
  for (std::size_t i = 0; i < Dimension::kCount; ++i) {
    if (std::abs(a.exponents[i] - b.exponents[i]) > kSame) return false;
  }
  return true;
}

Dimension operator*(const Dimension& a, const Dimension& b) {
  Dimension out;
  for (std::size_t i = 0; i < Dimension::kCount; ++i) out.exponents[i] = a.exponents[i] + b.exponents[i];
  return out;
}

Dimension operator/(const Dimension& a, const Dimension& b) {
  return a * pow(b, -1.0);
}

Dimension pow(const Dimension& a, double exponent) {
  Dimension out;
  for (std::size_t i = 0; i < Dimension::kCount; ++i) out.exponents[i] = a.exponents[i] * exponent;
  return out;
}

std::string to_text(const Dimension& dimension) {
  std::array<double, Dimension::kCount> e = dimension.exponents;
  std::vector<std::string> above;
  std::vector<std::string> below;
  const auto put = [&](const std::string& name, double power) {
    if (std::abs(power) < kSame) return;
    const double size = std::abs(power);
    (power > 0 ? above : below).push_back(std::abs(size - 1.0) < kSame ? name : fmt::format("{}^{:g}", name, size));
  };
  // An amount per volume reads as a concentration.
  const double amount = e[Dimension::amount];
  if (std::abs(amount) > kSame && std::abs(e[Dimension::length] + 3.0 * amount) < kSame) {
    put("pM", amount);
    e[Dimension::amount] = e[Dimension::length] = 0.0;
  }
  constexpr std::array<const char*, Dimension::kCount> kNames{"mm", "day", "mg", "amol", "cell", "K", "A", "cd"};
  for (const auto base : {Dimension::mass, Dimension::amount, Dimension::cell, Dimension::length, Dimension::time,
                          Dimension::temperature, Dimension::current, Dimension::luminosity}) {
    put(kNames[base], e[base]);
  }
  std::string text;
  for (const auto& part : above) text += (text.empty() ? "" : "*") + part;
  if (text.empty()) text = "1";
  for (const auto& part : below) text += "/" + part;
  return text;
}

std::string with_unit(const std::string& number, const Unit& unit) {
  return unit.text == "1" ? number : number + " " + unit.text;
}

struct UnitSystem::Impl {
  std::unique_ptr<ut_system, SystemDeleter> system;
};

UnitSystem::UnitSystem() : impl_(std::make_unique<Impl>()) {
  ut_set_error_message_handler(ut_ignore);
  impl_->system.reset(ut_read_xml(nullptr));
  if (!impl_->system) throw std::runtime_error("the units database of UDUNITS-2 (udunits2.xml) cannot be read");
  ut_system* system = impl_->system.get();
  const auto define = [&](const char* text, const char* name, const char* symbol) {
    UnitHandle unit(ut_parse(system, text, UT_ASCII));
    if (!unit) throw std::runtime_error(fmt::format("cannot define the unit {}", name));
    if (ut_map_name_to_unit(name, UT_ASCII, unit.get()) != UT_SUCCESS)
      throw std::runtime_error(fmt::format("cannot name the unit {}", name));
    if (symbol != nullptr) ut_map_symbol_to_unit(symbol, UT_ASCII, unit.get());
  };
  UnitHandle cell(ut_new_base_unit(system));
  ut_map_name_to_unit("cell", UT_ASCII, cell.get());
  ut_map_unit_to_name(cell.get(), "cell", UT_ASCII);
  ut_map_name_to_unit("cells", UT_ASCII, cell.get());
  define("mol/L", "molar", "M");
  define("1", "IU", nullptr);
}

UnitSystem::~UnitSystem() = default;

// A hint. A unit of what is expected is meant rather than one that is written a little more alike.
std::string UnitSystem::closest_unit(const std::string& text, const Dimension* expected) const {
  static const std::vector<std::string> kFamiliar{
      "pM",      "nM",       "uM",     "mM",    "day",    "hour",    "min",   "s",      "week",
      "year",    "mm",       "cm",     "um",    "mg",     "ug",      "ng",    "kg",     "g",
      "L",       "mL",       "1",      "cell",  "mol",    "mg/cm^3", "1/day", "pM/day", "ng/mL",
      "mL/hour", "mm^2/day", "mg/day", "L/day", "kg/mol", "percent", "mL/min"};
  std::vector<std::string> fitting;
  for (const std::string& known : kFamiliar) {
    if (expected != nullptr && parse(known).dimension == *expected) fitting.push_back(known);
  }
  auto best = closest(text, fitting);
  if (!best) best = closest(text, kFamiliar);
  return best ? fmt::format("did you mean '{}'?", *best)
              : "units are written as in UDUNITS-2: pM/day, mm^2/day, mg/cm^3, 1";
}

Unit UnitSystem::parse(std::string_view text, const Dimension* expected) const {
  const std::string wanted = trimmed(text);
  if (wanted.empty()) throw UnitError("a unit is missing", "write unit = \"1\" for a pure number");
  UnitHandle unit(ut_parse(impl_->system.get(), wanted.c_str(), UT_UTF8));
  if (!unit) throw UnitError(fmt::format("unknown unit '{}'", wanted), closest_unit(wanted, expected));
  Walk walk;
  if (ut_accept_visitor(unit.get(), &kVisitor, &walk) != UT_SUCCESS || !walk.linear) {
    throw UnitError(fmt::format("'{}' has an offset or is logarithmic", wanted),
                    "use a unit that is a plain multiple, such as K");
  }
  Unit out{wanted, {}, walk.factor};
  for (const auto& [name, power] : walk.powers) {
    if (name == "radian") continue;  // a pure number
    const auto found = base_units().find(name);
    if (found == base_units().end())
      throw UnitError(fmt::format("unit '{}' rests on '{}', which Howship does not use", wanted, name), {});
    out.dimension.exponents[found->second.base] += power;
    out.scale *= std::pow(found->second.scale, power);
  }
  out.scale = snapped(out.scale);
  if (!std::isfinite(out.scale) || out.scale <= 0.0)
    throw UnitError(fmt::format("unit '{}' has no usable size", wanted), {});
  return out;
}

UnitSystem::Quantity UnitSystem::parse_quantity(std::string_view text, const Dimension* expected) const {
  const std::string trimmed_text = trimmed(text);
  double value = 0.0;
  const char* begin = trimmed_text.data();
  const char* end = begin + trimmed_text.size();
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (error != std::errc{} || !std::isfinite(value)) {
    throw UnitError(fmt::format("'{}' does not begin with a number", trimmed_text),
                    "write a value with its unit, such as \"28 day\"");
  }
  const std::string unit = trimmed(std::string_view(rest, static_cast<std::size_t>(end - rest)));
  return {value, unit.empty() ? Unit{} : parse(unit, expected)};
}

}  // namespace howship
