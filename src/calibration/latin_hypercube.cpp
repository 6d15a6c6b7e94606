#include "latin_hypercube.hpp"

#include <numeric>
#include <random>
#include <utility>

namespace howship::calibration {

std::vector<std::vector<double>> latin_hypercube(std::size_t count, std::size_t dimensions, std::uint64_t seed) {
  // The generator is the standard's to the bit; its distributions are not.
  std::mt19937_64 generator(seed);
  const auto uniform = [&generator] { return static_cast<double>(generator() >> 11U) * 0x1p-53; };
  std::vector<std::vector<double>> points(count, std::vector<double>(dimensions));
  std::vector<std::size_t> slices(count);
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::iota(slices.begin(), slices.end(), std::size_t{0});
    for (std::size_t i = count; i > 1; --i)
      std::swap(slices[i - 1], slices[static_cast<std::size_t>(uniform() * static_cast<double>(i))]);
    for (std::size_t i = 0; i < count; ++i)
      points[i][d] = (static_cast<double>(slices[i]) + uniform()) / static_cast<double>(count);
  }
  return points;
}

}  // namespace howship::calibration
