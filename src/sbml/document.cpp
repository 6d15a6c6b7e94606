#include "sbml/document.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "sbml/shape.hpp"

namespace howship::sbml {
namespace {

std::string first_line(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \n\t");
  if (begin == std::string::npos) return {};
  std::string out;
  for (const char c : text.substr(begin)) {
    if (c == '\n' || c == '\t' || c == ' ') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c;
    }
    if (out.size() > 300) break;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

Diagnostic diagnostic_of(const SBMLError& error, const std::string& file) {
  return {{file, static_cast<int>(error.getLine()), static_cast<int>(error.getColumn())},
          first_line(error.getMessage()),
          {},
          {}};
}

/// The number that could not be read, which the parser does not name: it stops at the end of its element.
std::string number_before(const std::string& xml, const SourceLocation& where) {
  std::size_t line = 0;
  for (int i = 1; i < where.line && line < xml.size(); ++i) line = std::min(xml.find('\n', line), xml.size() - 1) + 1;
  const std::size_t end = std::min(line + static_cast<std::size_t>(std::max(where.column, 0)), xml.size());
  const std::size_t begin = xml.rfind("<cn", end);
  const std::size_t close = begin == std::string::npos ? begin : xml.find("</cn>", begin);
  constexpr std::size_t kLongest = 200;
  if (close == std::string::npos || close - begin > kLongest) return {};
  return first_line(xml.substr(begin, close + 5 - begin));
}

/// What a message says of this element: behind the rule in general and the place in the specification.
std::string unit_message(const std::string& message) {
  const std::size_t reference = message.find("Reference: ");
  const std::size_t line = message.find('\n', reference == std::string::npos ? 0 : reference);
  const std::string own = line == std::string::npos ? std::string() : first_line(message.substr(line));
  return own.empty() ? first_line(message) : own;
}

/// The value of an attribute of the root element such as `comp:required`.
std::string root_attribute(const std::string& xml, const std::string& name) {
  const std::size_t root = xml.find("<sbml");
  const std::size_t end = xml.find('>', root == std::string::npos ? 0 : root);
  if (root == std::string::npos || end == std::string::npos) return {};
  const std::string head = xml.substr(root, end - root);
  const std::size_t at = head.find(name + "=");
  if (at == std::string::npos || at + name.size() + 2 >= head.size()) return {};
  const char quote = head[at + name.size() + 1];
  const std::size_t begin = at + name.size() + 2;
  const std::size_t close = head.find(quote, begin);
  return close == std::string::npos ? std::string() : head.substr(begin, close - begin);
}

// XML without a declaration, or one without an encoding, is UTF-8; the parser wants it said.
std::string with_declaration(const std::string& xml, std::size_t begin) {
  constexpr const char* kEncoding = " encoding=\"UTF-8\"";
  if (xml.compare(begin, 5, "<?xml") != 0) {
    const bool has_mark = xml.starts_with("\xEF\xBB\xBF");
    return std::string("<?xml version=\"1.0\"") + kEncoding + "?>" + xml.substr(has_mark ? 3 : 0);
  }
  const std::size_t end = xml.find("?>", begin);
  if (end == std::string::npos || xml.substr(begin, end - begin).find("encoding") != std::string::npos) return xml;
  return xml.substr(0, end) + kEncoding + xml.substr(end);
}

}  // namespace

SourceLocation place_of(const SBase& element, const std::string& file) {
  return {file, static_cast<int>(element.getLine()), static_cast<int>(element.getColumn())};
}

std::string name_of(const SBase& element) {
  std::string id = element.getId();
  const char* of = "";
  if (const auto* rule = dynamic_cast<const Rule*>(&element)) {
    id = rule->getVariable();
    of = "for ";
  } else if (const auto* initial = dynamic_cast<const InitialAssignment*>(&element)) {
    id = initial->getSymbol();
    of = "for ";
  } else if (const auto* set = dynamic_cast<const EventAssignment*>(&element)) {
    id = set->getVariable();
    of = "for ";
  }
  if (id.empty()) return element.getElementName();
  return fmt::format("{} {}'{}'", element.getElementName(), of, id);
}

std::unique_ptr<SBMLDocument> read_document(const std::string& xml, const std::string& file) {
  if (xml.starts_with("\xFF\xFE") || xml.starts_with("\xFE\xFF"))
    throw InputError({{{file, 1, 1}, "the file is in UTF-16", "SBML is written in UTF-8: save it as that", {}}});
  const std::size_t begin = xml.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (begin == std::string::npos || xml[begin] != '<')
    throw InputError({{{file, 1, 1}, "this is not XML", "SBML begins with <?xml ...?> and <sbml ...>", {}}});
  check_shape(xml, file);
  // Where it is missing the parser would put it on a line of its own, and all places would be one line off.
  const std::string declared = with_declaration(xml, begin);
  std::unique_ptr<SBMLDocument> document(readSBMLFromString(declared.c_str()));
  check_packages(*document, xml, file);  // a package that libSBML does not know would read as a list of faults
  std::vector<Diagnostic> faults;
  for (unsigned int i = 0; i < document->getNumErrors(); ++i) {
    const SBMLError& error = *document->getError(i);
    if (!error.isError() && !error.isFatal()) continue;
    faults.push_back(diagnostic_of(error, file));
    if (faults.back().message.starts_with("Failed to read a valid"))
      faults.back().hint = number_before(declared, faults.back().where);
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  if (document->getModel() == nullptr)
    throw InputError({{{file, 1, 1}, "the document holds no model", "SBML has one <model> below <sbml>", {}}});
  return document;
}

std::vector<Diagnostic> check_packages(SBMLDocument& document, const std::string& xml, const std::string& file) {
  std::vector<Diagnostic> notes;
  const XMLNamespaces* namespaces = document.getNamespaces();
  for (int i = 0; namespaces != nullptr && i < namespaces->getNumNamespaces(); ++i) {
    const std::string uri = namespaces->getURI(i);
    const std::string prefix = namespaces->getPrefix(i);
    const std::size_t level = uri.find("sbml.org/sbml/level3/version");
    if (level == std::string::npos || prefix.empty()) continue;
    const std::size_t begin = uri.find('/', level + 28) + 1;  // behind "version1/"
    const std::string package = uri.substr(begin, uri.find('/', begin) - begin);
    if (package == "core" || package == "l3v2extendedmath") continue;
    const bool is_required = root_attribute(xml, prefix + ":required") == "true";
    const bool optimises = package == "fbc" && xml.find("<" + prefix + ":listOfObjectives") != std::string::npos;
    const SourceLocation where{file, 1, 1};
    if (is_required || optimises) {
      throw UnsupportedError({{where,
                               fmt::format("model '{}' uses the SBML package '{}', which is not supported",
                                           document.getModel() != nullptr ? document.getModel()->getId() : "", package),
                               optimises ? "flux balance finds an optimum, not a course in time"
                                         : "flatten or rewrite the model in SBML core",
                               {}}});
    }
    notes.push_back(
        {where, fmt::format("the package '{}' does not change the equations and is ignored", package), {}, {}});
  }
  return notes;
}

namespace {

// What stands at a place, by the name the user gave it: of a kinetic law, say, its reaction. Empty if there is none.
std::string named_element_at(SBMLDocument& document, unsigned int line, unsigned int column) {
  const std::unique_ptr<List> all(document.getAllElements());
  const SBase* found = nullptr;
  for (unsigned int i = 0; i < all->getSize(); ++i) {
    const auto* element = static_cast<const SBase*>(all->get(i));
    if (element->getLine() == line && (found == nullptr || element->getColumn() == column)) found = element;
  }
  for (; found != nullptr && found->getTypeCode() != SBML_DOCUMENT; found = found->getParentSBMLObject()) {
    const std::string name = name_of(*found);
    if (name.ends_with('\'')) return name;
  }
  return {};
}

}  // namespace

std::vector<Diagnostic> unit_faults(SBMLDocument& document, const std::string& file) {
  document.getErrorLog()->clearLog();
  document.setConsistencyChecks(LIBSBML_CAT_IDENTIFIER_CONSISTENCY, false);
  document.setConsistencyChecks(LIBSBML_CAT_GENERAL_CONSISTENCY, false);
  document.setConsistencyChecks(LIBSBML_CAT_SBO_CONSISTENCY, false);
  document.setConsistencyChecks(LIBSBML_CAT_MATHML_CONSISTENCY, false);
  document.setConsistencyChecks(LIBSBML_CAT_OVERDETERMINED_MODEL, false);
  document.setConsistencyChecks(LIBSBML_CAT_MODELING_PRACTICE, false);
  document.setConsistencyChecks(LIBSBML_CAT_UNITS_CONSISTENCY, true);
  document.checkConsistency();
  std::vector<Diagnostic> faults;
  for (unsigned int i = 0; i < document.getNumErrors(); ++i) {
    const SBMLError& error = *document.getError(i);
    // Units that disagree. Other numbers say that there are none, and so nothing to judge.
    constexpr unsigned int kFirst = 10500;
    constexpr unsigned int kLast = 10599;
    if (error.getErrorId() < kFirst || error.getErrorId() > kLast) continue;
    Diagnostic fault = diagnostic_of(error, file);
    const std::string name = named_element_at(document, error.getLine(), error.getColumn());
    fault.message = fmt::format("units{}: {}", name.empty() ? "" : " of " + name, unit_message(error.getMessage()));
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace howship::sbml
