#include "legend.hpp"

namespace howship::visualization {
namespace {

constexpr double kLine = 44.0;  // pixels from one line to the next, at width 1800
constexpr double kSample = 88.0;
constexpr double kTextAt = 102.0;
constexpr double kGap = 56.0;

}  // namespace

Legend::Legend(std::vector<LegendEntry> entries, double width, double scale)
    : entries_(std::move(entries)), scale_(scale) {
  Point at;
  for (const LegendEntry& entry : entries_) {
    const double needed = kTextAt * scale + text_width(entry.text, {.size = 28 * scale});
    if (at.x > 0.0 && at.x + needed > width) at = {0.0, at.y + kLine * scale};
    places_.push_back(at);
    at.x += needed + kGap * scale;
  }
}

void Legend::draw(Canvas& canvas, Point place) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Point at{place.x + places_[i].x, place.y + places_[i].y};
    LineStyle style = entries_[i].style;
    for (double& length : style.dash) length *= scale_;
    canvas.line(std::array{at, Point{at.x + kSample * scale_, at.y}}, 5 * scale_, style.colour, style.dash);
    canvas.text({at.x + kTextAt * scale_, at.y}, entries_[i].text, {.size = 28 * scale_});
  }
}

}  // namespace howship::visualization
