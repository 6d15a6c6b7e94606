#include <algorithm>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

#include "howship/output/budget.hpp"

namespace howship::output {
namespace {

namespace fs = std::filesystem;

// The number after a word ("MemAvailable:") at the beginning of a line.
std::optional<std::uintmax_t> entry(const fs::path& file, const std::string& word) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    std::uintmax_t value = 0;
    if (words >> name && name == word && words >> value) return value;
  }
  return std::nullopt;
}

// The first number of a file; nothing if it says "max".
std::optional<std::uintmax_t> number(const fs::path& file) {
  std::ifstream in(file);
  std::uintmax_t value = 0;
  return in >> value ? std::optional(value) : std::nullopt;
}

std::uintmax_t difference(std::uintmax_t limit, std::uintmax_t used) {
  return limit > used ? limit - used : 0;
}

// Where the kernel keeps the limits of groups of processes, in its two generations.
struct Groups {
  const char* controller;
  const char* root;
  const char* limit;
  const char* used;
  const char* cache;
};
constexpr Groups kGroups[] = {
    {"", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"},
    {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}};

// A limit counts for the group and all below, so those above this process count too.
std::uintmax_t group_memory(std::uintmax_t least) {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {  // "4:memory:/some/group"
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    for (const Groups& groups : kGroups) {
      if (line.substr(first + 1, second - first - 1) != groups.controller) continue;
      for (fs::path group = line.substr(second + 1);; group = group.parent_path()) {
        const fs::path folder = fs::path(groups.root) / group.relative_path();
        const auto limit = number(folder / groups.limit);
        const auto used = number(folder / groups.used);
        // Files that were read or written count as used, and are given up when memory is asked for.
        if (limit && used)
          least = std::min(least, difference(*limit, *used) + entry(folder / "memory.stat", groups.cache).value_or(0));
        if (group == group.parent_path()) break;
      }
    }
  }
  return least;
}

}  // namespace

std::optional<std::uintmax_t> available_memory() {
  const auto kilobytes = entry("/proc/meminfo", "MemAvailable:");
  if (!kilobytes) return std::nullopt;
  std::uintmax_t least = group_memory(*kilobytes * 1024);
  rlimit space{};
  const auto pages = number("/proc/self/statm");
  if (pages && ::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
    least = std::min(least, difference(space.rlim_cur, *pages * static_cast<std::uintmax_t>(::sysconf(_SC_PAGESIZE))));
  return least;
}

}  // namespace howship::output
