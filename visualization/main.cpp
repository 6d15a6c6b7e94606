// howship-render DIR: pictures of a run folder. `howship render` starts it.
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "howship/core/error.hpp"

#include "command_line.hpp"
#include "render.hpp"

int main(int count, char** arguments) {
  using namespace howship;
  try {
    const auto options = visualization::parse_command_line({arguments + 1, arguments + count});
    if (!options) {
      fmt::print("{}", visualization::usage());
      return static_cast<int>(ExitCode::ok);
    }
    const visualization::Rendered rendered = visualization::render(*options);
    if (!options->quiet) {
      for (const std::string& note : rendered.notes) fmt::print(stderr, "note: {}\n", note);
    }
    for (const auto& picture : rendered.pictures) fmt::print("{}\n", picture.string());
    if (std::fflush(stdout) != 0)
      throw OutputError("the names of the pictures could not be written to the standard output");
    return static_cast<int>(ExitCode::ok);
  } catch (const InputError& error) {
    fmt::print(stderr, "{}\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
  }
  return static_cast<int>(ExitCode::input);
}
