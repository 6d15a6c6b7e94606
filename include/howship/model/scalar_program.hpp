#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "howship/model/expression.hpp"

namespace howship::model {

/// Expressions of one state vector, time and parameters, for systems too small for Program's blocks of voxels. Equal
/// operations that do not wait for each other are done as one batch: a batch is decoded once, and its powers,
/// exponentials and logarithms go through vector instructions. What depends on parameters alone is computed once per
/// parameter set.
class ScalarProgram {
 public:
  /// @param outputs  of constants, parameters, time and systemic leaves only; these index the state
  /// @throws std::logic_error for any other leaf
  ScalarProgram(const Graph& graph, std::span<const NodeId> outputs);
  ~ScalarProgram();
  ScalarProgram(ScalarProgram&&) noexcept;
  ScalarProgram& operator=(ScalarProgram&&) noexcept;

  std::size_t output_count() const;

  /// What one thread writes while it evaluates for one parameter set.
  using Workspace = std::vector<double>;
  Workspace workspace(std::span<const double> parameters) const;

  /// Writes every output. @param state  as many values as the largest systemic leaf asks for
  void run(Workspace& workspace, double time, const double* state, double* out) const;

 private:
  struct Code;
  std::unique_ptr<const Code> code_;
};

}  // namespace howship::model
