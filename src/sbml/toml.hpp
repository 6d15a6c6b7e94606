#pragma once

#include <string>

#include <fmt/format.h>

namespace howship::sbml {

/// A text in quotes, as TOML reads it back. Holds no three apostrophes, which would end a block that the text is put
/// in.
inline std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 32 || c == 127) {
      out += ' ';
    } else if (c == '\'' && out.back() == '\'') {
      out += "\\u0027";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace howship::sbml
