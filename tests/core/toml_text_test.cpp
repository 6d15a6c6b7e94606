#include "howship/core/toml_text.hpp"

#include <gtest/gtest.h>

namespace howship {
namespace {

std::string said(const std::string& text) {
  const auto fault = unfit_for_toml(text, "a.toml");
  return fault ? to_text(*fault) : std::string();
}

TEST(TomlText, LettersInQuotesAndCommentsAreFine) {
  EXPECT_EQ(said("a = \"é\" # é\nb = 'é'\nc = '''\né''\n''''' # é\nd = \"\"\"é\\\"\"\"é\"\"\"\"\n\"é\" = 1\n"), "");
  EXPECT_EQ(said("\xEF\xBB\xBFid = \"a\"\n"), "");
  EXPECT_EQ(said(""), "");
}

TEST(TomlText, OtherLettersAreShownWhereTheyStand) {
  EXPECT_EQ(said("a = 1\nb = é\n").substr(0, 65), "a.toml:2:5: error: a letter outside of quotes that is not plain A");
  EXPECT_NE(said("\xC2\xA0 a = 1\n").find("a.toml:1:1"), std::string::npos);
  EXPECT_NE(said("a = \"\\\\\" é\n").find("a.toml:1:10"), std::string::npos);
  EXPECT_NE(said("a = '\\' é\n").find("a.toml:1:9"), std::string::npos);
  EXPECT_NE(said("a = '\né\n").find("a.toml:2:1"), std::string::npos);  // a quote that is not closed ends with its line
  EXPECT_NE(said("a = \"\" é").find("a.toml:1:8"), std::string::npos);
}

TEST(TomlText, KeysOfTooManyParts) {
  std::string key = "a";
  for (int i = 0; i < 100; ++i) key += ".a";
  EXPECT_EQ(said("[" + key + "]\n" + key + " = 1.5\n"), "");
  EXPECT_NE(said("[" + key + ".a]").find("more than 100 parts"), std::string::npos);
  EXPECT_NE(said(key + " . \"a\" = 1").find("more than 100 parts"), std::string::npos);
  std::string numbers = "a = [";
  for (int i = 0; i < 300; ++i) numbers += "1.5, ";
  EXPECT_EQ(said(numbers + "]"), "");
}

}  // namespace
}  // namespace howship
