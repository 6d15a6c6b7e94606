#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/model/library.hpp"
#include "howship/study/data_folder.hpp"

#include "command.hpp"
#include "model_html.hpp"
#include "model_text.hpp"
#include "sbml_file.hpp"

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
  const bool is_sbml = std::any_of(words.begin(), words.end(), sbml::is_sbml_name);
  if (is_sbml && words.size() > 1) {
    throw InputError("howship explain: an SBML model is explained alone",
                     "make a model file of it, which overlays may extend: howship import MODEL.xml -o MODEL.toml");
  }
  const model::Model model = is_sbml   ? model_of(read_sbml_file(words[0], {}, given), units)
                             : is_file ? model::build_model_file(library, words[0], units)
                                       : model::build_model(library, words, units);
  if (given.count("html") == 0) {
    fmt::print("{}", given.count("graph") > 0 ? process_graph(model) : explain_text(model));
    return ExitCode::ok;
  }
  if (given.count("graph") > 0) throw InputError("howship explain: --graph and --html exclude each other");
  if (value(given, "html").starts_with('-'))
    throw InputError(fmt::format("howship explain: '{}' behind --html is no file", value(given, "html")),
                     "write --html FILE");
  const bool known = std::filesystem::is_regular_file(data.references(), error);
  write_text(value(given, "html"), explain_html(model, words, known ? read_text(data.references()) : ""));
  fmt::print("{}\n", value(given, "html"));
  return ExitCode::ok;
}

}  // namespace

Command explain_command() {
  Command command{
      "explain",
      "explain MODEL... [--graph | --html FILE]",
      "prints a model, also one in SBML, with overlays if more are named: equations, units, parameters and their "
      "sources",
      po::options_description("options"),
      "MODEL",
      -1,
      explain};
  command.options.add_options()(
      "graph", "the process graph instead, for Graphviz: howship explain M --graph | dot -Tsvg > m.svg")(
      "html", po::value<std::string>(),
      "a page instead: every term with its equation, source and numbers, and a list of what is assumed")(
      "data", po::value<std::string>(), "folder with models/ and params/");
  add_sbml_options(command.options);
  return command;
}

}  // namespace howship::cli
