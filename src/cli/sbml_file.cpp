#include "sbml_file.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/model/library.hpp"
#include "howship/study/read_study.hpp"

namespace howship::cli {

namespace po = boost::program_options;

namespace {

constexpr double kDuration = 100.0, kRows = 100.0;

/// A file's name as an id of a model.
std::string id_of(const std::string& file) {
  std::string id = std::filesystem::path(file).stem().string();
  for (char& c : id) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return id.empty() ? "model" : id;
}

double positive(const po::variables_map& given, const char* option, double otherwise) {
  if (given.count(option) == 0) return otherwise;
  const double value = given[option].as<double>();
  if (!(std::isfinite(value) && value > 0.0)) throw InputError(fmt::format("--{} must be a positive number", option));
  return value;
}

}  // namespace

void add_sbml_options(po::options_description& options) {
  options.add_options()("strict-units", "SBML: faults of units are errors, not warnings");
}

sbml::Import read_sbml_file(const std::string& file, const std::string& id, const po::variables_map& given) {
  sbml::ImportOptions options;
  options.id = id.empty() ? id_of(file) : id;
  options.strict_units = given.count("strict-units") > 0;
  sbml::Import import = sbml::import_sbml(read_text(file), file, options);
  if (given.count("quiet") == 0) {
    for (const Diagnostic& note : import.notes)
      fmt::print(stderr, "{}:{}:{}: warning: {}\n", note.where.file, note.where.line, note.where.column, note.message);
  }
  return import;
}

model::Model model_of(const sbml::Import& import, const UnitSystem& units) {
  model::Library library("");
  library.add(import.id, import.text);
  const std::vector<std::string> ids{import.id};
  try {
    return model::build_model(library, ids, units);
  } catch (const InputError& error) {
    throw sbml::in_terms_of_document(error, import);
  }
}

study::Study sbml_study(const std::string& file, const po::variables_map& given,
                        const std::vector<std::string>& overrides, const study::DataFolder& data,
                        const UnitSystem& units) {
  const sbml::Import import = read_sbml_file(file, {}, given);
  model_of(import, units);  // what the study finds in the text would be told of a file that does not exist
  const double duration = positive(given, "duration", kDuration);
  const std::string text = fmt::format(
      "id = \"{0}\"\nmodels = [\"{0}\"]\nduration = \"{1} day\"\n"
      "[vertebra]\nvoxel = {{ bvtv = 0.15, lesion = 0 }}\n[solver]\nrelative_tolerance = 1e-9\n"
      "[output]\nevery = \"{2} day\"\n[inline.models]\n{0} = '''\n{3}'''\n",
      import.id, duration, positive(given, "every", duration / kRows), import.text);
  Diagnostics faults;
  study::Study study = study::read_study(text, file, overrides, data, units, faults);
  faults.raise_if_any();
  study.title = import.title;
  return study;
}

}  // namespace howship::cli
