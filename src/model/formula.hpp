#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "howship/model/expression.hpp"

namespace howship::model {

/// A parsed formula, names not yet resolved. Positions count characters of the text from 0.
struct Syntax {
  enum class Kind {
    number,  ///< value, unit (may be empty)
    name,    ///< of a species, parameter, quantity or region; "given_x" for given.x
    time,
    operation,  ///< op over the children
    select,     ///< value, condition, value, condition, ..., and, unless nothing is meant then, otherwise
    call,       ///< a function that is built from others (functions.hpp), by its name in `text`
    rate_of,    ///< d/dt of the species named in `text`
    integral,
    mean,
    maximum_over_tissue,  ///< a reduction: expression and, optionally, a region's name
  };
  Kind kind = Kind::number;
  Op op = Op::add;
  double value = 0.0;
  std::string text;  ///< the name, the unit of a number, or the operator as the user knows it
  std::size_t position = 0;
  std::vector<Syntax> children;
};

/// The text is no formula. Carries the position of the fault.
class FormulaError : public std::runtime_error {
 public:
  FormulaError(const std::string& message, std::size_t position, std::string hint = {})
      : std::runtime_error(message), position_(position), hint_(std::move(hint)) {}
  std::size_t position() const { return position_; }
  const std::string& hint() const { return hint_; }

 private:
  std::size_t position_;
  std::string hint_;
};

/// Parses SBML Level 3 infix. `given.x` is read as the vertebra's field x. @throws FormulaError
Syntax parse_formula(std::string_view text);

}  // namespace howship::model
