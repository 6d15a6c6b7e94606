#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "command.hpp"

namespace howship::cli {
namespace {

std::filesystem::path renderer_path() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path() : self.parent_path() / "howship-render";
}

// The words as exec wants them; they must outlive the call.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// What a child's standard streams become.
class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void silence(int stream) { posix_spawn_file_actions_addopen(&actions_, stream, "/dev/null", O_WRONLY, 0); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

std::filesystem::path renderer() {
  std::error_code error;
  const std::filesystem::path path = renderer_path();
  return std::filesystem::exists(path, error) ? path : std::filesystem::path();
}

void render(const std::vector<std::string>& arguments) {
  const std::filesystem::path program = renderer();
  if (program.empty()) {
    throw InputError(fmt::format("the renderer '{}' does not exist", renderer_path().string()),
                     "build it: cmake --build build/release");
  }
  std::vector<std::string> words{program.string()};
  for (const std::string& word : arguments) words.push_back(word == "-q" ? "--quiet" : word);  // as in howship run
  ::execv(program.c_str(), pointers_to(words).data());
  throw InputError(fmt::format("cannot start '{}': {}", program.string(), std::strerror(errno)));
}

bool draw_figures(const std::vector<std::filesystem::path>& recipes) {
  std::vector<std::string> words{renderer().string()};
  for (const std::filesystem::path& recipe : recipes) words.push_back(recipe.string());
  words.emplace_back("--quiet");
  FileActions actions;
  actions.silence(STDOUT_FILENO);  // the table goes there
  pid_t child = 0;
  if (posix_spawn(&child, words[0].c_str(), actions.get(), nullptr, pointers_to(words).data(), environ) != 0)
    return false;
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace howship::cli
