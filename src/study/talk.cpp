#include "talk.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

namespace howship::study {

void say(const RunOptions& options, const std::string& text) {
  const bool speaks = options.ranks == nullptr || options.ranks->first();
  if (!options.quiet && speaks) fmt::print(stderr, "{}\n", text);
}

std::string how_to_go_on(const std::filesystem::path& folder) {
  const std::string name = folder.string();
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./+,:@%=").find(static_cast<char>(c)) != std::string_view::npos;
  });
  std::string quoted;
  for (const char c : name) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return plain ? "howship resume " + name : "howship resume '" + quoted + "'";
}

}  // namespace howship::study
