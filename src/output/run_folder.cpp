#include "howship/output/run_folder.hpp"

#include <cerrno>
#include <fcntl.h>
#include <regex>
#include <string>
#include <sys/file.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "howship/core/error.hpp"
#include "howship/core/files.hpp"

namespace howship::output {
namespace {

namespace fs = std::filesystem;

// The arms' folders that run.json of an earlier run names; nullopt if this is no run of ours.
std::optional<std::vector<std::string>> arms_of_run(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "run.json", error)) return std::nullopt;
  const auto json = nlohmann::json::parse(read_text(folder / "run.json"), nullptr, false);
  if (!json.is_object() || !json.contains("howship") || !json.contains("format")) return std::nullopt;
  std::vector<std::string> arms;
  for (const auto& arm : json.value("arms", nlohmann::json::array())) {
    const bool named = arm.is_object() && arm.contains("folder") && arm["folder"].is_string();
    const std::string name = named ? arm["folder"].get<std::string>() : "";
    // Only a plain name below the folder: what run.json says must never reach another place.
    if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos) arms.push_back(name);
  }
  return arms;
}

// Empty, or with the first breath of a run that was killed before it could say what it was.
bool is_unused(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() != "run.json.part") return false;
  }
  return !error;
}

// 0000.vti, 0000.pvti, or a piece of that, 0000_3.vti; or what is left of one that was being written.
bool is_frame(const fs::path& file) {
  static const std::regex kName(R"([0-9]+(\.p?vti|_[0-9]+\.vti)(\.part)?)");
  return std::regex_match(file.filename().string(), kName);
}

void remove_files(const fs::path& folder, const std::vector<std::string>& names) {
  std::error_code ignored;
  for (const std::string& name : names) {
    fs::remove(folder / name, ignored);
    fs::remove(folder / (name + ".part"), ignored);
  }
}

// What howship-render draws of a run; pictures of an earlier run would pass for those of the next.
void remove_pictures(const fs::path& folder, const std::vector<std::string>& arms) {
  std::error_code ignored;
  if (fs::is_symlink(folder, ignored)) return;
  std::vector<std::string> names{"final.png", "slices.png", "changes.png", "timecourses.png"};
  for (const std::string& arm : arms) names.push_back("final_" + arm + ".png");
  remove_files(folder, names);
  fs::remove(folder, ignored);  // only when empty
}

void remove_run(const fs::path& folder, const std::vector<std::string>& arms) {
  std::error_code ignored;
  for (const std::string& arm : arms) {
    const fs::path place = folder / arm;
    if (fs::is_symlink(place, ignored)) continue;
    remove_files(place, {"timeseries.csv", "fluxes.csv", "frames.pvd", "checkpoint.h5"});
    std::vector<fs::path> pieces;
    for (const auto& entry : fs::directory_iterator(place / "states", ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("day_") && (name.ends_with(".h5") || name.ends_with(".h5.part")))
        pieces.push_back(entry.path());
    }
    for (const auto& entry : fs::directory_iterator(place / "frames", ignored)) {
      if (is_frame(entry.path())) pieces.push_back(entry.path());
    }
    for (const fs::path& piece : pieces) fs::remove(piece, ignored);
    fs::remove(place / "states", ignored);  // these go only when empty
    fs::remove(place / "frames", ignored);
    fs::remove(place, ignored);
  }
  remove_pictures(folder / "pictures", arms);
  // run.json last, so that a removal cut short is still recognised as ours.
  remove_files(folder, {"patients.csv", "patients_given.csv", "resolved.toml", "citations.bib", "run.json"});
}

}  // namespace

void check_run_folder(const fs::path& folder, bool force) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return;
  if (!fs::is_directory(folder, error)) {
    throw InputError(fmt::format("'{}' exists and is not a folder", folder.string()), "choose another folder with -o");
  }
  if (is_unused(folder)) return;
  if (!arms_of_run(folder)) {
    throw InputError(fmt::format("the folder '{}' exists and holds files that Howship did not write", folder.string()),
                     "choose another folder with -o; --force replaces only the results of an earlier run");
  }
  if (!force) {
    throw InputError(fmt::format("the folder '{}' holds an earlier run", folder.string()),
                     "choose another folder with -o, or replace it with --force");
  }
}

void open_run_folder(const fs::path& folder, bool force) {
  check_run_folder(folder, force);
  std::error_code error;
  if (fs::exists(folder, error)) const FolderLock unused(folder);  // nothing is taken from under a run
  fs::create_directories(folder, error);
  if (error) throw OutputError(fmt::format("cannot create the folder '{}': {}", folder.string(), error.message()));
  if (const auto arms = arms_of_run(folder)) remove_run(folder, *arms);
}

FolderLock::FolderLock(const fs::path& folder) : descriptor_(::open(folder.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    throw InputError(fmt::format("another process is at work in '{}'", folder.string()), "wait until it has ended");
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace howship::output
