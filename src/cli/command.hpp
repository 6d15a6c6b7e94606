#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <boost/program_options.hpp>

#include "howship/core/error.hpp"
#include "howship/core/ranks.hpp"

namespace howship::cli {

/// A command as data: what --help prints, what the shell may give, what is done.
struct Command {
  std::string name;
  std::string usage;    ///< "run STUDY [options]"
  std::string summary;  ///< one line
  boost::program_options::options_description options;
  std::string operands;  ///< name under which plain words arrive; empty: there are none
  int most_operands = 1;
  /// Done by one process: of those that a launcher started by the first.
  ExitCode (*run)(const boost::program_options::variables_map& given) = nullptr;
  /// Instead of that: done by all of them, or by one that is alone.
  ExitCode (*run_together)(const boost::program_options::variables_map& given, Ranks& ranks) = nullptr;
};

/// One small file each.
Command run_command();
Command resume_command();
Command check_command();
Command explain_command();
Command list_command();
Command import_command();
Command export_command();
Command reproduce_command();
Command scorecard_command();
Command compare_command();
Command fit_command();
Command sbml_case_command();

/// Hands everything over to the program howship-render beside this one. Returns only by throwing.
[[noreturn]] void render(const std::vector<std::string>& arguments);

/// Draws figures with howship-render, waiting for it. @returns whether it could be started and ended well
bool draw_figures(const std::vector<std::filesystem::path>& recipes);
/// Where howship-render is, beside this program. Empty if it has not been built.
std::filesystem::path renderer();

/// Reads a command's words. @throws InputError with a suggestion for an unknown option
boost::program_options::variables_map parse(const Command& command, const std::vector<std::string>& words);

/// The plain words of a command. @throws InputError saying what is missing
std::vector<std::string> operands(const Command& command, const boost::program_options::variables_map& given);

/// Whether stdout is a terminal that may be painted (NO_COLOR is not set).
bool wants_colour();

std::string value(const boost::program_options::variables_map& given, const std::string& option);

}  // namespace howship::cli
