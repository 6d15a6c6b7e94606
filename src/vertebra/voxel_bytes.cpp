#include "vertebra/voxel_bytes.hpp"

#include <algorithm>
#include <istream>
#include <memory>
#include <vector>
#include <zlib.h>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::vertebra {

std::filesystem::path voxel_file(const std::filesystem::path& header, const std::string& name) {
  const bool is_plain = name.find_first_of("/\\%") == std::string::npos && !name.empty() && name.front() != '-' &&
                        name.front() != '.' && !name.starts_with("LIST");
  if (!is_plain) {
    throw InputError(fmt::format("{}: its voxels should be in '{}', which is not the name of one file beside it",
                                 header.string(), name),
                     "put the voxels into one file in the same folder and write its name alone, or convert the image "
                     "to one file (.nii.gz, .mha, .nrrd)");
  }
  std::filesystem::path file = header.parent_path() / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    throw InputError(
        fmt::format("{}: its voxels should be in {}, which cannot be read", header.string(), file.string()),
        "a header and its voxels belong together: copy both");
  }
  return file;
}

double remaining_bytes(std::istream& in) {
  const auto here = in.tellg();
  in.seekg(0, std::ios::end);
  const auto end = in.tellg();
  in.seekg(here);
  return static_cast<double>(end - here);
}

double decompressed_bytes(std::istream& in, double most) {
  struct End {
    void operator()(z_stream* stream) const { inflateEnd(stream); }
  };
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return 0.0;
  const std::unique_ptr<z_stream, End> end(&stream);
  std::vector<char> from(std::size_t{1} << 16U), to(std::size_t{1} << 18U);
  double total = 0.0;
  int code = Z_OK;
  while (code == Z_OK && in && most > 0.0) {
    in.read(from.data(), static_cast<std::streamsize>(std::min(static_cast<double>(from.size()), most)));
    most -= static_cast<double>(in.gcount());
    stream.next_in = reinterpret_cast<unsigned char*>(from.data());
    stream.avail_in = static_cast<unsigned>(in.gcount());
    while (code == Z_OK && stream.avail_in > 0) {
      stream.next_out = reinterpret_cast<unsigned char*>(to.data());
      stream.avail_out = static_cast<unsigned>(to.size());
      code = inflate(&stream, Z_NO_FLUSH);
      total += static_cast<double>(to.size() - stream.avail_out);
    }
  }
  return code == Z_STREAM_END ? total : 0.0;
}

void require_bytes(const std::filesystem::path& path, double promised, double found, bool is_compressed) {
  if (found >= promised) return;
  throw InputError(
      is_compressed ? fmt::format("{}: damaged or cut short, its voxels do not decompress to the {:.0f} bytes promised",
                                  path.string(), promised)
                    : fmt::format("{}: cut short, the header promises {:.0f} bytes of voxels and there are {:.0f}",
                                  path.string(), promised, found),
      "copy or export the file again");
}

}  // namespace howship::vertebra
