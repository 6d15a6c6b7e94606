#include "howship/core/parallel.hpp"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace howship {
namespace {

TEST(Parallel, EveryBlockOnceForAnyNumberOfThreads) {
  EXPECT_TRUE(rc::check([] {
    const int threads = *rc::gen::inRange(1, 6);
    const auto blocks = *rc::gen::inRange<std::size_t>(0, 50);
    std::vector<std::atomic<int>> visits(blocks);
    for_blocks({threads}, blocks, [&](std::size_t block, std::size_t thread) {
      ++visits[block];
      RC_ASSERT(thread < static_cast<std::size_t>(threads));
    });
    for (const auto& count : visits) RC_ASSERT(count == 1);
  }));
}

TEST(Parallel, ExceptionsReachTheCaller) {
  EXPECT_THROW(for_blocks({3}, 10,
                          [](std::size_t block, std::size_t) {
                            if (block == 7) throw std::runtime_error("seven");
                          }),
               std::runtime_error);
}

}  // namespace
}  // namespace howship
