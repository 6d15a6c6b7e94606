#include "howship/study/sbml_case.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/model/library.hpp"
#include "howship/sbml/import.hpp"
#include "howship/simulation/simulation.hpp"

namespace howship::study {
namespace {

/// NUMBER-settings.txt: one "key: value" a line.
struct Settings {
  double start = 0.0, duration = 0.0, absolute = 0.0;
  std::size_t steps = 0;
  std::vector<std::string> variables, amounts, concentrations;
};

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + ",") {
    if (c == ',' || c == ' ' || c == '\t' || c == '\r') {
      if (!word.empty()) words.push_back(word);
      word.clear();
    } else {
      word += c;
    }
  }
  return words;
}

Settings read_settings(const std::filesystem::path& file) {
  std::map<std::string, std::vector<std::string>> entries;
  std::istringstream lines(read_text(file));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) entries[line.substr(0, colon)] = words_of(line.substr(colon + 1));
  }
  const auto number = [&](const char* key) {
    const auto& words = entries[key];
    char* end = nullptr;
    const double value = words.empty() ? 0.0 : std::strtod(words.front().c_str(), &end);
    if (words.empty() || *end != '\0' || !std::isfinite(value))
      throw UnsupportedError(fmt::format("{}: '{}' is no number: this is no time course", file.string(), key));
    return value;
  };
  Settings settings;
  settings.start = number("start");
  settings.duration = number("duration");
  settings.absolute = number("absolute");
  if (settings.absolute < 0.0)
    throw InputError(
        fmt::format("{}: 'absolute' is {}, and a tolerance is zero or positive", file.string(), settings.absolute));
  const double steps = number("steps");
  constexpr double kMostSteps = 1e7;
  if (!(steps >= 0.0 && steps <= kMostSteps))
    throw UnsupportedError(fmt::format("{}: 'steps' is {}, and must be 0 to {:g}", file.string(), steps, kMostSteps));
  settings.steps = static_cast<std::size_t>(steps);
  settings.variables = entries["variables"];
  settings.amounts = entries["amount"];
  settings.concentrations = entries["concentration"];
  return settings;
}

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::vector<double> times_of(const Settings& settings) {
  std::vector<double> times;
  const double steps = static_cast<double>(std::max<std::size_t>(settings.steps, 1));
  for (std::size_t i = 0; i <= settings.steps; ++i)
    times.push_back(settings.start + settings.duration * static_cast<double>(i) / steps);
  return times;
}

/// The model text with an observable for each wanted variable.
std::string with_observables(const sbml::Import& import, const Settings& settings) {
  std::string text = import.text;
  for (std::size_t i = 0; i < settings.variables.size(); ++i) {
    const std::string& id = settings.variables[i];
    const auto found = import.meanings.find(id);
    if (found == import.meanings.end()) throw InputError(fmt::format("the model has no variable '{}'", id));
    std::string formula = found->second.value;
    if (contains(settings.amounts, id) && !found->second.amount.empty()) formula = found->second.amount;
    if (contains(settings.concentrations, id) && !found->second.concentration.empty())
      formula = found->second.concentration;
    text += fmt::format("[observables.wanted__{}]\ntitle = \"{}\"\nformula = \"{}\"\nunit = \"1\"\n", i, id, formula);
  }
  return text;
}

}  // namespace

void run_sbml_case(const std::filesystem::path& folder, const std::string& number, const std::filesystem::path& output,
                   int level, int version, const UnitSystem& units) {
  const std::filesystem::path place = folder / number;
  const Settings settings = read_settings(place / (number + "-settings.txt"));
  const std::filesystem::path file = place / fmt::format("{}-sbml-l{}v{}.xml", number, level, version);
  sbml::ImportOptions options;
  options.id = "case";
  options.check_units = false;
  // Absolute accuracy a million times finer than what the case asks for.
  constexpr double kRelative = 1e-9;
  constexpr double kFiner = 1e-6;
  options.typical = std::max(settings.absolute, 1e-15) * kFiner / kRelative;
  const sbml::Import import = sbml::import_sbml(read_text(file), file.string(), options);

  model::Library library(place);
  library.add("case", with_observables(import, settings));
  const std::vector<std::string> ids{"case"};
  std::shared_ptr<model::Model> model;
  try {
    model = std::make_shared<model::Model>(model::build_model(library, ids, units));
  } catch (const InputError& error) {
    throw sbml::in_terms_of_document(error, import);
  }
  const auto kinetics = std::make_shared<model::Kinetics>(model);
  const vertebra::Domain domain = vertebra::Domain::single(0.5);
  simulation::SolverOptions solver;
  solver.relative_tolerance = kRelative;
  solver.threads = {1};
  // A pulse in a formula of time must not be stepped over.
  if (settings.steps > 0) solver.max_step = settings.duration / static_cast<double>(settings.steps);
  const std::vector<double> parameters = model->parameter_values();
  simulation::Simulation simulation(kinetics, parameters, domain, {}, solver);
  simulation::Probe probe(kinetics, parameters, domain, {}, solver.threads);
  std::vector<model::NodeId> nodes;
  for (const auto& observable : model->observables) nodes.push_back(observable.node);

  simulation::Schedule schedule;
  schedule.outputs = times_of(settings);
  schedule.end = schedule.outputs.back();
  std::vector<std::vector<double>> rows(schedule.outputs.size());
  simulation.run(schedule,
                 [&](const simulation::State& state, simulation::Moment) {
                   // Events report themselves too; where one meets a row, the row holds what is after it.
                   const auto row = std::lower_bound(schedule.outputs.begin(), schedule.outputs.end(), state.time);
                   if (row != schedule.outputs.end() && *row == state.time)
                     rows[static_cast<std::size_t>(row - schedule.outputs.begin())] = probe.numbers(state, nodes);
                 },
                 {});
  std::string csv = "time";
  for (const std::string& id : settings.variables) csv += "," + id;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    csv += fmt::format("\n{}", schedule.outputs[i]);
    for (const double value : rows[i]) csv += fmt::format(",{}", value);
  }
  csv += "\n";
  std::error_code error;
  std::filesystem::create_directories(output, error);
  write_text(output / (number + ".csv"), csv);
}

}  // namespace howship::study
