#include "howship/core/diagnostics.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace howship {
namespace {

TEST(Diagnostics, ShowPlaceCaretAndHint) {
  const Diagnostic d{{"m.toml", 12, 9}, "unknown name 'BVT'", "did you mean 'BVTV'?", "rate = \"k*BVT\""};
  EXPECT_EQ(to_text(d),
            "m.toml:12:9: error: unknown name 'BVT'\n"
            "    rate = \"k*BVT\"\n"
            "            ^\n"
            "  did you mean 'BVTV'?");
}

TEST(Diagnostics, ALongLineIsShownAroundItsColumn) {
  const Diagnostic d{{"m.toml", 1, 2001}, "here", {}, std::string(2000, 'a') + "X" + std::string(2000, 'b')};
  const std::string text = to_text(d);
  const std::size_t line = text.find('\n') + 1;
  const std::size_t caret_line = text.find('\n', line) + 1;
  const std::size_t caret = text.find('^', caret_line) - caret_line;
  EXPECT_EQ(text[line + caret], 'X');
  EXPECT_LT(text.size(), 400U);
}

TEST(Diagnostics, AreRaisedTogetherInOrder) {
  Diagnostics all;
  EXPECT_NO_THROW(all.raise_if_any());
  all.add({"b.toml", 3, 1}, "third");
  all.add({"a.toml", 9, 1}, "second");
  all.add({"a.toml", 2, 5}, "first");
  try {
    all.raise_if_any();
    FAIL();
  } catch (const InputError& error) {
    ASSERT_EQ(error.diagnostics().size(), 3U);
    EXPECT_EQ(error.diagnostics()[0].message, "first");
    EXPECT_EQ(error.diagnostics()[1].message, "second");
    EXPECT_EQ(error.diagnostics()[2].message, "third");
  }
}

TEST(Suggestions, FindMisspellingsAndKeepSilentOtherwise) {
  const std::vector<std::string> names{"BVTV", "OCa", "OBa", "tumour", "mineral"};
  EXPECT_EQ(closest("BVTVV", names), "BVTV");
  EXPECT_EQ(closest("tumor", names), "tumour");
  EXPECT_EQ(closest("mienral", names), "mineral");
  EXPECT_EQ(closest("bvtv", names), "BVTV");
  EXPECT_EQ(closest("calcitriol", names), std::nullopt);
  EXPECT_EQ(did_you_mean("calcitriol", {"a", "b"}), "expected one of: a, b");
}

TEST(Suggestions, OneEditIsAlwaysFound) {
  EXPECT_TRUE(rc::check("a name with one letter dropped is recognised", [] {
    const std::string name = *rc::gen::container<std::string>(8, rc::gen::inRange('a', 'z'));
    const auto at = *rc::gen::inRange<std::size_t>(0, name.size());
    std::string typed = name;
    typed.erase(at, 1);
    RC_ASSERT(closest(typed, {name}) == name);
  }));
}

TEST(Arrows, LeaveOutTheMiddleOfALongList) {
  EXPECT_EQ(joined_by_arrows({"a", "b", "a"}), "a → b → a");
  std::vector<std::string> many;
  for (int i = 0; i < 5000; ++i) many.push_back(std::to_string(i));
  EXPECT_EQ(joined_by_arrows(many).find(" → 9 → (4980 more) → 4990 → "), joined_by_arrows(many).find(" → 9 →"));
  EXPECT_EQ(joined_by_arrows(many).rfind("4999"), joined_by_arrows(many).size() - 4);
}

// A damaged file can have a fault in every word: they are counted, not kept.
TEST(Diagnostics, MoreFaultsThanAnybodyReads) {
  Diagnostics faults;
  for (int i = 0; i < 100000; ++i) faults.add({"a.toml", 1, i + 1}, "wrong");
  EXPECT_EQ(faults.list().size(), Diagnostics::kMost);
  try {
    faults.raise_if_any();
    FAIL();
  } catch (const InputError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("\nand 99990 more faults"), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
    EXPECT_EQ(error.diagnostics().size(), Diagnostics::kMost);
  }
}

TEST(Diagnostics, ALineOfMegabytesIsNotKept) {
  const std::string line(std::size_t{1} << 20U, 'x');
  EXPECT_LE(excerpt_of(line, 1).size(), 300U);
  EXPECT_LE(excerpt_of(line, 900000).size(), 300U);
  EXPECT_EQ(excerpt_of("abc", 2), "abc");
}

TEST(Diagnostics, TextOfAFileDoesNotSteerTheTerminal) {
  const std::string text = to_text({{"a.toml", 1, 2}, "key '\x1b[2J'", "hint \x07", "a\x1b]0;b\x7f\tc"});
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= 32 && c != 127); })) << text;
  EXPECT_NE(text.find("a ]0;b  c"), std::string::npos) << text;
}

}  // namespace
}  // namespace howship
