#include "howship/papers/reproduce.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/papers/report_files.hpp"
#include "howship/papers/table.hpp"

#include "command.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

/// One paper after the other; a paper with faulty files does not cost the others.
class Reproducer {
 public:
  explicit Reproducer(const po::variables_map& given)
      : data_(study::DataFolder::find(value(given, "data"))),
        output_(value(given, "output")),
        quiet_(given.count("quiet") > 0),
        progress_(quiet_),
        colour_(wants_colour()) {
    options_.figures = given.count("no-figures") == 0;
    options_.interrupt = &interrupt_;
    options_.progress = &progress_;
  }

  ExitCode one(const std::string& word) {
    const std::filesystem::path source = papers::paper_folder(data_, word);
    const std::filesystem::path folder =
        output_.empty() ? default_output() / std::filesystem::weakly_canonical(source).filename() : output_;
    papers::check_report_folder(folder);
    const papers::Report report = papers::reproduce(source, data_, units_, options_);
    fmt::print("{}\n", papers::table_text(report, colour_));
    std::fflush(stdout);
    write(report, folder);
    if (!quiet_) fmt::print(stderr, "written to {}\n", folder.string());
    note(report);
    return code_;
  }

  ExitCode all() {
    const std::vector<std::string> names = papers::paper_names(data_);
    if (names.empty())
      throw InputError(fmt::format("there is no paper in {}", (data_.root() / "papers").string()),
                       "a paper is a folder that holds an expected.toml");
    std::size_t width = 0;
    for (const std::string& name : names) width = std::max(width, name.size());
    std::vector<papers::Result> results;
    std::size_t unread = 0;
    for (const std::string& name : names) {
      try {
        const std::filesystem::path folder = (output_.empty() ? default_output() : output_) / name;
        papers::check_report_folder(folder);
        const papers::Report report = papers::reproduce(data_.root() / "papers" / name, data_, units_, options_);
        fmt::print("{}\n", papers::line_text(report, width, colour_));
        std::fflush(stdout);
        for (const papers::Result& result : report.results) {
          if (result.verdict == papers::Verdict::fails)
            fmt::print(stderr, "{}: {} fails: {}\n", name, result.claim.id, result.claim.text);
        }
        for (const std::string& failure : report.failures) fmt::print(stderr, "{}: {}\n", name, failure);
        write(report, folder);
        results.insert(results.end(), report.results.begin(), report.results.end());
        note(report);
      } catch (const InputError& error) {
        progress_.end();
        fmt::print("FAIL  {}\n", name);
        std::fflush(stdout);
        fmt::print(stderr, "{}\n", error.what());
        code_ = ExitCode::input;
        ++unread;
      }
    }
    const std::string faulty =
        unread > 0 ? fmt::format(", {} of them with faults in {} files", unread, unread == 1 ? "its" : "their") : "";
    const std::string claims = results.empty() ? "" : "; " + papers::summary_text(results);
    fmt::print("{} paper{}{}{}\n", names.size(), names.size() == 1 ? "" : "s", faulty, claims);
    return code_;
  }

 private:
  static std::filesystem::path default_output() { return std::filesystem::path("out") / "papers"; }

  void write(const papers::Report& report, const std::filesystem::path& folder) {
    const std::vector<std::filesystem::path> recipes = papers::write_report(report, folder);
    if (recipes.empty()) return;
    if (renderer().empty()) {
      if (!quiet_ && !renderer_missed_)
        fmt::print(stderr, "note: the figures are not drawn, since howship-render has not been built\n");
      renderer_missed_ = true;
      return;
    }
    progress_.begin(report.name);
    progress_.update(0.0, "figures");
    const bool drawn = draw_figures(recipes);
    progress_.end();
    if (interrupt_.requested()) throw Interrupted("before all figures were drawn");
    if (!drawn) throw OutputError(fmt::format("the figures of {} could not be drawn", report.name));
  }

  // A failed claim says more than that an arm could not be solved.
  void note(const papers::Report& report) {
    if (report.good() || code_ == ExitCode::input) return;
    code_ = report.failures.empty() ? ExitCode::input : ExitCode::numerical;
  }

  UnitSystem units_;
  study::DataFolder data_;
  std::filesystem::path output_;
  bool quiet_;
  InterruptGuard interrupt_;
  ProgressLine progress_;
  papers::Reproduction options_;
  bool colour_;
  bool renderer_missed_ = false;
  ExitCode code_ = ExitCode::ok;
};

ExitCode reproduce(const po::variables_map& given) {
  Reproducer reproducer(given);
  if (given.count("all") == 0) return reproducer.one(operands(reproduce_command(), given).front());
  if (given.count("PAPER") > 0) throw InputError("howship reproduce: --all takes no paper's name");
  return reproducer.all();
}

}  // namespace

Command reproduce_command() {
  Command command{"reproduce",
                  "reproduce PAPER | --all",
                  "holds what a paper claims against what Howship finds",
                  po::options_description("options"),
                  "PAPER",
                  1,
                  reproduce};
  command.options.add_options()("all", "every paper of papers/, a line each")(
      "output,o", po::value<std::string>(), "folder of the report (default out/papers/NAME; with --all, DIR/NAME)")(
      "no-figures", "draw no figures")("quiet,q", "no talk on stderr")("data", po::value<std::string>(),
                                                                       "folder with models/, params/ and papers/");
  return command;
}

}  // namespace howship::cli
