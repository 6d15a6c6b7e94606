#include "howship/study/data_folder.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"

namespace howship::study {

namespace fs = std::filesystem;

DataFolder DataFolder::find(const std::string& wish) {
  const char* variable = std::getenv("HOWSHIP_DATA");
  const std::string named = !wish.empty() ? wish : variable != nullptr ? variable : "";
  std::error_code error;
  if (!named.empty() && !fs::is_directory(named, error)) {
    throw InputError(
        fmt::format("the data folder '{}' does not exist", named),
        "give the folder that holds models/ and params/ with --data, or in the environment variable HOWSHIP_DATA");
  }
  return DataFolder(named.empty() ? HOWSHIP_DATA_DIR : named);
}

fs::path DataFolder::study(const std::string& path_or_id) const {
  std::error_code error;
  if (fs::is_regular_file(path_or_id, error)) return path_or_id;
  const std::vector<std::string> known = ids(studies());
  if (std::find(known.begin(), known.end(), path_or_id) != known.end()) return studies() / (path_or_id + ".toml");
  if (fs::is_directory(path_or_id, error)) {
    throw InputError(fmt::format("'{}' is a folder; a study is a .toml file", path_or_id));
  }
  throw InputError(fmt::format("there is no study '{}', neither as a file nor in {}", path_or_id, studies().string()),
                   did_you_mean(path_or_id, known));
}

std::vector<std::string> DataFolder::ids(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") found.push_back(entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace howship::study
