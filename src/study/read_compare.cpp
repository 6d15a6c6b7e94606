#include <algorithm>

#include <fmt/format.h>

#include "sections.hpp"

namespace howship::study {
namespace {

std::vector<CompareName> read_names(TableReader& reader, const std::string& key) {
  std::vector<CompareName> names;
  for (TableReader::Item& item : reader.texts(key)) {
    const bool known = std::any_of(names.begin(), names.end(), [&](const auto& name) { return name.id == item.text; });
    if (!known) names.push_back({std::move(item.text), item.where});
  }
  return names;
}

// "50 %" of the value at the beginning, or a value of its own such as "0.3 pM".
std::vector<CompareLevel> read_levels(TableReader& reader, const std::string& key) {
  std::vector<CompareLevel> levels;
  for (const TableReader::Item& item : reader.texts(key)) {
    try {
      const Quantity level = reader.context().units->parse_quantity(item.text);
      const bool is_share = level.unit.text == "%" || level.unit.text == "percent";
      if (is_share && level.value < 0.0)
        reader.context().fault(item.where,
                               fmt::format("{}: {} of a value lies below zero", reader.path(key), item.text),
                               "write the share that is left, as in \"50 %\"");
      levels.push_back({level, is_share, item.where});
    } catch (const UnitError& error) {
      reader.context().fault(item.where, fmt::format("{}: {}", reader.path(key), error.what()), error.hint());
    }
  }
  return levels;
}

// A study that --set made shorter still runs: that a day lies past its end is a fault of a comparison alone.
std::optional<double> read_day(TableReader& reader, const std::string& key) {
  const auto time = reader.quantity(key, time_dimension(), "180 day", kNonNegative);
  return time ? std::optional(time->base()) : std::nullopt;
}

}  // namespace

Compare read_compare(TableReader& reader, const Study& study) {
  Compare compare;
  compare.control = reader.text("control").value_or("");
  const bool known =
      std::any_of(study.arms.begin(), study.arms.end(), [&](const Arm& arm) { return arm.id == compare.control; });
  if (!compare.control.empty() && !known) {
    std::vector<std::string> ids;
    for (const Arm& arm : study.arms) ids.push_back(arm.id);
    reader.context().fault(reader.where("control"), fmt::format("the study has no arm '{}'", compare.control),
                           did_you_mean(compare.control, ids));
  }
  compare.from = read_day(reader, "from");
  compare.to = read_day(reader, "to");
  compare.from_where = reader.where("from");
  compare.to_where = reader.where("to");
  if (compare.from.value_or(0.0) >= compare.to.value_or(kNonNegative.high)) {
    reader.context().fault(reader.where(compare.to ? "to" : "from"), "the comparison ends before it begins",
                           "its window is from 'from' (day 0) to 'to' (the study's end)");
  }
  compare.markers = read_names(reader, "markers");
  compare.values = read_names(reader, "values");
  compare.lesions = read_names(reader, "lesions");
  compare.below = read_levels(reader, "below");
  compare.sizes = read_levels(reader, "sizes");
  for (const Quantity& day : reader.quantities("at", time_dimension(), "365 day", kNonNegative))
    compare.at.push_back(day.base());
  std::sort(compare.at.begin(), compare.at.end());
  compare.at.erase(std::unique(compare.at.begin(), compare.at.end()), compare.at.end());
  const auto belongs = [&](const char* key, const char* to) {
    if (reader.has(key) && !reader.has(to))
      reader.context().fault(reader.where(key), fmt::format("{} is given, and {} are not", reader.path(key), to),
                             fmt::format("write {} = [\"...\"] with the names that it is for", to));
  };
  belongs("below", "markers");
  belongs("at", "values");
  belongs("sizes", "lesions");
  reader.finish();
  return compare;
}

}  // namespace howship::study
