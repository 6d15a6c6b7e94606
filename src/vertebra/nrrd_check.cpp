#include "vertebra/nrrd_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "vertebra/voxel_bytes.hpp"

namespace howship::vertebra {

namespace {

constexpr std::size_t kMostLines = 10000, kLongestLine = 20000;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what, const std::string& hint = {}) {
  throw InputError(fmt::format("{}: cannot be read as NRRD, which its name says it is: {}", path.string(), what), hint);
}

/// Every field of the format; a name that is none could be one to the reader.
constexpr std::array<std::string_view, 41> kFields{"content",
                                                   "number",
                                                   "type",
                                                   "block size",
                                                   "blocksize",
                                                   "dimension",
                                                   "space",
                                                   "sizes",
                                                   "spacings",
                                                   "thicknesses",
                                                   "axis mins",
                                                   "axismins",
                                                   "axis maxs",
                                                   "axismaxs",
                                                   "centers",
                                                   "centerings",
                                                   "kinds",
                                                   "labels",
                                                   "units",
                                                   "min",
                                                   "max",
                                                   "old min",
                                                   "oldmin",
                                                   "old max",
                                                   "oldmax",
                                                   "endian",
                                                   "encoding",
                                                   "line skip",
                                                   "lineskip",
                                                   "byte skip",
                                                   "byteskip",
                                                   "sample units",
                                                   "sampleunits",
                                                   "space units",
                                                   "space origin",
                                                   "data file",
                                                   "datafile",
                                                   "space dimension",
                                                   "spacedimension",
                                                   "space directions",
                                                   "measurement frame"};

double bytes_per_number(const std::string& type) {
  static const std::map<std::string_view, double> sizes{{"signed char", 1},
                                                        {"int8", 1},
                                                        {"int8_t", 1},
                                                        {"uchar", 1},
                                                        {"unsigned char", 1},
                                                        {"uint8", 1},
                                                        {"uint8_t", 1},
                                                        {"short", 2},
                                                        {"short int", 2},
                                                        {"signed short", 2},
                                                        {"signed short int", 2},
                                                        {"int16", 2},
                                                        {"int16_t", 2},
                                                        {"ushort", 2},
                                                        {"unsigned short", 2},
                                                        {"unsigned short int", 2},
                                                        {"uint16", 2},
                                                        {"uint16_t", 2},
                                                        {"int", 4},
                                                        {"signed int", 4},
                                                        {"int32", 4},
                                                        {"int32_t", 4},
                                                        {"uint", 4},
                                                        {"unsigned int", 4},
                                                        {"uint32", 4},
                                                        {"uint32_t", 4},
                                                        {"longlong", 8},
                                                        {"long long", 8},
                                                        {"long long int", 8},
                                                        {"signed long long", 8},
                                                        {"signed long long int", 8},
                                                        {"int64", 8},
                                                        {"int64_t", 8},
                                                        {"ulonglong", 8},
                                                        {"unsigned long long", 8},
                                                        {"unsigned long long int", 8},
                                                        {"uint64", 8},
                                                        {"uint64_t", 8},
                                                        {"float", 4},
                                                        {"double", 8}};
  const auto found = sizes.find(type);
  return found == sizes.end() ? 0.0 : found->second;
}

class Check {
 public:
  explicit Check(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) { read_header(); }

  void run() {
    const std::string encoding = lower(either("encoding", "encoding"));
    const bool zipped = encoding == "gzip" || encoding == "gz";
    if (!zipped && encoding != "raw")
      refuse(path_, fmt::format("its voxels are encoded as '{}'", encoding), "encode them as raw or gzip");
    const std::string line_skip = either("line skip", "lineskip");
    if (!line_skip.empty() && whole(line_skip, "line skip", 0.0) != 0.0)
      refuse(path_, "lines before the voxels are not skipped", "take 'line skip' out, and those lines");
    double promised = bytes_promised();
    const std::string byte_skip = either("byte skip", "byteskip");
    if (!byte_skip.empty()) promised += std::max(0.0, whole(byte_skip, "byte skip", zipped ? 0.0 : -1.0));
    const std::string name = either("data file", "datafile");
    std::ifstream beside;
    if (!name.empty()) beside.open(voxel_file(path_, name), std::ios::binary);
    std::istream& voxels = name.empty() ? file_ : beside;
    require_bytes(path_, promised, zipped ? decompressed_bytes(voxels) : remaining_bytes(voxels), zipped);
  }

