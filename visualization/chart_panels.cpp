#include "chart_panels.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "marks.hpp"

namespace howship::visualization {
namespace {

// A quantity and the columns that may hold it; the first that exists is drawn.
struct Quantity {
  std::string title;
  std::vector<std::string> columns;
};

const std::vector<Quantity>& quantities() {
  static const std::vector<Quantity> kQuantities{
      {"Trabecular bone volume fraction, BV/TV", {"BVTV_trabecular"}},
      {"Bone volume fraction, BV/TV", {"BVTV"}},
      {"Lesion volume", {"lesion_volume", "tumour_volume"}},
      {"Tumour, share of densest growth", {"tumour"}},
      {"Osteoclasts relative to health", {"osteoclasts_relative"}},
      {"Resorption relative to health", {"resorption_relative", "resorption_marker"}},
      {"Osteoclasts", {"OCa"}}};
  return kQuantities;
}

constexpr double kDecades = 4.0;  // a logarithmic axis shows this much below the highest value

std::string with_unit(const std::string& title, const std::string& unit) {
  return unit.empty() || unit == "1" ? title : fmt::format("{} ({})", title, printed_unit(unit));
}

std::pair<double, double> range(const std::vector<Curve>& curves) {
  double low = std::numeric_limits<double>::max();
  double high = std::numeric_limits<double>::lowest();
  for (const Curve& curve : curves) {
    for (const double value : curve.column->values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  return low <= high ? std::pair{low, high} : std::pair{0.0, 0.0};
}

std::vector<Curve> curves_of(const Run& run, const std::string& column, bool drug) {
  std::vector<Curve> curves;
  for (std::size_t a = 0; a < run.arms.size(); ++a) {
    const Column* found = run.arms[a].series.find(column);
    if (found == nullptr || found->values.empty()) continue;
    // An arm that never gets a drug has no curve of it.
    if (drug && std::none_of(found->values.begin(), found->values.end(), [](double v) { return v > 0.0; })) continue;
    curves.push_back({arm_style(a), &run.arms[a].series.days, found});
  }
  return curves;
}

constexpr std::array<const char*, 3> kPlaces{"serum", "plasma", "bone"};

bool is_drug(const Run& run, const std::string& name) {
  if (std::none_of(kPlaces.begin(), kPlaces.end(),
                   [&](const char* place) { return name.ends_with(std::string("_") + place); }))
    return false;
  return std::any_of(run.arms.begin(), run.arms.end(), [&](const Arm& arm) {
    const Column* column = arm.series.find(name);
    return column != nullptr && column->unit != "1";
  });
}

// Names of drugs: columns that end in where the drug is.
std::vector<std::pair<std::string, std::string>> drug_columns(const Run& run) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const char* place : kPlaces) {
    const std::string ending = std::string("_") + place;
    for (const Arm& arm : run.arms) {
      for (const Column& column : arm.series.columns) {
        if (!column.name.ends_with(ending) || column.unit == "1") continue;
        if (std::any_of(found.begin(), found.end(), [&](const auto& f) { return f.first == column.name; })) continue;
        std::string drug = column.name.substr(0, column.name.size() - ending.size());
        std::replace(drug.begin(), drug.end(), '_', ' ');
        drug[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(drug[0])));
        found.emplace_back(column.name, drug + " in " + place);
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return found;
}

// A title has a line of its own above the panel, and no more; what a model says at length is cut where it can be.
std::string short_title(const Run& run, const std::string& name) {
  constexpr std::size_t kLine = 56;
  const auto known =
      std::find_if(run.columns.begin(), run.columns.end(), [&](const ColumnTitle& c) { return c.name == name; });
  if (known == run.columns.end() || known->title.empty()) return name;
  std::string title = known->title;
  for (const char* end : {": ", " (", "; ", ", "}) {
    if (title.size() > kLine) title = title.substr(0, title.find(end));
  }
  if (title.size() > kLine) return name;
  const auto is_lower = [&](std::size_t i) { return std::islower(static_cast<unsigned char>(title[i])) != 0; };
  if (title.size() > 1 && is_lower(0) && (is_lower(1) || title[1] == ' '))
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return title;
}

// A short infusion peaks hundreds of times above what follows it: a drug that does has a logarithmic axis.
std::optional<ChartPanel> panel_of(const Run& run, const std::string& column, const std::string& title) {
  const bool drug = is_drug(run, column);
  ChartPanel panel{.title = title, .curves = curves_of(run, column, drug)};
  if (panel.curves.empty()) return std::nullopt;
  panel.title = with_unit(title, panel.curves.front().column->unit);
  if (drug) {
    std::vector<double> values;
    for (const double v : panel.curves.front().column->values) {
      if (v > 0.0) values.push_back(v);
    }
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    panel.logarithmic = range(panel.curves).second > 100.0 * values[values.size() / 2];
    panel.spikes = panel.logarithmic;
  }
  set_value_axis(panel, kDecades);
  return panel;
}

std::vector<ChartPanel> panels_of(const Run& run, const std::vector<std::string>& columns) {
  std::vector<ChartPanel> panels;
  for (const std::string& column : columns) {
    if (auto panel = panel_of(run, column, short_title(run, column))) panels.push_back(std::move(*panel));
  }
  return panels;
}

std::vector<std::string> first_columns(const Run& run, std::size_t most) {
  std::vector<std::string> names;
  for (const Arm& arm : run.arms) {
    for (const Column& column : arm.series.columns) {
      if (names.size() < most && std::find(names.begin(), names.end(), column.name) == names.end())
        names.push_back(column.name);
    }
  }
  return names;
}

}  // namespace

void set_value_axis(ChartPanel& panel, double decades) {
  auto [low, high] = range(panel.curves);
  if (panel.logarithmic) {
    panel.high = std::ceil(std::log10(high) - 1e-9);
    panel.low = panel.high - decades;
    panel.step = 1.0;
    return;
  }
  if (low >= 0.0 && low < 0.6 * high) low = 0.0;
  // Hardly any change must not be blown up to the whole chart.
  const double smallest = std::max(0.02 * std::max(std::abs(low), std::abs(high)), 1e-12);
  if (high - low < smallest) {
    const double middle = 0.5 * (low + high);
    low = middle - 0.5 * smallest;
    high = middle + 0.5 * smallest;
  }
  panel.step = tick_step(high - low, 4);
  panel.low = panel.step * std::floor(low / panel.step + 1e-9);
  panel.high = panel.step * std::ceil(high / panel.step - 1e-9);
}

double ChartPanel::axis_value(double value) const {
  if (!logarithmic) return value;
  if (std::isnan(value)) return value;
  const double at = value > 0.0 ? std::log10(value) : -std::numeric_limits<double>::infinity();
  if (at >= low) return at;
  // What is too little for the axis: of spikes it runs along the foot, so that a peak of one day still has two sides.
  return spikes ? low : std::numeric_limits<double>::quiet_NaN();
}

std::string ChartPanel::tick_label(double value) const {
  if (logarithmic) return fmt::format("{:.6g}", std::pow(10.0, std::round(value)));
  if (step < 1e-4 || std::max(std::abs(low), std::abs(high)) >= 1e6) return fmt::format("{:.4g}", value + 0.0);
  // As many decimals as the step has, on every tick.
  int decimals = 0;
  for (double part = step; decimals < 9 && std::abs(part - std::round(part)) > 1e-6; part *= 10.0) ++decimals;
  return fmt::format("{:.{}f}", std::abs(value) < 1e-9 * step ? 0.0 : value, decimals);
}

std::vector<ChartPanel> choose_panels(const Run& run) {
  constexpr std::size_t kMost = 6;
  if (!run.charts.empty()) return panels_of(run, run.charts);
  std::vector<ChartPanel> drugs;
  for (const auto& [column, title] : drug_columns(run)) {
    if (auto panel = panel_of(run, column, title)) drugs.push_back(std::move(*panel));
  }
  if (drugs.size() > kMost - 3) drugs.resize(kMost - 3);
  // In 0-D a volume means nothing.
  const bool spatial =
      std::any_of(run.arms.begin(), run.arms.end(), [](const Arm& arm) { return !arm.frames.empty(); });
  std::vector<ChartPanel> panels;
  std::vector<std::string> shown;
  const auto is_shown = [&](const std::string& what) {
    return std::find(shown.begin(), shown.end(), what) != shown.end();
  };
  for (const Quantity& quantity : quantities()) {
    if (panels.size() + drugs.size() >= kMost) break;
    // Bone, osteoclasts and tumour are drawn once, the more telling column where the run has it.
    if (quantity.columns[0] == "lesion_volume" && !spatial) continue;
    if (quantity.columns[0] == "BVTV" && is_shown("BVTV_trabecular")) continue;
    if (quantity.columns[0] == "OCa" && is_shown("osteoclasts_relative")) continue;
    if (quantity.columns[0] == "tumour" && is_shown("lesion_volume")) continue;
    for (const std::string& column : quantity.columns) {
      auto panel = panel_of(run, column, quantity.title);
      if (!panel) continue;
      panels.push_back(std::move(*panel));
      shown.push_back(quantity.columns[0]);
      break;
    }
  }
  if (panels.empty() && drugs.empty()) return panels_of(run, first_columns(run, kMost));
  std::move(drugs.begin(), drugs.end(), std::back_inserter(panels));
  return panels;
}

}  // namespace howship::visualization
