#include "howship/output/time_series.hpp"

#include <array>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"

#include "temporary_folder.hpp"

namespace howship::output {
namespace {

const std::vector<Column> kColumns{{"BVTV", "1"}, {"OCa", "pM"}};

TEST(TimeSeries, HasUnitsInItsHeaderAndOneRowPerCall) {
  const test::TemporaryFolder folder;
  TimeSeriesWriter writer(folder / "t.csv", kColumns);
  writer.row(0.0, std::array{0.15, 1e-4});
  writer.row(0.1, std::array{1.0 / 3.0, -0.0});
  // Read while the writer still lives: every row is on its way to the disk when row() returns.
  EXPECT_EQ(test::contents(folder / "t.csv"), "time [day],BVTV [1],OCa [pM]\n0,0.15,0.0001\n0.1,0.3333333333,0\n");
}

TEST(TimeSeries, QuotesWhatWouldBreakTheTable) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
}

TEST(TimeSeries, RefusesARowOfTheWrongLength) {
  const test::TemporaryFolder folder;
  TimeSeriesWriter writer(folder / "t.csv", kColumns);
  EXPECT_THROW(writer.row(0.0, std::array{1.0}), std::logic_error);
}

TEST(TimeSeries, SaysWhenTheDiskIsFull) {
  EXPECT_THROW(TimeSeriesWriter("/dev/full", kColumns), OutputError);
  EXPECT_THROW(TimeSeriesWriter("/nowhere/t.csv", kColumns), OutputError);
}

TEST(TimeSeries, EndsWithAWholeRowOnAFullDisk) {
  const test::SmallDisk disk("16k");
  if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small disk";
  TimeSeriesWriter writer(disk.path() / "t.csv", kColumns);
  int rows = 0;
  EXPECT_THROW(for (; rows < 10000; ++rows) writer.row(rows, std::array{1.0 / 3.0, 2.0 / 3.0}), OutputError);
  EXPECT_GT(rows, 100);
  const std::string text = test::contents(disk.path() / "t.csv");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), rows + 1);
  EXPECT_TRUE(text.ends_with("0.6666666667\n")) << text.substr(text.size() - 40);
}

}  // namespace
}  // namespace howship::output
