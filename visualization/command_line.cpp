#include "command_line.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/error.hpp"

namespace howship::visualization {
namespace {

std::vector<std::string> parts(const std::string& list) {
  std::vector<std::string> result(1);
  for (const char c : list) {
    if (c == ',') {
      result.emplace_back();
    } else {
      result.back() += c;
    }
  }
  std::erase(result, "");
  return result;
}

double number(const std::string& text, const std::string& option) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    throw InputError(fmt::format("{} '{}' is not a number", option, text));
  }
  return value;
}

}  // namespace

std::string_view usage() {
  return "usage: howship render DIR [options]\n"
         "       howship render FIGURE.json...\n"
         "Draws pictures of a run folder: each arm cut open, density slices, time courses.\n"
         "Of figures that howship reproduce wrote it draws x.json as x.png.\n"
         "  -o, --output OUT     folder for the pictures (default DIR/pictures; of a figure: its own)\n"
         "  --days 0,180,730     days of the slices; the last is the day of the vertebrae\n"
         "  --arms A,B           only these arms\n"
         "  --size N             width of a picture, pixels (default 1800)\n"
         "  --quiet              say nothing but the paths\n";
}

std::optional<RenderOptions> parse_command_line(const std::vector<std::string>& arguments) {
  static const std::vector<std::string> kOptions{"-o", "--output", "--days", "--arms", "--size", "--quiet", "--help"};
  RenderOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string option = arguments[i];
    std::optional<std::string> attached;
    if (const auto equals = option.find('='); option.starts_with("--") && equals != std::string::npos) {
      attached = option.substr(equals + 1);
      option.erase(equals);
    }
    const auto value = [&]() -> std::string {
      if (attached) return *attached;
      if (i + 1 == arguments.size()) throw InputError(fmt::format("{} needs a value", option));
      return arguments[++i];
    };
    if (option == "-h" || option == "--help") return std::nullopt;
    if (option == "-o" || option == "--output") {
      options.output = value();
    } else if (option == "--days") {
      for (const std::string& day : parts(value())) options.days.push_back(number(day, "--days"));
    } else if (option == "--arms") {
      options.arms = parts(value());
    } else if (option == "--size") {
      const double size = number(value(), "--size");
      if (size < kSmallestWidth || size > kLargestWidth) {
        throw InputError(fmt::format("--size {:g} is out of range", size),
                         fmt::format("give a width from {} to {} pixels", kSmallestWidth, kLargestWidth));
      }
      options.width = static_cast<int>(size);
    } else if (option == "--quiet") {
      options.quiet = true;
    } else if (option.starts_with('-')) {
      throw InputError(fmt::format("there is no option '{}'", option), did_you_mean(option, kOptions));
    } else if (option.ends_with(".json")) {
      options.figures.emplace_back(option);
    } else if (options.run.empty()) {
      options.run = option;
    } else {
      throw InputError(fmt::format("one folder at a time: '{}' or '{}'", options.run.string(), option));
    }
  }
  if (!options.figures.empty() && !options.run.empty()) throw InputError("a run folder or figures, not both at a time");
  if (options.run.empty() && options.figures.empty())
    throw InputError("which run? No folder is given", "howship render DIR");
  return options;
}

}  // namespace howship::visualization
