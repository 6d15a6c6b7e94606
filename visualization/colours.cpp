#include "colours.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace howship::visualization {
namespace {

constexpr std::array<Colour, 10> kCividis{{{0x00, 0x20, 0x4D},
                                           {0x00, 0x31, 0x6F},
                                           {0x39, 0x48, 0x6B},
                                           {0x57, 0x5C, 0x6D},
                                           {0x70, 0x71, 0x73},
                                           {0x8A, 0x87, 0x79},
                                           {0xA6, 0x9D, 0x75},
                                           {0xC4, 0xB5, 0x6C},
                                           {0xE4, 0xCF, 0x5B},
                                           {0xFF, 0xEA, 0x46}}};

constexpr std::array<Colour, 11> kRedBlue{{{0x67, 0x00, 0x1F},
                                           {0xB2, 0x18, 0x2B},
                                           {0xD6, 0x60, 0x4D},
                                           {0xF4, 0xA5, 0x82},
                                           {0xFD, 0xDB, 0xC7},
                                           {0xF7, 0xF7, 0xF7},
                                           {0xD1, 0xE5, 0xF0},
                                           {0x92, 0xC5, 0xDE},
                                           {0x43, 0x93, 0xC3},
                                           {0x21, 0x66, 0xAC},
                                           {0x05, 0x30, 0x61}}};

std::uint8_t mix(std::uint8_t a, std::uint8_t b, double share) {
  return static_cast<std::uint8_t>(std::lround(a + (b - a) * share));
}

Colour between(std::span<const Colour> table, double fraction) {
  if (!(fraction > 0.0)) return table.front();  // also for NaN
  if (fraction >= 1.0) return table.back();
  const double place = fraction * static_cast<double>(table.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double share = place - static_cast<double>(below);
  const Colour& a = table[below];
  const Colour& b = table[below + 1];
  return {mix(a.red, b.red, share), mix(a.green, b.green, share), mix(a.blue, b.blue, share)};
}

}  // namespace

Colour cividis(double fraction) {
  return between(kCividis, fraction);
}

Colour red_blue(double fraction) {
  return between(kRedBlue, fraction);
}

LineStyle arm_style(std::size_t arm) {
  static constexpr std::array<LineStyle, 8> kStyles{{{{38, 38, 38}, {}},
                                                     {{0, 114, 178}, {16, 6, 16, 6}},
                                                     {{213, 94, 0}, {5, 5, 5, 5}},
                                                     {{0, 158, 115}, {16, 5, 4, 5}},
                                                     {{204, 121, 167}, {28, 6, 28, 6}},
                                                     {{86, 180, 233}, {8, 4, 2, 4}},
                                                     {{230, 159, 0}, {12, 12, 12, 12}},
                                                     {{120, 120, 120}, {24, 5, 5, 5}}}};
  return kStyles[arm % kStyles.size()];
}

}  // namespace howship::visualization
