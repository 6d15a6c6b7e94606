#include "howship/sbml/import.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include <fmt/format.h>

#include "howship/model/names.hpp"

#include "sbml/document.hpp"
#include "sbml/translation.hpp"
#include "sbml/unit_check_cost.hpp"

namespace howship::sbml {
namespace {

/// An id for the model text from what the document or the file is called.
std::string plain(const std::string& name) {
  std::string out;
  for (const char c : name) out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return out.empty() ? "sbml_model" : out;
}

/// libSBML's check of units costs the square of the model's size and more than that of a formula's, in which it writes
/// out function definitions.
bool takes_long_to_check(const std::string& xml, Model& model) {
  constexpr std::size_t kModel = 500'000;
  constexpr std::size_t kFormula = 5'000;
  constexpr double kCost = 2e5;
  if (xml.size() > kModel) return true;
  for (std::size_t begin = xml.find("<math"); begin != std::string::npos; begin = xml.find("<math", begin + 1)) {
    const std::size_t end = xml.find("</math", begin);
    if (end != std::string::npos && end - begin > kFormula) return true;
  }
  return unit_check_cost(model) > kCost;
}

Import import_checked(const std::string& xml, const std::string& file, const ImportOptions& options);

}  // namespace

bool is_sbml_name(const std::string& file) {
  std::string lower(file);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.ends_with(".xml") || lower.ends_with(".sbml");
}

Import import_sbml(const std::string& xml, const std::string& file, const ImportOptions& options) {
  try {
    return import_checked(xml, file, options);
  } catch (const std::invalid_argument& error) {
    // libSBML gives up an element that its level and version do not have, in some places by an exception.
    throw InputError({{{file, 1, 1},
                       fmt::format("the document cannot be read: {}", error.what()),
                       "an element of it does not belong to its level and version of SBML",
                       {}}});
  }
}

namespace {

Import import_checked(const std::string& xml, const std::string& file, const ImportOptions& options) {
  const std::unique_ptr<SBMLDocument> document = read_document(xml, file);
  std::vector<Diagnostic> notes = check_packages(*document, xml, file);
  ImportOptions named = options;
  if (named.id.empty()) named.id = plain(document->getModel()->getId());
  Import out = Translation(*document->getModel(), file, named).run();
  out.notes.insert(out.notes.begin(), notes.begin(), notes.end());
  if (!options.check_units && !options.strict_units) return out;
  if (!options.strict_units && takes_long_to_check(xml, *document->getModel())) {
    out.notes.push_back({{file, 1, 1},
                         "units were not looked at: the model, with its functions written out, is large; "
                         "--strict-units does it, however long it takes",
                         {},
                         {}});
    return out;
  }
  constexpr double kNever = 1e8;  // a quarter of an hour
  if (unit_check_cost(*document->getModel()) > kNever) {
    throw InputError({{{file, 1, 1},
                       "the units cannot be checked: the model, with its functions written out, is too large",
                       "leave --strict-units out, or let functions call each other less",
                       {}}});
  }
  const std::vector<Diagnostic> faults = unit_faults(*document, file);
  if (options.strict_units && !faults.empty()) throw InputError(faults);
  out.notes.insert(out.notes.end(), faults.begin(), faults.end());
  return out;
}

}  // namespace

}  // namespace howship::sbml
