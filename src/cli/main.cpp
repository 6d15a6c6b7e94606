#include <cstdio>
#include <iostream>
#include <new>
#include <sstream>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"

#include "command.hpp"

namespace howship::cli {
namespace {

constexpr const char* kRenderSummary = "pictures, charts and films of a run folder (howship-render)";

std::vector<Command> commands() {
  std::vector<Command> all;
  for (const auto& make :
       {run_command, resume_command, compare_command, reproduce_command, scorecard_command, fit_command, check_command,
        explain_command, list_command, import_command, export_command, sbml_case_command})
    all.push_back(make());
  return all;
}

std::string overview(const std::vector<Command>& all) {
  std::string text = "Howship simulates osteolytic bone metastasis in a vertebra.\n\nusage: howship COMMAND ...\n\n";
  for (const Command& command : all) text += fmt::format("  {:<9} {}\n", command.name, command.summary);
  text += fmt::format("  {:<9} {}\n  {:<9} {}\n", "render", kRenderSummary, "help",
                      "howship help COMMAND: what a command takes");
  return text +
         "\nhowship --version prints the version. Results go to stdout, talk to stderr.\n"
         "Exit codes: 0 good, 1 the input, 2 the equations could not be solved, 3 interrupted,\n"
         "4 what the input asks for is not supported.\n";
}

std::string help(const Command& command) {
  std::ostringstream options;
  options << command.options;
  return fmt::format("usage: howship {}\n\n{}\n\n{}", command.usage, command.summary, options.str());
}

[[noreturn]] void unknown(const std::string& word, const std::vector<Command>& all) {
  std::vector<std::string> names{"render", "help", "--help", "--version"};
  for (const Command& command : all) names.push_back(command.name);
  const std::string hint = did_you_mean(word, names);
  throw InputError(fmt::format("there is no command '{}'", word),
                   hint.empty() ? "howship --help lists the commands" : hint);
}

const Command& find(const std::vector<Command>& all, const std::string& name) {
  for (const Command& command : all) {
    if (command.name == name) return command;
  }
  unknown(name, all);
}

/// How something ended, and what there is to say about it.
struct Outcome {
  ExitCode code = ExitCode::ok;
  std::string message;
};

// Everything that can go wrong, as a sentence and an exit code.
template <class Work>
Outcome outcome_of(Work&& work) {
  try {
    return {work(), {}};
  } catch (const UnsupportedError& error) {
    return {ExitCode::unsupported, error.what()};
  } catch (const InputError& error) {
    return {ExitCode::input, error.what()};
  } catch (const OutputError& error) {
    return {ExitCode::input, fmt::format("error: {}", error.what())};
  } catch (const NumericalError& error) {
    return {ExitCode::numerical, fmt::format("error: {}", error.what())};
  } catch (const Interrupted& error) {
    return {ExitCode::interrupted, fmt::format("stopped: {}", error.what())};
  } catch (const std::bad_alloc&) {
    return {ExitCode::input, "error: there is not enough memory\n  use larger voxels (vertebra.voxel_size)"};
  } catch (const std::exception& error) {
    return {ExitCode::numerical, fmt::format("error: a fault of the program: {}", error.what())};
  }
}

void print(const Outcome& outcome) {
  if (!outcome.message.empty()) fmt::print(stderr, "{}\n", outcome.message);
}

// By all processes that a launcher started; one of them says how it ended.
ExitCode together(const Command& command, const boost::program_options::variables_map& given) {
  Ranks ranks = Ranks::launched();
  const Outcome outcome = outcome_of([&] { return command.run_together(given, ranks); });
  const Ranks::End end = ranks.finish(outcome.code, outcome.message);
  if (end.speaks) print(outcome);
  return end.code;
}

ExitCode dispatch(std::vector<std::string> words) {
  const std::vector<Command> all = commands();
  if (words.empty() || words[0] == "--help" || words[0] == "-h" ||
      (words[0] == "help" && (words.size() == 1 || words[1] == "help"))) {
    fmt::print("{}", overview(all));
    return words.empty() ? ExitCode::input : ExitCode::ok;
  }
  if (words[0] == "--version") {
    fmt::print("howship {}\n", HOWSHIP_VERSION);
    return ExitCode::ok;
  }
  if (words[0] == "help" && words[1] == "render") words = {"render", "--help"};
  if (words[0] == "render") render({words.begin() + 1, words.end()});
  if (words[0] == "help") {
    fmt::print("{}", help(find(all, words[1])));
    return ExitCode::ok;
  }
  const Command& command = find(all, words[0]);
  const auto given = parse(command, {words.begin() + 1, words.end()});
  if (given.count("help") > 0) {
    fmt::print("{}", help(command));
    return ExitCode::ok;
  }
  return command.run_together != nullptr ? together(command, given) : command.run(given);
}

// What is for one process is done by the first of those that a launcher started.
bool is_for_others(const std::vector<std::string>& words) {
  if (Ranks::launched_rank() == 0) return false;
  for (const Command& command : commands()) {
    if (!words.empty() && command.name == words[0]) return command.run_together == nullptr;
  }
  return true;
}

ExitCode run(const std::vector<std::string>& words) {
  if (is_for_others(words)) return ExitCode::ok;
  const Outcome outcome = outcome_of([&words] {
    const ExitCode code = dispatch(words);
    if (std::fflush(stdout) != 0) throw OutputError("cannot write to the standard output");
    return code;
  });
  if (Ranks::launched_rank() == 0) print(outcome);
  return outcome.code;
}

}  // namespace
}  // namespace howship::cli

int main(int argc, char** argv) {
  using namespace howship;
  try {
    return static_cast<int>(cli::run(std::vector<std::string>(argv + 1, argv + argc)));
  } catch (...) {
    return static_cast<int>(ExitCode::numerical);
  }
}
