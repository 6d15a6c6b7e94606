#pragma once

#include <memory>
#include <span>
#include <string>

#include "howship/core/units.hpp"
#include "howship/model/model.hpp"

namespace howship::model {

/// A formula of a model's parameters, of quantities that follow from them, and of `time`: what a solution is known to
/// be without solving anything.
class ClosedForm {
 public:
  /// @throws InputError if the text is no such formula; the diagnostic's column counts characters of the text from 1
  ClosedForm(const Model& model, const UnitSystem& units, const std::string& text);

  const Dimension& dimension() const { return dimension_; }
  bool fits(const Dimension& dimension) const { return any_ || dimension_ == dimension; }

  /// @param parameters  base units, in the model's order
  /// @param time        day
  double operator()(std::span<const double> parameters, double time) const;

 private:
  std::shared_ptr<const Model> model_;  ///< a copy whose graph holds the formula
  NodeId node_ = 0;
  Dimension dimension_;
  bool any_ = false;
};

}  // namespace howship::model
