#include <fmt/format.h>

#include "howship/study/listing.hpp"

#include "command.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

ExitCode list(const po::variables_map& given) {
  const auto data = study::DataFolder::find(value(given, "data"));
  for (const study::Listing& section : study::list_data(data)) {
    fmt::print("{}\n", section.title);
    for (const auto& [id, title] : section.entries) fmt::print("  {:<32} {}\n", id, title);
  }
  return ExitCode::ok;
}

}  // namespace

Command list_command() {
  Command command{
      "list", "list", "lists models, studies, regimens and vertebrae", po::options_description("options"), "", 0, list};
  command.options.add_options()("data", po::value<std::string>(), "folder with models/ and params/");
  return command;
}

}  // namespace howship::cli
