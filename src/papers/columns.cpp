#include "columns.hpp"

#include <algorithm>
#include <sstream>

namespace howship::papers {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return right ? space + text : text + space;
}

std::string wrapped(const std::string& text, const std::string& first, std::size_t indent) {
  std::string out = first;
  std::size_t column = width_of(first);
  std::istringstream words(text);
  bool begin = true;
  for (std::string word; words >> word; begin = false) {
    if (!begin && column + 1 + width_of(word) > kLineWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
      begin = true;
    }
    if (!begin) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width_of(word);
  }
  return out;
}

std::string markdown_cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace howship::papers
