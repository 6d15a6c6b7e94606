#pragma once

#include <string>
#include <vector>

#include "howship/model/model.hpp"
#include "howship/model/point_kinetics.hpp"

namespace howship::model {

/// What a model without space depends on its parameters by: exact partial derivatives by the parameters that were asked
/// for, and what is read out of a state. State and parameters are those of PointKinetics; of all reductions, and not
/// only those that rates read, a factor stands behind the parameters. Immutable and shared by all threads.
class PointSensitivities {
 public:
  /// A matrix whose entry pattern[e] is the program's output e.
  struct Matrix {
    std::vector<SparseEntry> pattern;
    ScalarProgram program;
  };
  /// Values and their partial derivatives. Rows count the values.
  struct Differentiable {
    ScalarProgram values;
    Matrix by_state, by_parameter;
  };

  /// @param asked      indices into Model::parameters; columns of derivatives count in this order
  /// @param read_outs  nodes of the model's graph
  /// @throws UnsupportedError for events, and for steps in time (floor, ceil, ==) whose instants such a parameter moves
  PointSensitivities(const Model& model, std::vector<std::size_t> asked, const std::vector<NodeId>& read_outs);

  const std::vector<std::size_t>& asked() const { return asked_; }
  std::size_t size() const { return size_; }
  std::size_t parameter_count() const { return parameter_count_; }

  const Matrix& rates_by_parameter() const { return rates_by_parameter_; }
  const Matrix& initial_by_parameter() const { return initial_by_parameter_; }
  const Differentiable& read_outs() const { return read_outs_; }
  /// Of each drug of the model; of parameters alone.
  const Differentiable& bioavailabilities() const { return bioavailabilities_; }

  /// A comparison in a rate whose turn may depend on the parameters that were asked for: the rate jumps then, and with
  /// it the sensitivities. It holds where its level is negative (below or equal to 0: `less_equal`).
  struct Turns {
    Differentiable levels;
    Matrix by_time;  ///< one column
    ScalarProgram holds;
    std::vector<std::string> names;  ///< "the rate of OB"
  };
  const Turns& turns() const { return turns_; }

 private:
  struct Parts;
  explicit PointSensitivities(Parts parts);

  std::vector<std::size_t> asked_;
  std::size_t size_, parameter_count_;
  Matrix rates_by_parameter_, initial_by_parameter_;
  Differentiable read_outs_, bioavailabilities_;
  Turns turns_;
};

}  // namespace howship::model
