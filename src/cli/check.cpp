#include <fmt/format.h>

#include "howship/calibration/fit.hpp"
#include "howship/core/files.hpp"
#include "howship/model/library.hpp"
#include "howship/papers/reproduce.hpp"
#include "howship/study/listing.hpp"
#include "howship/study/prepare.hpp"
#include "howship/study/simulation.hpp"

#include "command.hpp"
#include "sbml_file.hpp"
#include "study_file.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

void print_model(const model::Model& model, const std::string& file) {
  std::vector<Diagnostic> faults = study::unknown_given(model);
  for (Diagnostic& fault : faults) fault.where.file = file;
  if (!faults.empty()) throw InputError(std::move(faults));
  fmt::print(
      "{}: {} species, {} parameters, {} processes, {} observables, {} drugs; {}\n", model.title, model.species.size(),
      model.parameters.size(), model.processes.size(), model.observables.size(), model.drugs.size(),
      model.units_checked ? "every formula and its dimension is right" : "every formula is right; units are labels");
}

// A file of any name, or a folder with a fit.toml.
bool is_fit(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path / "fit.toml", error)) return true;
  return std::filesystem::is_regular_file(path, error) && path.extension() == ".toml" &&
         calibration::is_fit_text(read_text(path));
}

ExitCode check(const po::variables_map& given) {
  const UnitSystem units;
  const auto data = study::DataFolder::find(value(given, "data"));
  const std::string word = operands(check_command(), given).front();
  const model::Library library(data.models());
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(word, error);
  const std::filesystem::path path(word);
  if (path.filename() == "expected.toml" || std::filesystem::is_regular_file(path / "expected.toml", error)) {
    fmt::print("{}\n", papers::check_paper(papers::paper_folder(data, word), data, units));
  } else if (is_fit(path)) {
    fmt::print("{}\n", calibration::check_fit(is_file ? path : path / "fit.toml", data, units));
  } else if (is_file && sbml::is_sbml_name(word)) {
    print_model(model_of(read_sbml_file(word, {}, given), units), word);
  } else if (!is_file && library.contains(word)) {
    const std::vector<std::string> ids{word};
    print_model(model::build_model(library, ids, units), word);
  } else if (is_file && study::is_model_text(read_text(word))) {
    print_model(model::build_model_file(library, word, units), word);
  } else {
    const auto overrides =
        given.count("set") > 0 ? given["set"].as<std::vector<std::string>>() : std::vector<std::string>{};
    const study::Study study = read_study_file(word, overrides, data, units);
    study::RunOptions options;
    options.dry_run = true;
    fmt::print("{}\n", study::run_study(study, data, units, options).plan.text(study));
  }
  return ExitCode::ok;
}

}  // namespace

Command check_command() {
  Command command{
      "check",
      "check FILE",
      "checks a model, also one in SBML, a study, a paper or a fit without running it, and reports all its faults",
      po::options_description("options"),
      "FILE",
      1,
      check};
  command.options.add_options()("set", po::value<std::vector<std::string>>()->composing(), "override, as in run")(
      "data", po::value<std::string>(), "folder with models/ and params/");
  add_sbml_options(command.options);
  return command;
}

}  // namespace howship::cli
