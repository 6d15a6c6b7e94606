#include "howship/output/citations.hpp"

#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

#include "temporary_folder.hpp"

namespace howship::output {
namespace {

constexpr const char* kBib = R"(% a remark
@article{A2001, title = {The {RANKL} story}, note = {an @ sign}}
@misc{ B2002 ,
  title = {brace \} escaped}
}
@book{C2003, title = {last}}
)";

TEST(Citations, PicksWholeEntriesInTheOrderOfTheFile) {
  EXPECT_EQ(select_citations(kBib, {"C2003", "A2001"}),
            "@article{A2001, title = {The {RANKL} story}, note = {an @ sign}}\n\n@book{C2003, title = {last}}\n\n");
  EXPECT_EQ(select_citations(kBib, {"B2002"}), "@misc{ B2002 ,\n  title = {brace \\} escaped}\n}\n\n");
}

TEST(Citations, NamesWhatHasNoEntry) {
  EXPECT_EQ(select_citations(kBib, {"X1999"}), "% no entry for X1999\n");
  EXPECT_EQ(select_citations("", {}), "");
}

TEST(Citations, AnEntryThatIsNeverClosedIsSaid) {
  try {
    select_citations("@misc{B2002}\n@article{A2001, title = {never closed", {"A2001"});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
  }
}

TEST(Citations, EveryKeyThatAModelCitesHasItsEntry) {
  const std::filesystem::path root(HOWSHIP_SOURCE_DIR);
  std::set<std::string> keys;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "models")) {
    if (entry.path().extension() != ".toml") continue;
    const std::string text = read_text(entry.path());
    const std::size_t at = text.find("\ncites = [");
    if (at == std::string::npos) continue;
    const std::size_t end = text.find(']', at);
    for (std::size_t open = text.find('"', at); open < end; open = text.find('"', open)) {
      const std::size_t close = text.find('"', open + 1);
      keys.insert(text.substr(open + 1, close - open - 1));
      open = close + 1;
    }
  }
  EXPECT_GE(keys.size(), 30U);
  EXPECT_EQ(select_citations(read_text(root / "papers/references.bib"), keys).find("% no entry"), std::string::npos);
}

TEST(Citations, OfASelectionAreTheSelection) {
  const std::string once = select_citations(kBib, {"A2001", "C2003", "X1999"});
  EXPECT_EQ(select_citations(once, {"A2001", "C2003", "X1999"}), once);
}

}  // namespace
}  // namespace howship::output
