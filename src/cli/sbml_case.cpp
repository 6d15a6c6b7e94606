#include "howship/study/sbml_case.hpp"

#include <charconv>

#include <fmt/format.h>

#include "command.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

int whole(const std::string& text, const char* what) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw InputError(fmt::format("howship sbml-case: {} '{}' is no whole number", what, text));
  return value;
}

ExitCode sbml_case(const po::variables_map& given) {
  const std::vector<std::string> words = operands(sbml_case_command(), given);
  if (words.size() != 5)
    throw InputError("howship sbml-case takes five words", "usage: howship " + sbml_case_command().usage);
  const UnitSystem units;
  study::run_sbml_case(words[0], words[1], words[2], whole(words[3], "LEVEL"), whole(words[4], "VERSION"), units);
  return ExitCode::ok;
}

}  // namespace

Command sbml_case_command() {
  return {"sbml-case",
          "sbml-case DIR NUMBER OUTDIR LEVEL VERSION",
          "runs a case of the SBML Test Suite, as its runner calls it",
          po::options_description("options"),
          "DIR",
          5,
          sbml_case};
}

}  // namespace howship::cli
