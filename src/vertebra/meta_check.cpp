#include "vertebra/meta_check.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "vertebra/voxel_bytes.hpp"

namespace howship::vertebra {

namespace {

using Header = std::map<std::string, std::string>;

constexpr std::size_t kMostLines = 1000, kLongestLine = 250, kLongestWord = 70;
constexpr std::size_t kMostAxes = 4;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what, const std::string& hint) {
  throw InputError(fmt::format("{}: cannot be read as MetaImage, which its name says it is: {}", path.string(), what),
                   hint);
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_key(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
  });
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = text.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(" \t", end);
  }
  return words;
}

std::optional<double> number(std::string_view word) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} && end == word.data() + word.size() ? std::optional(value) : std::nullopt;
}

/// The lines up to ElementDataFile, which is the last; the voxels may follow.
Header read_header(const std::filesystem::path& path, std::istream& in) {
  Header out;
  std::string line;
  for (std::size_t count = 0; !out.contains("ElementDataFile"); ++count) {
    line.clear();
    // Not std::getline: a file of voxels can be one long line.
    int c = in.get();
    for (; c != '\n' && c != std::char_traits<char>::eof() && line.size() <= kLongestLine; c = in.get())
      line += static_cast<char>(c);
    const bool is_short = line.size() <= kLongestLine;
    if (is_short && trimmed(line).empty() && c != std::char_traits<char>::eof() && count < kMostLines) continue;
    const auto equals = std::min(line.find('='), line.size());
    const std::string key = trimmed(line.substr(0, equals));
    const bool is_text =
        std::all_of(line.begin(), line.end(), [](unsigned char b) { return b >= 32 || b == '\t' || b == '\r'; });
    if (!is_short || !is_text || count >= kMostLines || equals == line.size() || !is_key(key)) {
      refuse(path, "the header makes no sense",
             fmt::format("it has lines 'key = value' of at most {} characters, the last of them ElementDataFile = "
                         "LOCAL or the voxels' file",
                         kLongestLine));
    }
    const std::string value = trimmed(line.substr(equals + 1));
    for (const std::string_view word : words_of(value)) {
      if (word.size() > kLongestWord)
        refuse(path, fmt::format("{} is too long", key), fmt::format("a word has at most {} characters", kLongestWord));
    }
    if (!out.emplace(key, value).second) refuse(path, fmt::format("{} is said twice", key), "keep one of the two");
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

/// "True", "1", ... of a key that may be absent.
bool is_true(const Header& header, const std::string& key, bool otherwise) {
  const auto found = header.find(key);
  if (found == header.end() || found->second.empty()) return otherwise;
  return found->second[0] == 'T' || found->second[0] == 't' || found->second[0] == '1';
}

class Check {
 public:
  explicit Check(const std::filesystem::path& path)
      : path_(path), file_(path, std::ios::binary), header_(read_header(path, file_)) {}

  void run() {
    const double promised = bytes_promised();
    const std::string& data = header_["ElementDataFile"];
    const bool inside = data == "LOCAL" || data == "Local" || data == "local";
    if (!is_true(header_, "BinaryData", true))
      refuse(path_, "its voxels are written as text", "write them in binary: BinaryData = True");
    std::ifstream beside;
    if (!inside) beside.open(voxel_file(path_, data), std::ios::binary);
    std::istream& voxels = inside ? file_ : beside;
    const double skipped = whole("HeaderSize", 0.0, -1.0);
    if (inside && skipped != 0.0)
      refuse(path_, "HeaderSize has no meaning where the voxels follow the header", "take it out");
    const double there = remaining_bytes(voxels) - std::max(skipped, 0.0);
    if (!is_true(header_, "CompressedData", false)) return require_bytes(path_, promised, there, false);
    const double compressed = whole("CompressedDataSize", there, 0.0);
    if (skipped != 0.0) refuse(path_, "HeaderSize has no meaning before compressed voxels", "take it out");
    require_bytes(path_, promised, compressed <= there ? decompressed_bytes(voxels, compressed) : 0.0, true);
  }

 private:
  /// A whole number that may be absent.
  double whole(const std::string& key, double otherwise, double low) {
    const auto found = header_.find(key);
    if (found == header_.end()) return otherwise;
    const auto value = number(found->second);
    constexpr double kMost = 1e15;
    if (!value || *value != std::floor(*value) || *value < low || *value > kMost)
      refuse(path_, fmt::format("{} is '{}'", key, found->second), "a whole number is expected");
    return *value;
  }

  /// So many numbers, where the key is there at all.
  std::vector<double> numbers(const std::string& key, std::size_t count) {
    std::vector<double> values;
    const auto found = header_.find(key);
    if (found == header_.end()) return values;
    for (const std::string_view word : words_of(found->second)) {
      const auto value = number(word);
      if (!value) refuse(path_, fmt::format("{} has '{}', which is no number", key, word), "");
      values.push_back(*value);
    }
    if (values.size() != count)
      refuse(path_, fmt::format("{} has {} numbers, not {}", key, values.size(), count),
             "NDims says how many axes there are");
    return values;
  }

  double bytes_promised() {
    const double axes = whole("NDims", 0.0, 0.0);
    if (axes < 1.0 || axes > kMostAxes) refuse(path_, "NDims makes no sense", "an image has three axes: NDims = 3");
    const auto count = static_cast<std::size_t>(axes);
    for (const char* key : {"Offset", "Position", "Origin", "CenterOfRotation", "ElementSpacing", "ElementSize"})
      numbers(key, count);
    for (const char* key : {"TransformMatrix", "Rotation", "Orientation"}) numbers(key, count * count);
    const std::vector<double> size = numbers("DimSize", count);
    double promised = bytes_per_number(header_["ElementType"]) * whole("ElementNumberOfChannels", 1.0, 1.0);
    for (const double extent : size) promised *= extent >= 1.0 && extent == std::floor(extent) ? extent : 0.0;
    if (size.empty() || header_["ElementDataFile"].empty() || !(promised > 0.0)) {
      refuse(path_, "the header makes no sense",
             "DimSize, ElementType and ElementDataFile are needed, with positive sizes");
    }
    return promised;
  }

  std::filesystem::path path_;
  std::ifstream file_;
  Header header_;
};

}  // namespace

void check_meta_image(const std::filesystem::path& path) {
  Check(path).run();
}

}  // namespace howship::vertebra
