#include <filesystem>

#include <fmt/format.h>

#include "howship/model/library.hpp"
#include "howship/study/data_folder.hpp"

#include "command.hpp"
#include "model_text.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

ExitCode explain(const po::variables_map& given) {
  const UnitSystem units;
  const auto data = study::DataFolder::find(value(given, "data"));
  const model::Library library(data.models());
  const std::vector<std::string> words = operands(explain_command(), given);
  std::error_code error;
  const bool is_file =
      words.size() == 1 && !library.contains(words[0]) && std::filesystem::is_regular_file(words[0], error);
  const model::Model model =
      is_file ? model::build_model_file(library, words[0], units) : model::build_model(library, words, units);
  fmt::print("{}", given.count("graph") > 0 ? process_graph(model) : explain_text(model));
  return ExitCode::ok;
}

}  // namespace

Command explain_command() {
  Command command{"explain",
                  "explain MODEL... [--graph]",
                  "prints a model, with overlays if more are named: equations, units, parameters and their sources",
                  po::options_description("options"),
                  "MODEL",
                  -1,
                  explain};
  command.options.add_options()(
      "graph", "the process graph instead, for Graphviz: howship explain M --graph | dot -Tsvg > m.svg")(
      "data", po::value<std::string>(), "folder with models/ and params/");
  return command;
}

}  // namespace howship::cli
