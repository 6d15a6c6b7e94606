#include "howship/core/worker_team.hpp"

#include <algorithm>
#include <system_error>

namespace howship {
namespace {

constexpr std::size_t kRangesPerThread = 8;
constexpr int kSpins = 2000;  // some ten microseconds, the usual pause between two loops

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

Threads Threads::available() {
  return {std::max(1, static_cast<int>(std::thread::hardware_concurrency()))};
}

WorkerTeam::WorkerTeam(Threads threads) {
  workers_.reserve(static_cast<std::size_t>(std::max(1, threads.count)));
  try {
    for (int thread = 1; thread < threads.count; ++thread) {
      workers_.emplace_back([this, thread] { work(static_cast<std::size_t>(thread)); });
    }
  } catch (const std::system_error&) {
    // The machine grants no more threads: slower, and the same result.
  }
}

WorkerTeam::~WorkerTeam() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  begun_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void WorkerTeam::run(std::size_t blocks, Job job) {
  if (blocks == 0) return;
  if (workers_.empty() || blocks == 1) {
    job.call(job.body, 0, blocks, 0);
    return;
  }
  {
    const std::scoped_lock lock(mutex_);
    job_ = job;
    blocks_ = blocks;
    ranges_ = std::min(blocks, kRangesPerThread * count());
    next_ = 0;
    failure_ = nullptr;
    open_ = true;
    ++loop_;
  }
  begun_.notify_all();
  take_ranges(0);
  std::unique_lock lock(mutex_);
  open_ = false;  // who comes now comes too late
  lock.unlock();
  for (int spin = 0; spin < kSpins && inside_ > 0; ++spin) pause_briefly();
  lock.lock();
  left_.wait(lock, [this] { return inside_ == 0; });
  if (failure_) std::rethrow_exception(failure_);
}

void WorkerTeam::take_ranges(std::size_t thread) {
  try {
    for (std::size_t range = next_++; range < ranges_; range = next_++) {
      job_.call(job_.body, blocks_ * range / ranges_, blocks_ * (range + 1) / ranges_, thread);
    }
  } catch (...) {
    next_ = ranges_;
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void WorkerTeam::work(std::size_t thread) {
  std::uint64_t seen = 0;
  for (;;) {
    for (int spin = 0; spin < kSpins && loop_ == seen && !stop_; ++spin) pause_briefly();
    std::unique_lock lock(mutex_);
    begun_.wait(lock, [&] { return stop_ || loop_ != seen; });
    if (stop_) return;
    seen = loop_;
    if (!open_) continue;
    ++inside_;
    lock.unlock();
    take_ranges(thread);
    lock.lock();
    if (--inside_ == 0) left_.notify_one();
  }
}

}  // namespace howship
