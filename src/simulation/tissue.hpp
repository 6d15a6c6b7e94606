#pragma once

#include <map>
#include <string>
#include <vector>

#include "howship/model/model.hpp"
#include "howship/vertebra/domain.hpp"

#include "simulation/buffer.hpp"
#include "simulation/layout.hpp"

namespace howship::simulation {

/// Weights of voxels in integrals, means and maxima over regions: "" (everything), "trabecular", "cortical",
/// "endplate", "posterior", and "body" (all but posterior).
class Tissue {
 public:
  Tissue(const vertebra::Domain& domain, const Layout& layout);

  struct Region {
    Buffer<double> mask;  ///< 1 in lanes whose voxel belongs to it, 0 elsewhere and in padding
    std::size_t voxels = 0;
  };
  /// @throws InputError for an unknown name
  const Region& region(const std::string& name);
  /// What a sum of integrand values over a region's voxels is multiplied with. Not finite: mean over no voxel.
  double factor(const model::Reduction& reduction);
  /// The same of a reduction that rates read. @throws InputError if they cannot
  double rate_factor(const model::Reduction& reduction);

 private:
  const vertebra::Domain& domain_;
  Layout layout_;
  std::map<std::string, Region> regions_;
};

/// The given fields block by block: field f of lane l in block b at [(b*fields + f)*lanes + l].
Buffer<double> in_blocks(const std::vector<std::vector<double>>& fields, const Layout& layout);

/// Sum in index order with Neumaier's compensation.
double ordered_sum(const double* values, std::size_t count, std::size_t stride);

}  // namespace howship::simulation
