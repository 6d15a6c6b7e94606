#include "model_text.hpp"

#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace howship::cli {
namespace {

std::string dash(const std::string& title) {
  return title.empty() ? "" : "  " + title;
}

// "+ formation", "- 0.5*loss": a coefficient of one needs no mention.
std::string term(const model::Model& model, const model::Process& process, const model::Change& change) {
  const model::Node& node = model.graph[change.coefficient];
  if (node.op == model::Op::constant) {
    const double size = std::abs(node.value);
    return fmt::format("{} {}{}", node.value < 0.0 ? "-" : "+", size == 1.0 ? "" : fmt::format("{:g}*", size),
                       process.id);
  }
  return fmt::format("+ ({})*{}", change.coefficient_text, process.id);
}

std::string species_text(const model::Model& model, std::size_t index) {
  const model::Species& species = model.species[index];
  std::string text = fmt::format("  {} [{}]{}, {}\n", species.id, species.unit.text, dash(species.title),
                                 species.scope == model::Scope::local ? "in every voxel" : "one value per patient");
  std::string right;
  for (const model::Process& process : model.processes) {
    for (const model::Change& change : process.changes) {
      if (change.species == index) right += " " + term(model, process, change);
    }
  }
  if (species.diffusion) right += fmt::format(" + div({} grad {})", species.diffusion_text, species.id);
  for (const model::Drug& drug : model.drugs) {
    if (drug.species == index)
      right += fmt::format(" + doses of {} times {}", drug.id,
                           drug.bioavailability_text.empty() ? "1" : drug.bioavailability_text);
  }
  text += fmt::format("      d/dt {} ={}\n      at day 0: {}\n", species.id, right.empty() ? " 0" : right,
                      species.initial_text);
  if (!species.initial_source.empty()) text += fmt::format("      source of that: {}\n", species.initial_source);
  if (!species.diffusion_source.empty())
    text += fmt::format("      source of its diffusion: {}\n", species.diffusion_source);
  return text;
}

std::string process_text(const model::Model& model, const model::Process& process) {
  std::vector<std::string> changes;
  for (const model::Change& change : process.changes) {
    changes.push_back(fmt::format("{} {}", model.species[change.species].id, change.coefficient_text));
  }
  std::string text = fmt::format("  {} = {}  [{}]\n", process.id, process.text, to_text(process.dimension));
  if (!process.title.empty()) text += "      " + process.title + "\n";
  text += fmt::format("      changes {}\n", fmt::join(changes, ", "));
  if (!process.source.empty()) text += fmt::format("      source: {}\n", process.source);
  return text;
}

std::string parameter_text(const model::Parameter& parameter) {
  const double scale = parameter.unit.scale;
  return fmt::format("  {} = {:.10g} {}  in [{:.10g}, {:.10g}]{}\n      source: {}\n", parameter.id,
                     parameter.value / scale, parameter.unit.text, parameter.low / scale, parameter.high / scale,
                     dash(parameter.title), parameter.source);
}

std::string event_text(const model::Model& model, const model::Event& event) {
  std::string text = fmt::format("  {}: when {}{}\n", event.id, event.when_text, dash(event.title));
  if (!event.at_start) text += "      happens at the start if its condition is true then\n";
  if (!event.persistent) text += "      is called off if its condition turns false before it happens\n";
  if (event.delay && !event.values_at_trigger) text += "      its values are computed when the delay is over\n";
  if (event.delay) text += fmt::format("      delay: {}\n", event.delay_text);
  if (event.priority) text += fmt::format("      priority: {}\n", event.priority_text);
  for (const auto& set : event.set)
    text += fmt::format("      sets {} to {}\n", model.species[set.species].id, set.text);
  return text;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out;
}

}  // namespace

std::string explain_text(const model::Model& model) {
  std::string text = model.title + "\n";
  for (const model::SourceFile& file : model.files) {
    text += fmt::format("  {}: {}{}\n", file.id, file.title,
                        file.cites.empty() ? "" : fmt::format(" ({})", fmt::join(file.cites, ", ")));
  }
  text += "\nSpecies\n";
  for (std::size_t i = 0; i < model.species.size(); ++i) text += species_text(model, i);
  text += "\nProcesses\n";
  for (const auto& process : model.processes) text += process_text(model, process);
  text += "\nQuantities\n";
  for (const auto& quantity : model.quantities)
    text += fmt::format("  {} = {}  [{}]{}\n", quantity.id, quantity.text, quantity.unit.text, dash(quantity.title));
  text += "\nParameters\n";
  for (const auto& parameter : model.parameters) text += parameter_text(parameter);
  text += "\nObservables\n";
  for (const auto& observable : model.observables) {
    text += fmt::format("  {} = {}  [{}]{}{}\n", observable.id, observable.text, observable.unit.text,
                        dash(observable.title), observable.conserved ? "; only doses change it" : "");
  }
  if (!model.events.empty()) text += "\nEvents\n";
  for (const auto& event : model.events) text += event_text(model, event);
  if (!model.drugs.empty()) text += "\nDrugs\n";
  for (const auto& drug : model.drugs) {
    text += fmt::format("  {}: an amount in {} enters {}{}\n", drug.id, to_text(drug.amount),
                        model.species[drug.species].id, dash(drug.title));
  }
  if (!model.given.empty()) text += fmt::format("\nGiven by the vertebra: {}\n", fmt::join(model.given, ", "));
  return text;
}

std::string process_graph(const model::Model& model) {
  std::string text = "digraph model {\n  rankdir=LR;\n  node [fontname=\"Helvetica\"];\n";
  for (const auto& species : model.species) {
    text += fmt::format("  \"{}\" [shape=ellipse, style=filled, fillcolor=\"{}\", tooltip=\"{}\"];\n", species.id,
                        species.scope == model::Scope::local ? "#fdf0d5" : "#d6e6f2", escaped(species.title));
  }
  for (const auto& process : model.processes) {
    text += fmt::format("  \"{}\" [shape=box, tooltip=\"{}\"];\n", process.id,
                        escaped(process.title.empty() ? process.text : process.title));
    std::set<std::size_t> changed;
    for (const auto& change : process.changes) {
      changed.insert(change.species);
      const auto& node = model.graph[change.coefficient];
      const bool loses = node.op == model::Op::constant ? node.value < 0.0 : change.coefficient_text.starts_with('-');
      const std::string& id = model.species[change.species].id;
      text += loses ? fmt::format("  \"{}\" -> \"{}\";\n", id, process.id)
                    : fmt::format("  \"{}\" -> \"{}\";\n", process.id, id);
    }
    // What is seen through a reduction counts too.
    std::vector<model::NodeId> roots{process.rate};
    std::vector<bool> used = model.graph.reachable(roots);
    for (std::size_t r = 0; r < model.reductions.size(); ++r) {
      const auto is_this = [&](std::size_t id) {
        const auto& node = model.graph[static_cast<model::NodeId>(id)];
        return used[id] && node.op == model::Op::reduction && node.index == r;
      };
      for (std::size_t id = 0; id < used.size(); ++id) {
        if (is_this(id)) roots.push_back(model.reductions[r].integrand);
      }
    }
    used = model.graph.reachable(roots);
    for (std::size_t i = 0; i < model.species.size(); ++i) {
      const auto node = model.find_node(model.species[i].id);
      if (node && used[*node] && !changed.contains(i)) {
        text += fmt::format("  \"{}\" -> \"{}\" [style=dashed, color=gray50];\n", model.species[i].id, process.id);
      }
    }
  }
  return text + "}\n";
}

}  // namespace howship::cli
