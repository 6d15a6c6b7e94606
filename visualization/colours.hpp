#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace howship::visualization {

/// sRGB, 0 to 255.
struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  friend bool operator==(const Colour&, const Colour&) = default;
};

/// A colour map whose lightness rises evenly, so that it reads the same with any colour vision and in grey.
/// Cividis: Nuñez, Anderton & Renslow 2018, PLoS ONE 13:e0199239.
Colour cividis(double fraction);

/// Red over white to blue: ColorBrewer's RdBu, safe for colour blindness (Harrower & Brewer 2003).
Colour red_blue(double fraction);

enum class Palette { density, change };

/// Values mapped to colours, linearly from low to high. Values outside take the end colours.
struct ColourScale {
  double low = 0.0;
  double high = 1.0;
  Palette palette = Palette::density;
  Colour colour_at(double fraction) const {
    return palette == Palette::density ? cividis(fraction) : red_blue(fraction);
  }
  Colour operator()(double value) const { return colour_at((value - low) / (high - low)); }
};

/// Arms are told apart by colour (Okabe & Ito 2008, safe for colour blindness) and by line style.
struct LineStyle {
  Colour colour;
  std::array<double, 4> dash{};  ///< drawn, left out, drawn, left out; pixels at width 1800. All zero: a full line
};
LineStyle arm_style(std::size_t arm);

inline constexpr Colour kInk{38, 38, 38};
inline constexpr Colour kGrey{120, 120, 120};
inline constexpr Colour kLightGrey{215, 215, 215};
inline constexpr Colour kWhite{255, 255, 255};
inline constexpr Colour kTumour{222, 45, 38};
inline constexpr Colour kBone{240, 230, 212};
inline constexpr Colour kGlass{196, 200, 206};

}  // namespace howship::visualization
