#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/output/frames.hpp"
#include "howship/study/place.hpp"
#include "howship/vertebra/ct_import.hpp"

#include "command.hpp"
#include "sbml_file.hpp"

namespace howship::cli {
namespace {

namespace po = boost::program_options;

// "1=trabecular"
vertebra::LabelRule label_rule(const std::string& text) {
  const auto equals = text.find('=');
  vertebra::LabelRule rule;
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min(equals, text.size()), rule.label);
  if (equals == std::string::npos || error != std::errc{} || end != text.data() + equals) {
    throw InputError(fmt::format("--label {}: not of the form LABEL=REGION", text),
                     "for example --label 1=trabecular --label 5=skip");
  }
  rule.region = vertebra::region_from_text(text.substr(equals + 1));
  return rule;
}

void print_table(const vertebra::CtImport& import, const vertebra::CtOptions& options) {
  const auto region = [&options](const vertebra::LabelReport& label) {
    if (options.rules.empty()) return std::string("(no region given: trabecular)");
    return label.region ? std::string(vertebra::to_text(*label.region)) : "left out";
  };
  fmt::print("{:>6} {:>10} {:>12} {:>12} {:>14}  {:<28} {}\n", "label", "voxels", "volume mm^3", "mean value",
             "mean mg/cm^3", "centroid mm (LPS)", "region");
  for (const auto& label : import.labels) {
    fmt::print("{:>6} {:>10} {:>12.1f} {:>12.2f} {:>14.2f}  {:<28} {}\n", label.label, label.voxels, label.volume,
               label.mean_value, label.mean_density,
               fmt::format("{:.2f} {:.2f} {:.2f}", label.centroid[0], label.centroid[1], label.centroid[2]),
               region(label));
  }
  fmt::print("{:>6} {:>10} {:>12.1f}\n", "bone", import.domain.size(), import.domain.volume());
  for (const std::string& note : study::import_notes(import, options)) fmt::print(stderr, "note: {}\n", note);
}

void write_picture(const vertebra::CtImport& import, const std::filesystem::path& folder, bool force) {
  const std::filesystem::path file = folder / "import.vti";
  std::error_code error;
  if (std::filesystem::exists(file, error) && !force) {
    throw InputError(fmt::format("'{}' exists", file.string()),
                     "choose another folder with -o, or replace it with --force");
  }
  std::filesystem::create_directories(folder, error);
  if (error) throw OutputError(fmt::format("cannot create '{}': {}", folder.string(), error.message()));
  output::ImageField labels{"label", "1", {import.label.begin(), import.label.end()}};
  const std::vector<output::ImageField> fields{{"density", "mg/cm^3", import.density}, std::move(labels)};
  output::write_image(file, import.grid, std::nullopt, fields, {});
  fmt::print("{}\n", file.string());
}

ExitCode import_model(const std::string& file, const po::variables_map& given) {
  for (const char* option : {"mask", "label", "series", "slope", "intercept"}) {
    if (given.count(option) > 0)
      throw InputError(fmt::format("--{} is for images, and '{}' is an SBML model", option, file));
  }
  const std::filesystem::path out = value(given, "output");
  std::error_code error;
  if (!out.empty() && std::filesystem::exists(out, error) && given.count("force") == 0)
    throw InputError(fmt::format("'{}' exists", out.string()),
                     "choose another file with -o, or replace it with --force");
  const sbml::Import import = read_sbml_file(file, out.stem().string(), given);
  model_of(import, UnitSystem());  // what is written must be read again
  if (out.empty()) {
    fmt::print("{}", import.text);
  } else {
    write_text(out, import.text);
    fmt::print("{}\n", out.string());
  }
  return ExitCode::ok;
}

ExitCode import(const po::variables_map& given) {
  vertebra::CtOptions options;
  options.image = operands(import_command(), given).front();
  if (sbml::is_sbml_name(options.image.string())) return import_model(options.image.string(), given);
  if (given.count("mask") == 0)
    throw InputError("howship import: --mask is missing", "give the label image: --mask labels.nii.gz");
  for (const std::string& mask : given["mask"].as<std::vector<std::string>>()) options.masks.emplace_back(mask);
  if (given.count("label") > 0) {
    for (const std::string& rule : given["label"].as<std::vector<std::string>>())
      options.rules.push_back(label_rule(rule));
  }
  options.series = value(given, "series");
  if (given.count("slope") > 0 || given.count("intercept") > 0) {
    options.calibration = {given.count("slope") > 0 ? given["slope"].as<double>() : 1.0,
                           given.count("intercept") > 0 ? given["intercept"].as<double>() : 0.0};
  }
  const vertebra::CtImport result = vertebra::import_ct(options);
  print_table(result, options);
  if (given.count("output") > 0) write_picture(result, value(given, "output"), given.count("force") > 0);
  return ExitCode::ok;
}

}  // namespace

Command import_command() {
  Command command{
      "import",
      "import IMAGE --mask LABELS [-o DIR], or import MODEL.xml [-o MODEL.toml]",
      "reads a CT and its labels, says what is in them, and writes a .vti to look at; or an SBML model, and "
      "writes it as a model file",
      po::options_description("options"),
      "IMAGE",
      1,
      import};
  command.options.add_options()("mask", po::value<std::vector<std::string>>()->composing(),
                                "image of labels; or, repeated, one binary image per label")(
      "label", po::value<std::vector<std::string>>()->composing(),
      "what a label is: 1=trabecular, cortical, endplate, posterior or skip")("slope", po::value<double>(),
                                                                              "density per unit of the image, mg/cm^3")(
      "intercept", po::value<double>(), "density where the image is zero, mg/cm^3")(
      "series", po::value<std::string>(), "UID of the DICOM series, when the folder holds several")(
      "output,o", po::value<std::string>(), "folder for import.vti, or the model file")(
      "force", "replace what an earlier import wrote");
  add_sbml_options(command.options);
  return command;
}

}  // namespace howship::cli
