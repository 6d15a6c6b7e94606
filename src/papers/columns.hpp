#pragma once

#include <cstddef>
#include <string>

namespace howship::papers {

/// Of what is printed for a terminal.
inline constexpr std::size_t kLineWidth = 100;

/// Characters, not bytes: "µ" is one.
std::size_t width_of(const std::string& text);

/// With spaces up to the width; on the left if it is to stand at the right.
std::string padded(const std::string& text, std::size_t width, bool right);

/// `first`, then the words of the text, in lines of at most kLineWidth; all but the first are indented.
std::string wrapped(const std::string& text, const std::string& first, std::size_t indent);

/// In a cell of a Markdown table.
std::string markdown_cell(std::string text);

}  // namespace howship::papers
