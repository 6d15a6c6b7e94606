#include "howship/papers/report_files.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"
#include "howship/output/time_series.hpp"
#include "howship/papers/table.hpp"

#include "columns.hpp"

namespace howship::papers {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "howship paper 1";

// The files that an earlier report names; nullopt if the folder holds none of ours.
std::optional<std::vector<std::string>> files_of_report(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "result.json", error)) return std::nullopt;
  const auto json = nlohmann::json::parse(read_text(folder / "result.json"), nullptr, false);
  if (!json.is_object() || json.value("format", "") != kFormat) return std::nullopt;
  std::vector<std::string> files;
  for (const auto& file : json.value("files", nlohmann::json::array())) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    // What result.json says must never reach another place: a plain name here or in figures/.
    const std::string plain = name.starts_with("figures/") ? name.substr(8) : name;
    if (!plain.empty() && plain != "." && plain != ".." && plain.find('/') == std::string::npos) files.push_back(name);
  }
  return files;
}

struct Text {
  std::string name;  ///< below the folder
  std::string text;
};

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string claims_csv(const Report& report) {
  std::string csv = "claim,basis,expected,value,unit,difference,tolerance,tolerance is,verdict,text,source\n";
  const auto cell = [](const std::optional<double>& value) { return value ? fmt::format("{:.15g}", *value) : ""; };
  for (const Result& result : report.results) {
    const Claim& claim = result.claim;
    csv += fmt::format("{},{},{},{},{},{},{:g},{},{},{},{}\n", output::csv_field(claim.id), to_text(claim.basis),
                       cell(result.expected), cell(result.value), output::csv_field(claim.unit.text),
                       cell(result.difference), claim.tolerance, claim.tolerance_is_absolute ? "absolute" : "relative",
                       to_text(result.verdict), output::csv_field(claim.text), output::csv_field(claim.source));
  }
  return csv;
}

Json claim_json(const Result& result) {
  const Claim& claim = result.claim;
  const Measurement& m = claim.measurement;
  Json json{{"id", claim.id},
            {"text", claim.text},
            {"study", m.study},
            {"arm", m.arm},
            {"of", m.of},
            {"take", to_text(m.take)},
            {"basis", to_text(claim.basis)},
            {"source", claim.source},
            {"expected", number(result.expected)},
            {"value", number(result.value)},
            {"unit", claim.unit.text},
            {"difference", number(result.difference)},
            {"tolerance", claim.tolerance},
            {"tolerance_is_absolute", claim.tolerance_is_absolute},
            {"verdict", to_text(result.verdict)}};
  if (!claim.why.empty()) json["why"] = claim.why;
  if (!result.why_not.empty()) json["no_value_because"] = result.why_not;
  return json;
}

std::string result_json(const Report& report, const std::vector<std::string>& files) {
  Json json{{"howship", HOWSHIP_VERSION},
            {"format", kFormat},
            {"paper", report.name},
            {"key", report.key},
            {"title", report.title},
            {"good", report.good()},
            {"claims", Json::array()},
            {"not_solved", report.failures},
            {"seconds", report.seconds},
            {"digests", report.digests},
            {"files", files}};
  for (const Result& result : report.results) json["claims"].push_back(claim_json(result));
  return json.dump(2) + "\n";
}

std::string stem(const DrawnFigure& figure) {
  return fs::path(figure.file).stem().string();
}

std::string table_name(const DrawnFigure& figure, const std::string& arm) {
  return fmt::format("{}.{}.csv", stem(figure), arm);
}

// One table per arm: arms have rows of their own around their doses.
void add_tables(const DrawnFigure& figure, std::vector<Text>& texts) {
  std::map<std::string, std::vector<std::pair<std::string, const Curve*>>> columns;
  for (const DrawnPanel& panel : figure.panels) {
    for (const Curve& curve : panel.curves) {
      auto& of_arm = columns[curve.arm];
      const std::string head = fmt::format("{} [{}]", curve.y, panel.unit);
      if (std::none_of(of_arm.begin(), of_arm.end(), [&head](const auto& c) { return c.first == head; }))
        of_arm.emplace_back(head, &curve);
    }
  }
  for (const auto& [arm, list] : columns) {
    std::string csv = output::csv_field(fmt::format("time [{}]", figure.time_unit));
    for (const auto& [head, curve] : list) csv += "," + output::csv_field(head);
    csv += "\n";
    const std::vector<double>& times = list.front().second->times;
    for (std::size_t i = 0; i < times.size(); ++i) {
      csv += fmt::format("{:.10g}", times[i]);
      for (const auto& [head, curve] : list) csv += fmt::format(",{:.10g}", curve->values[i]);
      csv += "\n";
    }
    texts.push_back({"figures/" + table_name(figure, arm), std::move(csv)});
  }
}

