#pragma once

#include <optional>
#include <string>
#include <vector>

namespace howship::study {

/// What is taken of a course. Each is defined in papers/README.md.
enum class Take {
  initial,
  final,
  value,
  maximum,
  minimum,
  time_of_maximum,
  time_of_minimum,
  mean,
  integral,
  period,
  amplitude,
  crossing,
  time_below
};

enum class Direction { either, up, down };

/// One quantity over time, as rows: days ascending, base units. Two rows of one day are the values before and after a
/// jump.
struct Course {
  std::vector<double> days, values;
  /// Of each row whether it is there only because somebody looks at that day: a window counts such a row at its ends
  /// alone, so that looking changes nothing. Empty: none is.
  std::vector<bool> looked_at = {};
};

struct Taking {
  Take take = Take::value;
  double from = 0.0, to = 0.0;  ///< day; the window
  double at = 0.0;              ///< day; of Take::value
  double level = 0.0;           ///< of Take::crossing and Take::time_below
  Direction direction = Direction::either;
};

struct Measured {
  std::optional<double> value;  ///< base unit
  double day = 0.0;             ///< the time measured at; the end of the window where there is no single one
  std::string why_not;          ///< a sentence when there is no value
};

/// Measures a course that has rows at `from`, `to` and `at`. A jump at `from` has happened when the window begins, one
/// at `to` has not when it ends. Extremes are refined by the parabola through three rows, integrals are Simpson's on
/// uneven rows (fourth order), crossings and where a course dips below a level are found on the cubic through four
/// rows; none of them reaches over a jump.
Measured measure(const Course& course, const Taking& taking);

/// The value between two rows, on the cubic through the four about it, or through fewer where the course ends or jumps.
/// @throws std::logic_error outside the course
double interpolated(const Course& course, double day);

}  // namespace howship::study
