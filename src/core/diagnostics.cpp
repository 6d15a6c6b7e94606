#include "howship/core/diagnostics.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace howship {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

void Diagnostics::raise_if_any() {
  if (list_.empty()) return;
  std::stable_sort(list_.begin(), list_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where.file, a.where.line, a.where.column) < std::tie(b.where.file, b.where.line, b.where.column);
  });
  throw InputError(list_, left_out_);
}

std::string excerpt_of(std::string_view line, int column) {
  constexpr std::size_t kBehind = 200, kFarthest = 10000;
  const std::size_t at = column > 0 ? static_cast<std::size_t>(column) : 0;
  return at > kFarthest ? std::string() : std::string(line.substr(0, at + kBehind));
}

std::string joined_by_arrows(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 20;
  const std::size_t left_out = names.size() > kShown ? names.size() - kShown : 0;
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (left_out > 0 && i == kShown / 2) {
      text += fmt::format(" → ({} more)", left_out);
      i += left_out;
    }
    text += (i == 0 ? "" : " → ") + names[i];
  }
  return text;
}

std::optional<std::string> closest(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t kMostCandidates = 5000;  // of more, a fault each would take minutes
  if (name.size() > 64 || candidates.size() > kMostCandidates) return std::nullopt;
  const std::string wanted = lowered(name);
  const std::size_t tolerance = wanted.size() <= 2 ? 1 : std::max<std::size_t>(2, wanted.size() / 3);
  std::optional<std::string> best;
  std::size_t best_distance = tolerance + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t more = std::max(candidate.size(), wanted.size()) - std::min(candidate.size(), wanted.size());
    if (candidate.size() > 64 || more > tolerance) continue;
    const std::size_t found = distance(wanted, lowered(candidate));
    if (found < best_distance && found < std::max<std::size_t>(candidate.size(), 2)) {
      best_distance = found;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  if (const auto best = closest(name, candidates)) return fmt::format("did you mean '{}'?", *best);
  if (candidates.empty() || candidates.size() > 12) return {};
  return fmt::format("expected one of: {}", fmt::join(candidates, ", "));
}

}  // namespace howship
