#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "howship/model/kinetics.hpp"
#include "howship/simulation/simulation.hpp"

namespace howship::bench {

/// The same semi-discrete equations as one solves them with Debian's SUNDIALS out of the box: its OpenMP vectors, BDF
/// with SPGMR, and as preconditioner a dense LU of each voxel's own block. Rates and exact derivatives are ours, and
/// what blood does is known ahead, as for ours: doses do not restart it.
class StockField {
 public:
  StockField(std::shared_ptr<const model::Kinetics> kinetics, std::vector<double> parameters,
             const vertebra::Domain& domain, const std::vector<std::vector<double>>& given, double relative_tolerance,
             int threads);
  ~StockField();

  /// @param observe  gets the time and local(species, voxel)
  /// @returns steps
  long run(
      const simulation::Schedule& schedule, const std::vector<double>& times,
      const std::function<void(double time, const std::function<double(std::size_t, std::size_t)>& local)>& observe);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace howship::bench
