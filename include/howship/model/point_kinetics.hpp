#pragma once

#include <vector>

#include "howship/model/model.hpp"
#include "howship/model/scalar_program.hpp"

namespace howship::model {

struct SparseEntry {
  std::uint32_t row = 0, column = 0;
  bool operator==(const SparseEntry&) const = default;
};

/// A model without space, as one system of ordinary differential equations. Its unknowns are the local species of a
/// single voxel, in slot order, then the systemic ones. What the voxel is given counts as a parameter, and a sum over
/// tissue is its integrand times a factor. Immutable and shared by all threads.
class PointKinetics {
 public:
  explicit PointKinetics(const Model& model);

  std::size_t size() const { return rates_.output_count(); }
  /// The model's parameters, then the voxel's given values, then one factor per reduction that rates read.
  std::size_t parameter_count() const { return parameter_count_; }

  const ScalarProgram& initial() const { return initial_; }        ///< one output per unknown
  const ScalarProgram& rates() const { return rates_; }            ///< one output per unknown
  const ScalarProgram& jacobian() const { return jacobian_; }      ///< one output per entry of the pattern
  const ScalarProgram& reductions() const { return reductions_; }  ///< one output per reduction that rates read
  const std::vector<SparseEntry>& pattern() const { return pattern_; }

 private:
  struct Parts;
  explicit PointKinetics(Parts parts);

  std::size_t parameter_count_;
  std::vector<SparseEntry> pattern_;
  ScalarProgram initial_, rates_, jacobian_, reductions_;
};

}  // namespace howship::model
