#include "sbml/export_notes.hpp"

#include <sbml/annotation/CVTerm.h>

#include "howship/model/mathml.hpp"

namespace howship::sbml {

void set_notes(SBase& element, const std::vector<std::string>& paragraphs) {
  std::string text;
  for (const std::string& paragraph : paragraphs) {
    if (!paragraph.empty())
      text += "<p xmlns=\"http://www.w3.org/1999/xhtml\">" + model::escaped_markup(paragraph) + "</p>";
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
