#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace howship::study {

/// The folder that holds models/, params/ and papers/. Which one: --data, or the environment's HOWSHIP_DATA, or the
/// folder this program was built from.
class DataFolder {
 public:
  /// @param wish  of --data; empty: look further
  /// @throws InputError if a folder that was named does not exist
  static DataFolder find(const std::string& wish);
  explicit DataFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path models() const { return root_ / "models"; }
  std::filesystem::path studies() const { return root_ / "params" / "studies"; }
  std::filesystem::path regimens() const { return root_ / "params" / "regimens"; }
  std::filesystem::path vertebrae() const { return root_ / "params" / "vertebrae"; }
  std::filesystem::path references() const { return root_ / "papers" / "references.bib"; }

  /// A study by its path, or by its id among studies(). @throws InputError with the closest id
  std::filesystem::path study(const std::string& path_or_id) const;

  /// The names of the .toml files of a folder, sorted, without ".toml".
  static std::vector<std::string> ids(const std::filesystem::path& folder);

 private:
  std::filesystem::path root_;
};

}  // namespace howship::study
