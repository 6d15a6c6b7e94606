#include "howship/study/schedule.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "howship/core/error.hpp"

namespace howship::study {
namespace {

double in(int low, int high, double unit) {
  return unit * *rc::gen::inRange(low, high);
}

TEST(EventTimes, AreStartPlusMultiplesBelowUntil) {
  EXPECT_TRUE(rc::check([] {
    const double start = in(0, 10000, 0.1);
    const double every = in(1, 1000, 0.37);
    const double until = in(0, 20000, 0.1);
    const std::vector<double> times = event_times(start, every, until);
    for (std::size_t n = 0; n < times.size(); ++n) {
      RC_ASSERT(times[n] == start + static_cast<double>(n) * every);  // exactly: nothing accumulates
      RC_ASSERT(times[n] < until);
    }
    const double next = start + static_cast<double>(times.size()) * every;
    RC_ASSERT(next >= until - 1e-6 * every);
  }));
}

TEST(EventTimes, ExcludeUntilHoweverItWasRounded) {
  EXPECT_TRUE(rc::check([] {
    const double start = in(0, 1000, 0.1);
    const double every = in(1, 1000, 0.1);
    const int count = *rc::gen::inRange(1, 200);
    double until = start;  // by addition, as a user's arithmetic would
    for (int n = 0; n < count; ++n) until += every;
    RC_ASSERT(event_times(start, every, until).size() == static_cast<std::size_t>(count));
  }));
}

TEST(EventTimes, HappenOnceWithoutAnInterval) {
  EXPECT_EQ(event_times(5.0, 0.0, 10.0), std::vector<double>{5.0});
  EXPECT_TRUE(event_times(10.0, 0.0, 10.0).empty());
  EXPECT_TRUE(event_times(20.0, 7.0, 10.0).empty());
}

TEST(EventTimes, MatchThePrototypesDoses) {
  const auto times = event_times(400.0, 28.0, 1100.0);
  ASSERT_EQ(times.size(), 25U);
  EXPECT_EQ(times.back(), 1072.0);
}

TEST(EventTimes, AreNotMadeByTheMillion) {
  EXPECT_THROW(event_times(0.0, 1e-9, 1000.0), InputError);
}

TEST(OutputTimes, BeginAtZeroAndEndAtTheEnd) {
  EXPECT_TRUE(rc::check([] {
    const double every = in(1, 500, 0.31);
    const double end = in(1, 5000, 0.5);
    const std::vector<double> times = output_times(every, end);
    RC_ASSERT(times.front() == 0.0);
    RC_ASSERT(times.back() == end);
    RC_ASSERT(std::is_sorted(times.begin(), times.end()));
    RC_ASSERT(std::adjacent_find(times.begin(), times.end()) == times.end());
  }));
}

TEST(Clock, MakesOneNumberOfTimesThatAreMeantToCoincide) {
  EXPECT_TRUE(rc::check([] {
    const double every = in(1, 100, 0.1);
    const int n = *rc::gen::inRange(1, 300);
    double sum = 0.0;
    for (int i = 0; i < n; ++i) sum += every;
    const double product = n * every;
    const Clock clock({0.0, sum, product, product + 0.01});
    RC_ASSERT(clock.exact(sum) == clock.exact(product));
    RC_ASSERT(clock.exact(product + 0.01) != clock.exact(product));
  }));
}

TEST(Clock, KnowsOnlyItsTimes) {
  const Clock clock({1.0, 2.0});
  EXPECT_EQ(clock.exact(1.0), 1.0);
  EXPECT_THROW(clock.exact(1.5), std::logic_error);
  EXPECT_THROW(clock.exact(0.5), std::logic_error);
}

}  // namespace
}  // namespace howship::study
