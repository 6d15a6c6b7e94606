#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "temporary_folder.hpp"

namespace howship::test {

/// What a call of the program comes to.
struct Outcome {
  int code = -1;  ///< -1: a signal ended it
  std::string out, err;
};

/// The program as a user meets it: words in, text and exit code out. What it says is caught outside the folder it works
/// in, for each process by itself.
class Program {
 public:
  /// @param folder  where it works  @param data  of models and parameters; empty: that which it finds
  explicit Program(std::filesystem::path folder, const std::filesystem::path& data = {})
      : folder_(std::move(folder)), data_(data.empty() ? "" : "HOWSHIP_DATA=" + quoted(data)) {}

  /// @param words   as typed into a shell
  /// @param before  what stands before the program's name: variables, or a program that starts it
  /// @return the process, which is the program (or what starts it) and no shell around it
  pid_t start(const std::string& words, const std::string& before = {}) const {
    const std::string command = "cd " + quoted(folder_) + " && exec env " + data_ + " " + before + " " +
                                quoted(HOWSHIP_BINARY) + " " + words + " >" + quoted(caught_.path()) + "/$$.out 2>" +
                                quoted(caught_.path()) + "/$$.err";
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot start a process");
    if (child == 0) {
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(99);
    }
    return child;
  }
  Outcome finish(pid_t child) const {
    int status = 0;
    ::waitpid(child, &status, 0);
    return outcome(child, status);
  }
  /// Of a process that has been waited for.
  Outcome outcome(pid_t child, int status) const {
    const std::string process = std::to_string(child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(caught_ / (process + ".out")),
            contents(caught_ / (process + ".err"))};
  }
  Outcome run(const std::string& words, const std::string& before = {}) const { return finish(start(words, before)); }

 private:
  static std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

  std::filesystem::path folder_;
  std::string data_;
  TemporaryFolder caught_;
};

/// Waits until something holds, a minute at most, and says whether it does.
template <class Condition>
bool comes_true(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Whether a table holds so much already.
inline bool has_bytes(const std::filesystem::path& file, std::uintmax_t bytes) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  return !error && size > bytes;
}

/// A study in space of a few seconds: two arms in a coarse vertebra, a row a day.
/// @param end  its last day  @param frames  as in TOML
inline std::string two_arms_in_a_vertebra(int end, const std::string& frames) {
  return R"toml(id = "short"
title = "Two arms in a coarse vertebra"
models = ["vicious_cycle"]
duration = ")toml" +
         std::to_string(end) + R"toml( day"
[parameters]
n0 = 0.2
[vertebra]
built_in = "L3"
voxel_size = "2.5 mm"
[lesion]
site = "posterior_body"
radius = "6 mm"
[output]
every = "1 day"
frames = )toml" +
         frames + R"toml(
[[arms]]
id = "untreated"
title = "untreated"
[[arms]]
id = "denosumab"
title = "denosumab"
models = ["drugs/denosumab"]
regimens = [{ use = "denosumab_120mg_q4w", start = "30 day" }]
)toml";
}

}  // namespace howship::test
