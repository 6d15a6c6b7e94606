#pragma once

#include <chrono>
#include <string>

namespace howship {

/// One line on the terminal that is rewritten as work goes on; silent when stderr is no terminal or when asked to be.
class ProgressLine {
 public:
  /// @param quiet  say nothing at all, not even on a terminal
  explicit ProgressLine(bool quiet);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Starts a new task, "untreated" say, whose done fraction will be estimated from the time it takes.
  void begin(const std::string& task);
  /// @param fraction  of the task done, 0 to 1
  /// @param detail    such as "day 412.3, step 1.8 day"
  void update(double fraction, const std::string& detail);
  /// Clears the line.
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  bool active_;
  std::string task_;
  Clock::time_point start_;
  Clock::time_point shown_;
};

/// "3 s", "2 min 5 s", "1 h 12 min"
std::string duration_text(double seconds);

}  // namespace howship
