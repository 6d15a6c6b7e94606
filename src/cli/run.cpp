#include <cstdio>
#include <variant>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/core/progress.hpp"
#include "howship/study/patients.hpp"
#include "howship/study/read_study.hpp"
#include "howship/study/simulation.hpp"

#include "command.hpp"
#include "run_options.hpp"
#include "sbml_file.hpp"
#include "study_file.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

study::PatientTable patients(const std::string& file) {
  Diagnostics faults;
  study::PatientTable table = study::read_patients(read_text(file), file, faults);
  faults.raise_if_any();
  return table;
}

// Ranks share the voxels of a vertebra; where there are none the first of them does it alone.
bool is_shared(const study::Study& study, const po::variables_map& given) {
  return given.count("patients") == 0 && !std::holds_alternative<study::SingleVoxel>(study.vertebra);
}

ExitCode run(const po::variables_map& given, Ranks& ranks) {
  const UnitSystem units;
  const auto data = study::DataFolder::find(value(given, "data"));
  const auto overrides =
      given.count("set") > 0 ? given["set"].as<std::vector<std::string>>() : std::vector<std::string>{};
  const std::string word = operands(run_command(), given).front();
  const bool is_sbml = sbml::is_sbml_name(word);
  for (const char* option : {"duration", "every", "strict-units"}) {
    if (!is_sbml && given.count(option) > 0)
      throw InputError(fmt::format("--{} is for SBML models; a study states it itself", option),
                       "override it with --set duration=... or --set output.every=...");
  }
  const study::Study study =
      is_sbml ? sbml_study(word, given, overrides, data, units) : read_study_file(word, overrides, data, units);

  const bool shared = is_shared(study, given);
  if (!shared && !ranks.first()) return ExitCode::ok;
  Ranks alone;
  study::RunOptions options = run_options(given, shared ? ranks : alone);
  options.folder = value(given, "output");
  options.force = given.count("force") > 0;
  options.dry_run = given.count("dry-run") > 0;
  const study::RunResult result =
      given.count("patients") > 0 ? study::run_patients(study, patients(value(given, "patients")), data, units, options)
                                  : study::run_study(study, data, units, options);
  if (!ranks.first()) return ExitCode::ok;
  if (options.dry_run) {
    fmt::print("{}\nresults would go to {}\n", result.plan.text(study), result.folder.string());
  } else {
    fmt::print("{}\n", result.folder.string());
    if (!options.quiet) fmt::print(stderr, "complete after {}\n", duration_text(result.seconds));
  }
  return ExitCode::ok;
}

}  // namespace

Command run_command() {
  Command command{"run",
                  "run STUDY [-o DIR] [--set section.key=value]... [--patients FILE]",
                  "runs every arm of a study, or an SBML model (run MODEL.xml), and writes a run folder",
                  po::options_description("options"),
                  "STUDY",
                  1,
                  nullptr,
                  run};
  command.options.add_options()("output,o", po::value<std::string>(), "folder of the results (default out/<study id>)")(
      "set", po::value<std::vector<std::string>>()->composing(),
      "override of a key or, without a dot, of a parameter; may be repeated")(
      "patients", po::value<std::string>(),
      "table of virtual patients (CSV): a 0-D study is run for each, into patients.csv")(
      "force", "replace the results of an earlier run in that folder")(
      "dry-run", "check everything, say what the run would take, and stop");
  add_run_options(command.options);
  command.options.add_options()("duration", po::value<double>(), "SBML: until when, in the model's time unit (100)")(
      "every", po::value<double>(), "SBML: time from row to row (a hundredth of the duration)");
  add_sbml_options(command.options);
  return command;
}

}  // namespace howship::cli
