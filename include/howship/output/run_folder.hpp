#pragma once

#include <filesystem>

namespace howship::output {

/// Whether a run may write into the folder: it does not exist, is empty, or (with force) holds an earlier run.
/// Touches nothing. @throws InputError naming what is in the way
void check_run_folder(const std::filesystem::path& folder, bool force);

/// Creates the folder. Of an earlier run it removes exactly the files that a run writes (run.json, resolved.toml,
/// citations.bib, patients.csv, patients_given.csv, in the folders of its arms the tables and frames, in pictures/ what
/// howship render draws) and nothing else.
/// @throws InputError as check_run_folder, OutputError if the folder cannot be made
void open_run_folder(const std::filesystem::path& folder, bool force);

/// Holds a run folder for one process: a second one is refused. The hold ends with the process, however that ends.
class FolderLock {
 public:
  /// @throws InputError if another process is at work in the folder
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace howship::output
