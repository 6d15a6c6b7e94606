#include "howship/papers/scorecard.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "howship/output/csv_file.hpp"
#include "howship/output/time_series.hpp"

#include "columns.hpp"

namespace howship::papers {
namespace {

constexpr const char* kBegin = "<!-- scorecard: begin -->";
constexpr const char* kEnd = "<!-- scorecard: end -->";

struct Row {
  const Report* report = nullptr;
  const Result* result = nullptr;
  const Claim& claim() const { return result->claim; }
  std::string name() const { return report->name + "/" + claim().id; }
};

/// What agreement with a row means.
enum class Kind { fitted, predicted, checked };
constexpr std::array<Kind, 3> kKinds{Kind::fitted, Kind::predicted, Kind::checked};

Kind kind_of(const Claim& claim) {
  if (used_in_calibration(claim)) return Kind::fitted;
  return claim.basis == Basis::closed_form ? Kind::checked : Kind::predicted;
}

std::vector<Row> rows_of(const std::vector<Report>& reports, Kind kind) {
  std::vector<Row> rows;
  for (const Report& report : reports) {
    for (const Result& result : report.results) {
      if (kind_of(result.claim) == kind) rows.push_back({&report, &result});
    }
  }
  return rows;
}

struct Band {
  double low = 0.0, high = 0.0;
};

// In the claim's unit.
std::optional<Band> band_of(const Result& result) {
  if (!result.expected) return std::nullopt;
  const double half = result.claim.tolerance * (result.claim.tolerance_is_absolute ? 1.0 : std::abs(*result.expected));
  return Band{*result.expected - half, *result.expected + half};
}

// Four digits; a difference of round numbers is one again.
std::string number_text(double value, double size) {
  return fmt::format("{:.4g}", std::abs(value) < 1e-12 * size ? 0.0 : value);
}

std::string band_text(const Result& result) {
  const auto band = band_of(result);
  if (!band) return "-";
  const double size = std::max(std::abs(band->low), std::abs(band->high));
  return number_text(band->low, size) + " to " + number_text(band->high, size);
}

std::string optional_text(const std::optional<double>& value) {
  return value ? number_text(*value, 0.0) : "-";
}

std::string verdict_text(const Result& result) {
  if (!result.value) return "no value";
  return inside(result) ? "inside" : "outside";
}

const char* heading(Kind kind) {
  if (kind == Kind::fitted) return "Fitted: used in calibration, so that agreement is no prediction";
  return kind == Kind::predicted ? "Predicted: not used in calibration" : "Checked: follows from the equations";
}

// What a reader must know of a row; empty if it lies inside and was expected to.
std::string remark(const Result& result) {
  if (inside(result))
    return result.claim.expects_to_be_met()
               ? ""
               : "inside, although its file says that it cannot be met: " + result.claim.why;
  if (!result.claim.why.empty()) return result.claim.why;
  if (!result.why_not.empty()) return "no value: " + result.why_not;
  return "its file has no sentence on why";
}

struct Count {
  std::size_t inside = 0, all = 0;
};

Count count(const std::vector<Row>& rows) {
  return {static_cast<std::size_t>(
              std::count_if(rows.begin(), rows.end(), [](const Row& row) { return inside(*row.result); })),
          rows.size()};
}

std::string summary(const std::vector<Report>& reports) {
  const Count fitted = count(rows_of(reports, Kind::fitted));
  const Count predicted = count(rows_of(reports, Kind::predicted));
  const Count checked = count(rows_of(reports, Kind::checked));
  const std::string checks =
      checked.all > 0 ? fmt::format(", checked {} of {}", checked.inside, checked.all) : std::string();
  return fmt::format("inside {} of {} (fitted {} of {}, predicted {} of {}{})",
                     fitted.inside + predicted.inside + checked.inside, fitted.all + predicted.all + checked.all,
                     fitted.inside, fitted.all, predicted.inside, predicted.all, checks);
}

enum Column : std::size_t { name, target, band, model, unit, verdict, kColumns };
using Cells = std::array<std::string, kColumns>;
constexpr std::array<bool, kColumns> kRight{false, true, true, true, false, false};

Cells cells_of(const Row& row) {
  return {row.name(),
          optional_text(row.result->expected),
          band_text(*row.result),
          optional_text(row.result->value),
          row.claim().unit.text,
          verdict_text(*row.result)};
}

std::string painted(const Cells& cells, const Result& result, bool colour) {
  if (!colour) return cells[verdict];
  return fmt::format("\033[{}m{}\033[0m", inside(result) ? "32" : "33", cells[verdict]);
}

}  // namespace

std::vector<std::string> scorecard_names(const study::DataFolder& data) {
  std::vector<std::string> names = paper_names(data);
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("targets_"); });
  return names;
}

bool used_in_calibration(const Claim& claim) {
  return claim.basis == Basis::fitted;
}

bool inside(const Result& result) {
  return result.difference && std::abs(*result.difference) <= result.claim.tolerance;
}

