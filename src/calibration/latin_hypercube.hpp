#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace howship::calibration {

/// Points of the unit cube, one in each of `count` equal slices along every axis (McKay, Beckman and Conover 1979). The
/// same seed gives the same points everywhere.
std::vector<std::vector<double>> latin_hypercube(std::size_t count, std::size_t dimensions, std::uint64_t seed);

}  // namespace howship::calibration
