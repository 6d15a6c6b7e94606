#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace howship {

/// Exponents over the base quantities. Fractional ones occur in power laws (Komarova's cells^0.5).
struct Dimension {
  enum Base : std::size_t { length, time, mass, amount, cell, temperature, current, luminosity, kCount };
  std::array<double, kCount> exponents{};

  bool is_none() const { return *this == Dimension{}; }
  friend bool operator==(const Dimension& a, const Dimension& b);  ///< exact to 1e-9
  friend Dimension operator*(const Dimension& a, const Dimension& b);
  friend Dimension operator/(const Dimension& a, const Dimension& b);
  friend Dimension pow(const Dimension& a, double exponent);
};

/// A dimension in words a biologist knows: "1", "pM/day", "mg/mm^3".
std::string to_text(const Dimension& dimension);

/// A unit as the user wrote it. Inside, every number is in the coherent base mm, day, mg, amol (so 1 pM = 1 amol/mm^3
/// is 1): base value = scale * value.
struct Unit {
  std::string text = "1";
  Dimension dimension;
  double scale = 1.0;
};

/// "0.3 pM"; of a pure number the number alone.
std::string with_unit(const std::string& number, const Unit& unit);

/// A text is no unit. The message says why and names the closest known unit where there is one.
class UnitError : public std::exception {
 public:
  UnitError(std::string message, std::string hint) : message_(std::move(message)), hint_(std::move(hint)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& hint() const { return hint_; }

 private:
  std::string message_;
  std::string hint_;
};

/// The units of UDUNITS-2 with molar (M), cell and the international unit (IU) added. One object serves a whole run.
class UnitSystem {
 public:
  UnitSystem();
  ~UnitSystem();
  UnitSystem(const UnitSystem&) = delete;
  UnitSystem& operator=(const UnitSystem&) = delete;

  /// @param expected  what a unit that is meant would measure, where it is known: the closest such unit is named
  /// @throws UnitError if the text is no unit, or has an offset or a logarithm (degC, dB).
  Unit parse(std::string_view text, const Dimension* expected = nullptr) const;

  /// "120 mg" → 120 and mg. A bare number has the unit 1. @throws UnitError
  struct Quantity {
    double value = 0.0;
    Unit unit;
    double base() const { return value * unit.scale; }
  };
  Quantity parse_quantity(std::string_view text, const Dimension* expected = nullptr) const;

 private:
  std::string closest_unit(const std::string& text, const Dimension* expected) const;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace howship
