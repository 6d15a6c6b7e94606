#include "howship/output/checkpoint.hpp"

#include <gmock/gmock.h>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"

#include "temporary_folder.hpp"

namespace howship::output {
namespace {

using ::testing::HasSubstr;

struct State {
  double number = 0.1 + 0.2;
  std::vector<double> numbers = {1.0, -0.0, std::numeric_limits<double>::denorm_min(), 1e308};
  std::vector<float> floats = {0.1F, -3.0F};
  std::vector<double> list = std::vector<double>(200'000, 1.0 / 3.0);
  std::vector<double> nothing;

  void exchange(simulation::Archive& archive) {
    archive.number("a/number", number);
    archive.exchange("a/numbers", std::span(numbers));
    archive.exchange("a/b/floats", std::span(floats));
    archive.exchange("list", list);
    archive.exchange("nothing", nothing);
  }
};

void write(const std::filesystem::path& file, State state = {}) {
  CheckpointWriter writer(file, {{"study", "abc"}, {"empty", ""}});
  state.exchange(writer);
  writer.commit();
}

class Checkpoint : public ::testing::Test {
 protected:
  const test::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "c.h5";
};

TEST_F(Checkpoint, KeepsEveryBit) {
  write(file_);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "c.h5.part"));
  CheckpointReader reader(file_);
  EXPECT_EQ(reader.labels().at("study"), "abc");
  EXPECT_EQ(reader.labels().at("empty"), "");
  State state{0.0, std::vector<double>(4), std::vector<float>(2), {}, {1.0}};
  state.exchange(reader);
  const State wanted;
  EXPECT_EQ(state.number, wanted.number);
  EXPECT_EQ(state.numbers, wanted.numbers);
  EXPECT_TRUE(std::signbit(state.numbers[1]));
  EXPECT_EQ(state.floats, wanted.floats);
  EXPECT_EQ(state.list, wanted.list);
  EXPECT_TRUE(state.nothing.empty());
}

TEST_F(Checkpoint, AppearsOnlyWhenWhole) {
  write(file_);
  const std::string before = test::contents(file_);
  {
    CheckpointWriter writer(file_, {});
    State().exchange(writer);
  }
  EXPECT_EQ(test::contents(file_), before);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "c.h5.part"));
}

TEST_F(Checkpoint, RefusesWhatIsMissingOrOfAnotherShape) {
  EXPECT_THROW(CheckpointReader(folder_ / "none.h5"), InputError);
  test::put(folder_ / "text.h5", "not HDF5 at all");
  EXPECT_THROW(CheckpointReader(folder_ / "text.h5"), InputError);
  write(file_);
  CheckpointReader reader(file_);
  std::vector<double> three(3);
  std::vector<double> any;
  EXPECT_THROW(reader.exchange("a/numbers", std::span(three)), InputError);
  EXPECT_THROW(reader.exchange("a/b/floats", any), InputError);
  EXPECT_THROW(reader.exchange("a/none", any), InputError);
  EXPECT_THROW(reader.exchange("a", any), InputError);
}

// Whatever byte is spoilt: it is refused, or it was one that carries nothing.
TEST_F(Checkpoint, NeverReadsASpoiltByteAsAValue) {
  State small;
  small.list.resize(300);
  write(file_, small);
  const std::string good = test::contents(file_);
  std::mt19937 random(1);
  int refused = 0;
  for (int trial = 0; trial < 400; ++trial) {
    std::string bad = good;
    if (trial % 10 == 0) {
      bad.resize(random() % good.size());
    } else {
      bad[random() % bad.size()] ^= static_cast<char>(1U << random() % 8);
    }
    test::put(file_, bad);
    State state{0.0, std::vector<double>(4), std::vector<float>(2), {}, {}};
    try {
      CheckpointReader reader(file_);
      state.exchange(reader);
    } catch (const InputError&) {
      ++refused;
      continue;
    }
    EXPECT_EQ(state.number, small.number);
    EXPECT_EQ(state.numbers, small.numbers);
    EXPECT_EQ(state.floats, small.floats);
    EXPECT_EQ(state.list, small.list);
  }
  EXPECT_GT(refused, 200);
}

TEST_F(Checkpoint, SaysThatTheDiskIsFullAndKeepsTheEarlierOne) {
  const test::SmallDisk disk("2500k");
  if (!disk.mounted()) GTEST_SKIP() << "no disk can be mounted here";
  const auto file = disk.path() / "c.h5";
  State small;
  small.list.resize(1000);
  write(file, small);
  const std::string before = test::contents(file);
  try {
    write(file);
    FAIL() << "1.6 MB do not fit beside the reserve";
  } catch (const OutputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
  }
  EXPECT_EQ(test::contents(file), before);
  EXPECT_FALSE(std::filesystem::exists(disk.path() / "c.h5.part"));
}

}  // namespace
}  // namespace howship::output
