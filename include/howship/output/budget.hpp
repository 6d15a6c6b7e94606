#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace howship::output {

/// What a run will write and hold, before it does either.
struct Budget {
  std::size_t voxels = 0;  ///< active ones
  std::size_t lattice_voxels = 0;
  std::size_t arms = 1, rows = 0, columns = 0, frames = 0, fields = 0;

  /// Bytes of tables and frames, all arms; frames taken as uncompressed, so this is an upper bound.
  std::uintmax_t output_bytes() const;
};

/// Bytes of memory that can be had without swapping, if the system tells: what the machine has available, or less where
/// the process (RLIMIT_AS) or the group it runs in (cgroup) is limited.
std::optional<std::uintmax_t> available_memory();

/// @throws InputError if `bytes` exceed what is available, saying both
void require_memory(std::uintmax_t bytes, const std::string& what);

/// Looks at the file system that will hold `folder`, which need not exist yet.
/// @throws OutputError if `bytes` exceed the free space, saying both
void require_disk(std::uintmax_t bytes, const std::filesystem::path& folder);

/// "3.2 GB", "18 kB"
std::string bytes_text(double bytes);

}  // namespace howship::output
