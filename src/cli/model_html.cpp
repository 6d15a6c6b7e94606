#include "model_html.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "howship/model/mathml.hpp"
#include "howship/output/citations.hpp"

namespace howship::cli {
namespace {

using model::escaped_markup;
using model::mathml;
using model::mathml_name;

constexpr const char* kStyle = R"(
body { font: 16px/1.5 Georgia, "Times New Roman", serif; color: #1c1c1c; max-width: 62em; margin: 2em auto; padding: 0 1.5em; }
h1, h2, h3 { font-family: Helvetica, Arial, sans-serif; line-height: 1.25; }
h1 { font-size: 165%; }
h2 { border-bottom: 2px solid #999; padding-bottom: .2em; margin-top: 2.2em; }
section.term { border-left: 4px solid #c9d6df; padding: .1em 0 .1em 1em; margin: 1.4em 0; }
section.term h3 { margin: .2em 0; }
div.equation { overflow-x: auto; overflow-y: hidden; margin: .7em 0; font-size: 110%; }
.id { font-family: Menlo, Consolas, monospace; font-size: 85%; color: #555; }
table { border-collapse: collapse; margin: .6em 0; font-size: 88%; }
th, td { border: 1px solid #ccc; padding: .25em .6em; text-align: left; vertical-align: top; }
th { background: #eef2f5; font-family: Helvetica, Arial, sans-serif; }
td.number { text-align: right; white-space: nowrap; }
tr.assumed td { background: #fff3cd; }
.source { color: #444; font-size: 90%; }
.none { color: #8a4b00; }
nav a { margin-right: 1em; }
@media print { body { max-width: none; } section.term { break-inside: avoid; } }
)";

// A number or a source says so itself.
bool is_assumed(const std::string& source) {
  std::string lower;
  for (const char c : source) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.find("assum") != std::string::npos;
}

std::string paragraph(const std::string& inside, const char* kind = "") {
  return *kind == '\0' ? fmt::format("<p>{}</p>\n", inside) : fmt::format("<p class=\"{}\">{}</p>\n", kind, inside);
}
std::string math(const std::string& inside) {
  return fmt::format("<div class=\"equation\"><math display=\"block\"><mrow>{}</mrow></math></div>\n", inside);
}
std::string inline_math(const std::string& inside) {
  return fmt::format("<math>{}</math>", inside);
}
std::string equation(const std::string& left, const std::string& right) {
  return math(left + "<mo>=</mo>" + right);
}
std::string code(const std::string& id) {
  return fmt::format("<span class=\"id\">{}</span>", escaped_markup(id));
}
std::string source_of(const std::string& source) {
  return source.empty() ? paragraph("No source is named.", "source none")
                        : paragraph("Source: " + escaped_markup(source), "source");
}
std::string heading(const std::string& anchor, const std::string& title, const std::string& id) {
  return fmt::format("<h3 id=\"{}\">{} {}</h3>\n", escaped_markup(anchor), escaped_markup(title.empty() ? id : title),
                     code(id));
}

/// What a formula names, found through the texts rather than the graph, which has replaced quantities by what they
/// mean.
class Names {
 public:
  explicit Names(const model::Model& model) : model_(model) {}

  std::vector<const model::Parameter*> parameters(const std::string& formula) const {
    const std::set<std::string> words = words_of(formula);
    std::vector<const model::Parameter*> found;
    for (const model::Parameter& parameter : model_.parameters) {
      if (words.contains(parameter.id)) found.push_back(&parameter);
    }
    return found;
  }

  // "where" in a sentence: links to what else is named.
  std::string others(const std::string& formula) const {
    const std::set<std::string> words = words_of(formula);
    std::string text;
    const auto add = [&](const char* kind, const auto& list) {
      for (const auto& item : list) {
        if (!words.contains(item.id)) continue;
        text +=
            fmt::format("{}<a href=\"#{}-{}\">{}</a>{}", text.empty() ? "" : "; ", kind, escaped_markup(item.id),
                        inline_math(mathml_name(item.id)), item.title.empty() ? "" : " " + escaped_markup(item.title));
      }
    };
    add("species", model_.species);
    add("quantity", model_.quantities);
    return text.empty() ? "" : paragraph("where " + text);
  }

 private:
  static std::set<std::string> words_of(const std::string& formula) {
    std::set<std::string> words;
    std::string word;
    for (const char c : formula + " ") {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
        word += c;
      } else if (!word.empty()) {
        words.insert(std::exchange(word, {}));
      }
    }
    return words;
  }

  const model::Model& model_;
};

std::string parameter_row(const model::Parameter& p) {
  const double scale = p.unit.scale;
  return fmt::format(
      "<tr{}><td>{}</td><td>{}</td><td class=\"number\">{:.6g}</td><td>{}</td><td class=\"number\">{:.4g} to "
      "{:.4g}</td><td>{}</td></tr>\n",
      is_assumed(p.source) ? " class=\"assumed\"" : "", inline_math(mathml_name(p.id)), escaped_markup(p.title),
      p.value / scale, escaped_markup(p.unit.text), p.low / scale, p.high / scale, escaped_markup(p.source));
}

std::string parameter_table(const std::vector<const model::Parameter*>& parameters) {
  if (parameters.empty()) return {};
  std::string text =
      "<table>\n<tr><th></th><th>meaning</th><th>value</th><th>unit</th><th>range</th><th>source</th></tr>\n";
  for (const model::Parameter* parameter : parameters) text += parameter_row(*parameter);
  return text + "</table>\n";
}

/// A formula with everything that is known of what it names.
std::string derived(const Names& names, const std::string& left, const std::string& formula) {
  return equation(left, mathml(formula)) + names.others(formula) + parameter_table(names.parameters(formula));
}

// "+ formation", "− ½ loss", as a sum of process names.
std::string rate_of_change(const model::Model& model, std::size_t index) {
  const model::Species& species = model.species[index];
  std::string right;
  const auto term = [&right](bool minus, const std::string& what) {
    right += minus ? "<mo>&#x2212;</mo>" : right.empty() ? "" : "<mo>+</mo>";
    right += what;
  };
  for (const model::Process& process : model.processes) {
    for (const model::Change& change : process.changes) {
      if (change.species != index) continue;
      const model::Node& node = model.graph[change.coefficient];
      const bool is_number = node.op == model::Op::constant;
      const double size = std::abs(node.value);
      const std::string factor =
          !is_number    ? "<mrow><mo>(</mo>" + mathml(change.coefficient_text) + "<mo>)</mo></mrow><mo>&#x22C5;</mo>"
          : size == 1.0 ? ""
                        : mathml(fmt::format("{:.10g}", size)) + "<mo>&#x22C5;</mo>";
      term(is_number && node.value < 0.0, factor + mathml_name(process.id));
    }
  }
  if (species.diffusion)
    term(false, "<mo>&#x2207;</mo><mo>&#x22C5;</mo><mrow><mo>(</mo>" + mathml(species.diffusion_text) +
                    "<mo>&#x2207;</mo>" + mathml_name(species.id) + "<mo>)</mo></mrow>");
  for (const model::Drug& drug : model.drugs) {
    if (drug.species == index) term(false, "<mtext>doses of " + escaped_markup(drug.id) + "</mtext>");
  }
  return right.empty() ? "<mn>0</mn>" : right;
}

std::string species_section(const model::Model& model, const Names& names, std::size_t index) {
  const model::Species& species = model.species[index];
  std::string text = "<section class=\"term\">\n" + heading("species-" + species.id, species.title, species.id);
  text += paragraph(
      fmt::format("In {}, {}.", escaped_markup(species.unit.text),
                  species.scope == model::Scope::local ? "one value in every voxel" : "one value per patient"));
  const std::string name = mathml_name(species.id);
  text += equation("<mfrac><mrow><mo>d</mo>" + name + "</mrow><mrow><mo>d</mo><mi>t</mi></mrow></mfrac>",
                   rate_of_change(model, index));
  std::string terms;
  for (const model::Process& process : model.processes) {
    const bool changes = std::any_of(process.changes.begin(), process.changes.end(),
                                     [index](const auto& change) { return change.species == index; });
    if (changes)
      terms += fmt::format("<li><a href=\"#process-{}\">{}</a></li>\n", escaped_markup(process.id),
                           escaped_markup(process.title.empty() ? process.id : process.title));
  }
  if (!terms.empty()) text += "<ul>\n" + terms + "</ul>\n";
  text += equation(name + "<mrow><mo>(</mo><mn>0</mn><mo>)</mo></mrow>", mathml(species.initial_text));
  text += parameter_table(names.parameters(species.initial_text + " " + species.diffusion_text));
  for (const std::string& source : {species.initial_source, species.diffusion_source}) {
    if (!source.empty()) text += source_of(source);
  }
  return text + "</section>\n";
}

std::string process_section(const model::Model& model, const Names& names, const model::Process& process) {
  std::string text = "<section class=\"term\">\n" + heading("process-" + process.id, process.title, process.id);
  text += derived(names, mathml_name(process.id), process.text);
  text += paragraph(fmt::format("A rate in {}.", escaped_markup(to_text(process.dimension))));
  std::string changes;
  for (const model::Change& change : process.changes) {
    const model::Species& species = model.species[change.species];
    changes +=
        fmt::format("{}<a href=\"#species-{}\">{}</a> by {}", changes.empty() ? "" : ", ", escaped_markup(species.id),
                    inline_math(mathml_name(species.id)), inline_math(mathml(change.coefficient_text)));
  }
  text += paragraph("Changes " + changes + " for each unit of it.");
  return text + source_of(process.source) + "</section>\n";
}

std::string quantity_section(const Names& names, const char* kind, const std::string& id, const std::string& title,
                             const Unit& unit, const std::string& formula) {
  return "<section class=\"term\">\n" + heading(fmt::format("{}-{}", kind, id), title, id) +
         paragraph("In " + escaped_markup(unit.text) + ".") + derived(names, mathml_name(id), formula) + "</section>\n";
}

std::string event_section(const model::Model& model, const model::Event& event) {
  std::string text = "<section class=\"term\">\n" + heading("event-" + event.id, event.title, event.id);
  text += math("<mtext>when </mtext>" + mathml(event.when_text));
  if (event.delay) text += math("<mtext>after </mtext>" + mathml(event.delay_text));
  for (const auto& set : event.set)
    text += math(mathml_name(model.species[set.species].id) + "<mo>&#x2190;</mo>" + mathml(set.text));
  return text + "</section>\n";
}

std::string drug_section(const model::Model& model, const Names& names, const model::Drug& drug) {
  const model::Species& species = model.species[drug.species];
  std::string text = "<section class=\"term\">\n" + heading("drug-" + drug.id, drug.title, drug.id);
  text += paragraph(fmt::format(
      "A dose, in {}, enters <a href=\"#species-{}\">{}</a> at once; the share that arrives is",
      escaped_markup(to_text(drug.amount)), escaped_markup(species.id), inline_math(mathml_name(species.id))));
  const std::string share = drug.bioavailability_text.empty() ? "1" : drug.bioavailability_text;
  return text + math(mathml(share)) + parameter_table(names.parameters(share)) + "</section>\n";
}

// What is assumed, by its own word.
std::string assumptions(const model::Model& model) {
  std::vector<const model::Parameter*> assumed;
  for (const model::Parameter& parameter : model.parameters) {
    if (is_assumed(parameter.source)) assumed.push_back(&parameter);
  }
  std::string others;
  for (const model::Process& process : model.processes) {
    if (is_assumed(process.source))
      others += fmt::format("<li><a href=\"#process-{}\">{}</a>: {}</li>\n", escaped_markup(process.id),
                            escaped_markup(process.title.empty() ? process.id : process.title),
                            escaped_markup(process.source));
  }
  std::string without;
  for (const model::Process& process : model.processes) {
    if (process.source.empty())
      without += fmt::format("<li><a href=\"#process-{}\">{}</a></li>\n", escaped_markup(process.id),
                             escaped_markup(process.title.empty() ? process.id : process.title));
  }
  std::string text = paragraph(fmt::format("{} of {} parameters say of themselves that they are assumed.",
                                           assumed.size(), model.parameters.size()));
  text += parameter_table(assumed);
  if (!others.empty()) text += paragraph("Forms of rates that are assumed:") + "<ul>\n" + others + "</ul>\n";
  if (!without.empty()) text += paragraph("Rates that name no source:") + "<ul>\n" + without + "</ul>\n";
  return text;
}

// The keys of the files, and those that sources begin with or name.
std::set<std::string> keys_of(const model::Model& model) {
  std::set<std::string> keys;
  for (const model::SourceFile& file : model.files) keys.insert(file.cites.begin(), file.cites.end());
  return keys;
}

// "author = {A and B}," of an entry; empty if it has none.
std::string field(const std::string& entry, const std::string& name) {
  for (std::size_t at = entry.find(name); at != std::string::npos; at = entry.find(name, at + 1)) {
    const bool begins = at > 0 && std::isalnum(static_cast<unsigned char>(entry[at - 1])) == 0;
    const std::size_t equals = entry.find_first_not_of(' ', at + name.size());
    if (!begins || equals == std::string::npos || entry[equals] != '=') continue;
    const std::size_t open = entry.find_first_of("{\"", equals);
    if (open == std::string::npos) return {};
    int depth = 0;
    std::string text;
    for (std::size_t i = open; i < entry.size(); ++i) {
      const char c = entry[i];
      if (c == '{') {
        ++depth;
      } else if (c == '}') {
        if (--depth == 0) break;
      } else if (c == '"' && entry[open] == '"') {
        if (i > open) break;
      } else {
        text += c;
      }
    }
    return text;
  }
  return {};
}

// TeX's accents in names, as far as bibliographies use them: the letter stays.
std::string without_tex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const bool accent = i + 1 < text.size() && std::isalpha(static_cast<unsigned char>(text[i + 1])) == 0;
    if (accent) ++i;
  }
  return out;
}

std::string references(const model::Model& model, const std::string& bibtex) {
  std::string items;
  for (const std::string& key : keys_of(model)) {
    const std::string entry = output::select_citations(bibtex, {key});
    std::string text;
    for (const char* name : {"author", "title", "journal", "publisher", "volume", "pages", "year"}) {
      if (const std::string value = field(entry, name); !value.empty())
        text += (text.empty() ? "" : ", ") + escaped_markup(without_tex(value));
    }
    if (const std::string doi = field(entry, "doi"); !doi.empty()) text += ", doi " + escaped_markup(doi);
    items +=
        fmt::format("<dt>{}</dt><dd>{}</dd>\n", code(key), text.empty() ? "no entry in papers/references.bib" : text);
  }
  return items.empty() ? "" : "<dl>\n" + items + "</dl>\n";
}

}  // namespace

std::string explain_html(const model::Model& model, const std::vector<std::string>& named, const std::string& bibtex) {
  const Names names(model);
  std::string navigation, body;
  const auto chapter = [&](const char* anchor, const char* title, const std::string& inside) {
    if (inside.empty()) return;
    navigation += fmt::format("<a href=\"#{}\">{}</a>\n", anchor, title);
    body += fmt::format("<h2 id=\"{}\">{}</h2>\n{}", anchor, title, inside);
  };
  std::string text;
  for (const model::SourceFile& file : model.files)
    text += fmt::format("<li>{} {}{}</li>\n", code(file.id), escaped_markup(file.title),
                        file.cites.empty() ? "" : escaped_markup(fmt::format(" ({})", fmt::join(file.cites, ", "))));
  chapter("files", "Made from", text.empty() ? "" : "<ul>\n" + text + "</ul>\n");
  const auto all = [](const auto& list, const auto& section) {
    std::string sections;
    for (const auto& item : list) sections += section(item);
    return sections;
  };
  text.clear();
  for (std::size_t i = 0; i < model.species.size(); ++i) text += species_section(model, names, i);
  chapter("species", "Equations", text);
  chapter("processes", "Terms",
          all(model.processes, [&](const model::Process& p) { return process_section(model, names, p); }));
  chapter("quantities", "Quantities", all(model.quantities, [&](const model::Quantity& q) {
            return quantity_section(names, "quantity", q.id, q.title, q.unit, q.text);
          }));
  chapter("observables", "Observables", all(model.observables, [&](const model::Observable& o) {
            return quantity_section(names, "observable", o.id, o.title, o.unit, o.text);
          }));
  chapter("drugs", "Drugs", all(model.drugs, [&](const model::Drug& d) { return drug_section(model, names, d); }));
  chapter("events", "Events", all(model.events, [&](const model::Event& e) { return event_section(model, e); }));
  chapter("references", "References", references(model, bibtex));
  chapter("assumed", "What is assumed", assumptions(model));
  std::string titles;
  for (const model::SourceFile& file : model.files) {
    if (named.size() > 1 && std::find(named.begin(), named.end(), file.id) != named.end())
      titles += (titles.empty() ? "" : " + ") + file.title;
  }
  const std::string title = escaped_markup(titles.empty() ? model.title : titles);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width\">\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n"
      "<p>{2} species, {3} processes, {4} parameters. Rows on a yellow ground are "
      "assumed.{5}</p>\n<nav>\n{6}</nav>\n{7}"
      "</body>\n</html>\n",
      title, kStyle, model.species.size(), model.processes.size(), model.parameters.size(),
      model.units_checked ? "" : " Units are labels: they were not checked.", navigation, body);
}

}  // namespace howship::cli
