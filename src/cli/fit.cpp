#include "howship/calibration/fit.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "howship/calibration/report.hpp"

#include "command.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

int within(const po::variables_map& given, const char* option, int most) {
  const int number = given[option].as<int>();
  if (number < 1 || number > most) throw InputError(fmt::format("--{} must be from 1 to {}", option, most));
  return number;
}

// A folder stands for the fit.toml in it.
std::filesystem::path file_of(const std::string& word) {
  std::error_code error;
  const std::filesystem::path path(word);
  if (std::filesystem::is_directory(path, error)) return path / "fit.toml";
  return path;
}

ExitCode fit(const po::variables_map& given) {
  const UnitSystem units;
  const auto data = study::DataFolder::find(value(given, "data"));
  const bool quiet = given.count("quiet") > 0;
  const bool compare = given.count("compare") > 0;
  const std::vector<std::string> words = operands(fit_command(), given);
  if (!compare && words.size() > 1)
    throw InputError("howship fit takes one file", "--compare a.toml b.toml holds fits against each other");
  if (compare && words.size() < 2) throw InputError("howship fit --compare takes two files or more");
  if (compare && given.count("output") > 0)
    throw InputError("howship fit --compare writes no folder", "leave out -o, and run howship fit for each");
  const InterruptGuard interrupt;
  ProgressLine progress(quiet);
  calibration::FitOptions options;
  options.interrupt = &interrupt;
  options.progress = &progress;
  options.profiles = given.count("profiles") > 0;
  if (given.count("starts") > 0) options.starts = within(given, "starts", 10'000);
  if (given.count("threads") > 0) options.threads = {within(given, "threads", 1024)};

  if (compare) {
    for (const std::string& word : words) calibration::check_fit(file_of(word), data, units);
    std::vector<calibration::Fit> fits;
    for (const std::string& word : words) fits.push_back(calibration::run_fit(file_of(word), data, units, options));
    fmt::print("{}\n", calibration::comparison_text(fits));
    for (const auto& one : fits) {
      if (!one.good()) return ExitCode::numerical;
    }
    return ExitCode::ok;
  }
  const std::filesystem::path file = file_of(words.front());
  std::filesystem::path folder = value(given, "output");
  if (folder.empty()) {
    const auto absolute = std::filesystem::weakly_canonical(file);
    folder = std::filesystem::path("out") / "fits" /
             (absolute.stem() == "fit" ? absolute.parent_path().filename() : absolute.stem());
  }
  calibration::check_fit_folder(folder);
  const calibration::Fit result = calibration::run_fit(file, data, units, options);
  fmt::print("{}\n", calibration::table_text(result));
  std::fflush(stdout);
  calibration::write_fit(result, folder);
  if (!quiet) fmt::print(stderr, "written to {}\n", folder.string());
  return result.good() ? ExitCode::ok : ExitCode::numerical;
}

}  // namespace

Command fit_command() {
  Command command{"fit",
                  "fit FIT.toml | --compare A.toml B.toml ...",
                  "estimates parameters from observations",
                  po::options_description("options"),
                  "FIT",
                  -1,
                  fit};
  command.options.add_options()("output,o", po::value<std::string>(), "folder of the results (default out/fits/NAME)")(
      "profiles", "likelihood profiles: 95 % limits, and which parameters the data identify")(
      "compare", "AIC, AICc, BIC and weights of hypotheses on the same observations")(
      "starts", po::value<int>(), "number of starts; goes before the file")(
      "threads,j", po::value<int>(), "how many threads share starts and profiles")("quiet,q", "no talk on stderr")(
      "data", po::value<std::string>(), "folder with models/, params/ and papers/");
  return command;
}

}  // namespace howship::cli
