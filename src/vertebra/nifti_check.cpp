#include "vertebra/nifti_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>
#include <zlib.h>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::vertebra {

namespace {

constexpr std::size_t kHeader1 = 348, kHeader2 = 540;  // bytes; also the first number of the file

struct Stream {
  std::vector<unsigned char> head;  ///< the first bytes, enough for either header
  double bytes = 0.0;               ///< in all
};

/// zlib reads files that are not compressed as they are.
Stream read_through(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw InputError(fmt::format("{}: cannot be opened", path.string()));
  std::vector<unsigned char> buffer(std::size_t{1} << 18U);
  Stream out;
  int got = 0;
  while ((got = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) > 0) {
    if (out.head.size() < kHeader2) {
      const auto more = std::min(kHeader2 - out.head.size(), static_cast<std::size_t>(got));
      out.head.insert(out.head.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(more));
    }
    out.bytes += got;
  }
  int code = Z_OK;
  const std::string text = gzerror(file.get(), &code);
  if (got < 0 || code != Z_OK) {
    throw InputError(fmt::format("{}: damaged or cut short, it does not decompress to its end", path.string()),
                     "copy or export the file again; reason given: " + text);
  }
  return out;
}

/// Bytes of a voxel by the number of its type, which ITK's reader goes by; 0 of a type that it does not read.
double bytes_of_type(int type) {
  switch (type) {
    case 2:    // unsigned 8
    case 256:  // signed 8
      return 1.0;
    case 4:    // signed 16
    case 512:  // unsigned 16
      return 2.0;
    case 128:  // red, green, blue
      return 3.0;
    case 8:     // signed 32
    case 16:    // float
    case 768:   // unsigned 32
    case 2304:  // red, green, blue, alpha
      return 4.0;
    case 32:    // two floats
    case 64:    // double
    case 1024:  // signed 64
    case 1280:  // unsigned 64
      return 8.0;
    case 1792:  // two doubles
      return 16.0;
    default:
      return 0.0;
  }
}

/// Numbers of the header, in either byte order.
class Header {
 public:
  explicit Header(const std::vector<unsigned char>& bytes) : bytes_(bytes) {
    const auto size = number<std::int32_t>(0);
    swap_ = size != kHeader1 && size != kHeader2;
  }

  template <class T>
  T number(std::size_t offset) const {
    std::array<unsigned char, sizeof(T)> raw{};
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), sizeof(T), raw.begin());
    if (swap_) std::reverse(raw.begin(), raw.end());
    T out;
    std::memcpy(&out, raw.data(), sizeof(T));
    return out;
  }

  /// Whether the voxels stand in a file of their own (.hdr and .img), whatever this file is called.
  bool is_half() const {
    const bool first = number<std::int32_t>(0) == kHeader1;
    return number<char>((first ? 344 : 4) + 1) == 'i';
  }

  /// Bytes that the file must have, or 0 if this is no NIfTI header.
  double promised_bytes() const {
    const auto size = number<std::int32_t>(0);
    const bool first = size == kHeader1;
    if (!first && (size != kHeader2 || bytes_.size() < kHeader2)) return 0.0;
    const auto extent = [&](std::size_t n) {
      return first ? static_cast<double>(number<std::int16_t>(40 + 2 * n))
                   : static_cast<double>(number<std::int64_t>(16 + 8 * n));
    };
    const double dimensions = extent(0);
    if (!(dimensions >= 1.0 && dimensions <= 7.0)) return 0.0;
    double count = 1.0;
    for (std::size_t n = 1; n <= static_cast<std::size_t>(dimensions); ++n) {
      if (extent(n) < 1.0) return 0.0;
      count *= extent(n);
    }
    const double bytes = bytes_of_type(first ? number<std::int16_t>(70) : number<std::int16_t>(12));
    const double offset =
        first ? static_cast<double>(number<float>(108)) : static_cast<double>(number<std::int64_t>(168));
    return offset >= 0.0 && bytes > 0.0 ? offset + count * bytes : 0.0;
  }

  /// Whether spacing, quaternion, offset and the rows of the affine are numbers that a place can be made of. ITK ends
  /// the program where they are none.
  bool has_a_place() const {
    const bool first = number<std::int32_t>(0) == kHeader1;
    const auto sensible = [&](std::size_t in_1, std::size_t in_2, std::size_t count) {
      constexpr double kFarthest = 1e9;  // mm
      for (std::size_t n = 0; n < count; ++n) {
        const double one = first ? static_cast<double>(number<float>(in_1 + 4 * n)) : number<double>(in_2 + 8 * n);
        if (!(std::abs(one) < kFarthest)) return false;
      }
      return true;
    };
    return sensible(76, 104, 8) && sensible(256, 352, 6) && sensible(280, 400, 12);
  }

 private:
  const std::vector<unsigned char>& bytes_;
  bool swap_ = false;
};

}  // namespace

void check_nifti(const std::filesystem::path& path) {
  const Stream stream = read_through(path);
  const double promised = stream.head.size() < kHeader1 ? 0.0 : Header(stream.head).promised_bytes();
  if (!(promised > 0.0)) {
    throw InputError(
        fmt::format("{}: cannot be read as NIfTI, which its name says it is: the header makes no sense", path.string()),
        "the file may be damaged, or of another format");
  }
  if (!Header(stream.head).has_a_place()) {
    throw InputError(
        fmt::format("{}: the header says where the image lies in numbers that make no sense", path.string()),
        "spacing, qform and sform must be finite numbers; the file may be damaged");
  }
  if (Header(stream.head).is_half()) {
    throw InputError(fmt::format("{}: the header says that its voxels are in another file", path.string()),
                     "convert the pair .hdr and .img to one file .nii");
  }
  if (stream.bytes < promised) {
    throw InputError(fmt::format("{}: cut short, the header promises {:.0f} bytes and there are {:.0f}", path.string(),
                                 promised, stream.bytes),
                     "copy or export the file again");
  }
}

}  // namespace howship::vertebra