std::string scorecard_text(const std::vector<Report>& reports, bool with_sources, bool colour) {
  constexpr std::size_t kGap = 2;
  const Cells head{"", "middle", "band", "model", "unit", "verdict"};
  std::array<std::size_t, kColumns> widths{};
  for (std::size_t c = 0; c < kColumns; ++c) widths[c] = width_of(head[c]);
  for (const Kind kind : kKinds) {
    for (const Row& row : rows_of(reports, kind)) {
      const Cells cells = cells_of(row);
      for (std::size_t c = 0; c < kColumns; ++c) widths[c] = std::max(widths[c], width_of(cells[c]));
    }
  }
  const auto line = [&widths](const Cells& cells, const std::string& last) {
    std::string text = padded(cells[name], widths[name], false);
    for (std::size_t c = target; c < verdict; ++c)
      text += std::string(kGap, ' ') + padded(cells[c], widths[c], kRight[c]);
    return text + std::string(kGap, ' ') + last + "\n";
  };
  std::string text, remarks;
  for (const Kind kind : kKinds) {
    const std::vector<Row> rows = rows_of(reports, kind);
    if (rows.empty()) continue;
    text += fmt::format("{}\n{}", heading(kind), line(head, head[verdict]));
    for (const Row& row : rows) {
      const Cells cells = cells_of(row);
      text += line(cells, painted(cells, *row.result, colour));
      if (with_sources) {
        text += wrapped(row.claim().text, "    ", 4) + "\n";
        text += wrapped(row.claim().source, "    source: ", 6) + "\n";
      }
      if (const std::string said = remark(*row.result); !said.empty())
        remarks +=
            wrapped((with_sources ? "" : row.claim().text + "; ") + said, fmt::format("  {}: ", row.name()), 4) + "\n";
    }
    text += "\n";
  }
  if (!remarks.empty()) text += "Misses\n" + remarks + "\n";
  for (const Report& report : reports) {
    for (const std::string& failure : report.failures) text += wrapped(failure, "not solved: ", 2) + "\n";
  }
  return text + summary(reports);
}

std::string scorecard_csv(const std::vector<Report>& reports) {
  std::string csv = "paper,target,of,value,low,high,model,unit,verdict,used in calibration,text,source,why\n";
  const auto cell = [](const std::optional<double>& value) { return value ? fmt::format("{:.15g}", *value) : ""; };
  for (const Kind kind : kKinds) {
    for (const Row& row : rows_of(reports, kind)) {
      const Claim& claim = row.claim();
      const auto limits = band_of(*row.result);
      csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", output::csv_field(row.report->name),
                         output::csv_field(claim.id), output::csv_field(claim.measurement.of),
                         cell(row.result->expected), limits ? cell(limits->low) : "", limits ? cell(limits->high) : "",
                         cell(row.result->value), output::csv_field(claim.unit.text), verdict_text(*row.result),
                         kind == Kind::fitted ? "yes" : "no", output::csv_field(claim.text),
                         output::csv_field(claim.source), output::csv_field(remark(*row.result)));
    }
  }
  return csv;
}

std::string scorecard_markdown(const std::vector<Report>& reports) {
  std::string text, remarks;
  for (const Kind kind : kKinds) {
    const std::vector<Row> rows = rows_of(reports, kind);
    if (rows.empty()) continue;
    text += fmt::format("**{}.**\n\n", heading(kind));
    text +=
        "| what | middle of the band | band | model | unit | verdict | source |\n|---|---:|---:|---:|---|---|---|\n";
    for (const Row& row : rows) {
      const Cells cells = cells_of(row);
      const std::string said = verdict_text(*row.result);
      text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", markdown_cell(row.claim().text), cells[target],
                          cells[band], cells[model], markdown_cell(cells[unit]),
                          inside(*row.result) ? said : "**" + said + "**", markdown_cell(row.claim().source));
      if (const std::string why = remark(*row.result); !why.empty())
        remarks += fmt::format("* {}: {}\n", row.claim().text, why);
    }
    text += "\n";
  }
  if (!remarks.empty()) text += "**Misses.**\n\n" + remarks + "\n";
  const std::string counts = summary(reports);
  return text + "In all: " + counts + ".\n";
}

std::string with_scorecard(const std::string& text, const std::string& scorecard, const std::string& name) {
  const std::string begin = kBegin, end = kEnd;
  const auto at = text.find(begin), to = text.find(end);
  const bool once = at != std::string::npos && to != std::string::npos && at < to &&
                    text.find(begin, at + 1) == std::string::npos && text.find(end, to + 1) == std::string::npos;
  if (!once)
    throw InputError(
        fmt::format("'{}' exists and has no place for the scorecard", name),
        fmt::format("write two lines into it, {} and {}; what stands between them is replaced", begin, end));
  return text.substr(0, at) + begin + "\n" + scorecard + text.substr(to);
}

std::string scorecard_file(const std::string& scorecard) {
  return fmt::format("{}\n{}{}\n", kBegin, scorecard, kEnd);
}

}  // namespace howship::papers
