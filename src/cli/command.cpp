#include "command.hpp"

#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"

namespace howship::cli {

namespace po = boost::program_options;

po::variables_map parse(const Command& command, const std::vector<std::string>& words) {
  po::options_description all = command.options;
  all.add_options()("help,h", "this text");
  po::positional_options_description positions;
  if (!command.operands.empty()) {
    all.add_options()(command.operands.c_str(), po::value<std::vector<std::string>>());
    positions.add(command.operands.c_str(), command.most_operands);
  }
  po::variables_map given;
  try {
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words).options(all).positional(positions).style(style).run(), given);
    po::notify(given);
  } catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const auto& option : command.options.options()) known.push_back("--" + option->long_name());
    throw InputError(fmt::format("'howship {}' has no option {}", command.name, error.get_option_name()),
                     did_you_mean(error.get_option_name(), known));
  } catch (const po::too_many_positional_options_error&) {
    throw InputError(fmt::format("too many words after 'howship {}'", command.name), "usage: howship " + command.usage);
  } catch (const po::error& error) {
    throw InputError(fmt::format("howship {}: {}", command.name, error.what()), "usage: howship " + command.usage);
  }
  return given;
}

std::vector<std::string> operands(const Command& command, const po::variables_map& given) {
  if (given.count(command.operands) == 0) {
    throw InputError(fmt::format("howship {}: {} is missing", command.name, command.operands),
                     "usage: howship " + command.usage);
  }
  return given[command.operands].as<std::vector<std::string>>();
}

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no == nullptr || *no == '\0');
}

std::string value(const po::variables_map& given, const std::string& option) {
  return given.count(option) == 0 ? std::string() : given[option].as<std::string>();
}

}  // namespace howship::cli
