#include "howship/output/citations.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::output {
namespace {

// The end of the entry whose '{' stands at `open`, one past its matching '}'.
std::optional<std::size_t> entry_end(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::nullopt;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

}  // namespace

std::string select_citations(std::string_view bibtex, const std::set<std::string>& keys) {
  std::string out;
  std::set<std::string> missing = keys;
  for (std::size_t at = bibtex.find('@'); at != std::string_view::npos;) {
    const std::size_t open = bibtex.find('{', at);
    if (open == std::string_view::npos) break;
    const auto end = entry_end(bibtex, open);
    if (!end) {
      const auto line = 1 + std::count(bibtex.begin(), bibtex.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      throw InputError(fmt::format("the entry in line {} of the bibliography has no closing brace", line),
                       "every { needs its }");
    }
    const std::size_t comma = bibtex.find(',', open);
    const std::string key = comma < *end ? trimmed(bibtex.substr(open + 1, comma - open - 1)) : "";
    if (missing.erase(key) > 0) out += std::string(bibtex.substr(at, *end - at)) + "\n\n";
    at = bibtex.find('@', *end);
  }
  for (const std::string& key : missing) out += "% no entry for " + key + "\n";
  return out;
}

}  // namespace howship::output
