#pragma once

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "temporary_folder.hpp"

namespace howship::test {

/// A CSV of numbers under one line of names.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<double>> rows;
  std::size_t column(const std::string& name) const {
    return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  }
};

/// Reads a table that a run wrote.
inline Table table(const std::filesystem::path& file) {
  Table out;
  std::istringstream in(contents(file));
  std::string line;
  std::getline(in, line);
  std::istringstream names(line);
  for (std::string name; std::getline(names, name, ',');) out.header.push_back(name);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    out.rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) out.rows.back().push_back(std::stod(cell));
  }
  return out;
}

}  // namespace howship::test
