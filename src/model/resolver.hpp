#pragma once

#include <functional>
#include <string>

#include "howship/core/units.hpp"
#include "howship/model/model.hpp"

#include "model/formula.hpp"

namespace howship::model {

/// A resolved expression and its dimension. A literal zero fits any dimension.
struct Typed {
  NodeId node = 0;
  Dimension dimension;
  bool any = false;
};

/// Turns syntax into nodes of the graph, checking dimensions on the way.
class Resolver {
 public:
  /// @param find_name  what a name stands for; throws FormulaError at the position for an unknown one
  Resolver(Model& model, const UnitSystem& units,
           std::function<Typed(const std::string& name, std::size_t position)> find_name)
      : model_(model), units_(units), find_name_(std::move(find_name)) {}

  /// From now on units are labels: every scale is 1 and every dimension fits.
  void leave_units_unchecked() { unchecked_ = true; }

  /// @throws FormulaError
  Typed operator()(const Syntax& syntax);

 private:
  Typed resolve(const Syntax& syntax);
  Typed number(const Syntax& syntax);
  Typed call(const Syntax& syntax);
  Typed rate_of(const Syntax& syntax);
  void check_label(const Syntax& syntax) const;
  Typed operation(const Syntax& syntax);
  Typed power(const Syntax& syntax, const Typed& base, const Typed& exponent);
  Typed select(const Syntax& syntax);
  Typed reduction(const Syntax& syntax);
  void need_pure(const Typed& value, const Syntax& at, const std::string& what) const;
  static void need_same(const Typed& a, const Typed& b, const Syntax& at, const std::string& what);

  Model& model_;
  const UnitSystem& units_;
  std::function<Typed(const std::string&, std::size_t)> find_name_;
  bool unchecked_ = false;
  int inside_reduction_ = 0;
};

}  // namespace howship::model
