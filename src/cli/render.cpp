#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include "command.hpp"

namespace howship::cli {

void render(const std::vector<std::string>& arguments) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path renderer = self.parent_path() / "howship-render";
  if (error || !std::filesystem::exists(renderer, error)) {
    throw InputError(fmt::format("the renderer '{}' does not exist", renderer.string()),
                     "build it: cmake --build build/release");
  }
  std::vector<std::string> words{renderer.string()};
  for (const std::string& word : arguments) words.push_back(word == "-q" ? "--quiet" : word);  // as in howship run
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(renderer.c_str(), pointers.data());
  throw InputError(fmt::format("cannot start '{}': {}", renderer.string(), std::strerror(errno)));
}

}  // namespace howship::cli
