#include "howship/output/budget.hpp"

#include <array>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::output {

std::uintmax_t Budget::output_bytes() const {
  constexpr std::uintmax_t kNumber = 14;      // bytes of a number in a table
  constexpr std::uintmax_t kOverhead = 4096;  // of an image file, and of the small files per arm
  const std::uintmax_t table = static_cast<std::uintmax_t>(rows) * (columns + 2) * kNumber;
  // Voxels outside the vertebra are zeros and compress away; a label takes one byte per voxel at most.
  const std::uintmax_t frame = static_cast<std::uintmax_t>(voxels) * (4 * fields + 1) + lattice_voxels / 16 + kOverhead;
  return arms * (table + frames * frame + kOverhead);
}

void require_memory(std::uintmax_t bytes, const std::string& what) {
  const auto available = available_memory();
  if (!available || bytes <= *available) return;
  throw InputError(fmt::format("{} needs about {} of memory, and {} are available", what,
                               bytes_text(static_cast<double>(bytes)), bytes_text(static_cast<double>(*available))),
                   "use larger voxels (vertebra.voxel_size)");
}

void require_disk(std::uintmax_t bytes, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::path place = std::filesystem::absolute(folder, error);
  while (!place.empty() && !std::filesystem::exists(place, error) && place != place.parent_path())
    place = place.parent_path();
  const auto space = std::filesystem::space(place, error);
  if (error || bytes <= space.available) return;
  throw OutputError(fmt::format(
      "the results need up to {} and '{}' has {} free: fewer frames or fields, or another folder with -o",
      bytes_text(static_cast<double>(bytes)), place.string(), bytes_text(static_cast<double>(space.available))));
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000.0 && unit + 1 < kUnits.size()) {
    bytes /= 1000.0;
    ++unit;
  }
  return bytes < 10.0 && unit > 0 ? fmt::format("{:.1f} {}", bytes, kUnits[unit])
                                  : fmt::format("{:.0f} {}", bytes, kUnits[unit]);
}

}  // namespace howship::output
