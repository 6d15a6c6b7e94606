#include <algorithm>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/files.hpp"
#include "howship/papers/reproduce.hpp"
#include "howship/study/file_table.hpp"

namespace howship::papers {

namespace fs = std::filesystem;

std::vector<std::string> paper_names(const study::DataFolder& data) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(data.root() / "papers", error)) {
    std::error_code ignored;
    if (fs::is_regular_file(entry.path() / "expected.toml", ignored)) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

study::Listing list_papers(const study::DataFolder& data) {
  study::Listing listing{"papers", {}};
  const UnitSystem units;
  for (const std::string& name : paper_names(data)) {
    Diagnostics unheard;  // a broken file is reported when it is used
    const fs::path file = data.root() / "papers" / name / "expected.toml";
    auto table = study::FileTable::parse(read_text(file), file.string(), units, unheard);
    const auto title = table.text("title");
    listing.entries.emplace_back(name, title ? title->text : "(not valid)");
  }
  return listing;
}

fs::path paper_folder(const study::DataFolder& data, const std::string& folder_or_name) {
  std::error_code error;
  const fs::path given(folder_or_name);
  // "papers/x/" names the folder x too.
  if (fs::is_regular_file(given / "expected.toml", error))
    return given.filename().empty() ? given.parent_path() : given;
  if (given.filename() == "expected.toml" && fs::is_regular_file(given, error)) return given.parent_path();
  const std::vector<std::string> known = paper_names(data);
  const std::string name = folder_or_name.starts_with("papers/") ? given.filename().string() : folder_or_name;
  if (std::find(known.begin(), known.end(), name) != known.end()) return data.root() / "papers" / name;
  if (fs::is_directory(given, error))
    throw InputError(fmt::format("the folder '{}' has no expected.toml", folder_or_name),
                     "papers/README.md says what a paper's folder holds");
  throw InputError(fmt::format("there is no paper '{}', neither as a folder nor in {}", folder_or_name,
                               (data.root() / "papers").string()),
                   did_you_mean(name, known));
}

}  // namespace howship::papers
