// Faults of the model text, told of the document that it was made from.
#include <sstream>

#include <fmt/format.h>

#include "howship/sbml/import.hpp"

namespace howship::sbml {
namespace {

/// What the model text says in a line: the name behind the section's, or the one that begins the line.
std::string name_at(const std::vector<std::string>& lines, int number) {
  for (int i = number; i > 0; --i) {
    const std::string& line = lines[static_cast<std::size_t>(i) - 1];
    if (line.starts_with("[")) {
      const std::size_t dot = line.find('.');
      if (dot != std::string::npos) return line.substr(dot + 1, line.find(']') - dot - 1);
      const std::string& own = lines[static_cast<std::size_t>(number) - 1];
      return own.substr(0, own.find(' '));
    }
  }
  return {};
}

}  // namespace

InputError in_terms_of_document(const InputError& error, const Import& import) {
  std::vector<std::string> lines;
  std::istringstream text(import.text);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  std::vector<Diagnostic> told = error.diagnostics();
  for (Diagnostic& diagnostic : told) {
    if (diagnostic.where.file != import.id + ".toml") continue;
    const int line = diagnostic.where.line;
    const bool is_inside = line > 0 && static_cast<std::size_t>(line) <= lines.size();
    const auto element = import.elements.find(is_inside ? name_at(lines, line) : std::string());
    diagnostic.where = element != import.elements.end() ? element->second.where : SourceLocation{import.file, 1, 1};
    if (element != import.elements.end())
      diagnostic.message = fmt::format("{}: {}", element->second.name, diagnostic.message);
    diagnostic.excerpt.clear();
  }
  return InputError(std::move(told));
}

}  // namespace howship::sbml
