#pragma once

#include "howship/calibration/fit.hpp"

#include "minimise.hpp"

namespace howship::calibration {

/// Walks along one parameter to both sides, all others fitted anew, until the likelihood ratio reaches its 95 % point
/// (Raue et al. 2009) or a bound is met.
/// @param error  of the parameter, in the numbers searched over, if there is one
Profile profile(const Problem& problem, const Scaling& scaling, const Minimum& minimum, std::size_t parameter,
                std::optional<double> error);

}  // namespace howship::calibration
