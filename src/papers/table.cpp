#include "howship/papers/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "columns.hpp"

namespace howship::papers {
namespace {

enum Column : std::size_t { id, expected, found, unit, difference, tolerance, verdict, kColumns };
using Row = std::array<std::string, kColumns>;
constexpr std::array<bool, kColumns> kRight{false, true, true, false, true, true, false};
constexpr std::size_t kGap = 2;

std::string painted(const std::string& text, Verdict verdict, bool colour) {
  if (!colour) return text;
  const char* code = verdict == Verdict::holds ? "32" : verdict == Verdict::fails ? "1;31" : "33";
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

// In a column of one word.
std::string word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::fails:
      return "FAILS";
    case Verdict::not_met:
      return "not met";
    default:
      return "met!";
  }
}

Row row_of(const Result& result) {
  const Claim& claim = result.claim;
  return {claim.id,
          result.expected ? value_text(*result.expected, result) : "-",
          result.value ? value_text(*result.value, result) : "-",
          claim.unit.text,
          result.difference ? fmt::format("{:+.1e}", *result.difference) : "-",
          tolerance_text(claim),
          word_of(result.verdict)};
}

/// The rows of a table whose columns line up over all its parts.
class Lines {
 public:
  explicit Lines(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      for (std::size_t c = 0; c < kColumns; ++c) widths_[c] = std::max(widths_[c], width_of(row[c]));
    }
    std::size_t others = kGap * (kColumns - 1);
    for (std::size_t c = 1; c < kColumns; ++c) others += widths_[c];
    widths_[id] = std::min(widths_[id], std::max<std::size_t>(8, kLineWidth - std::min(kLineWidth, others)));
  }

  // A long name may reach into the room that a short number leaves; a longer one stands above its numbers.
  std::string line(const Row& row, const std::string& last) const {
    const std::size_t room = widths_[id] + kGap + widths_[expected];
    const bool fits = width_of(row[id]) + kGap + width_of(row[expected]) <= room;
    std::string text = fits ? row[id] : row[id] + "\n";
    text += padded(row[expected], room - (fits ? width_of(row[id]) : 0), true);
    for (std::size_t c = found; c < verdict; ++c)
      text += std::string(kGap, ' ') + padded(row[c], widths_[c], kRight[c]);
    return text + std::string(kGap, ' ') + last;
  }

 private:
  std::array<std::size_t, kColumns> widths_{};
};

// What a reader must know of a claim that does not simply hold.
std::string remark(const Result& result) {
  const Claim& claim = result.claim;
  switch (result.verdict) {
    case Verdict::holds:
      return {};
    case Verdict::fails:
      return wrapped(result.why_not.empty() ? claim.text : claim.text + "; but " + result.why_not,
                     fmt::format("  {} fails: ", claim.id), 4);
    case Verdict::not_met:
      return wrapped(claim.text + "; " + claim.why, fmt::format("  {} is not met: ", claim.id), 4);
    default:
      return wrapped("expected.toml says that it cannot be met, and it is: take met = false out",
                     fmt::format("  {} holds after all: ", claim.id), 4);
  }
}

}  // namespace

std::string value_text(double value, const Result& result) {
  const Claim& claim = result.claim;
  const double size = std::abs(result.expected.value_or(value));
  const double relative = claim.tolerance_is_absolute ? claim.tolerance / std::max(size, 1e-300) : claim.tolerance;
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(relative))) + 1, 4, 12);
  return fmt::format("{:.{}g}", value, digits);
}

std::string tolerance_text(const Claim& claim) {
  return fmt::format("{:g}{}", claim.tolerance, claim.tolerance_is_absolute ? " abs" : "");
}

std::string bases_text(const std::vector<Result>& results) {
  std::string text;
  for (int b = 0; b < kBases; ++b) {
    const auto basis = static_cast<Basis>(b);
    std::size_t all = 0, hold = 0;
    for (const Result& result : results) {
      if (result.claim.basis != basis) continue;
      ++all;
      hold += result.verdict == Verdict::holds || result.verdict == Verdict::met_after_all ? 1 : 0;
    }
    if (all > 0) text += fmt::format("{}{} {} of {}", text.empty() ? "" : ", ", to_text(basis), hold, all);
  }
  return text;
}

std::string summary_text(const std::vector<Result>& results) {
  const auto count = [&results](Verdict verdict) {
    return std::count_if(results.begin(), results.end(), [verdict](const Result& r) { return r.verdict == verdict; });
  };
  std::string text = "hold: " + bases_text(results);
  if (const auto fails = count(Verdict::fails); fails > 0) text += fmt::format("; {} FAIL", fails);
  if (const auto known = count(Verdict::not_met); known > 0) text += fmt::format("; {} not met and explained", known);
  return text;
}

std::string table_text(const Report& report, bool colour) {
  std::string text = wrapped(fmt::format("{}: {}", report.key, report.title), "", 2) + "\n";
  const auto head = [](Basis basis) {
    return Row{"claim", to_text(basis), "Howship", "unit", "difference", "tolerance", "verdict"};
  };
  std::vector<Row> all;
  for (const Result& result : report.results) {
    all.push_back(head(result.claim.basis));
    all.push_back(row_of(result));
  }
  const Lines lines(all);
  for (int b = 0; b < kBases; ++b) {
    const auto basis = static_cast<Basis>(b);
    bool first = true;
    for (const Result& result : report.results) {
      if (result.claim.basis != basis) continue;
      if (first) text += "\n" + lines.line(head(basis), "verdict") + "\n";
      first = false;
      text += lines.line(row_of(result), painted(word_of(result.verdict), result.verdict, colour)) + "\n";
    }
  }
  text += "\n";
  for (const Result& result : report.results) {
    if (const std::string said = remark(result); !said.empty()) text += said + "\n";
  }
  for (const std::string& failure : report.failures) text += wrapped(failure, "  not solved: ", 4) + "\n";
  text += summary_text(report.results);
  return text + fmt::format(" ({} arm{}, {:.2g} s)", report.arms, report.arms == 1 ? "" : "s", report.seconds);
}

std::string line_text(const Report& report, std::size_t name_width, bool colour) {
  const std::size_t hold = report.count(Verdict::holds) + report.count(Verdict::met_after_all);
  const std::size_t known = report.count(Verdict::not_met);
  const std::string counts = fmt::format("{:>3} of {:>3} hold{}", hold, report.results.size(),
                                         known > 0 ? fmt::format(", {} explained", known) : "");
  const Verdict verdict = report.good() ? known > 0 ? Verdict::not_met : Verdict::holds : Verdict::fails;
  const std::string seconds = fmt::format("{:.1f} s", report.seconds);
  const std::size_t room = kLineWidth - std::min(kLineWidth - 10, name_width + 2 + 29 + 2 + 8 + 7);
  std::string title = report.title;
  if (width_of(title) > room) {
    while (width_of(title) > room - 3) title.pop_back();
    title += "...";
  }
  return fmt::format("{}  {}  {}  {}  {}", painted(report.good() ? "ok  " : "FAIL", verdict, colour),
                     padded(report.name, name_width, false), padded(counts, 29, false), padded(seconds, 7, true),
                     title);
}

}  // namespace howship::papers
