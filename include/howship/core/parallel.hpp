#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <mutex>
#include <omp.h>

namespace howship {

/// How many threads a loop may use.
struct Threads {
  int count = 1;
  /// One per processor that this process may run on.
  static Threads available();
};

/// Calls body(block, thread) for every block in [0, blocks). Blocks go to threads in contiguous pieces, as threads
/// become free: a thread that the machine holds up does not hold up the others. A result that must not depend on the
/// number of threads is therefore kept per block and combined in block order.
/// An exception thrown by a body is rethrown here, after the loop.
template <class Body>
void for_blocks(Threads threads, std::size_t blocks, Body&& body) {
  if (threads.count <= 1 || blocks <= 1) {
    for (std::size_t block = 0; block < blocks; ++block) body(block, std::size_t{0});
    return;
  }
  std::exception_ptr failure;
  std::mutex guard;
  constexpr std::size_t kPiecesPerThread = 8;
  const std::size_t pieces = std::min(blocks, kPiecesPerThread * static_cast<std::size_t>(threads.count));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads.count)
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    try {
      const auto thread = static_cast<std::size_t>(omp_get_thread_num());
      const std::size_t end = blocks * (piece + 1) / pieces;
      for (std::size_t block = blocks * piece / pieces; block < end; ++block) body(block, thread);
    } catch (...) {
      const std::scoped_lock lock(guard);
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace howship
