#pragma once

#include <chrono>

namespace howship {

/// Wall time since it was made.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Adds the time it lives, in seconds, to a total.
class TimeOfScope {
 public:
  explicit TimeOfScope(double& total) : total_(total) {}
  ~TimeOfScope() { total_ += watch_.seconds(); }
  TimeOfScope(const TimeOfScope&) = delete;
  TimeOfScope& operator=(const TimeOfScope&) = delete;

 private:
  double& total_;
  Stopwatch watch_;
};

}  // namespace howship
