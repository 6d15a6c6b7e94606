#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/output/csv_file.hpp"
#include "howship/output/time_series.hpp"
#include "howship/study/comparison.hpp"

namespace howship::study {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kGap = 2;
constexpr double kUnseen = 5e-5;  // relative

// Characters, not bytes: "µ" is one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string spaces(std::size_t count) {
  return std::string(count, ' ');
}

std::optional<double> difference(const Comparison& comparison, const ComparedMeasure& measure, std::size_t arm) {
  const auto& own = measure.values[arm];
  const auto& control = measure.values[comparison.control];
  return own && control && arm != comparison.control ? std::optional(*own - *control) : std::nullopt;
}

// The value, and beside it the difference from the control: 0 where four digits do not show it.
std::string cell(const Comparison& comparison, const ComparedMeasure& measure, std::size_t arm) {
  const auto& value = measure.values[arm];
  if (!value) return measure.why_not[arm];
  std::string text = fmt::format("{:.4g}", *value);
  if (const auto by = difference(comparison, measure, arm)) {
    const double size = std::max(std::abs(*value), std::abs(*measure.values[comparison.control]));
    text += fmt::format(" ({:+.3g})", std::abs(*by) <= kUnseen * size ? 0.0 : *by);
  }
  return text;
}

/// A table of one quantity over some of the arms.
std::string table(const Comparison& comparison, const ComparedQuantity& quantity, const std::vector<std::size_t>& arms,
                  const std::vector<std::size_t>& widths, std::size_t first) {
  std::string text = spaces(first);
  for (const std::size_t arm : arms) {
    const std::string& id = comparison.arms[arm];
    text += spaces(kGap + widths[arm] - std::min(widths[arm], width_of(id))) + id;
  }
  text += "\n";
  for (const ComparedMeasure& measure : quantity.measures) {
    const std::string head = fmt::format("  {} [{}]", measure.name, measure.unit);
    text += head + spaces(first - width_of(head));
    for (const std::size_t arm : arms) {
      const std::string value = cell(comparison, measure, arm);
      text += spaces(kGap + widths[arm] - width_of(value)) + value;
    }
    text += "\n";
  }
  return text;
}

// As many arms as a line holds, then the others below.
std::string tables(const Comparison& comparison, const ComparedQuantity& quantity) {
  std::size_t first = 0;
  std::vector<std::size_t> widths;
  for (const std::string& arm : comparison.arms) widths.push_back(width_of(arm));
  for (const ComparedMeasure& measure : quantity.measures) {
    first = std::max(first, width_of(fmt::format("  {} [{}]", measure.name, measure.unit)));
    for (std::size_t arm = 0; arm < widths.size(); ++arm)
      widths[arm] = std::max(widths[arm], width_of(cell(comparison, measure, arm)));
  }
  std::string text;
  std::vector<std::size_t> line;
  std::size_t used = first;
  for (std::size_t arm = 0; arm < widths.size(); ++arm) {
    if (!line.empty() && used + kGap + widths[arm] > kWidth) {
      text += table(comparison, quantity, line, widths, first);
      line.clear();
      used = first;
    }
    line.push_back(arm);
    used += kGap + widths[arm];
  }
  return text + table(comparison, quantity, line, widths, first);
}

}  // namespace

std::string comparison_text(const Comparison& comparison) {
  std::string text =
      fmt::format("{}, {} {:g} to {:g}; in parentheses the difference from {}\n", comparison.study,
                  comparison.time_unit, comparison.from, comparison.to, comparison.arms[comparison.control]);
  for (const ComparedQuantity& quantity : comparison.quantities)
    text += fmt::format("\n{} [{}]{}\n{}", quantity.id, quantity.unit,
                        quantity.title == quantity.id ? "" : ": " + quantity.title, tables(comparison, quantity));
  for (const std::string& failure : comparison.failures) text += "\nnot solved: " + failure + "\n";
  text.pop_back();
  return text;
}

std::string comparison_csv(const Comparison& comparison) {
  std::string csv = "quantity,measure,unit,arm,value,difference,against,note\n";
  const auto number = [](const std::optional<double>& value) { return value ? fmt::format("{:.15g}", *value) : ""; };
  for (const ComparedQuantity& quantity : comparison.quantities) {
    for (const ComparedMeasure& measure : quantity.measures) {
      for (std::size_t arm = 0; arm < comparison.arms.size(); ++arm) {
        csv += fmt::format("{},{},{},{},{},{},{},{}\n", output::csv_field(quantity.id), output::csv_field(measure.name),
                           output::csv_field(measure.unit), output::csv_field(comparison.arms[arm]),
                           number(measure.values[arm]), number(difference(comparison, measure, arm)),
                           output::csv_field(comparison.arms[comparison.control]),
                           output::csv_field(measure.why_not[arm]));
      }
    }
  }
  return csv;
}

}  // namespace howship::study
