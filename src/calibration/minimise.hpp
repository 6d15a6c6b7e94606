#pragma once

#include <string>
#include <vector>

#include "problem.hpp"
#include "scaling.hpp"

namespace howship::calibration {

/// Where a search ended. Everything is in the numbers that are searched over.
struct Minimum {
  bool solved = false;  ///< the equations could be solved at the start, and so everywhere since
  bool converged = false;
  std::vector<double> at;
  double cost = 0.0;
  Problem::Evaluation evaluation;  ///< at the minimum
  std::vector<double> jacobian;    ///< of residuals by what is searched over, as in the evaluation
  int iterations = 0;
  std::string message;
};

/// Levenberg and Marquardt within bounds.
/// @param from   where to start  @param fixed  the parameters that stay there
Minimum minimise(const Problem& problem, const Scaling& scaling, std::vector<double> from,
                 const std::vector<bool>& fixed);

}  // namespace howship::calibration
