#include "howship/study/measure.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

namespace howship::study {
namespace {

/// A window of a course, cut where it jumps.
struct Piece {
  std::span<const double> t, y;
};

struct Extreme {
  double day = 0.0, value = 0.0;
};

// Rows from..to: of two rows at `from` the second, of two at `to` the first.
Course window(const Course& course, double from, double to) {
  const auto& days = course.days;
  auto first = std::lower_bound(days.begin(), days.end(), from);
  while (first != days.end() && std::next(first) != days.end() && *std::next(first) == from) ++first;
  auto last = std::lower_bound(first, days.end(), to);
  if (last != days.end() && *last == to) ++last;
  Course rows;
  for (; first != last; ++first) {
    const auto i = static_cast<std::size_t>(first - days.begin());
    const bool counts = course.looked_at.empty() || !course.looked_at[i] || *first == from || *first == to;
    if (!counts) continue;
    rows.days.push_back(*first);
    rows.values.push_back(course.values[i]);
  }
  return rows;
}

std::vector<Piece> pieces(const Piece& whole) {
  std::vector<Piece> cut;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= whole.t.size(); ++i) {
    if (i < whole.t.size() && whole.t[i] > whole.t[i - 1]) continue;
    cut.push_back({whole.t.subspan(begin, i - begin), whole.y.subspan(begin, i - begin)});
    begin = i;
  }
  return cut;
}

// The vertex of the parabola through three rows whose middle is the extreme one.
Extreme refined(const Piece& piece, std::size_t i) {
  const Extreme row{piece.t[i], piece.y[i]};
  if (i == 0 || i + 1 == piece.t.size()) return row;
  const double a = piece.t[i - 1] - piece.t[i];
  const double b = piece.t[i + 1] - piece.t[i];
  const double slope_a = (piece.y[i - 1] - piece.y[i]) / a;
  const double slope_b = (piece.y[i + 1] - piece.y[i]) / b;
  const double curvature = (slope_b - slope_a) / (b - a);
  const double slope = slope_a - curvature * a;  // at the middle row
  if (curvature == 0.0 || !std::isfinite(slope / curvature)) return row;
  const double x = std::clamp(-0.5 * slope / curvature, a, b);
  return {row.day + x, row.value + x * (slope + curvature * x)};
}

// The highest of sign*y over the window; the first where several are.
Extreme extreme(const Piece& whole, double sign) {
  const Piece* best_piece = nullptr;
  std::size_t best = 0;
  const std::vector<Piece> cut = pieces(whole);
  for (const Piece& piece : cut) {
    for (std::size_t i = 0; i < piece.t.size(); ++i) {
      if (best_piece != nullptr && !(sign * piece.y[i] > sign * best_piece->y[best])) continue;
      best_piece = &piece;
      best = i;
    }
  }
  return refined(*best_piece, best);
}

// Simpson's rule on uneven rows: the parabola through three rows, over the first or over both of their intervals.
double parabola_integral(const Piece& p, std::size_t i, double begin, double end) {
  const double a = p.t[i] - p.t[i + 1];
  const double b = p.t[i + 2] - p.t[i + 1];
  const double slope_a = (p.y[i] - p.y[i + 1]) / a;
  const double slope_b = (p.y[i + 2] - p.y[i + 1]) / b;
  const double curvature = (slope_b - slope_a) / (b - a);
  const double slope = slope_a - curvature * a;
  const auto primitive = [&](double x) { return x * (p.y[i + 1] + x * (slope / 2.0 + x * curvature / 3.0)); };
  return primitive(end - p.t[i + 1]) - primitive(begin - p.t[i + 1]);
}

double integral(const Piece& whole) {
  double sum = 0.0;
  for (const Piece& p : pieces(whole)) {
    const std::size_t n = p.t.size();
    if (n == 2) sum += 0.5 * (p.t[1] - p.t[0]) * (p.y[0] + p.y[1]);
    if (n < 3) continue;
    std::size_t i = 0;
    for (; i + 2 < n; i += 2) sum += parabola_integral(p, i, p.t[i], p.t[i + 2]);
    if (i + 1 < n) sum += parabola_integral(p, n - 3, p.t[n - 2], p.t[n - 1]);
  }
  return sum;
}

// Maxima that stand above the dips beside them by more than the noise of a solver. The window's ends are none.
std::vector<Extreme> maxima(const Piece& whole) {
  const auto [low, high] = std::minmax_element(whole.y.begin(), whole.y.end());
  constexpr double kNoise = 1e-6;
  const double least = kNoise * (*high - *low);
  std::vector<Extreme> found;
  bool rising = false;
  double lowest = whole.y.empty() ? 0.0 : whole.y.front();
  double top = lowest;
  Extreme candidate;
  for (const Piece& p : pieces(whole)) {
    for (std::size_t i = 0; i < p.t.size(); ++i) {
      const double y = p.y[i];
      if (!rising) {
        lowest = std::min(lowest, y);
        if (y > lowest + least) {
          rising = true;
          top = lowest;
        }
      }
      if (!rising) continue;
      if (y > top) {
        top = y;
        candidate = refined(p, i);
      } else if (y < top - least) {
        found.push_back(candidate);
        rising = false;
        lowest = y;
      }
    }
  }
  return found;
}

// The polynomial through the rows begin..end (Lagrange's form).
double interpolated(const Piece& p, std::size_t begin, std::size_t end, double t) {
  double sum = 0.0;
  for (std::size_t i = begin; i < end; ++i) {
    double term = p.y[i];
    for (std::size_t j = begin; j < end; ++j) {
      if (j != i) term *= (t - p.t[j]) / (p.t[i] - p.t[j]);
    }
    sum += term;
  }
  return sum;
}

// Where the course crosses the level between the rows i and i + 1.
double crossing_between(const Piece& p, std::size_t i, double level) {
  const std::size_t begin = i > 0 ? i - 1 : 0;
  const std::size_t end = std::min(p.t.size(), i + 3);
  double low = p.t[i];
  double high = p.t[i + 1];
  const bool up = p.y[i + 1] > p.y[i];
  constexpr int kHalvings = 60;
  for (int n = 0; n < kHalvings; ++n) {
    const double middle = 0.5 * (low + high);
    ((interpolated(p, begin, end, middle) < level) == up ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

// How long the course lies below the level. What dips below it between two rows that do not is not seen.
double time_below(const Piece& whole, double level) {
  double sum = 0.0;
  for (const Piece& p : pieces(whole)) {
    for (std::size_t i = 0; i + 1 < p.t.size(); ++i) {
      const bool before = p.y[i] < level, after = p.y[i + 1] < level;
      if (before && after) sum += p.t[i + 1] - p.t[i];
      if (before == after) continue;
      const double turn = crossing_between(p, i, level);
      sum += before ? turn - p.t[i] : p.t[i + 1] - turn;
    }
  }
  return sum;
}

// The first row that reaches the level from another side, made exact.
std::optional<double> crossing(const Piece& whole, double level, Direction direction) {
  std::optional<double> before;  // the last value that was not the level itself
  for (const Piece& p : pieces(whole)) {
    for (std::size_t i = 0; i < p.t.size(); ++i) {
      const double y = p.y[i];
      const bool up = before && *before < level && y >= level && direction != Direction::down;
      const bool down = before && *before > level && y <= level && direction != Direction::up;
      if (up || down) return i == 0 ? p.t[0] : crossing_between(p, i - 1, level);
      if (y != level) before = y;
    }
  }
  return std::nullopt;
}

}  // namespace

Measured measure(const Course& course, const Taking& taking) {
  const auto at_once = [](double value, double day) -> Measured {
    if (!std::isfinite(value)) return {std::nullopt, day, "the value is not finite"};
    return {value, day, {}};
  };
  if (taking.take == Take::initial) return at_once(course.values.front(), course.days.front());
  if (taking.take == Take::final) return at_once(course.values.back(), course.days.back());
  if (taking.take == Take::value) {
    const Course row = window(course, taking.at, taking.at);
    if (row.days.empty()) return {std::nullopt, taking.at, "there is no row at that time"};
    return at_once(row.values.back(), taking.at);
  }
  const Course rows = window(course, taking.from, taking.to);
  const Piece whole{rows.days, rows.values};
  if (whole.t.empty()) return {std::nullopt, taking.to, "there is no row in the window"};
  for (const double y : whole.y) {
    if (!std::isfinite(y)) return {std::nullopt, taking.to, "the course is not finite"};
  }
  switch (taking.take) {
    case Take::initial:
    case Take::final:
    case Take::value:
      break;
    case Take::maximum:
    case Take::minimum: {
      const Extreme found = extreme(whole, taking.take == Take::maximum ? 1.0 : -1.0);
      return {found.value, found.day, {}};
    }
    case Take::time_of_maximum:
    case Take::time_of_minimum: {
      const Extreme found = extreme(whole, taking.take == Take::time_of_maximum ? 1.0 : -1.0);
      return {found.day, found.day, {}};
    }
    case Take::integral:
      return {integral(whole), taking.to, {}};
    case Take::mean:
      if (!(whole.t.back() > whole.t.front())) return {whole.y.front(), taking.to, {}};
      return {integral(whole) / (whole.t.back() - whole.t.front()), taking.to, {}};
    case Take::amplitude:
      return {0.5 * (extreme(whole, 1.0).value - extreme(whole, -1.0).value), taking.to, {}};
    case Take::period: {
      const std::vector<Extreme> tops = maxima(whole);
      if (tops.size() < 2) return {std::nullopt, taking.to, "there are fewer than two maxima in the window"};
      return {(tops.back().day - tops.front().day) / static_cast<double>(tops.size() - 1), taking.to, {}};
    }
    case Take::crossing: {
      const auto day = crossing(whole, taking.level, taking.direction);
      if (!day) return {std::nullopt, taking.to, "the level is not crossed in the window"};
      return {day, *day, {}};
    }
    case Take::time_below:
      return {time_below(whole, taking.level), taking.to, {}};
  }
  return {};
}

double interpolated(const Course& course, double day) {
  const std::vector<Piece> cut = pieces({course.days, course.values});
  for (const Piece& p : cut) {
    if (day < p.t.front() || day > p.t.back()) continue;
    const auto after = static_cast<std::size_t>(std::upper_bound(p.t.begin(), p.t.end(), day) - p.t.begin());
    const std::size_t i = std::min(after, p.t.size() - 1) - (p.t.size() > 1 ? 1 : 0);
    // Four rows where there are as many: two on each side, or the outermost.
    const std::size_t count = std::min<std::size_t>(4, p.t.size());
    const std::size_t begin = std::min(i > 0 ? i - 1 : 0, p.t.size() - count);
    return interpolated(p, begin, begin + count, day);
  }
  throw std::logic_error("interpolated: a day outside the course");
}

}  // namespace howship::study
