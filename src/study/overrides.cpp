#include "overrides.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "howship/core/toml_text.hpp"
#include "howship/vertebra/built_in.hpp"

namespace howship::study {
namespace {

std::vector<std::string> settable_keys() {
  std::vector<std::string> keys{"id",
                                "title",
                                "models",
                                "duration",
                                "vertebra.built_in",
                                "vertebra.voxel_size",
                                "vertebra.seed",
                                "vertebra.ct",
                                "vertebra.mask",
                                "vertebra.labels",
                                "vertebra.series",
                                "vertebra.calibration.slope",
                                "vertebra.calibration.intercept",
                                "vertebra.density_of_bone",
                                "vertebra.min_bvtv",
                                "vertebra.max_bvtv",
                                "vertebra.block",
                                "vertebra.bvtv",
                                "vertebra.voxel.bvtv",
                                "vertebra.voxel.lesion",
                                "lesion.radius",
                                "lesion.site",
                                "lesion.centre",
                                "lesion.edge",
                                "solver.relative_tolerance",
                                "solver.max_step",
                                "solver.max_order",
                                "output.every",
                                "output.frames",
                                "output.frames_every",
                                "output.fields",
                                "output.charts",
                                "output.states",
                                "patient.weight",
                                "patient.creatinine_clearance",
                                "compare.control",
                                "compare.from",
                                "compare.to",
                                "compare.markers",
                                "compare.below",
                                "compare.values",
                                "compare.at",
                                "compare.lesions",
                                "compare.sizes"};
  for (const auto& field : vertebra::built_in_fields()) keys.push_back("vertebra." + std::string(field.name));
  for (const auto& field : vertebra::shape_fields()) keys.push_back("vertebra.shape." + std::string(field.name));
  return keys;
}

// The text as a TOML value ("1.2", "[1, 2]", "true", "'L3'"), or as it stands ("L3", "30 day", a path).
void insert_value(toml::table& table, const std::string& key, const std::string& text) {
  const std::string line = "value = " + text;
  try {
    const toml::table parsed = unfit_for_toml(line, {}) ? toml::table() : toml::parse(line);
    if (parsed.size() == 1) {
      // A copy forgets that it stood in line 1, which would be taken for line 1 of the study file.
      parsed.get("value")->visit([&](const auto& value) {
        using Node = std::decay_t<decltype(value)>;
        if constexpr (toml::is_value<Node>) {
          table.insert_or_assign(key, value.get());
        } else {
          table.insert_or_assign(key, Node(value));
        }
      });
      return;
    }
  } catch (const toml::parse_error&) {
    // no TOML: a plain text
  }
  table.insert_or_assign(key, text);
}

std::string from_here(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

void apply(toml::table& study, const std::string& given, const std::vector<std::string>& keys,
           const ReadingContext& context) {
  const SourceLocation where{"--set " + given, 0, 0};
  const auto equals = given.find('=');
  if (equals == std::string::npos || equals == 0) {
    context.fault(where, "an override has the form section.key=value",
                  "for example --set output.every='1 day' or --set K_Tn=1.5");
    return;
  }
  std::string key = given.substr(0, equals);
  std::string value = given.substr(equals + 1);
  const bool known = std::find(keys.begin(), keys.end(), key) != keys.end();
  const auto inside = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.starts_with(key + "."); });
  if (inside != keys.end()) {
    context.fault(where, fmt::format("'{}' is a section: write --set {}=...", key, *inside));
    return;
  }
  if (key == "parameters") {
    context.fault(where, "'parameters' is a section: write --set parameters.NAME=... or --set NAME=...");
    return;
  }
  const bool plain = key.find('.') == std::string::npos && key != "arms" && key != "inline";
  if (!known && plain) key = "parameters." + key;
  if (!known && !(key.starts_with("parameters.") && key.find('.', 11) == std::string::npos && key.size() > 11)) {
    const std::string hint = key.starts_with("arms") ? "arms are changed in the study file" : did_you_mean(key, keys);
    context.fault(where, fmt::format("'{}' is no key of a study", key), hint);
    return;
  }
  if (key == "vertebra.ct" || key == "vertebra.mask") value = value.starts_with('[') ? value : from_here(value);

  toml::table* table = &study;
  std::size_t begin = 0;
  for (std::size_t dot = key.find('.'); dot != std::string::npos; begin = dot + 1, dot = key.find('.', begin)) {
    const std::string section = key.substr(begin, dot - begin);
    if (table->get(section) == nullptr) table->insert(section, toml::table{});
    toml::table* inner = table->get(section)->as_table();
    if (inner == nullptr) {
      context.fault(where, fmt::format("'{}' is not a table in the study, so '{}' cannot be set", section, key));
      return;
    }
    table = inner;
  }
  insert_value(*table, key.substr(begin), value);
}

}  // namespace

void apply_overrides(toml::table& study, const std::vector<std::string>& overrides, const ReadingContext& context) {
  const std::vector<std::string> keys = settable_keys();
  for (const std::string& given : overrides) apply(study, given, keys, context);
}

}  // namespace howship::study
