#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "howship/simulation/simulation.hpp"

namespace howship::simulation {

struct Instant {
  double time = 0.0;
  bool output = false, jump = false;  ///< jump: a rate or a condition changes because of time alone
  std::vector<Dose> doses;
  bool passed = false;  ///< the integrator does not stop here: its doses are in what is known ahead already
  bool stops() const { return (jump || !doses.empty()) && !passed; }
};

/// Doses, outputs and jumps by time; equal times are one instant. What lies past the end is dropped.
/// @throws InputError for a time that is negative or not finite, or an amount that is not finite
std::vector<Instant> instants_of(const Schedule& schedule, const std::vector<double>& jumps,
                                 std::size_t systemic_count);

inline double just_before(double time) {
  return std::nextafter(time, 0.0);
}
inline double just_after(double time) {
  return std::nextafter(time, std::numeric_limits<double>::infinity());
}

}  // namespace howship::simulation
