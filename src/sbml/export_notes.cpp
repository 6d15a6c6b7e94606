#include "sbml/export_notes.hpp"

#include <sbml/annotation/CVTerm.h>

namespace howship::sbml {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

void set_notes(SBase& element, const std::vector<std::string>& paragraphs) {
  std::string text;
  for (const std::string& paragraph : paragraphs) {
    if (!paragraph.empty()) text += "<p xmlns=\"http://www.w3.org/1999/xhtml\">" + escaped(paragraph) + "</p>";
  }
  if (!text.empty()) element.setNotes(text);
}

void set_citations(::Model& model, const std::vector<std::string>& dois) {
  if (dois.empty()) return;
  model.setMetaId("model_meta");
  CVTerm term(MODEL_QUALIFIER);
  term.setModelQualifierType(BQM_IS_DESCRIBED_BY);
  for (const std::string& doi : dois) term.addResource("https://identifiers.org/doi:" + doi);
  model.addCVTerm(&term);
}

}  // namespace howship::sbml
