#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/vertebra/seeding.hpp"

#include "sections.hpp"

namespace howship::study {
namespace {

using Numbers = std::map<std::string, VertebraNumber>;

// A length with its unit, or a pure number: from the study, else from params/vertebrae, within the latter's range.
template <class Field, class Struct>
void read_field(TableReader& reader, const Field& field, const Numbers& numbers, Struct& target) {
  const std::string key(field.name);
  const auto known = numbers.find(key);
  const Range range = known != numbers.end() ? known->second.range : kNonNegative;
  if (!reader.has(key)) {
    if (known != numbers.end()) target.*field.member = known->second.value;
  } else if (field.unit == "1") {
    if (const auto value = reader.number(key, range)) target.*field.member = *value;
  } else if (const auto value = reader.quantity(key, length_dimension(), "1 mm", range)) {
    target.*field.member = value->base();
  }
}

// A resolved study carries every number itself and then needs no file of ours.
bool is_complete(TableReader& reader, TableReader& shape) {
  const auto given_in = [](TableReader& table) {
    return [&table](const auto& field) { return table.has(std::string(field.name)); };
  };
  return std::ranges::all_of(vertebra::shape_fields(), given_in(shape)) &&
         std::ranges::all_of(vertebra::built_in_fields(), given_in(reader));
}

BuiltInVertebra read_built_in(TableReader& reader, const DataFolder& data) {
  static const toml::table kEmpty;
  BuiltInVertebra built_in;
  built_in.level = reader.text("built_in").value_or("");
  const toml::table* table = reader.table("shape");
  TableReader shape(table != nullptr ? *table : kEmpty, reader.path("shape"), reader.context());
  Numbers numbers;
  if (!is_complete(reader, shape))
    numbers = read_vertebra_numbers(data.vertebrae(), built_in.level, reader.where("built_in"), reader.context());
  for (const auto& field : vertebra::shape_fields()) read_field(shape, field, numbers, built_in.shape);
  for (const auto& field : vertebra::built_in_fields()) read_field(reader, field, numbers, built_in.options);
  if (const auto size = reader.quantity("voxel_size", length_dimension(), "1 mm", kPositive))
    built_in.options.voxel = size->base();
  // The vertebra's own check cannot say where the size was given.
  const double most = 0.5 * std::min(built_in.shape.anterior_height, built_in.shape.posterior_height);
  if (most > 0.0 && built_in.options.voxel > most) {
    reader.context().fault(
        reader.where("voxel_size"),
        fmt::format("vertebra.voxel_size is {:g} mm, and must be at most {:g} mm, half the height of "
                    "the vertebral body",
                    built_in.options.voxel, most),
        "use smaller voxels");
  }
  if (const auto seed = reader.integer("seed", 0, std::numeric_limits<std::int64_t>::max())) {
    built_in.options.seed = static_cast<std::uint64_t>(*seed);
  }
  shape.finish();
  return built_in;
}

std::filesystem::path read_path(const std::string& text, const std::filesystem::path& beside) {
  const std::filesystem::path path(text);
  return std::filesystem::absolute(path.is_absolute() ? path : beside / path).lexically_normal();
}

std::vector<vertebra::LabelRule> read_labels(TableReader& reader) {
  std::vector<vertebra::LabelRule> rules;
  const toml::table* table = reader.table("labels");
  if (table == nullptr) return rules;
  TableReader labels(*table, reader.path("labels"), reader.context());
  for (const auto& [key, node] : *table) {
    const std::string name(key.str());
    vertebra::LabelRule rule;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), rule.label);
    if (error != std::errc{} || end != name.data() + name.size()) {
      reader.context().fault(labels.where(name), fmt::format("the label '{}' is not a whole number", name),
                             "write 1 = \"trabecular\"");
      continue;
    }
    const auto region = labels.text(name);
    if (!region) continue;
    try {
      rule.region = vertebra::region_from_text(*region);
      rules.push_back(rule);
    } catch (const InputError& error_text) {
      reader.context().fault(labels.where(name), error_text.diagnostics().front().message,
                             error_text.diagnostics().front().hint);
    }
  }
  // TOML tables come sorted as texts; labels are numbers.
  std::sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.label < b.label; });
  return rules;
}

CtVertebra read_ct(TableReader& reader, const std::filesystem::path& beside) {
  CtVertebra ct;
  if (const auto image = reader.text("ct")) ct.options.image = read_path(*image, beside);
  reader.require("mask", "mask = \"labels.nii.gz\", or give it with --set vertebra.mask=PATH");
  const toml::node* mask = reader.node("mask");
  if (mask != nullptr && mask->is_array()) {
    for (const auto& item : reader.texts("mask")) ct.options.masks.push_back(read_path(item.text, beside));
  } else if (const auto file = reader.text("mask")) {
    ct.options.masks.push_back(read_path(*file, beside));
  }
  ct.options.rules = read_labels(reader);
  ct.options.series = reader.text("series").value_or("");
  if (const toml::table* table = reader.table("calibration")) {
    TableReader line(*table, reader.path("calibration"), reader.context());
    vertebra::Calibration calibration;
    calibration.slope = line.number("slope", kPositive).value_or(calibration.slope);
    calibration.intercept = line.number("intercept").value_or(calibration.intercept);
    line.finish();
    ct.options.calibration = calibration;
  }
  static const Dimension kDensity = [] {
    Dimension dimension;
    dimension.exponents[Dimension::mass] = 1.0;
    dimension.exponents[Dimension::length] = -3.0;
    return dimension;
  }();
  // The import counts in mg/cm^3, a thousand times the base unit mg/mm^3.
  if (const auto density = reader.quantity("density_of_bone", kDensity, "1320 mg/cm^3", kPositive)) {
    ct.options.density_of_bone = density->unit.text == "mg/cm^3" ? density->value : density->base() * 1e3;
  }
  ct.options.min_bvtv = reader.number("min_bvtv", {1e-6, 0.999}).value_or(ct.options.min_bvtv);
  ct.options.max_bvtv = reader.number("max_bvtv", {1e-6, 0.999}).value_or(ct.options.max_bvtv);
  return ct;
}

