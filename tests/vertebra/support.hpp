#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "howship/core/error.hpp"
#include "howship/vertebra/built_in.hpp"

namespace howship::vertebra::test {

/// A fresh folder that goes with the test.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "howship-vertebra-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}
inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

/// The whole message of the InputError that an action throws, or "" when it throws none.
inline std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

/// Reads the value, unit and range of every entry of params/vertebrae/lumbar.toml. The study floor has a real reader.
struct Entry {
  double value, low, high;
  std::string unit;
};
inline std::map<std::string, Entry> level_entries(const std::string& level) {
  std::ifstream in(std::filesystem::path(HOWSHIP_SOURCE_DIR) / "params/vertebrae/lumbar.toml");
  std::map<std::string, std::map<std::string, Entry>> tables;
  std::string line, table;
  const std::regex entry(R"re((\w+) = \{ value = (\S+), unit = "(\w+)", range = \[(\S+), (\S+)\], source = ".+" \})re");
  std::smatch m;
  while (std::getline(in, line)) {
    if (line.starts_with('[')) {
      table = line.substr(1, line.size() - 2);
    } else if (std::regex_match(line, m, entry)) {
      tables[table][m[1]] = {std::stod(m[2]), std::stod(m[4]), std::stod(m[5]), m[3]};
    } else if (!line.empty() && !line.starts_with('#')) {
      throw std::runtime_error("unreadable line: " + line);
    }
  }
  auto out = tables.at(level);
  out.merge(tables.at("common"));
  return out;
}

inline VertebraShape shape_of(const std::string& level) {
  const auto entries = level_entries(level);
  VertebraShape shape;
  for (const auto& field : shape_fields()) shape.*field.member = entries.at(std::string(field.name)).value;
  return shape;
}
inline BuiltInOptions options_of(const std::string& level, double voxel) {
  const auto entries = level_entries(level);
  BuiltInOptions options;
  for (const auto& field : built_in_fields()) options.*field.member = entries.at(std::string(field.name)).value;
  options.voxel = voxel;
  return options;
}

}  // namespace howship::vertebra::test
