#include "howship/sbml/export.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <regex>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/files.hpp"
#include "howship/model/library.hpp"
#include "howship/output/citations.hpp"
#include "howship/study/data_folder.hpp"
#include "howship/study/prepare.hpp"

#include "command.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

/// The DOIs that references.bib knows of what the model cites.
std::map<std::string, std::string> known_dois(const model::Model& model, const study::DataFolder& data) {
  std::map<std::string, std::string> dois;
  std::error_code error;
  if (!std::filesystem::is_regular_file(data.references(), error)) return dois;
  const std::string bibtex = read_text(data.references());
  static const std::regex kDoi(R"re([\s,]doi\s*=\s*[{"]\s*([^}"\s]+))re", std::regex::icase);
  for (const auto& file : model.files) {
    for (const std::string& key : file.cites) {
      const std::string entry = output::select_citations(bibtex, {key});
      std::smatch match;
      if (std::regex_search(entry, match, kDoi)) dois[key] = match[1];
    }
  }
  return dois;
}

UnitSystem::Quantity quantity(const UnitSystem& units, const std::string& option, const std::string& text) {
  try {
    return units.parse_quantity(text);
  } catch (const UnitError& error) {
    throw InputError(fmt::format("{}: {}", option, error.what()), error.hint());
  }
}

void set_parameter(model::Model& model, const std::string& option, const std::string& name,
                   const UnitSystem::Quantity& value) {
  for (model::Parameter& p : model.parameters) {
    if (p.id != name) continue;
    const bool bare = value.unit.text == "1";
    if (!bare && !(value.unit.dimension == p.unit.dimension))
      throw InputError(
          fmt::format("{}: {} is in {}, and '{}' is no such unit", option, name, p.unit.text, value.unit.text));
    const double base = bare ? value.value * p.unit.scale : value.base();
    if (!std::isfinite(base) || base < p.low || base > p.high) {
      const Unit& unit = bare ? p.unit : value.unit;
      throw InputError(fmt::format("{}: outside the range of {}, {:g} to {}", option, name, p.low / unit.scale,
                                   with_unit(fmt::format("{:g}", p.high / unit.scale), unit)),
                       "the range stands in the model; widen it there if the value is meant");
    }
    p.value = base;
    return;
  }
  std::vector<std::string> known;
  for (const model::Parameter& p : model.parameters) known.push_back(p.id);
  for (const std::string& field : model.given) known.push_back("given." + field);
  throw InputError(fmt::format("{}: the model has no parameter '{}'", option, name), did_you_mean(name, known));
}

void set(model::Model& model, sbml::ExportOptions& options, const std::string& text, const UnitSystem& units) {
  const std::string option = "--set " + text;
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InputError(option + ": not of the form name=value", "for example --set k_res=1.2 or --set given.bvtv=0.1");
  const std::string name = text.substr(0, equals);
  const UnitSystem::Quantity value = quantity(units, option, text.substr(equals + 1));
  if (!name.starts_with("given.")) return set_parameter(model, option, name, value);
  const std::string field = name.substr(6);
  if (std::find(model.given.begin(), model.given.end(), field) == model.given.end())
    throw InputError(fmt::format("{}: the model does not read {}", option, name), did_you_mean(field, model.given));
  if (!value.unit.dimension.is_none() || value.base() < 0.0 || value.base() > 1.0)
    throw InputError(option + ": a share from 0 to 1 is expected");
  options.given[field] = value.base();
}

double volume(const std::string& text, const UnitSystem& units) {
  const UnitSystem::Quantity value = quantity(units, "--volume " + text, text);
  if (!(value.unit.dimension == units.parse("mm^3").dimension) || !(value.base() > 0.0) || !std::isfinite(value.base()))
    throw InputError(fmt::format("--volume {}: a volume above zero is expected", text),
                     "for example --volume '30 cm^3'");
  return value.base();
}

ExitCode run(const po::variables_map& given) {
  const UnitSystem units;
  const auto data = study::DataFolder::find(value(given, "data"));
  const model::Library library(data.models());
  const std::vector<std::string> words = operands(export_command(), given);
  std::error_code error;
  const bool is_file =
      words.size() == 1 && !library.contains(words[0]) && std::filesystem::is_regular_file(words[0], error);
  model::Model model =
      is_file ? model::build_model_file(library, words[0], units) : model::build_model(library, words, units);
  if (std::vector<Diagnostic> faults = study::unknown_given(model); !faults.empty())
    throw InputError(std::move(faults));

  sbml::ExportOptions options;
  options.given = {{"bvtv", 0.15}, {"lesion", 1.0}};
  options.dois = known_dois(model, data);
  if (given.count("volume") > 0) options.volume = volume(value(given, "volume"), units);
  if (given.count("set") > 0) {
    for (const std::string& text : given["set"].as<std::vector<std::string>>()) set(model, options, text, units);
  }
  const sbml::Exported exported = sbml::export_model(model, units, options);
  for (const std::string& warning : exported.warnings) fmt::print(stderr, "note: libSBML remarks: {}\n", warning);
  if (given.count("output") == 0) {
    fmt::print("{}", exported.text);
    return ExitCode::ok;
  }
  const std::filesystem::path file = value(given, "output");
  if (std::filesystem::exists(file, error) && given.count("force") == 0) {
    throw InputError(fmt::format("'{}' exists", file.string()),
                     "choose another name with -o, or replace it with --force");
  }
  write_text(file, exported.text);
  fmt::print("{}\n", file.string());
  return ExitCode::ok;
}

}  // namespace

Command export_command() {
  Command command{"export",
                  "export MODEL... [-o FILE] [--set name=value]...",
                  "writes a model, with overlays if more are named, as SBML for other programs",
                  po::options_description("options"),
                  "MODEL",
                  -1,
                  run};
  command.options.add_options()("output,o", po::value<std::string>(), "file to write (default: the standard output)")(
      "set", po::value<std::vector<std::string>>()->composing(),
      "value of a parameter, or of given.bvtv (default 0.15) and given.lesion (default 1); may be repeated")(
      "volume", po::value<std::string>(), "tissue that integral(...) sums over (default '1 mm^3')")(
      "force", "replace an earlier file")("data", po::value<std::string>(), "folder with models/ and params/");
  return command;
}

}  // namespace howship::cli
