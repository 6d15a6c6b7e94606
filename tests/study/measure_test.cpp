// Measurements against what is known of sines, exponentials and steps.
#include "howship/study/measure.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace howship::study {
namespace {

Course course_of(double end, int rows, const std::function<double(double)>& f) {
  Course course;
  for (int i = 0; i <= rows; ++i) {
    const double t = end * i / rows;
    course.days.push_back(t);
    course.values.push_back(f(t));
  }
  return course;
}

Taking taking(Take take, const Course& course) {
  return {take, course.days.front(), course.days.back(), 0.0, 0.0, Direction::either};
}

double value(Take take, const Course& course) {
  return measure(course, taking(take, course)).value.value();
}

// Rows every 0.05, which hit no extreme.
Course sine() {
  return course_of(40.0, 800, [](double t) { return 3.0 + 2.0 * std::sin(t - 0.3); });
}

// Before a bolus of 8 on day 2 and after it, decaying with rate 1.
Course bolus() {
  return {{0.0, 1.0, 2.0, 2.0, 3.0, 4.0}, {0.0, 0.0, 0.0, 8.0, 8.0 * std::exp(-1.0), 8.0 * std::exp(-2.0)}};
}

TEST(Measure, ExtremesOfASineLieBetweenTheRows) {
  EXPECT_NEAR(value(Take::maximum, sine()), 5.0, 1e-6);
  EXPECT_NEAR(value(Take::minimum, sine()), 1.0, 1e-6);
  Taking first = taking(Take::time_of_maximum, sine());
  first.to = 5.0;
  EXPECT_NEAR(measure(sine(), first).value.value(), 0.3 + 0.5 * std::numbers::pi, 1e-4);
  first.take = Take::time_of_minimum;
  first.to = 6.0;
  EXPECT_NEAR(measure(sine(), first).value.value(), 0.3 + 1.5 * std::numbers::pi, 1e-4);
  // The rows alone miss by far more.
  const Course course = sine();
  EXPECT_GT(5.0 - *std::max_element(course.values.begin(), course.values.end()), 1e-5);
}

TEST(Measure, AParabolaIsFoundExactly) {
  EXPECT_TRUE(rc::check("vertex of any parabola on uneven rows", [] {
    const double vertex = *rc::gen::inRange(200, 800) / 1000.0;
    const double height = *rc::gen::inRange(-1000, 1000) / 10.0;
    const double bend = *rc::gen::inRange(1, 1000) / 10.0;
    const double shift = *rc::gen::inRange(1, 99) / 1000.0;
    const auto f = [&](double t) { return height - bend * (t - vertex) * (t - vertex); };
    Course course;
    for (const double t : {0.0, 0.1 + 0.5 * shift, 0.3 + shift, 0.55 + shift, 0.75 + shift, 1.0}) {
      course.days.push_back(t);
      course.values.push_back(f(t));
    }
    const Measured top = measure(course, taking(Take::maximum, course));
    RC_ASSERT(std::abs(*top.value - height) < 1e-9 * (1.0 + bend + std::abs(height)));
    RC_ASSERT(std::abs(top.day - vertex) < 1e-9);
  }));
}

TEST(Measure, PeriodAndAmplitudeOfASine) {
  EXPECT_NEAR(value(Take::period, sine()), 2.0 * std::numbers::pi, 1e-4);
  EXPECT_NEAR(value(Take::amplitude, sine()), 2.0, 1e-6);
}

TEST(Measure, TheNoiseOfASolverIsNoPeriod) {
  const Course noisy = course_of(10.0, 1000, [](double t) { return 1.0 - std::exp(-t) + 1e-9 * std::sin(200.0 * t); });
  const Measured period = measure(noisy, taking(Take::period, noisy));
  EXPECT_FALSE(period.value);
  EXPECT_NE(period.why_not.find("fewer than two maxima"), std::string::npos);
}

TEST(Measure, MaximaAtTheEndsOfAWindowAreNone) {
  const Course cosine = course_of(2.5 * 2.0 * std::numbers::pi, 1000, [](double t) { return std::cos(t); });
  // On day 0 it begins at its top: the period counts from the first maximum inside.
  EXPECT_NEAR(value(Take::period, cosine), 2.0 * std::numbers::pi, 1e-4);
}

TEST(Measure, MeanAndIntegralOfAnExponential) {
  for (const int rows : {40, 41}) {  // an odd number of intervals too
    const Course decay = course_of(3.0, rows, [](double t) { return 5.0 * std::exp(-t); });
    const double exact = 5.0 * (1.0 - std::exp(-3.0));
    EXPECT_NEAR(value(Take::integral, decay), exact, 1e-5);
    EXPECT_NEAR(value(Take::mean, decay), exact / 3.0, 1e-5);
  }
}

TEST(Measure, TheIntegralIsOfFourthOrder) {
  const auto error = [](int rows) {
    const Course decay = course_of(3.0, rows, [](double t) { return std::exp(-t); });
    return std::abs(value(Take::integral, decay) - (1.0 - std::exp(-3.0)));
  };
  EXPECT_NEAR(error(40) / error(80), 16.0, 1.0);
}

TEST(Measure, ACrossingIsFoundBetweenTheRows) {
  const Course decay = course_of(5.0, 100, [](double t) { return std::exp(-t); });
  Taking half = taking(Take::crossing, decay);
  half.level = 0.5;
  EXPECT_NEAR(measure(decay, half).value.value(), std::log(2.0), 1e-7);
  half.direction = Direction::up;
  EXPECT_FALSE(measure(decay, half).value);
  EXPECT_NE(measure(decay, half).why_not.find("not crossed"), std::string::npos);
}

TEST(Measure, TheDirectionOfACrossingCounts) {
  Taking at = taking(Take::crossing, sine());
  at.level = 3.0;
  at.direction = Direction::up;
  EXPECT_NEAR(measure(sine(), at).value.value(), 0.3, 1e-7);
  at.direction = Direction::down;
  EXPECT_NEAR(measure(sine(), at).value.value(), 0.3 + std::numbers::pi, 1e-7);
}

TEST(Measure, ARowOnTheLevelIsACrossing) {
  const Course line = course_of(4.0, 4, [](double t) { return t; });
  Taking at = taking(Take::crossing, line);
  at.level = 2.0;
  EXPECT_NEAR(measure(line, at).value.value(), 2.0, 1e-12);
}

TEST(Measure, AValueAtADoseIsThatAfterIt) {
  Taking at = taking(Take::value, bolus());
  at.at = 2.0;
  EXPECT_DOUBLE_EQ(measure(bolus(), at).value.value(), 8.0);
}

TEST(Measure, AWindowBeginsAfterADoseAndEndsBeforeOne) {
  Taking window = taking(Take::minimum, bolus());
  window.from = 2.0;
  EXPECT_DOUBLE_EQ(measure(bolus(), window).value.value(), 8.0 * std::exp(-2.0));
  window.take = Take::maximum;
  window.from = 0.0;
  window.to = 2.0;
  EXPECT_DOUBLE_EQ(measure(bolus(), window).value.value(), 0.0);
}

TEST(Measure, NothingReachesOverAJump) {
  EXPECT_DOUBLE_EQ(value(Take::maximum, bolus()), 8.0);  // no parabola through the rows before the bolus
  Course fine;
  for (int i = 0; i <= 100; ++i) {
    fine.days.push_back(0.02 * i);
    fine.values.push_back(0.0);
  }
  for (int i = 0; i <= 100; ++i) {
    fine.days.push_back(2.0 + 0.02 * i);
    fine.values.push_back(8.0 * std::exp(-0.02 * i));
  }
  EXPECT_NEAR(value(Take::integral, fine), 8.0 * (1.0 - std::exp(-2.0)), 1e-7);
  Taking level = taking(Take::crossing, fine);
  level.level = 4.0;
  EXPECT_DOUBLE_EQ(measure(fine, level).value.value(), 2.0);  // the jump itself
  level.direction = Direction::down;
  EXPECT_NEAR(measure(fine, level).value.value(), 2.0 + std::log(2.0), 1e-7);
}

TEST(Measure, InitialAndFinalAreTheFirstAndTheLastRow) {
  EXPECT_DOUBLE_EQ(value(Take::initial, bolus()), 0.0);
  EXPECT_DOUBLE_EQ(value(Take::final, bolus()), 8.0 * std::exp(-2.0));
}

TEST(Measure, WhatIsNotFiniteHasNoValue) {
  Course broken = bolus();
  broken.values[4] = std::nan("");
  const Measured top = measure(broken, taking(Take::maximum, broken));
  EXPECT_FALSE(top.value);
  EXPECT_NE(top.why_not.find("not finite"), std::string::npos);
}

TEST(Measure, AConstantHasItsExtremesOnItsFirstRow) {
  const Course flat = course_of(3.0, 6, [](double) { return 7.0; });
  EXPECT_DOUBLE_EQ(value(Take::maximum, flat), 7.0);
  EXPECT_DOUBLE_EQ(value(Take::time_of_maximum, flat), 0.0);
  EXPECT_DOUBLE_EQ(value(Take::amplitude, flat), 0.0);
  EXPECT_FALSE(measure(flat, taking(Take::period, flat)).value);
}

TEST(Measure, TimeBelowALevelIsBetweenItsCrossings) {
  const auto below = [](double level, double from, double to) {
    return measure(sine(), {Take::time_below, from, to, 0.0, level, Direction::either}).value.value();
  };
  // 3 + 2 sin(t - 0.3) lies below 3 for half of its period, below 2 for a third.
  EXPECT_NEAR(below(3.0, 0.0, 40.0), 6.0 * std::numbers::pi + 0.3, 1e-6);
  EXPECT_NEAR(below(2.0, 2.0, 8.0), 2.0 * std::numbers::pi / 3.0, 1e-6);
  EXPECT_EQ(below(0.9, 0.0, 40.0), 0.0);
  EXPECT_EQ(below(5.1, 1.0, 39.0), 38.0);
}

TEST(Measure, TimeBelowALevelDoesNotReachOverABolus) {
  EXPECT_NEAR(measure(bolus(), {Take::time_below, 0.0, 4.0, 0.0, 4.0, Direction::either}).value.value(),
              2.0 + (4.0 - 2.0 - std::log(2.0)), 0.05);
}

TEST(Measure, BetweenRowsACubicIsExactAndABolusIsNotCrossed) {
  const Course cubic = course_of(10.0, 10, [](double t) { return 1.0 + t * (2.0 + t * (-0.5 + 0.1 * t)); });
  for (const double t : {0.0, 0.4, 3.7, 9.9, 10.0})
    EXPECT_NEAR(interpolated(cubic, t), 1.0 + t * (2.0 + t * (-0.5 + 0.1 * t)), 1e-10) << t;
  EXPECT_EQ(interpolated(bolus(), 1.9), 0.0);
  EXPECT_NEAR(interpolated(bolus(), 2.5), 8.0 * std::exp(-0.5), 0.3);
  EXPECT_THROW(interpolated(cubic, 10.1), std::logic_error);
}

// A row for somebody who looks at a day counts for that day, and where it bounds the window.
TEST(Measure, RowsThatAreOnlyLookedAtChangeNothing) {
  const Course own{{0.0, 1.0, 3.0, 4.0}, {0.0, 2.0, 1.0, 5.0}};
  const Course looked{{0.0, 1.0, 2.0, 3.0, 4.0}, {0.0, 2.0, -9.0, 1.0, 5.0}, {false, false, true, false, false}};
  for (const Take take : {Take::integral, Take::mean, Take::minimum, Take::time_of_maximum, Take::time_below,
                          Take::crossing, Take::amplitude}) {
    const Taking whole{take, 0.0, 4.0, 0.0, 1.5};
    const auto wanted = measure(own, whole).value;
    ASSERT_TRUE(wanted.has_value());
    EXPECT_EQ(measure(looked, whole).value, wanted);
  }
  EXPECT_EQ(measure(looked, {Take::value, 0.0, 4.0, 2.0}).value, -9.0);
  EXPECT_EQ(measure(looked, {Take::minimum, 2.0, 4.0}).value, -9.0);
  EXPECT_EQ(measure(looked, {Take::integral, 2.0, 3.0}).value, -4.0);
}

}  // namespace
}  // namespace howship::study
