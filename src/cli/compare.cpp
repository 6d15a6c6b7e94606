#include <cstdio>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/study/comparison.hpp"

#include "command.hpp"
#include "study_file.hpp"

namespace howship::cli {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using Texts = std::vector<std::string>;

// A text in TOML, whatever it holds.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

// Each option stands for a key of [compare], and goes before it.
Texts overrides_of(const po::variables_map& given) {
  Texts overrides = given.count("set") > 0 ? given["set"].as<Texts>() : Texts{};
  for (const char* key : {"control", "from", "to"}) {
    if (given.count(key) > 0) overrides.push_back(fmt::format("compare.{}={}", key, quoted(value(given, key))));
  }
  const std::pair<const char*, const char*> lists[] = {{"marker", "markers"}, {"below", "below"},
                                                       {"value", "values"},   {"at", "at"},
                                                       {"lesion", "lesions"}, {"size", "sizes"}};
  for (const auto& [option, key] : lists) {
    if (given.count(option) == 0) continue;
    std::string list;
    for (const std::string& text : given[option].as<Texts>()) list += (list.empty() ? "" : ", ") + quoted(text);
    overrides.push_back(fmt::format("compare.{}=[{}]", key, list));
  }
  return overrides;
}

ExitCode compare(const po::variables_map& given) {
  const UnitSystem units;
  const auto data = study::DataFolder::find(value(given, "data"));
  const std::string word = operands(compare_command(), given).front();
  const Texts overrides = overrides_of(given);
  std::error_code error;
  const fs::path folder(word);
  const bool is_run = fs::is_regular_file(folder / "run.json", error);
  if (!is_run && fs::is_directory(folder, error))
    throw InputError(fmt::format("'{}' holds no run", word), "give a study, or the folder that howship run wrote to");
  if (is_run && given.count("set") > 0)
    throw InputError("howship compare: --set changes a study, and what has been run stays as it is",
                     "give the study to have it run");
  const InterruptGuard interrupt;
  ProgressLine progress(given.count("quiet") > 0);
  const study::Study study =
      read_study_file(is_run ? (folder / "resolved.toml").string() : word, overrides, data, units);
  const study::Comparison comparison = is_run ? study::compare_run(study, folder, data, units)
                                              : study::compare_study(study, data, units, {&interrupt, &progress});
  fmt::print("{}\n", study::comparison_text(comparison));
  std::fflush(stdout);
  if (given.count("csv") > 0) write_text(value(given, "csv"), study::comparison_csv(comparison));
  return comparison.failures.empty() ? ExitCode::ok : ExitCode::numerical;
}

}  // namespace

Command compare_command() {
  Command command{"compare",
                  "compare STUDY|DIR [--marker NAME]... [--value NAME]... [--lesion NAME]... [options]",
                  "arms against each other: area, nadir, time below, values at dates, lesions",
                  po::options_description("options; each stands for a key of the study's [compare]"),
                  "STUDY",
                  1,
                  compare};
  const auto texts = [] { return po::value<Texts>()->composing(); };
  command.options.add_options()("marker", texts(), "area, nadir and time below of this; may be repeated, as all these")(
      "below", texts(), "a level for markers: '50 %' of the start, or '0.3 pM'")(
      "value", texts(), "values of this, and their change from the start")(
      "at", texts(), "on these days (default: the last)")("lesion", texts(),
                                                          "size of this at the end, and the time to a size")(
      "size", texts(), "that size: '200 %' of the start, or '2 mL'")(
      "from", po::value<std::string>(), "the start: where the comparison begins, and what changes count from (day 0)")(
      "to", po::value<std::string>(), "its end (the study's)")("control", po::value<std::string>(),
                                                               "the arm that others are held against (the first)")(
      "csv", po::value<std::string>(), "writes all numbers to this file too")(
      "set", texts(), "override of a key of the study or of a parameter")("quiet,q", "no talk on stderr")(
      "data", po::value<std::string>(), "folder with models/ and params/");
  return command;
}

}  // namespace howship::cli
