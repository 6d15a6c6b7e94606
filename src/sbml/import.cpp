#include "howship/sbml/import.hpp"

#include <algorithm>
#include <cctype>

#include "howship/model/names.hpp"

#include "sbml/document.hpp"
#include "sbml/translation.hpp"

namespace howship::sbml {
namespace {

/// An id for the model text from what the document or the file is called.
std::string plain(const std::string& name) {
  std::string out;
  for (const char c : name) out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return out.empty() ? "sbml_model" : out;
}

}  // namespace

bool is_sbml_name(const std::string& file) {
  std::string lower(file);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.ends_with(".xml") || lower.ends_with(".sbml");
}

Import import_sbml(const std::string& xml, const std::string& file, const ImportOptions& options) {
  const std::unique_ptr<SBMLDocument> document = read_document(xml, file);
  std::vector<Diagnostic> notes = check_packages(*document, xml, file);
  ImportOptions named = options;
  if (named.id.empty()) named.id = plain(document->getModel()->getId());
  Import out = Translation(*document->getModel(), file, named).run();
  out.notes.insert(out.notes.begin(), notes.begin(), notes.end());
  if (!options.check_units && !options.strict_units) return out;
  const std::vector<Diagnostic> faults = unit_faults(*document, file);
  if (options.strict_units && !faults.empty()) throw InputError(faults);
  out.notes.insert(out.notes.end(), faults.begin(), faults.end());
  return out;
}

}  // namespace howship::sbml
