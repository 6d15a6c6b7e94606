#include <fmt/format.h>

#include "howship/papers/reproduce.hpp"
#include "howship/study/listing.hpp"

#include "command.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

ExitCode list(const po::variables_map& given) {
  const auto data = study::DataFolder::find(value(given, "data"));
  std::vector<study::Listing> sections = study::list_data(data);
  sections.push_back(papers::list_papers(data));
  for (const study::Listing& section : sections) {
    fmt::print("{}\n", section.title);
    for (const auto& [id, title] : section.entries) fmt::print("  {:<32} {}\n", id, title);
  }
  return ExitCode::ok;
}

}  // namespace

Command list_command() {
  Command command{
      "list", "list", "lists models, studies, regimens, vertebrae and papers", po::options_description("options"), "",
      0,      list};
  command.options.add_options()("data", po::value<std::string>(), "folder with models/, params/ and papers/");
  return command;
}

}  // namespace howship::cli
