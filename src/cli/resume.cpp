#include <cstdio>
#include <variant>

#include <fmt/format.h>

#include "howship/core/progress.hpp"
#include "howship/study/simulation.hpp"

#include "command.hpp"
#include "run_options.hpp"
#include "study_file.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

ExitCode resume(const po::variables_map& given, Ranks& ranks) {
  const UnitSystem units;
  const auto data = study::DataFolder::find(value(given, "data"));
  const std::filesystem::path folder = operands(resume_command(), given).front();
  std::error_code error;
  if (!std::filesystem::is_regular_file(folder / "run.json", error) ||
      !std::filesystem::is_regular_file(folder / "resolved.toml", error)) {
    throw InputError(fmt::format("'{}' holds no run that could go on", folder.string()),
                     "give the folder that howship run wrote to");
  }
  const study::Study study = read_study_file((folder / "resolved.toml").string(), {}, data, units);
  const bool shared = !std::holds_alternative<study::SingleVoxel>(study.vertebra);
  if (!shared && !ranks.first()) return ExitCode::ok;
  Ranks alone;
  study::RunOptions options = run_options(given, shared ? ranks : alone);
  options.folder = folder;
  const study::RunResult result = study::resume_study(study, data, units, options, given.count("from-start") > 0);
  if (!ranks.first()) return ExitCode::ok;
  fmt::print("{}\n", result.folder.string());
  if (!options.quiet) fmt::print(stderr, "ended after {}\n", duration_text(result.seconds));
  return ExitCode::ok;
}

}  // namespace

Command resume_command() {
  Command command{"resume",
                  "resume DIR [options]",
                  "goes on with a run that was interrupted, from its last checkpoint, to the same results",
                  po::options_description("options"),
                  "DIR",
                  1,
                  nullptr,
                  resume};
  command.options.add_options()("from-start",
                                "run arms that are not complete from their first day, whatever checkpoints there are");
  add_run_options(command.options);
  return command;
}

}  // namespace howship::cli
