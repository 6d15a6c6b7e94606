#include "howship/calibration/fit_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/study/file_table.hpp"

namespace howship::calibration {
namespace {

using study::FileTable;

constexpr std::array<std::pair<Against, const char*>, 4> kAgainst{{{Against::value, "value"},
                                                                   {Against::difference, "difference"},
                                                                   {Against::ratio, "ratio"},
                                                                   {Against::change, "change"}}};

std::optional<double> days(FileTable& table, const std::string& key) {
  const auto found = table.quantity(key, study::time_dimension(), "28 day");
  return found ? std::optional(found->base()) : std::nullopt;
}

void read_text_key(FileTable& table, const std::string& key, std::string& text, SourceLocation& where) {
  if (const auto found = table.text(key)) {
    text = found->text;
    where = found->where;
  }
}

int whole_number(FileTable& table, const std::string& key, int least, int most, int otherwise) {
  const auto value = table.number(key);
  if (!value) return otherwise;
  if (*value == std::floor(*value) && *value >= least && *value <= most) return static_cast<int>(*value);
  table.fault(table.where(key),
              fmt::format("{} is {:g}; it is a whole number from {} to {}", key, *value, least, most));
  return otherwise;
}

StudyEntry read_study_entry(FileTable& table, std::set<std::string>& ids) {
  StudyEntry entry;
  entry.where = table.where();
  table.require("file", "file = \"study.toml\"");
  read_text_key(table, "file", entry.file, entry.file_where);
  entry.id = std::filesystem::path(entry.file).stem().string();
  SourceLocation where = entry.where;
  read_text_key(table, "id", entry.id, where);
  for (const auto& text : table.texts("set")) entry.set.push_back(text.text);
  if (!ids.insert(entry.id).second)
    table.fault(where, fmt::format("there are two studies '{}'", entry.id), "give one of them another id");
  table.finish();
  return entry;
}

std::optional<std::variant<double, study::Quantity>> amount(FileTable& table, const std::string& key,
                                                            SourceLocation& where) {
  where = table.where(key);
  const auto found = table.number_or_text(key);
  if (!found) return std::nullopt;
  if (const double* number = std::get_if<double>(&*found)) return *number;
  const auto quantity = table.quantity(key, "0.9 1/day");
  if (!quantity) return std::nullopt;
  return *quantity;
}

std::optional<Prior> read_prior(FileTable& table) {
  Prior prior;
  table.require("kind", "kind = \"normal\"");
  const auto kind = table.text("kind");
  if (kind && kind->text != "normal" && kind->text != "lognormal") {
    table.fault(kind->where, fmt::format("a prior is normal or lognormal, and not '{}'", kind->text));
    return std::nullopt;
  }
  const bool normal = !kind || kind->text == "normal";
  prior.kind = normal ? Prior::Kind::normal : Prior::Kind::lognormal;
  const char* centre = normal ? "mean" : "median";
  const char* spread = normal ? "sd" : "sd_log";
  table.require(centre, normal ? "mean = 1.2, in the parameter's unit" : "median = 1.2, in the parameter's unit");
  table.require(spread, normal ? "sd = 0.2, in the parameter's unit" : "sd_log = 0.3, of the natural logarithm");
  table.require("source", "source = \"where this is known from\"");
  const auto at = table.number(centre, normal ? FileTable::Sign::any : FileTable::Sign::positive);
  const auto width = table.number(spread, FileTable::Sign::positive);
  const auto source = table.text("source");
  if (source && source->text.size() < 4) table.fault(source->where, "the prior's source says nothing");
  table.finish();
  if (!kind || !at || !width || !source) return std::nullopt;
  prior.centre = *at;
  prior.spread = *width;
  prior.source = source->text;
  return prior;
}

ParameterEntry read_parameter(FileTable& table, std::set<std::string>& ids) {
  ParameterEntry entry;
  entry.where = table.where();
  table.require("id", "id = \"k_res\"");
  read_text_key(table, "id", entry.id, entry.where);
  if (!entry.id.empty() && !ids.insert(entry.id).second)
    table.fault(entry.where, fmt::format("parameter '{}' is named twice", entry.id));
  entry.start = amount(table, "start", entry.start_where);
  entry.low = amount(table, "low", entry.low_where);
  entry.high = amount(table, "high", entry.high_where);
  if (const auto scale = table.text("scale")) {
    entry.scale_where = scale->where;
    entry.logarithmic = scale->text == "log";
    if (scale->text != "log" && scale->text != "linear")
      table.fault(scale->where, fmt::format("scale is \"log\" or \"linear\", and not '{}'", scale->text));
  }
  if (auto prior = table.table("prior")) {
    entry.prior_where = prior->where();
    entry.prior = read_prior(*prior);
  }
  table.finish();
  return entry;
}

SeriesEntry read_series(FileTable& table) {
  SeriesEntry entry;
  entry.where = table.where();
  table.require("file", "file = \"observations.csv\"");
  table.require("of", "of = \"the id of a species, quantity or observable\"");
  table.require("source", "source = \"where the observations come from\"");
  read_text_key(table, "file", entry.file, entry.file_where);
  read_text_key(table, "rows", entry.rows, entry.rows_where);
  read_text_key(table, "study", entry.study, entry.study_where);
  read_text_key(table, "arm", entry.arm, entry.arm_where);
  read_text_key(table, "of", entry.of, entry.of_where);
  if (const auto source = table.text("source")) entry.source = source->text;
  if (const auto as = table.text("as")) {
    const auto found =
        std::find_if(kAgainst.begin(), kAgainst.end(), [&](const auto& a) { return as->text == a.second; });
    if (found != kAgainst.end())
      entry.against = found->first;
    else
      table.fault(as->where, fmt::format("'{}' is no way to report a quantity", as->text),
                  "one of value, difference, ratio, change: the last three from the value at `baseline`");
  }
  if (const auto take = table.text("take")) {
    if (take->text == "max")
      entry.extreme = Extreme::highest;
    else if (take->text == "min")
      entry.extreme = Extreme::lowest;
    else if (take->text != "value")
      table.fault(take->where, fmt::format("take is \"value\", \"max\" or \"min\", and not '{}'", take->text));
  }
  entry.baseline_where = table.where("baseline");
  if (const auto baseline = days(table, "baseline")) {
    entry.baseline = *baseline;
    if (entry.against == Against::value)
      table.fault(entry.baseline_where, "a value has no baseline",
                  "write as = \"change\", \"ratio\" or \"difference\"");
    if (*baseline < 0.0) table.fault(entry.baseline_where, "the baseline lies before day 0");
  }
  entry.shift = days(table, "shift").value_or(0.0);
  if (const auto at = table.text("at_dose"); at && entry.extreme != Extreme::none) {
    table.fault(at->where, "at_dose is of a value, and a highest or lowest one looks at both sides of a dose");
  } else if (at) {
    entry.after_dose = at->text == "after";
    if (at->text != "after" && at->text != "before")
      table.fault(at->where, fmt::format("at_dose is \"before\" or \"after\", and not '{}'", at->text));
  }
  entry.logarithmic = table.flag("log").value_or(false);
  if (entry.logarithmic && entry.against != Against::value && entry.against != Against::ratio)
    table.fault(table.where("log"), "a change or a difference may be negative and has no logarithm");
  table.finish();
  return entry;
}

}  // namespace

std::string to_text(Against against) {
  for (const auto& [kind, text] : kAgainst) {
    if (kind == against) return text;
  }
  return {};
}

bool is_fit_text(const std::string& text) {
  return ("\n" + text).find("\n[[observations]]") != std::string::npos;
}

FitFile read_fit_file(const std::string& text, const std::filesystem::path& file, const UnitSystem& units,
                      Diagnostics& faults) {
  FitFile fit;
  fit.folder = file.parent_path();
  std::error_code error;
  const auto absolute = std::filesystem::weakly_canonical(file, error);
  fit.name = file.stem() == "fit" ? absolute.parent_path().filename().string() : file.stem().string();
  FileTable root = FileTable::parse(text, file.string(), units, faults);
  fit.source = root.source();
  if (!faults.empty()) return fit;
  root.require("title", "title = \"what is fitted to what\"");
  if (const auto title = root.text("title")) fit.title = title->text;
  constexpr int kMostStarts = 10'000;
  fit.starts = whole_number(root, "starts", 1, kMostStarts, 1);
  fit.seed = whole_number(root, "seed", 0, 1'000'000'000, 1);
  if (const auto tolerance = root.number("relative_tolerance", FileTable::Sign::positive)) {
    fit.relative_tolerance = *tolerance;
    if (*tolerance > 1e-3) root.fault(root.where("relative_tolerance"), "a fit needs a tolerance of 1e-3 or less");
  }
  root.require("study", "[[study]] before each study");
  root.require("parameter", "[[parameter]] before each parameter to estimate");
  root.require("observations", "[[observations]] before each file of observations");
  std::set<std::string> study_ids;
  std::set<std::string> parameter_ids;
  for (FileTable& table : root.tables("study")) fit.studies.push_back(read_study_entry(table, study_ids));
  for (FileTable& table : root.tables("parameter")) fit.parameters.push_back(read_parameter(table, parameter_ids));
  for (FileTable& table : root.tables("observations")) fit.series.push_back(read_series(table));
  root.finish();
  return fit;
}

}  // namespace howship::calibration
