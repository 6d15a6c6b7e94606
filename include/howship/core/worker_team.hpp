#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace howship {

/// How many threads a loop may use.
struct Threads {
  int count = 1;
  /// One per processor of the machine.
  static Threads available();
};

/// Threads that share loops over blocks. A step has some thirty short loops, and on a machine that does other work too
/// a thread may not get a processor when a loop begins: here nobody waits for it. Whoever is there takes ranges of
/// blocks until none is left; results must not depend on who took which.
class WorkerTeam {
 public:
  explicit WorkerTeam(Threads threads);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;
  WorkerTeam& operator=(const WorkerTeam&) = delete;

  std::size_t count() const { return workers_.size() + 1; }

  /// Calls body(block, thread) for each block, with thread < count(), and returns when all are done. An exception
  /// thrown by a body is rethrown here. Not to be called from a body, or by two threads at once.
  template <class Body>
  void for_blocks(std::size_t blocks, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    run(blocks, {[](void* data, std::size_t begin, std::size_t end, std::size_t thread) {
                   Plain& call = *static_cast<Plain*>(data);
                   for (std::size_t block = begin; block < end; ++block) call(block, thread);
                 },
                 &body});
  }

 private:
  struct Job {
    void (*call)(void* body, std::size_t begin, std::size_t end, std::size_t thread) = nullptr;
    void* body = nullptr;
  };
  void run(std::size_t blocks, Job job);
  void take_ranges(std::size_t thread);
  void work(std::size_t thread);

  std::mutex mutex_;
  std::condition_variable begun_, left_;
  Job job_;
  std::size_t blocks_ = 0, ranges_ = 0;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::uint64_t> loop_{0};  ///< counts loops; changed under the mutex
  std::atomic<std::size_t> inside_{0};  ///< workers in the loop; changed under the mutex
  std::atomic<bool> stop_{false};
  bool open_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> workers_;
};

}  // namespace howship
