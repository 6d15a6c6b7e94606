#include "vertebra/meta_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>
#include <zlib.h>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::vertebra {

namespace {

constexpr std::size_t kLongestHeader = std::size_t{1} << 20U;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The "key = value" lines up to ElementDataFile, which is the last; the voxels may follow.
std::map<std::string, std::string> read_header(std::istream& in) {
  std::map<std::string, std::string> out;
  std::string line;
  std::size_t read = 0;
  while (!out.contains("ElementDataFile") && read < kLongestHeader && std::getline(in, line)) {
    read += line.size();
    const auto equals = line.find('=');
    if (equals != std::string::npos) out[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  }
  return out;
}

double bytes_per_number(const std::string& type) {
  static const std::map<std::string, double> sizes{{"MET_CHAR", 1},       {"MET_UCHAR", 1}, {"MET_SHORT", 2},
                                                   {"MET_USHORT", 2},     {"MET_INT", 4},   {"MET_UINT", 4},
                                                   {"MET_LONG", 4},       {"MET_ULONG", 4}, {"MET_LONG_LONG", 8},
                                                   {"MET_ULONG_LONG", 8}, {"MET_FLOAT", 4}, {"MET_DOUBLE", 8}};
  const auto found = sizes.find(type);
  return found == sizes.end() ? 0.0 : found->second;
}

/// Bytes that a zlib or gzip stream holds; less than it should when it is cut short or damaged.
double decompressed_bytes(std::istream& in) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return 0.0;
  std::vector<char> from(std::size_t{1} << 16U), to(std::size_t{1} << 18U);
  double total = 0.0;
  int code = Z_OK;
  while (code == Z_OK && in) {
    in.read(from.data(), static_cast<std::streamsize>(from.size()));
    stream.next_in = reinterpret_cast<unsigned char*>(from.data());
    stream.avail_in = static_cast<unsigned>(in.gcount());
    while (code == Z_OK && stream.avail_in > 0) {
      stream.next_out = reinterpret_cast<unsigned char*>(to.data());
      stream.avail_out = static_cast<unsigned>(to.size());
      code = inflate(&stream, Z_NO_FLUSH);
      total += static_cast<double>(to.size() - stream.avail_out);
    }
  }
  inflateEnd(&stream);
  return code == Z_STREAM_END ? total : 0.0;
}

double remaining_bytes(std::istream& in) {
  const auto here = in.tellg();
  in.seekg(0, std::ios::end);
  const auto end = in.tellg();
  in.seekg(here);
  return static_cast<double>(end - here);
}

}  // namespace

void check_meta_image(const std::filesystem::path& path) {
  std::ifstream header_file(path, std::ios::binary);
  auto header = read_header(header_file);
  const std::string data = header["ElementDataFile"];
  std::istringstream sizes(header["DimSize"]);
  double promised = bytes_per_number(header["ElementType"]);
  double extent = 0.0;
  while (sizes >> extent) promised *= extent;
  if (!header["ElementNumberOfChannels"].empty()) promised *= std::atof(header["ElementNumberOfChannels"].c_str());
  if (data.empty() || header["DimSize"].empty() || !(promised > 0.0)) {
    throw InputError(
        fmt::format("{}: cannot be read as MetaImage, which its name says it is: the header makes no sense",
                    path.string()),
        "DimSize, ElementType and ElementDataFile are needed, with positive sizes");
  }
  // Voxels in a list of files, one per slice, are left to the reader.
  if (data.starts_with("LIST") || data.find('%') != std::string::npos) return;
  const bool inside = data == "LOCAL" || data == "Local" || data == "local";
  const auto data_path = inside ? path : path.parent_path() / data;
  std::ifstream data_file;
  if (!inside) data_file.open(data_path, std::ios::binary);
  std::istream& voxels = inside ? header_file : data_file;
  if (!voxels)
    throw InputError(
        fmt::format("{}: its voxels should be in {}, which cannot be read", path.string(), data_path.string()));
  std::string compressed = header["CompressedData"];
  const bool is_compressed =
      !compressed.empty() && (compressed[0] == 'T' || compressed[0] == 't' || compressed[0] == '1');
  const double found = is_compressed ? decompressed_bytes(voxels) : remaining_bytes(voxels);
  if (found < promised) {
    throw InputError(
        is_compressed
            ? fmt::format("{}: damaged or cut short, its voxels do not decompress to the {:.0f} bytes promised",
                          path.string(), promised)
            : fmt::format("{}: cut short, the header promises {:.0f} bytes of voxels and there are {:.0f}",
                          path.string(), promised, found),
        "copy or export the file again");
  }
}

}  // namespace howship::vertebra
