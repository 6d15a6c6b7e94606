#include "howship/core/error.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace howship {
namespace {

// Nobody reads on through a wall of faults, and the first are the ones to mend first.
std::string join(const std::vector<Diagnostic>& diagnostics, std::size_t more) {
  std::string text;
  const std::size_t shown = std::min(diagnostics.size(), InputError::kShown);
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : "\n") + to_text(diagnostics[i]);
  more += diagnostics.size() - shown;
  return more == 0 ? text : text + fmt::format("\nand {} more fault{}", more, more == 1 ? "" : "s");
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic) {
  const SourceLocation& where = diagnostic.where;
  std::string text;
  if (!where.file.empty()) {
    text = where.file + ':';
    if (where.line > 0) text += fmt::format("{}:", where.line);
    if (where.line > 0 && where.column > 0) text += fmt::format("{}:", where.column);
    text += ' ';
  }
  text += "error: " + diagnostic.message;
  if (!diagnostic.excerpt.empty()) {
    constexpr std::size_t kWidth = 110;  // a longer source line is shown as a window around the column
    const std::size_t column = where.column > 0 ? static_cast<std::size_t>(where.column) - 1 : 0;
    const std::size_t start = column > kWidth - 20 ? column - (kWidth - 20) : 0;
    text += "\n    " + diagnostic.excerpt.substr(std::min(start, diagnostic.excerpt.size()), kWidth);
    if (where.column > 0) text += "\n    " + std::string(column - start, ' ') + '^';
  }
  if (!diagnostic.hint.empty()) text += "\n  " + diagnostic.hint;
  // A file that somebody sent must not steer the terminal.
  for (char& c : text) {
    if ((static_cast<unsigned char>(c) < 32 && c != '\n') || c == 127) c = ' ';
  }
  return text;
}

InputError::InputError(const std::string& message, const std::string& hint)
    : InputError(std::vector<Diagnostic>{{{}, message, hint, {}}}) {}

InputError::InputError(std::vector<Diagnostic> diagnostics, std::size_t more)
    : std::runtime_error(join(diagnostics, more)), diagnostics_(std::move(diagnostics)) {}

}  // namespace howship
