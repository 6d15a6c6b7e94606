#include "howship/papers/scorecard.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "howship/core/files.hpp"

#include "command.hpp"

namespace howship::cli {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

// A folder named twice counts once.
std::vector<fs::path> folders_of(const po::variables_map& given, const study::DataFolder& data) {
  std::vector<fs::path> folders;
  if (given.count("PAPER") > 0) {
    for (const std::string& word : operands(scorecard_command(), given)) {
      const fs::path folder = papers::paper_folder(data, word);
      const bool known = std::any_of(folders.begin(), folders.end(), [&folder](const fs::path& other) {
        return fs::weakly_canonical(other) == fs::weakly_canonical(folder);
      });
      if (!known) folders.push_back(folder);
    }
    return folders;
  }
  for (const std::string& name : papers::scorecard_names(data)) folders.push_back(data.root() / "papers" / name);
  if (folders.empty())
    throw InputError(fmt::format("there are no targets in {}", (data.root() / "papers").string()),
                     "targets are folders papers/targets_*, each with an expected.toml (papers/README.md)");
  return folders;
}

// What the Markdown file will hold. Faults of it are said before anything is run.
std::string markdown_text(const fs::path& file, const std::string& scorecard) {
  std::error_code error;
  return fs::exists(file, error) ? papers::with_scorecard(read_text(file), scorecard, file.string())
                                 : papers::scorecard_file(scorecard);
}

ExitCode scorecard(const po::variables_map& given) {
  const UnitSystem units;
  const auto data = study::DataFolder::find(value(given, "data"));
  const bool quiet = given.count("quiet") > 0;
  const std::vector<fs::path> folders = folders_of(given, data);
  const fs::path csv = value(given, "csv"), markdown = value(given, "markdown");
  if (!markdown.empty()) markdown_text(markdown, "");
  for (const fs::path& folder : folders) papers::check_paper(folder, data, units);
  const InterruptGuard interrupt;
  ProgressLine progress(quiet);
  papers::Reproduction options;
  options.figures = false;
  options.interrupt = &interrupt;
  options.progress = &progress;
  std::vector<papers::Report> reports;
  for (const fs::path& folder : folders) reports.push_back(papers::reproduce(folder, data, units, options));
  progress.end();
  fmt::print("{}\n", papers::scorecard_text(reports, given.count("sources") > 0, wants_colour()));
  std::fflush(stdout);
  if (!csv.empty()) write_text(csv, papers::scorecard_csv(reports));
  if (!markdown.empty()) write_text(markdown, markdown_text(markdown, papers::scorecard_markdown(reports)));
  bool solved = true, all_inside = true;
  for (const papers::Report& report : reports) {
    solved = solved && report.failures.empty();
    all_inside = all_inside && std::all_of(report.results.begin(), report.results.end(), papers::inside);
  }
  if (given.count("strict") > 0 && !all_inside) return ExitCode::input;
  return solved ? ExitCode::ok : ExitCode::numerical;
}

}  // namespace

Command scorecard_command() {
  Command command{"scorecard",
                  "scorecard [PAPER...]",
                  "the model against every target: band, model, verdict, fitted or not",
                  po::options_description("options"),
                  "PAPER",
                  -1,
                  scorecard};
  command.options.add_options()("sources", "adds what each target is, and where it comes from")(
      "csv", po::value<std::string>(), "writes the table to this file too")(
      "markdown", po::value<std::string>(),
      "writes it as Markdown to this file; of one that exists, only what stands between "
      "<!-- scorecard: begin --> and <!-- scorecard: end --> is replaced")(
      "strict", "exit code 1 if a target is missed; otherwise a miss is no error")("quiet,q", "no talk on stderr")(
      "data", po::value<std::string>(), "folder with models/, params/ and papers/");
  return command;
}

}  // namespace howship::cli
