#pragma once

#include <filesystem>
#include <iosfwd>
#include <limits>
#include <string>

namespace howship::vertebra {

/// The file beside a header in which its voxels stand. A header may name a file of its own folder and nothing else:
/// what came from somebody must not lead to another place of this machine.
/// @param name  as the header writes it
/// @throws InputError if it is a path, a list or a pattern of names, or no such file is there
std::filesystem::path voxel_file(const std::filesystem::path& header, const std::string& name);

/// Bytes from here to the end of a stream.
double remaining_bytes(std::istream& in);

/// Bytes that a zlib or gzip stream holds; less than it should when it is cut short or damaged.
/// @param most  so many compressed bytes are read at most
double decompressed_bytes(std::istream& in, double most = std::numeric_limits<double>::infinity());

/// Throws InputError unless so many bytes were found as the header promises.
void require_bytes(const std::filesystem::path& path, double promised, double found, bool is_compressed);

}  // namespace howship::vertebra
