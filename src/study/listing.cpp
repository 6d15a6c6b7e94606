#include "howship/study/listing.hpp"

#include <optional>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "howship/core/files.hpp"
#include "howship/core/toml_text.hpp"
#include "howship/model/library.hpp"
#include "howship/study/read_study.hpp"

#include "sections.hpp"

namespace howship::study {
namespace {

std::optional<toml::table> parsed(const std::string& text) {
  if (unfit_for_toml(text, {})) return std::nullopt;
  try {
    return toml::parse(text);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

std::string title_of(const std::string& text) {
  const auto table = parsed(text);
  return table ? (*table)["title"].value_or(std::string()) : "(not valid TOML)";
}

Listing list_folder(const std::string& title, const std::filesystem::path& folder) {
  Listing listing{title, {}};
  for (const std::string& id : DataFolder::ids(folder))
    listing.entries.emplace_back(id, title_of(read_text(folder / (id + ".toml"))));
  return listing;
}

// What tells one vertebra from the next at a glance.
std::string size_of(const DataFolder& data, const std::string& level) {
  const SourceText source;
  const UnitSystem units;
  Diagnostics unheard;  // a broken file is reported when it is used
  const auto numbers = read_vertebra_numbers(data.vertebrae(), level, {}, {&source, &units, &unheard});
  const auto number = [&numbers](const char* name) {
    const auto found = numbers.find(name);
    return found != numbers.end() ? fmt::format("{:g}", found->second.value) : "?";
  };
  return fmt::format("body {} mm wide, {} mm deep, {} mm high in front", number("superior_endplate_width"),
                     number("superior_endplate_depth"), number("anterior_height"));
}

}  // namespace

std::vector<Listing> list_data(const DataFolder& data) {
  Listing models{"models", {}};
  const model::Library library(data.models());
  for (const std::string& id : library.ids()) models.entries.emplace_back(id, title_of(library.read(id).text));
  Listing vertebrae{"vertebrae", {}};
  for (const std::string& level : vertebra_levels(data)) vertebrae.entries.emplace_back(level, size_of(data, level));
  return {std::move(models), list_folder("studies", data.studies()), list_folder("regimens", data.regimens()),
          std::move(vertebrae)};
}

bool is_model_text(const std::string& text) {
  const auto table = parsed(text);
  if (!table) return false;
  for (const char* key : {"vertebra", "arms", "duration", "models", "output", "solver", "lesion"}) {
    if (table->contains(key)) return false;
  }
  for (const char* key :
       {"extends", "species", "quantities", "processes", "observables", "modify", "without", "dose", "parameters"}) {
    if (table->contains(key)) return true;
  }
  return false;
}

}  // namespace howship::study
