#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "howship/calibration/report.hpp"
#include "howship/core/error.hpp"
#include "howship/core/files.hpp"
#include "howship/output/time_series.hpp"

namespace howship::calibration {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "howship fit 1";
constexpr std::array<const char*, 4> kFiles{"fit.json", "parameters.toml", "residuals.csv", "profiles.csv"};

Json number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

std::string bound_text(Bound bound) {
  return bound == Bound::low ? "low" : bound == Bound::high ? "high" : "";
}

Json parameter_json(const Fit& fit, std::size_t p) {
  const Estimate& e = fit.parameters[p];
  const double scale = e.unit.scale;
  Json json{{"id", e.id},
            {"unit", e.unit.text},
            {"scale", e.logarithmic ? "log" : "linear"},
            {"start", e.start / scale},
            {"low", e.low / scale},
            {"high", e.high / scale},
            {"estimate", e.value / scale},
            {"standard_error", e.error ? Json(*e.error / scale) : Json(nullptr)},
            {"at_bound", bound_text(e.at_bound)},
            {"undetermined", e.undetermined}};
  if (e.prior)
    json["prior"] = {{"kind", e.prior->kind == Prior::Kind::normal ? "normal" : "lognormal"},
                     {"centre", e.prior->centre},
                     {"spread", e.prior->spread},
                     {"source", e.prior->source}};
  for (const Profile& profile : fit.profiles) {
    if (profile.parameter != p) continue;
    json["lower_95"] = profile.lower ? Json(*profile.lower / scale) : Json(nullptr);
    json["upper_95"] = profile.upper ? Json(*profile.upper / scale) : Json(nullptr);
    json["verdict"] = to_text(profile.identified);
  }
  return json;
}

std::string fit_json(const Fit& fit) {
  Json json{{"howship", HOWSHIP_VERSION},
            {"format", kFormat},
            {"fit", fit.name},
            {"title", fit.title},
            {"converged", fit.converged},
            {"message", fit.message},
            {"observations", fit.points.size()},
            {"cost", fit.cost},
            {"gradient_norm", fit.gradient_norm},
            {"prior_squares", fit.prior_squares},
            {"deviance", fit.deviance},
            {"AIC", fit.aic},
            {"AICc", number(fit.aicc)},
            {"BIC", fit.bic},
            {"parameters", Json::array()},
            {"correlation", Json::array()},
            {"starts_agreeing", fit.starts_agreeing},
            {"starts", Json::array()},
            {"seed", fit.seed},
            {"relative_tolerance", fit.relative_tolerance},
            {"seconds", fit.seconds},
            {"digests", fit.digests},
            {"observations_digest", fit.observations_digest}};
  for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
    json["parameters"].push_back(parameter_json(fit, p));
    Json row = Json::array();
    for (const auto& value : fit.correlation[p]) row.push_back(number(value));
    json["correlation"].push_back(std::move(row));
  }
  for (const Start& start : fit.starts) {
    Json to = Json::array();
    Json from = Json::array();
    for (std::size_t p = 0; p < start.to.size(); ++p) {
      from.push_back(start.from[p] / fit.parameters[p].unit.scale);
      to.push_back(start.to[p] / fit.parameters[p].unit.scale);
    }
    json["starts"].push_back({{"from", from},
                              {"to", to},
                              {"cost", number(start.cost)},
                              {"converged", start.converged},
                              {"iterations", start.iterations},
                              {"message", start.message}});
  }
  return json.dump(2) + "\n";
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

// An overlay: name it in a study's models, or keep it below models/.
std::string parameters_toml(const Fit& fit) {
  std::vector<std::string> extends;
  std::vector<std::string> sources;
  for (const auto& models : fit.models) {
    for (const std::string& id : models) {
      // An overlay of one arm alone comes into the others only where it declares what was estimated.
      const bool shared = std::all_of(fit.models.begin(), fit.models.end(), [&](const auto& other) {
        return std::find(other.begin(), other.end(), id) != other.end();
      });
      if (shared && std::find(extends.begin(), extends.end(), id) == extends.end()) extends.push_back(id);
    }
  }
  for (const Estimate& e : fit.parameters) {
    if (std::find(extends.begin(), extends.end(), e.model) == extends.end()) extends.push_back(e.model);
  }
  for (const Series& series : fit.series) {
    if (std::find(sources.begin(), sources.end(), series.entry.source) == sources.end())
      sources.push_back(series.entry.source);
  }
  std::string list;
  for (const std::string& id : extends) list += (list.empty() ? "" : ", ") + quoted(id);
  std::string text =
      fmt::format("id = \"parameters\"\ntitle = {}\nextends = [{}]\n", quoted("Fitted: " + fit.title), list);
  std::string from;
  for (const std::string& source : sources) from += (from.empty() ? "" : "; ") + source;
  for (const Estimate& e : fit.parameters) {
    const double scale = e.unit.scale;
    std::string how = e.error ? fmt::format("standard error {:.2g}", *e.error / scale) : "no standard error";
    if (e.at_bound != Bound::none) how = fmt::format("at its {} bound", e.at_bound == Bound::low ? "lower" : "upper");
    if (e.undetermined) how = "not determined by the data alone";
    text += fmt::format("\n[modify.{}]\nvalue = {:.12g}  # {}\nsource = {}\n", e.id, e.value / scale, e.unit.text,
                        quoted(fmt::format("fitted: {}, {} ({})", fit.name, how, from)));
  }
  return text;
}

std::string residuals_csv(const Fit& fit) {
  std::string csv = "study,arm,quantity,as,time [day],observed,predicted,error,unit,censored,residual,file,line\n";
  for (const Point& point : fit.points) {
    const Series& series = fit.series[point.series];
    csv += fmt::format("{},{},{},{},{:.10g},{:.10g},{:.10g},{:.10g},{},{},{:.6g},{},{}\n",
                       output::csv_field(series.entry.study), output::csv_field(series.entry.arm),
                       output::csv_field(series.entry.of), to_text(series.entry.against), point.time, point.observed,
                       point.predicted, point.error, output::csv_field(series.unit.text), point.censored ? 1 : 0,
                       point.residual, output::csv_field(series.entry.file), point.where.line);
  }
  return csv;
}

std::string profiles_csv(const Fit& fit) {
  std::string csv = "parameter,unit,value,cost,rise of -2 ln L\n";
  for (const Profile& profile : fit.profiles) {
    const Estimate& e = fit.parameters[profile.parameter];
    for (std::size_t i = 0; i < profile.values.size(); ++i)
      csv += fmt::format("{},{},{:.10g},{:.10g},{:.6g}\n", e.id, output::csv_field(e.unit.text),
                         profile.values[i] / e.unit.scale, profile.costs[i], 2.0 * (profile.costs[i] - fit.cost));
  }
  return csv;
}

bool holds_a_fit(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "fit.json", error)) return false;
  const auto json = nlohmann::json::parse(read_text(folder / "fit.json"), nullptr, false);
  return json.is_object() && json.value("format", "") == kFormat;
}

}  // namespace

void check_fit_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return;
  if (!fs::is_directory(folder, error))
    throw InputError(fmt::format("'{}' is no folder", folder.string()), "name another with -o");
  if (fs::is_empty(folder, error) || holds_a_fit(folder)) return;
  throw InputError(fmt::format("the folder '{}' holds something else than a fit", folder.string()),
                   "name another with -o, or empty it");
}

void write_fit(const Fit& fit, const fs::path& folder) {
  check_fit_folder(folder);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw OutputError(fmt::format("cannot make the folder '{}': {}", folder.string(), error.message()));
  // fit.json goes first and comes last: while files change there is no fit.
  for (const char* file : kFiles) fs::remove(folder / file, error);
  write_text(folder / "parameters.toml", parameters_toml(fit));
  write_text(folder / "residuals.csv", residuals_csv(fit));
  if (!fit.profiles.empty()) write_text(folder / "profiles.csv", profiles_csv(fit));
  write_text(folder / "fit.json", fit_json(fit));
}

}  // namespace howship::calibration
