#include "howship/output/citations.hpp"

#include <gtest/gtest.h>

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

TEST(Citations, SurvivesABrokenFile) {
  EXPECT_EQ(select_citations("@article{A2001, title = {never closed", {"A2001"}), "% no entry for A2001\n");
}

TEST(Citations, OfASelectionAreTheSelection) {
  const std::string once = select_citations(kBib, {"A2001", "C2003", "X1999"});
  EXPECT_EQ(select_citations(once, {"A2001", "C2003", "X1999"}), once);
}

}  // namespace
}  // namespace howship::output
