#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "howship/model/expression.hpp"

namespace howship::model {

/// Fields over voxels: field f in voxel v is data[f * stride + v].
struct FieldView {
  const double* data = nullptr;
  std::size_t stride = 0;
};
struct MutableFieldView {
  double* data = nullptr;
  std::size_t stride = 0;
};

/// What is the same in every voxel at one moment. The spans may be longer than what a program reads.
struct Scalars {
  double time = 0.0;                   ///< day
  std::span<const double> systemic;    ///< one value per systemic species
  std::span<const double> reductions;  ///< one value per reduction of the model
};

/// A list of expressions as register code that runs over a block of voxels at once (Eigen packets). Subexpressions are
/// shared, and what does not change from voxel to voxel is computed once per call, what depends on parameters alone
/// once per parameter set.
class Program {
 public:
  static constexpr int kBlock = 32;  ///< voxels evaluated at once in a field
  static constexpr int kSmall = 8;   ///< the same, for a single voxel

  Program(const Graph& graph, std::vector<NodeId> outputs);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  std::size_t output_count() const;
  Stage stage(std::size_t output) const;
  std::size_t instruction_count() const;  ///< per block of voxels

  /// Registers of one thread for one parameter set.
  class Workspace {
   public:
    ~Workspace();
    Workspace(Workspace&&) noexcept;
    Workspace& operator=(Workspace&&) noexcept;

   private:
    friend class Program;
    struct Registers;
    explicit Workspace(std::unique_ptr<Registers> registers);
    std::unique_ptr<Registers> registers_;
  };

  /// @param lanes       kBlock or kSmall: voxels per call of run()
  /// @param parameters  all of the model's, in the base unit; evaluates the parameter stage
  Workspace workspace(int lanes, std::span<const double> parameters) const;

  /// Evaluates the time stage. Must precede run() and scalars() whenever time, systemic values or reductions changed.
  void prepare(Workspace& workspace, const Scalars& scalars) const;

  /// Evaluates every output for voxels [first, first + lanes): output o of lane l goes to out.data[o * out.stride + l].
  /// The inputs must be readable for all lanes; rows of `out` must not alias inputs of the same block.
  void run(Workspace& workspace, FieldView local, FieldView given, std::size_t first, MutableFieldView out) const;

  /// Values of the outputs when none depends on the voxel. @throws std::logic_error if one does
  void scalars(const Workspace& workspace, std::span<double> out) const;

 private:
  struct Code;
  std::unique_ptr<const Code> code_;
};

}  // namespace howship::model
