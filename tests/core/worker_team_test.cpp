#include "howship/core/worker_team.hpp"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace howship {
namespace {

TEST(WorkerTeam, VisitsEveryBlockOnceLoopAfterLoop) {
  for (const int threads : {1, 2, 5}) {
    WorkerTeam team({threads});
    EXPECT_EQ(team.count(), static_cast<std::size_t>(threads));
    for (int loop = 0; loop < 2000; ++loop) {
      const auto blocks = static_cast<std::size_t>(loop % 57);
      std::vector<std::atomic<int>> visits(blocks);
      std::atomic<bool> in_range{true};
      team.for_blocks(blocks, [&](std::size_t block, std::size_t thread) {
        ++visits[block];
        if (thread >= team.count()) in_range = false;
      });
      for (const auto& count : visits) ASSERT_EQ(count, 1);
      ASSERT_TRUE(in_range);
    }
  }
}

TEST(WorkerTeam, RethrowsAndWorksOn) {
  WorkerTeam team({3});
  for (int loop = 0; loop < 50; ++loop) {
    EXPECT_THROW(team.for_blocks(100,
                                 [&](std::size_t block, std::size_t) {
                                   if (block % 10 == 7) throw std::runtime_error("block");
                                 }),
                 std::runtime_error);
    std::atomic<int> count{0};
    team.for_blocks(100, [&](std::size_t, std::size_t) { ++count; });
    EXPECT_EQ(count, 100);
  }
}

}  // namespace
}  // namespace howship
