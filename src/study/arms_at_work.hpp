#pragma once

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "howship/core/stopwatch.hpp"

#include "arm_run.hpp"
#include "run_record.hpp"

namespace howship::study {

/// Takes each arm through time, some side by side if asked for. One that cannot be solved does not cost the others.
class ArmsAtWork {
 public:
  /// @param watch            of the whole run, for what is said of its arms
  /// @param from_checkpoint  an arm that has a checkpoint goes on from it
  ArmsAtWork(const std::vector<CompiledArm>& arms, const Run& run, RunRecord& record, const Stopwatch& watch,
             bool from_checkpoint)
      : arms_(arms), run_(run), record_(record), watch_(watch), from_checkpoint_(from_checkpoint) {}

  /// All that are not complete. @throws what ended the run; NumericalError with the arms that failed, at the end
  void all();

 private:
  void work(Threads threads, bool silent);
  void one(std::size_t i, const Workplace& workplace);
  bool is_complete(std::size_t i);
  void tidy_up(const std::string& arm) const;
  std::string failures() const;

  const std::vector<CompiledArm>& arms_;
  const Run& run_;
  RunRecord& record_;
  const Stopwatch& watch_;
  bool from_checkpoint_;
  std::mutex desk_;  ///< run.json and the terminal are for one arm at a time
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> halt_ = false;
  std::exception_ptr end_;
  std::map<std::size_t, std::string> failures_;  ///< by arm, so that their order is that of the study
};

}  // namespace howship::study
