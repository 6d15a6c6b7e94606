#include "vertebra/dicom_check.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::vertebra {

namespace {

constexpr std::size_t kPreamble = 128, kStart = 132;
constexpr std::uint32_t kUndefined = 0xFFFFFFFF;
constexpr std::uint32_t kItem = 0xFFFEE000, kItemEnd = 0xFFFEE00D, kSequenceEnd = 0xFFFEE0DD, kPixelData = 0x7FE00010;
constexpr int kDeepest = 64;

constexpr std::string_view kShortKinds = "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US ";
constexpr std::string_view kLongKinds = "OB OD OF OL OV OW SQ SV UC UN UR UT UV ";

/// What the walk needs of the header to know how many bytes of pixels there should be.
struct PixelFormat {
  std::uint64_t rows = 0, columns = 0, bits = 0, samples = 1, frames = 1;
  std::uint64_t bytes() const { return rows * columns * samples * frames * (bits / 8); }
};

struct Damage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Walk {
 public:
  explicit Walk(std::string bytes) : bytes_(std::move(bytes)) {}

  /// What is wrong, or "".
  std::string fault() {
    try {
      walk();
    } catch (const Damage& found) {
      return found.what();
    }
    return {};
  }

 private:
  struct Element {
    std::uint32_t tag = 0, length = 0;
    std::string_view kind;
  };

  void need(std::size_t count) const {
    if (count > bytes_.size() - at_) throw Damage(fmt::format("it ends inside an element, at byte {}", at_));
  }

  std::uint32_t number(std::size_t count) {
    need(count);
    std::uint32_t out = 0;
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t from = big_ ? n : count - 1 - n;
      out = (out << 8U) | static_cast<unsigned char>(bytes_[at_ + from]);
    }
    at_ += count;
    return out;
  }

  Element element() {
    Element out;
    const std::uint32_t group = number(2);
    out.tag = (group << 16U) | number(2);
    if (group == 0xFFFE || implicit_) {
      out.length = number(4);
      return out;
    }
    need(2);
    out.kind = std::string_view(bytes_).substr(at_, 2);
    at_ += 2;
    const std::string listed = std::string(out.kind) + " ";
    if (kLongKinds.find(listed) != std::string_view::npos) {
      number(2);
      out.length = number(4);
    } else if (kShortKinds.find(listed) != std::string_view::npos) {
      out.length = number(2);
    } else {
      throw Damage(fmt::format("an element of unknown kind at byte {}", at_ - 2));
    }
    return out;
  }

  void skip(std::uint32_t length) {
    need(length);
    at_ += length;
  }

  /// Items until the sequence's end; of pixels in fragments or of data sets.
  void sequence(bool pixels, int depth) {
    if (depth > kDeepest) throw Damage("sequences are nested too deeply");
    for (;;) {
      const Element item = element();
      if (item.tag == kSequenceEnd) return;
      if (item.tag != kItem) throw Damage(fmt::format("a sequence is not made of items, at byte {}", at_));
      if (item.length != kUndefined) {
        skip(item.length);
      } else if (pixels) {
        throw Damage(fmt::format("a fragment of pixels without a length, at byte {}", at_));
      } else {
        while (data_set_element(depth + 1)) {
        }
      }
    }
  }

  /// False at the end of an item.
  bool data_set_element(int depth) {
    const Element e = element();
    if (e.tag == kItemEnd) return false;
    has_pixels_ = has_pixels_ || (depth == 0 && e.tag == kPixelData);
    if (e.length == kUndefined) {
      // A sequence that a writer could not name is written in the implicit way.
      const bool before = implicit_;
      implicit_ = implicit_ || e.kind == "UN";
      sequence(e.tag == kPixelData, depth);
      implicit_ = before;
      return true;
    }
    const std::size_t value = at_;
    skip(e.length);
    if (depth == 0) note(e, value);
    return true;
  }

  void note(const Element& e, std::size_t value) {
    const auto small = [&] {
      std::size_t back = value;
      std::swap(back, at_);
      const std::uint64_t out = e.length >= 2 ? number(2) : 0;
      at_ = back;
      return out;
    };
    if (e.tag == 0x00280010) format_.rows = small();
    if (e.tag == 0x00280011) format_.columns = small();
    if (e.tag == 0x00280100) format_.bits = small();
    if (e.tag == 0x00280002) format_.samples = small();
    if (e.tag == 0x00280008) format_.frames = std::strtoull(bytes_.substr(value, e.length).c_str(), nullptr, 10);
    if (e.tag == kPixelData && e.length < format_.bytes()) {
      throw Damage(fmt::format("{} bytes of pixels, but {} x {} pixels need {}", e.length, format_.columns,
                               format_.rows, format_.bytes()));
    }
  }

  void walk() {
    at_ = kStart;
    std::string syntax;
    while (at_ + 2 <= bytes_.size() && bytes_[at_] == 2 && bytes_[at_ + 1] == 0) {
      const Element e = element();
      if (e.tag == 0x00020010) {
        need(e.length);
        syntax = bytes_.substr(at_, e.length);
        syntax.erase(std::min(syntax.find('\0'), syntax.size()));
      }
      skip(e.length);
    }
    if (syntax == "1.2.840.10008.1.2.1.99") throw Damage("its data set is deflated, which is not supported");
    implicit_ = syntax == "1.2.840.10008.1.2";
    big_ = syntax == "1.2.840.10008.1.2.2";
    // Some writers fill the file up with zeros.
    const auto last = bytes_.find_last_not_of('\0');
    while (at_ < bytes_.size() && at_ <= last) data_set_element(0);
    if (format_.rows > 0 && !has_pixels_) throw Damage("it ends before its pixels");
  }

  std::string bytes_;
  std::size_t at_ = 0;
  bool implicit_ = false, big_ = false, has_pixels_ = false;
  PixelFormat format_;
};

}  // namespace

bool is_dicom(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  in.seekg(kPreamble);
  std::array<char, 4> mark{};
  in.read(mark.data(), mark.size());
  return in && std::string_view(mark.data(), mark.size()) == "DICM";
}

void check_dicom(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string fault = Walk(std::move(bytes)).fault();
  if (!fault.empty()) {
    throw InputError(fmt::format("{}: damaged or cut short, not a whole DICOM file: {}", path.string(), fault),
                     "copy or export the file again");
  }
}

}  // namespace howship::vertebra