std::string recipe(const DrawnFigure& figure) {
  Json json{{"format", "howship figure 1"},
            {"title", figure.title},
            {"time_unit", figure.time_unit},
            {"panels", Json::array()}};
  for (const DrawnPanel& panel : figure.panels) {
    Json curves = Json::array();
    for (const Curve& curve : panel.curves) {
      curves.push_back({{"arm", curve.arm_title},
                        {"quantity", curve.y_title},
                        {"table", table_name(figure, curve.arm)},
                        {"column", curve.y}});
    }
    json["panels"].push_back(
        {{"title", panel.title}, {"unit", panel.unit}, {"log", panel.logarithmic}, {"curves", std::move(curves)}});
  }
  return json.dump(2) + "\n";
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw OutputError(fmt::format("cannot create the folder '{}': {}", folder.string(), error.message()));
}

}  // namespace

std::string markdown(const Report& report) {
  std::string text = fmt::format("# {}\n\n`{}`; hold: {}.\n\n", report.title, report.key, bases_text(report.results));
  text += "| claim | basis | expected | Howship | unit | difference | tolerance | verdict |\n";
  text += "|---|---|---:|---:|---|---:|---:|---|\n";
  std::string notes;
  for (const Result& result : report.results) {
    const Claim& claim = result.claim;
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", markdown_cell(claim.text), to_text(claim.basis),
                        result.expected ? value_text(*result.expected, result) : "",
                        result.value ? value_text(*result.value, result) : "", markdown_cell(claim.unit.text),
                        result.difference ? fmt::format("{:+.1e}", *result.difference) : "", tolerance_text(claim),
                        to_text(result.verdict));
    const std::string& why = claim.why.empty() ? result.why_not : claim.why;
    if (!why.empty()) notes += fmt::format("* {}: {}\n", claim.text, why);
  }
  if (!notes.empty()) text += "\n" + notes;
  for (const DrawnFigure& figure : report.figures)
    text += fmt::format("\n![{}](figures/{})\n", figure.title, figure.file);
  return text;
}

void check_report_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return;
  if (!fs::is_directory(folder, error))
    throw InputError(fmt::format("'{}' exists and is not a folder", folder.string()), "choose another folder with -o");
  if (fs::is_empty(folder, error) && !error) return;
  if (!files_of_report(folder))
    throw InputError(fmt::format("the folder '{}' exists and holds files that Howship did not write", folder.string()),
                     "choose another folder with -o; only an earlier report is replaced");
}

std::vector<fs::path> write_report(const Report& report, const fs::path& folder) {
  check_report_folder(folder);
  std::vector<Text> texts{{"claims.csv", claims_csv(report)}, {"claims.md", markdown(report)}};
  std::vector<std::string> files;
  std::vector<fs::path> recipes;
  for (const DrawnFigure& figure : report.figures) {
    add_tables(figure, texts);
    texts.push_back({"figures/" + stem(figure) + ".json", recipe(figure)});
    recipes.push_back(folder / texts.back().name);
    files.push_back("figures/" + figure.file);
  }
  for (const Text& text : texts) files.push_back(text.name);

  make_folder(folder);
  if (const auto old = files_of_report(folder)) {
    std::error_code ignored;
    for (const std::string& file : *old) fs::remove(folder / file, ignored);
    fs::remove(folder / "figures", ignored);  // only when empty
  }
  // First, so that a folder whose writing is cut short is still recognised as ours.
  write_text(folder / "result.json", result_json(report, files));
  if (!report.figures.empty()) make_folder(folder / "figures");
  for (const Text& text : texts) write_text(folder / text.name, text.text);
  return recipes;
}

}  // namespace howship::papers
