// The page of a model: whole, safe, and with nothing left out.
#include <gmock/gmock.h>
#include <regex>

#include <gtest/gtest.h>

#include "howship/core/files.hpp"
#include "howship/model/library.hpp"
#include "howship/model/mathml.hpp"

#include "program.hpp"

namespace howship {
namespace {

using testing::HasSubstr;
using testing::Not;

class ExplainHtml : public testing::Test {
 protected:
  test::Outcome explain(const std::string& words) const { return program_.run("explain " + words); }
  std::string page(const std::string& words) const {
    const test::Outcome explained = explain(words + " --html page.html");
    EXPECT_EQ(explained.code, 0) << explained.err;
    return read_text(folder_ / "page.html");
  }
  const test::TemporaryFolder folder_;
  const test::Program program_{folder_.path(), HOWSHIP_SOURCE_DIR};
};

TEST_F(ExplainHtml, EveryTermAndEveryAssumptionIsThere) {
  const std::string html = page("vicious_cycle drugs/denosumab");
  const model::Library library(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "models");
  const std::vector<std::string> ids{"vicious_cycle", "drugs/denosumab"};
  const model::Model model = model::build_model(library, ids, UnitSystem());
  for (const auto& process : model.processes)
    EXPECT_THAT(html, HasSubstr("id=\"process-" + process.id + "\"")) << process.id;
  for (const auto& species : model.species) EXPECT_THAT(html, HasSubstr("id=\"species-" + species.id + "\""));
  const std::string last = html.substr(html.find("id=\"assumed\""));
  std::size_t assumed = 0;
  for (const auto& parameter : model.parameters) {
    if (!parameter.source.starts_with("assumed")) continue;
    ++assumed;
    EXPECT_THAT(last, HasSubstr(model::escaped_markup(parameter.source))) << parameter.id;
  }
  EXPECT_GT(assumed, 5U);
  EXPECT_THAT(html, HasSubstr("<dt><span class=\"id\">MartinezReina2019</span></dt><dd>"));
  EXPECT_THAT(html, HasSubstr("10.1016/j.bone.2019.04.022"));
}

TEST_F(ExplainHtml, ThePageNeedsNothingElse) {
  const std::string html = page("published/peterson_riggs2010");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("src=")));
  const std::regex link("href=\"([^\"]*)\"");
  std::size_t links = 0;
  for (std::sregex_iterator it(html.begin(), html.end(), link), end; it != end; ++it, ++links) {
    const std::string target = (*it)[1];
    ASSERT_TRUE(target.starts_with("#")) << target;
    EXPECT_THAT(html, HasSubstr("id=\"" + target.substr(1) + "\""));
  }
  EXPECT_GT(links, 100U);
}

TEST_F(ExplainHtml, TextsOfAModelStayTexts) {
  test::put(folder_ / "hostile.toml", R"(id = "hostile"
title = "<script>alert('x')</script> & \"more\""
[species.x]
title = "<b>x</b>"
scope = "systemic"
unit = "1"
initial = "k/k"
typical = 1
[parameters]
k = { value = 1, unit = "1/day", range = [0, 2], source = "</td><img src=y>", title = "a & b < c" }
[processes.p]
title = "</section>"
rate = "k*x"
changes = { x = -1 }
source = "<i>assumed</i>"
)");
  const std::string html = page("hostile.toml");
  for (const char* raw : {"<script", "<b>", "<img", "<i>", "a & b < c"}) EXPECT_THAT(html, Not(HasSubstr(raw)));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;"));
  EXPECT_THAT(html.substr(html.find("id=\"assumed\"")), HasSubstr("&lt;i&gt;assumed&lt;/i&gt;"));
}

TEST_F(ExplainHtml, BadInputWritesNothing) {
  EXPECT_EQ(explain("vicious_cylce --html page.html").code, 1);
  EXPECT_EQ(explain("vicious_cycle --graph --html page.html").code, 1);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "page.html"));
}

}  // namespace
}  // namespace howship
