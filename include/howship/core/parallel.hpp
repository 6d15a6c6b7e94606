#pragma once

#include <cstddef>
#include <exception>
#include <mutex>

namespace howship {

/// How many threads a loop may use.
struct Threads {
  int count = 1;
  /// One per processor that this process may run on.
  static Threads available();
};

/// Calls body(block, thread) for every block in [0, blocks). Blocks go to threads in contiguous, fixed ranges.
/// A result that must not depend on the number of threads is kept per block and combined in block order.
/// An exception thrown by a body is rethrown here, after the loop.
template <class Body>
void for_blocks(Threads threads, std::size_t blocks, Body&& body) {
  if (threads.count <= 1 || blocks <= 1) {
    for (std::size_t block = 0; block < blocks; ++block) body(block, std::size_t{0});
    return;
  }
  std::exception_ptr failure;
  std::mutex guard;
  const auto count = static_cast<std::size_t>(threads.count);
#pragma omp parallel for schedule(static, 1) num_threads(threads.count)
  for (std::size_t thread = 0; thread < count; ++thread) {
    try {
      const std::size_t end = blocks * (thread + 1) / count;
      for (std::size_t block = blocks * thread / count; block < end; ++block) body(block, thread);
    } catch (...) {
      const std::scoped_lock lock(guard);
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace howship
