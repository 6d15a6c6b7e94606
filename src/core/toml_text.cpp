#include "howship/core/toml_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"

namespace howship {
namespace {

/// Walks over a text by the rules of TOML for quotes and comments.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  /// What is outside of quotes and comments, character by character, as long as `each` wants more.
  template <class Each>
  void run(Each&& each) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '"' || c == '\'') {
        skip_quoted(c);
      } else {
        if (!each(at_, c)) return;
        ++at_;
      }
    }
  }

 private:
  void skip_quoted(char quote) {
    const std::string three(3, quote);
    const bool is_long = text_.substr(at_, 3) == three;
    at_ += is_long ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      if (quote == '"' && text_[at_] == '\\') {
        ++at_;
      } else if (!is_long && (text_[at_] == quote || text_[at_] == '\n')) {
        at_ += text_[at_] == quote ? 1 : 0;
        return;
      } else if (is_long && text_.substr(at_, 3) == three) {
        at_ += 3;
        // One or two quotation marks may stand before the three that close.
        for (int more = 0; more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Diagnostic at_place(std::string_view text, std::size_t at, const std::string& file, std::string message,
                    std::string hint) {
  const std::string_view before = text.substr(0, at);
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const int line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t end = std::min(text.find('\n', start), text.size());
  return {{file, line, static_cast<int>(at - start) + 1},
          std::move(message),
          std::move(hint),
          excerpt_of(text.substr(start, end - start), static_cast<int>(at - start) + 1)};
}

}  // namespace

std::optional<Diagnostic> unfit_for_toml(std::string_view text, const std::string& file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  constexpr int kMostParts = 100;
  const std::size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  std::optional<Diagnostic> found;
  int parts = 0;
  Scan(text.substr(begin)).run([&](std::size_t at, char c) {
    if (static_cast<unsigned char>(c) >= 128) {
      found = at_place(text, begin + at, file, "a letter outside of quotes that is not plain ASCII",
                       "keys have letters, digits, _ and -; other letters stand in quotes or comments");
    }
    if (std::string_view("\n,=[]{}").find(c) != std::string_view::npos) parts = 0;
    if (c == '.' && ++parts > kMostParts) {
      found = at_place(text, begin + at, file, fmt::format("a key of more than {} parts", kMostParts),
                       "no file of Howship nests that deep");
    }
    return !found;
  });
  return found;
}

}  // namespace howship
