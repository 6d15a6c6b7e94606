#pragma once

#include <stdexcept>
#include <utility>
#include <vector>

#include "howship/simulation/archive.hpp"

namespace howship::simulation {

/// What CVODE was asked to do, and what it was answered when it asked back: norms, whether rates were finite, whether
/// Newton converged. Its step sizes, orders and decisions follow from these numbers alone. Read out to a new CVODE that
/// computes nothing, they put it into the same internal state within moments; its vectors are then filled from a file.
/// That is how a run goes on bit by bit although CVODE has no call to save its history.
class Transcript {
 public:
  bool replaying() const { return replaying_; }
  bool at_end() const { return next_ == numbers_.size(); }

  /// While replaying, the next number; else what compute() returns, which is noted down.
  template <class Compute>
  double answer(Compute&& compute) {
    if (replaying_) return next();
    const double value = std::forward<Compute>(compute)();
    numbers_.push_back(value);
    return value;
  }
  void note(double value) { numbers_.push_back(value); }
  double next() {
    if (at_end()) throw std::runtime_error("the transcript of the integrator ends early");
    return numbers_[next_++];
  }

  void clear() { numbers_.clear(); }
  void begin_replay() {
    next_ = 0;
    replaying_ = true;
  }
  void end_replay() { replaying_ = false; }
  void exchange(Archive& archive) { archive.exchange("integrator/transcript", numbers_); }

 private:
  std::vector<double> numbers_;
  std::size_t next_ = 0;
  bool replaying_ = false;
};

}  // namespace howship::simulation
