#include "howship/output/budget.hpp"

#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"

#include "temporary_folder.hpp"

namespace howship::output {
namespace {

TEST(Budget, CountsTablesAndFrames) {
  Budget budget;
  budget.voxels = 1000;
  budget.lattice_voxels = 5000;
  budget.rows = 100;
  budget.columns = 20;
  const auto tables = budget.output_bytes();
  EXPECT_GE(tables, 100U * 20U * 12U);
  budget.frames = 10;
  budget.fields = 5;
  EXPECT_GE(budget.output_bytes() - tables, 10U * 1000U * 5U * 4U);
  const auto one = budget.output_bytes();
  budget.arms = 3;
  EXPECT_EQ(budget.output_bytes(), 3 * one);
}

TEST(Budget, RefusesMoreMemoryThanThereIs) {
  const auto available = available_memory();
  ASSERT_TRUE(available.has_value());
  EXPECT_GT(*available, 1'000'000U);
  EXPECT_NO_THROW(require_memory(1000, "a small study"));
  try {
    require_memory(*available * 100, "a huge study");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("a huge study needs about"), std::string::npos) << error.what();
  }
}

TEST(Budget, CountsTheLimitOfTheProcess) {
  std::uintmax_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
  constexpr std::uintmax_t kRoom = 50'000'000;
  rlimit limit = before;
  limit.rlim_cur = pages * static_cast<std::uintmax_t>(::sysconf(_SC_PAGESIZE)) + kRoom;
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &limit), 0);
  const auto available = available_memory();
  ::setrlimit(RLIMIT_AS, &before);
  ASSERT_TRUE(available.has_value());
  EXPECT_LE(*available, kRoom);
}

TEST(Budget, RefusesMoreThanTheDiskHolds) {
  const test::TemporaryFolder folder;
  EXPECT_NO_THROW(require_disk(1000, folder / "not/yet/there"));
  EXPECT_THROW(require_disk(std::uintmax_t{1} << 62U, folder / "not/yet/there"), OutputError);
}

TEST(Budget, SpeaksOfBytesAsPeopleDo) {
  EXPECT_EQ(bytes_text(17), "17 B");
  EXPECT_EQ(bytes_text(2900), "2.9 kB");
  EXPECT_EQ(bytes_text(3.2e9), "3.2 GB");
  EXPECT_EQ(bytes_text(123e6), "123 MB");
}

}  // namespace
}  // namespace howship::output
