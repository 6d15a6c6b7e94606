#include "sbml/shape.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::sbml {
namespace {

// libSBML walks elements and formulas by recursion.
constexpr int kDeepest = 400;
constexpr int kDeepestNamed = 6;  // sbml, model, list, event, list, eventAssignment: formulas lie below

constexpr std::string_view kSpace = " \t\r\n";

class Shape {
 public:
  Shape(std::string_view xml, const std::string& file) : xml_(xml), file_(file) {}

  void check() {
    for (std::size_t at = xml_.find('<'); at != std::string_view::npos; at = xml_.find('<', at)) {
      if (skip_aside(at)) continue;
      if (xml_.substr(at, 2) == "<!") {
        refuse(at, "a document type declaration has no place in SBML",
               "take out the <!DOCTYPE ...>; entities are never read or fetched");
      }
      const std::size_t end = end_of_tag(at);
      const bool is_empty = end < xml_.size() && xml_[end - 1] == '/';
      if (xml_.substr(at, 2) == "</") {
        --depth_;
      } else if (!is_empty) {
        open(at, end);
      }
      at = end;
    }
  }

 private:
  [[noreturn]] void refuse(std::size_t at, const std::string& message, const std::string& hint) const {
    const auto before = xml_.substr(0, at);
    const int line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    throw InputError({{{file_, line, 1}, message, hint, {}}});
  }

  /// Passes over a comment, a CDATA section or the like; true if it was one.
  bool skip_aside(std::size_t& at) const {
    for (const auto& [begin, end] :
         {std::pair<std::string_view, std::string_view>{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}}) {
      if (xml_.substr(at, begin.size()) != begin) continue;
      const std::size_t close = xml_.find(end, at + begin.size());
      at = close == std::string_view::npos ? xml_.size() : close + end.size();
      return true;
    }
    return false;
  }

  /// Where the ">" stands, those in attributes passed over.
  std::size_t end_of_tag(std::size_t at) const {
    char quote = 0;
    std::size_t end = at + 1;
    for (; end < xml_.size() && (quote != 0 || xml_[end] != '>'); ++end) {
      if (quote != 0) {
        if (xml_[end] == quote) quote = 0;
      } else if (xml_[end] == '"' || xml_[end] == '\'') {
        quote = xml_[end];
      }
    }
    return end;
  }

  void open(std::size_t at, std::size_t end) {
    const std::string_view tag = xml_.substr(at + 1, end - at - 1);
    if (++depth_ <= kDeepestNamed) remember(tag);
    if (depth_ > kDeepest) {
      refuse(at, fmt::format("{}elements are nested more than {} deep", owner_, kDeepest),
             "split the formula with assignment rules");
    }
    if (end < xml_.size()) check_integer(tag, at, end);
  }

  /// "assignmentRule 'p': ", of the last element that has an id or is about one.
  void remember(std::string_view tag) {
    for (const std::string_view key : {" variable=", " symbol=", " id="}) {
      const std::size_t found = tag.find(key);
      const std::size_t begin = found + key.size() + 1;
      if (found == std::string_view::npos || begin > tag.size()) continue;
      owner_ = fmt::format("{} '{}': ", tag.substr(0, tag.find_first_of(kSpace)),
                           tag.substr(begin, tag.find(tag[begin - 1], begin) - begin));
      return;
    }
  }

  /// A <cn type="integer"> must hold a whole number that the parser can: it would read 1.5 as 1.
  void check_integer(std::string_view tag, std::size_t at, std::size_t end) const {
    const std::string_view name = tag.substr(0, tag.find_first_of(kSpace));
    if (name != "cn" && !name.ends_with(":cn")) return;
    if (tag.find("\"integer\"") == std::string_view::npos && tag.find("'integer'") == std::string_view::npos) return;
    if (tag.find("base") != std::string_view::npos) return;  // in which other letters are digits
    const std::string_view content = xml_.substr(end + 1, xml_.find('<', end) - end - 1);
    const std::size_t first = content.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return;
    const std::string_view text = content.substr(first, content.find_last_not_of(kSpace) + 1 - first);
    std::string_view digits = text;
    if (digits.front() == '+') digits.remove_prefix(1);
    std::int32_t value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc{} && stop == digits.data() + digits.size()) return;
    refuse(at, fmt::format("{}'{}' is no whole number from -2147483648 to 2147483647", owner_, text),
           "a larger one, and one with a fraction, is a <cn> without type=\"integer\"");
  }

  std::string_view xml_;
  const std::string& file_;
  int depth_ = 0;
  std::string owner_;
};

}  // namespace

void check_shape(std::string_view xml, const std::string& file) {
  Shape(xml, file).check();
}

}  // namespace howship::sbml
