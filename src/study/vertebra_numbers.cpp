#include <algorithm>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/study/read_study.hpp"

#include "sections.hpp"

namespace howship::study {
namespace {

// { value = 0.7, unit = "mm", range = [0, 2.5], source = "..." }
std::optional<VertebraNumber> read_number(const toml::table& table, const std::string& path,
                                          const ReadingContext& context) {
  TableReader reader(table, path, context);
  for (const char* key : {"value", "unit", "range", "source"})
    reader.require(key, "{ value = 0.7, unit = \"mm\", range = [0, 2.5], source = \"...\" }");
  const auto value = reader.number("value");
  const auto unit_text = reader.text("unit");
  reader.text("source");
  const toml::array* range = reader.has("range") ? reader.node("range")->as_array() : nullptr;
  reader.finish();
  if (!value || !unit_text) return std::nullopt;
  try {
    const Unit unit = context.units->parse(*unit_text);
    if (!unit.dimension.is_none() && !(unit.dimension == length_dimension())) {
      context.fault(reader.where("unit"),
                    fmt::format("{}: a vertebra is made of lengths and pure numbers, not of {}", path, *unit_text));
      return std::nullopt;
    }
    VertebraNumber number{*value * unit.scale, kNonNegative};
    if (range != nullptr && range->size() == 2 && (*range)[0].is_number() && (*range)[1].is_number()) {
      number.range = {*(*range)[0].value<double>() * unit.scale, *(*range)[1].value<double>() * unit.scale};
    }
    if (!(number.value >= number.range.low && number.value <= number.range.high)) {
      context.fault(reader.where("value"), fmt::format("{} = {:g} lies outside its own range", path, *value));
    }
    return number;
  } catch (const UnitError& error) {
    context.fault(reader.where("unit"), fmt::format("{}: {}", path, error.what()), error.hint());
    return std::nullopt;
  }
}

void read_level(const toml::table& file, const std::string& level, const ReadingContext& context,
                std::map<std::string, VertebraNumber>& numbers) {
  const toml::table* table = file.get(level) != nullptr ? file.get(level)->as_table() : nullptr;
  if (table == nullptr) return;
  for (const auto& [key, node] : *table) {
    const std::string name(key.str());
    if (!node.is_table() || numbers.contains(name)) continue;
    if (const auto number = read_number(*node.as_table(), fmt::format("{}.{}", level, name), context))
      numbers.emplace(name, *number);
  }
}

std::vector<std::string> levels_of(const toml::table& file) {
  std::vector<std::string> levels;
  for (const auto& [key, value] : file) {
    if (value.is_table() && key.str() != "common") levels.emplace_back(key.str());
  }
  return levels;
}

}  // namespace

std::map<std::string, VertebraNumber> read_vertebra_numbers(const std::filesystem::path& folder,
                                                            const std::string& level, const SourceLocation& where,
                                                            const ReadingContext& context) {
  std::map<std::string, VertebraNumber> numbers;
  std::vector<std::string> known;
  for (const std::string& id : DataFolder::ids(folder)) {
    const std::filesystem::path path = folder / (id + ".toml");
    const std::string text = read_text(path);
    const SourceText source(path.string(), text);
    const ReadingContext own{&source, context.units, context.faults};
    const toml::table file = parse_toml(text, own);
    const std::vector<std::string> levels = levels_of(file);
    known.insert(known.end(), levels.begin(), levels.end());
    if (std::find(levels.begin(), levels.end(), level) == levels.end()) continue;
    read_level(file, level, own, numbers);
    read_level(file, "common", own, numbers);
    return numbers;
  }
  context.fault(where, fmt::format("there is no built-in vertebra '{}' in {}", level, folder.string()),
                did_you_mean(level, known));
  return numbers;
}

std::vector<std::string> vertebra_levels(const DataFolder& data) {
  std::vector<std::string> known;
  const UnitSystem units;
  Diagnostics unheard;  // a broken file is reported when it is used
  for (const std::string& id : DataFolder::ids(data.vertebrae())) {
    const std::string text = read_text(data.vertebrae() / (id + ".toml"));
    const SourceText source(id, text);
    const std::vector<std::string> levels = levels_of(parse_toml(text, {&source, &units, &unheard}));
    known.insert(known.end(), levels.begin(), levels.end());
  }
  return known;
}

}  // namespace howship::study
