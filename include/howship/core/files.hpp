#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace howship {

/// The whole text of a file. @throws InputError if it cannot be read or is larger than the limit (bytes).
std::string read_text(const std::filesystem::path& path, std::size_t limit = std::size_t{64} << 20U);

/// Writes aside and renames, so that a reader sees the old file or the new one and never half of it.
/// @throws OutputError when the disk is full or the folder cannot be written.
void write_text(const std::filesystem::path& path, std::string_view text);

/// SHA-256 in hexadecimal.
std::string digest(std::string_view bytes);
std::string file_digest(const std::filesystem::path& path);

}  // namespace howship