 private:
  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }

  std::string either(const char* name, const char* other) const {
    const auto found = fields_.find(name);
    if (found != fields_.end()) return found->second;
    const auto alias = fields_.find(other);
    return alias != fields_.end() ? alias->second : std::string();
  }

  /// A line without its end; nothing at the end of the file. The reader also takes a lone carriage return for an end.
  std::optional<std::string> next_line() {
    std::string line;
    int c = file_.get();
    for (; c != '\n' && c != std::char_traits<char>::eof(); c = file_.get()) {
      line += static_cast<char>(c);
      if (line.size() > kLongestLine) refuse(path_, "a line of its header is too long");
    }
    if (c == std::char_traits<char>::eof() && line.empty()) return std::nullopt;
    if (line.ends_with('\r')) line.pop_back();
    if (std::any_of(line.begin(), line.end(), [](unsigned char b) { return b < 32 && b != '\t'; }))
      refuse(path_, "the header is not text", "it ends with an empty line, and the voxels follow");
    return line;
  }

  void read_header() {
    const auto magic = next_line();
    if (!magic || magic->size() != 8 || !magic->starts_with("NRRD000") || (*magic)[7] < '1' || (*magic)[7] > '5')
      refuse(path_, "it does not begin with NRRD0001 to NRRD0005");
    for (std::size_t count = 0;; ++count) {
      const auto line = next_line();
      if (!line || line->empty()) break;
      if (count >= kMostLines) refuse(path_, "its header has too many lines");
      if (line->starts_with('#')) continue;
      const std::size_t colon = line->find(':');
      const char next = colon == std::string::npos || colon + 1 >= line->size() ? '\0' : (*line)[colon + 1];
      if (next == '=') continue;  // a key and its value, of the user's own
      const std::string name = lower(line->substr(0, std::min(colon, line->size())));
      if (next != ' ' || std::find(kFields.begin(), kFields.end(), name) == kFields.end())
        refuse(path_, fmt::format("'{}' is no field of a header", line->substr(0, 40)), "a field is 'name: value'");
      std::string value = line->substr(colon + 1);
      value.erase(0, std::min(value.find_first_not_of(" \t"), value.size()));
      value.erase(value.find_last_not_of(" \t") + 1);
      if (value.empty() || !fields_.emplace(name, value).second)
        refuse(path_, fmt::format("the field '{}' is empty or said twice", name));
    }
  }

  double whole(const std::string& text, const char* name, double low) const {
    long long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || static_cast<double>(value) < low)
      refuse(path_, fmt::format("{} is '{}'", name, text), "a whole number is expected");
    return static_cast<double>(value);
  }

  double bytes_promised() const {
    const std::string type = lower(either("type", "type"));
    double promised = bytes_per_number(type);
    if (!(promised > 0.0)) refuse(path_, fmt::format("its type is '{}'", type), "write short, float or the like");
    const double axes = whole(either("dimension", "dimension"), "dimension", 1.0);
    const std::string sizes = either("sizes", "sizes");
    double count = 0.0;
    for (std::size_t at = sizes.find_first_not_of(" \t"); at != std::string::npos;) {
      const std::size_t end = std::min(sizes.find_first_of(" \t", at), sizes.size());
      promised *= whole(sizes.substr(at, end - at), "a size", 1.0);
      count += 1.0;
      at = sizes.find_first_not_of(" \t", end);
    }
    if (count != axes) refuse(path_, fmt::format("it has {} sizes and {} dimensions", count, axes));
    return promised;
  }

  std::filesystem::path path_;
  std::ifstream file_;
  std::map<std::string, std::string> fields_;
};

}  // namespace

void check_nrrd(const std::filesystem::path& path) {
  Check(path).run();
}

}  // namespace howship::vertebra
