#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace howship::study {

/// Hands out the numbers 0, 1, ... to threads that each make a result of one, and passes the results on in that order.
/// What is held back is bounded: a thread that is too far ahead waits for the slowest.
template <class Result>
class InOrder {
 public:
  /// @param window   how many numbers may be out or held back at once
  /// @param pass_on  called by one thread at a time
  InOrder(std::size_t count, std::size_t window, std::function<void(std::size_t, Result&&)> pass_on)
      : count_(count), window_(window), pass_on_(std::move(pass_on)) {}

  /// The next number; nothing when there is none left, or after stop().
  std::optional<std::size_t> next() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return stopped_ || taken_ == count_ || taken_ < passed_ + window_; });
    if (stopped_ || taken_ == count_) return std::nullopt;
    return taken_++;
  }

  /// @throws what pass_on throws
  void give(std::size_t number, Result&& result) {
    const std::scoped_lock lock(mutex_);
    held_.emplace(number, std::move(result));
    for (auto first = held_.find(passed_); first != held_.end() && !stopped_; first = held_.find(passed_)) {
      pass_on_(passed_, std::move(first->second));
      held_.erase(first);
      ++passed_;
    }
    room_.notify_all();
  }

  /// Nothing more is handed out or passed on.
  void stop() {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    room_.notify_all();
  }

 private:
  std::size_t count_, window_;
  std::function<void(std::size_t, Result&&)> pass_on_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::map<std::size_t, Result> held_;
  std::size_t taken_ = 0, passed_ = 0;
  bool stopped_ = false;
};

}  // namespace howship::study
