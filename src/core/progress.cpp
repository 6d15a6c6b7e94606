#include "howship/core/progress.hpp"

#include <cmath>
#include <cstdio>
#include <unistd.h>

#include <fmt/format.h>

namespace howship {

ProgressLine::ProgressLine(bool quiet) : active_(!quiet && isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  end();
}

void ProgressLine::begin(const std::string& task) {
  task_ = task;
  start_ = Clock::now();
  shown_ = {};
}

void ProgressLine::update(double fraction, const std::string& detail) {
  if (!active_) return;
  const auto now = Clock::now();
  if (now - shown_ < std::chrono::milliseconds(100)) return;
  shown_ = now;
  const double spent = std::chrono::duration<double>(now - start_).count();
  const std::string left = fraction > 0.01 ? ", " + duration_text(spent * (1.0 - fraction) / fraction) + " left" : "";
  fmt::print(stderr, "\r\033[K{:<18} {:3.0f} %  {}{}", task_, 100.0 * fraction, detail, left);
  std::fflush(stderr);
}

void ProgressLine::end() {
  if (!active_ || shown_ == Clock::time_point{}) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = {};
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  if (seconds < 10.0) return fmt::format("{:.2g} s", seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace howship
