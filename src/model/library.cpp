#include "howship/model/library.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/files.hpp"

namespace howship::model {
namespace {

// An id is a relative path of plain names: it cannot leave the folder.
bool is_safe(const std::string& id) {
  if (id.empty() || id.size() > 200 || id.front() == '/' || id.back() == '/') return false;
  if (id.find("..") != std::string::npos || id.find("//") != std::string::npos) return false;
  return std::all_of(id.begin(), id.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '/'; });
}

}  // namespace

std::vector<std::string> Library::ids() const {
  std::set<std::string> found;
  for (const auto& [id, entry] : texts_) found.insert(id);
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(root_, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".toml") continue;
    const std::filesystem::path relative = std::filesystem::relative(it->path(), root_, error);
    found.insert(std::filesystem::path(relative).replace_extension().generic_string());
  }
  return {found.begin(), found.end()};
}

bool Library::contains(const std::string& id) const {
  if (texts_.contains(id)) return true;
  std::error_code error;
  return is_safe(id) && std::filesystem::is_regular_file(root_ / (id + ".toml"), error);
}

Library::Entry Library::read(const std::string& id) const {
  if (const auto own = texts_.find(id); own != texts_.end()) return own->second;
  if (!contains(id)) {
    const auto known = ids();
    const auto best = closest(id, known);
    throw InputError(
        fmt::format("there is no model '{}'", id),
        best ? fmt::format("did you mean '{}'?", *best)
             : fmt::format("models are the .toml files below {}; 'howship list' shows them", root_.string()));
  }
  const std::filesystem::path path = root_ / (id + ".toml");
  constexpr std::size_t kLargest = std::size_t{4} << 20U;
  return {read_text(path, kLargest), path.lexically_normal().string()};
}

}  // namespace howship::model