Block read_block(TableReader& reader) {
  Block block;
  const auto sizes = reader.three_lengths("block", "20 mm", kPositive);
  const auto voxel = reader.quantity("voxel_size", length_dimension(), "0.5 mm", kPositive);
  reader.require("voxel_size", "voxel_size = \"0.5 mm\"");
  reader.require("bvtv", "bvtv = 0.15");
  block.bvtv = reader.number("bvtv", {1e-6, 0.999}).value_or(block.bvtv);
  if (!sizes || !voxel) return block;
  block.voxel = voxel->base();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    constexpr double kMost = 1e6;
    const double edge = (*sizes)[axis];
    const double count = std::round(edge / block.voxel);
    if (!(std::abs(edge / block.voxel - count) <= 1e-6 * count) || count < 1.0 || count > kMost) {
      reader.context().fault(
          reader.where("block"),
          fmt::format("an edge of {:g} mm is no whole number of voxels of {:g} mm, or is more than a "
                      "million",
                      edge, block.voxel),
          "change the edge or voxel_size");
      return Block{};
    }
    block.count[axis] = static_cast<int>(count);
  }
  return block;
}

SingleVoxel read_voxel(TableReader& reader) {
  SingleVoxel voxel;
  const toml::table* table = reader.table("voxel");
  if (table == nullptr) return voxel;
  TableReader inner(*table, reader.path("voxel"), reader.context());
  inner.require("bvtv", "voxel = { bvtv = 0.15, lesion = 1 }");
  voxel.bvtv = inner.number("bvtv", {1e-6, 0.999}).value_or(voxel.bvtv);
  voxel.lesion = inner.number("lesion", {0.0, 1.0}).value_or(voxel.lesion);
  inner.finish();
  return voxel;
}

}  // namespace

Vertebra read_vertebra(TableReader& reader, const DataFolder& data, const std::filesystem::path& beside) {
  std::vector<std::string> kinds;
  for (const char* kind : {"built_in", "ct", "block", "voxel"}) {
    if (reader.has(kind)) kinds.emplace_back(kind);
  }
  if (kinds.size() != 1) {
    const bool none = kinds.empty();
    reader.context().fault(
        none ? reader.where() : reader.where(kinds.back()),
        none ? "[vertebra] does not say where the study takes place"
             : fmt::format("[vertebra] has both {} and {}", kinds[0], kinds[1]),
        none && reader.has("labels")
            ? "give the image and its labels: --set vertebra.ct=PATH --set vertebra.mask=PATH"
            : "give one of built_in = \"L3\", ct = \"image.nii.gz\", block = [\"20 mm\", \"20 mm\", \"1 mm\"] "
              "or voxel = { bvtv = 0.15 }");
    return BuiltInVertebra{};  // never built, and not a voxel, of which other sections would be said not to fit
  }
  Vertebra vertebra;
  if (kinds[0] == "built_in") {
    vertebra = read_built_in(reader, data);
  } else if (kinds[0] == "ct") {
    vertebra = read_ct(reader, beside);
  } else if (kinds[0] == "block") {
    vertebra = read_block(reader);
  } else {
    vertebra = read_voxel(reader);
  }
  reader.finish();
  return vertebra;
}

Lesion read_lesion(TableReader& reader) {
  Lesion lesion;
  lesion.where = reader.where();
  if (const auto site = reader.text("site")) {
    lesion.site = *site;
    const auto& sites = vertebra::lesion_sites();
    if (std::find(sites.begin(), sites.end(), *site) == sites.end()) {
      reader.context().fault(reader.where("site"), fmt::format("there is no site '{}'", *site),
                             did_you_mean(*site, sites));
    }
  }
  if (reader.has("centre")) {
    lesion.centre = reader.three_lengths("centre", "0 mm");
    if (reader.has("site"))
      reader.context().fault(reader.where("centre"), "the lesion has both a site and a centre", "keep one of the two");
  }
  if (const auto radius = reader.quantity("radius", length_dimension(), "5 mm", kPositive))
    lesion.radius = radius->base();
  if (const auto edge = reader.quantity("edge", length_dimension(), "1 mm", kNonNegative)) lesion.edge = edge->base();
  reader.finish();
  return lesion;
}

}  // namespace howship::study
