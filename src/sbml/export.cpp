#include "howship/sbml/export.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sbml/SBMLTypes.h>

#include "howship/core/error.hpp"

#include "sbml/export_counting.hpp"
#include "sbml/export_formula.hpp"
#include "sbml/export_notes.hpp"
#include "sbml/export_units.hpp"

namespace howship::sbml {
namespace {

using model::NodeId;

/// A base value in a unit, as the decimal that the user wrote if that is what it is.
double in_unit(double base, const Unit& unit) {
  const double value = base / unit.scale;
  const double decimal = std::strtod(fmt::format("{:.15g}", value).c_str(), nullptr);
  return decimal * unit.scale == base ? decimal : value;
}

/// Coordinates are lengths; what else a vertebra gives has no unit.
Unit unit_of_given(const std::string& name) {
  Unit unit;
  if (name == "x" || name == "y" || name == "z") {
    unit.text = "mm";
    unit.dimension.exponents[Dimension::length] = 1.0;
  }
  return unit;
}

class Exporter {
 public:
  Exporter(const model::Model& source, const UnitSystem& system, const ExportOptions& options)
      : source_(source),
        options_(options),
        document_(3, 2),
        out_(*document_.createModel()),
        units_(out_, source.units_checked),
        tissue_(fresh("tissue")),
        write_(system, units_, tissue_),
        counting_(choose_counting(source)) {}

  Exported run() {
    name_everything();
    heading();
    compartment();
    for (const std::string& name : source_.given) given(name);
    for (const auto& p : source_.parameters) parameter(p);
    for (std::size_t i = 0; i < source_.species.size(); ++i) species(i);
    for (const auto& q : source_.quantities) assigned(q.id, q.title, q.text, q.unit, {});
    for (std::size_t i = 0; i < source_.processes.size(); ++i) process(i);
    for (std::size_t i = 0; i < source_.species.size(); ++i) rate_rule(i);
    for (const auto& o : source_.observables) assigned(o.id, o.title, o.text, o.unit, {"an observable"});
    for (const auto& e : source_.events) event(e);
    return checked();
  }

 private:
  const model::Node& node(NodeId id) const { return source_.graph[id]; }
  Unit per_time(const Unit& unit) const { return rate_unit(source_, unit); }

  /// An id that no name of the model has.
  std::string fresh(const std::string& wanted) const {
    std::string id = wanted;
    while (source_.find_node(id) || is_process_or_event(id)) id += "_";
    return id;
  }
  bool is_process_or_event(const std::string& id) const {
    const auto is = [&id](const auto& item) { return item.id == id; };
    return std::any_of(source_.processes.begin(), source_.processes.end(), is) ||
           std::any_of(source_.events.begin(), source_.events.end(), is);
  }

  /// The unit in which a process is told: that of what it changes.
  Unit process_unit(std::size_t index) const {
    const auto& p = source_.processes[index];
    if (counting_.processes[index]) return per_time(counting_.unit);
    for (const auto& change : p.changes) {
      const Unit unit = per_time(source_.species[change.species].unit);
      if (unit.dimension == p.dimension) return unit;
    }
    return unit_of(p.dimension, 1.0);
  }

  void name_everything() {
    for (const std::string& name : source_.given) {
      const std::string id = fresh(name + "_given");
      write_.add("given_" + name, {id, unit_of_given(name)});
    }
    for (const auto& p : source_.parameters) write_.add(p.id, {p.id, p.unit, false, p.text != p.id});
    for (const auto& s : source_.species) write_.add(s.id, {s.id, s.unit, false, true});
    for (const auto& q : source_.quantities) write_.add(q.id, {q.id, q.unit, false, moves(q.node)});
    for (std::size_t i = 0; i < source_.processes.size(); ++i) {
      write_.add(source_.processes[i].id, {source_.processes[i].id, process_unit(i),
                                           counting_.processes[i] && counting_.is_concentration, true});
    }
  }

  bool moves(NodeId root) const {
    using model::Op;
    return source_.graph.depends_on(root, Op::local) || source_.graph.depends_on(root, Op::systemic) ||
           source_.graph.depends_on(root, Op::reduction);
  }

  void heading() {
    std::string id = source_.files.empty() ? "model" : source_.files.back().id;
    id = id.substr(id.rfind('/') + 1);
    for (char& c : id) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    if (id.empty() || std::isdigit(static_cast<unsigned char>(id[0])) != 0) id = "model_" + id;
    out_.setId(fresh(id));
    out_.setName(source_.title);
    out_.setTimeUnits(units_.id(day()));
    std::vector<std::string> notes{
        fmt::format("Written by Howship {} for one piece of uniform tissue: means over tissue are the value itself, "
                    "and transport is left out.",
                    HOWSHIP_VERSION)};
    std::vector<std::string> dois;
    std::set<std::string> seen;
    for (const auto& file : source_.files) {
      notes.push_back(fmt::format("{}: {}{}", file.id, file.title,
                                  file.cites.empty() ? "" : fmt::format(" ({})", fmt::join(file.cites, ", "))));
      for (const std::string& key : file.cites) {
        const auto doi = options_.dois.find(key);
        if (doi != options_.dois.end() && seen.insert(key).second) dois.push_back(doi->second);
      }
    }
    for (const auto& drug : source_.drugs) {
      notes.push_back(fmt::format("A dose of {} adds its amount, times {}, to {}; doses are not part of this file.",
                                  drug.id, drug.bioavailability_text, source_.species[drug.species].id));
    }
    set_notes(out_, notes);
    set_citations(out_, dois);
  }

  void compartment() {
    ::Compartment* c = out_.createCompartment();
    c->setId(tissue_);
    c->setName("tissue, uniform");
    c->setSpatialDimensions(3U);
    c->setSize(options_.volume);
    c->setUnits(units_.id(cubic_mm()));
    c->setConstant(true);
    out_.setVolumeUnits(units_.id(cubic_mm()));
    if (!counting_.any()) return;
    out_.setSubstanceUnits(units_.id(substance_of(counting_.unit)));
    out_.setExtentUnits(units_.id(substance_of(counting_.unit)));
  }

  ::Parameter* new_parameter(const std::string& id, const std::string& title, const Unit& unit, bool constant) {
    ::Parameter* p = out_.createParameter();
    p->setId(id);
    if (!title.empty()) p->setName(title);
    p->setUnits(units_.id(unit));
    p->setConstant(constant);
    return p;
  }

  void given(const std::string& name) {
    const auto value = options_.given.find(name);
    if (value == options_.given.end()) {
      throw InputError(fmt::format("the model reads given.{}, and an SBML file has no vertebra to give it", name),
                       fmt::format("give a value: --set given.{}=0.1", name));
    }
    new_parameter(fresh(name + "_given"), fmt::format("given.{} of the vertebra at day 0", name), unit_of_given(name),
                  true)
        ->setValue(value->second);
  }

  void parameter(const model::Parameter& p) {
    const bool modified = p.text != p.id;
    // Formulas mean the modified value by the id, so the number itself needs another.
    const std::string own = modified ? fresh(p.id + "_unmodified") : p.id;
    ::Parameter* out = new_parameter(own, p.title, p.unit, true);
    out->setValue(in_unit(p.value, p.unit));
    set_notes(*out, {"source: " + p.source, fmt::format("range: {:.10g} to {:.10g} {}", p.low / p.unit.scale,
                                                        p.high / p.unit.scale, p.unit.text)});
    if (!modified) return;
    write_.add(p.id, {own, p.unit});
    assigned(p.id, p.title, p.text, p.unit, {});
    write_.add(p.id, {p.id, p.unit, false, true});
  }

  void species(std::size_t index) {
    const auto& s = source_.species[index];
    const bool is_number = node(s.initial).op == model::Op::constant;
    const double initial = is_number ? in_unit(node(s.initial).value, s.unit) : 0.0;
    SBase* element = nullptr;
    if (counting_.species[index]) {
      ::Species* out = out_.createSpecies();
      out->setId(s.id);
      out->setCompartment(tissue_);
      out->setSubstanceUnits(units_.id(substance_of(counting_.unit)));
      out->setHasOnlySubstanceUnits(!counting_.is_concentration);
      out->setBoundaryCondition(false);
      out->setConstant(false);
      if (is_number)
        counting_.is_concentration ? out->setInitialConcentration(initial) : out->setInitialAmount(initial);
      if (!s.title.empty()) out->setName(s.title);
      element = out;
    } else {
      ::Parameter* out = new_parameter(s.id, s.title, s.unit, false);
      if (is_number) out->setValue(initial);
      element = out;
    }
    if (!is_number) {
      InitialAssignment* assignment = out_.createInitialAssignment();
      assignment->setSymbol(s.id);
      assignment->setMath(write_.in(s.initial_text, s.unit).get());
    }
    set_notes(*element, {fmt::format("sizes below {:.10g} {} do not matter: absolute tolerances should lie under it",
                                     s.typical / s.unit.scale, s.unit.text),
                         s.diffusion ? fmt::format("in space it also diffuses, by {}", s.diffusion_text) : ""});
  }

  void assigned(const std::string& id, const std::string& title, const std::string& text, const Unit& unit,
                const std::vector<std::string>& notes) {
    set_notes(*new_parameter(id, title, unit, false), notes);
    AssignmentRule* rule = out_.createAssignmentRule();
    rule->setVariable(id);
    rule->setMath(write_.in(text, unit).get());
  }

  void process(std::size_t index) {
    const auto& p = source_.processes[index];
    const std::string source = p.source.empty() ? "" : "source: " + p.source;
    if (!counting_.processes[index]) {
      assigned(p.id, p.title, p.text, process_unit(index), {source});
      return;
    }
    ::Reaction* reaction = out_.createReaction();
    reaction->setId(p.id);
    if (!p.title.empty()) reaction->setName(p.title);
    set_notes(*reaction, {source});
    std::set<std::string> mentioned;
    for (const auto& change : p.changes) {
      const double coefficient = node(change.coefficient).value;
      if (!counting_.species[change.species] || coefficient == 0.0) continue;
      const std::string& id = source_.species[change.species].id;
      mentioned.insert(id);
      SpeciesReference* reference = coefficient < 0.0 ? reaction->createReactant() : reaction->createProduct();
      reference->setSpecies(id);
      reference->setStoichiometry(std::abs(coefficient));
      reference->setConstant(true);
    }
    Tree rate = write_.in(p.text, per_time(counting_.unit));
    if (counting_.is_concentration) rate = tree_of(AST_TIMES, write_.volume().tree, std::move(rate));
    reaction->setReversible(has_difference(*rate));
    add_modifiers(*reaction, *rate, mentioned);
    reaction->createKineticLaw()->setMath(rate.get());
  }

  /// A rate without any difference in it cannot change its sign.
  static bool has_difference(const ASTNode& tree) {
    if (tree.getType() == AST_MINUS) return true;
    for (unsigned int i = 0; i < tree.getNumChildren(); ++i) {
      if (has_difference(*tree.getChild(i))) return true;
    }
    return false;
  }

  void add_modifiers(::Reaction& reaction, const ASTNode& tree, std::set<std::string>& mentioned) {
    if (tree.getType() == AST_NAME && out_.getSpecies(tree.getName()) != nullptr &&
        mentioned.insert(tree.getName()).second)
      reaction.createModifier()->setSpecies(tree.getName());
    for (unsigned int i = 0; i < tree.getNumChildren(); ++i) add_modifiers(reaction, *tree.getChild(i), mentioned);
  }

  void rate_rule(std::size_t index) {
    if (counting_.species[index]) return;
    const auto& s = source_.species[index];
    TermMaker& make = write_.maker();
    std::vector<Term> terms;
    for (const auto& p : source_.processes) {
      for (const auto& change : p.changes) {
        if (change.species != index) continue;
        Term rate = write_.symbol(p.id);
        const model::Node& coefficient = node(change.coefficient);
        if (coefficient.op != model::Op::constant || std::abs(coefficient.value) != 1.0 ||
            !(rate.dimension == per_time(s.unit).dimension)) {
          rate = make.product(make.numeric(write_.read(change.coefficient_text)), std::move(rate));
        } else if (coefficient.value < 0.0) {
          rate = make.negative(std::move(rate));
        }
        terms.push_back(std::move(rate));
      }
    }
    if (terms.empty()) return;
    RateRule* rule = out_.createRateRule();
    rule->setVariable(s.id);
    Term sum = terms.size() == 1 ? std::move(terms[0]) : make.alike(AST_PLUS, std::move(terms));
    rule->setMath(make.in(std::move(sum), per_time(s.unit)).get());
  }

  void event(const model::Event& e) {
    ::Event* out = out_.createEvent();
    out->setId(e.id);
    if (!e.title.empty()) out->setName(e.title);
    out->setUseValuesFromTriggerTime(e.values_at_trigger);
    Trigger* trigger = out->createTrigger();
    trigger->setInitialValue(e.at_start);
    trigger->setPersistent(e.persistent);
    trigger->setMath(write_.maker().condition(write_.read(e.when_text)).get());
    if (e.delay) out->createDelay()->setMath(write_.in(e.delay_text, day()).get());
    if (e.priority) out->createPriority()->setMath(write_.in(e.priority_text, Unit{}).get());
    for (const auto& assignment : e.set) {
      const auto& species = source_.species[assignment.species];
      EventAssignment* one = out->createEventAssignment();
      one->setVariable(species.id);
      one->setMath(write_.in(assignment.text, species.unit).get());
    }
  }

  Exported checked() {
    Exported exported;
    document_.setConsistencyChecks(LIBSBML_CAT_UNITS_CONSISTENCY, units_.checked());
    document_.checkConsistency();
    std::vector<std::string> errors;
    for (unsigned int i = 0; i < document_.getNumErrors(); ++i) {
      const SBMLError& error = *document_.getError(i);
      std::string text = fmt::format("{}: {}", error.getErrorId(), error.getMessage());
      std::replace(text.begin(), text.end(), '\n', ' ');
      (error.getSeverity() >= LIBSBML_SEV_ERROR ? errors : exported.warnings).push_back(std::move(text));
    }
    if (!errors.empty()) throw std::logic_error(fmt::format("the SBML is not valid: {}", fmt::join(errors, "; ")));
    exported.text = SBMLWriter().writeSBMLToStdString(&document_);
    return exported;
  }

  const model::Model& source_;
  const ExportOptions& options_;
  SBMLDocument document_;
  ::Model& out_;
  UnitTable units_;
  std::string tissue_;
  FormulaWriter write_;
  Counting counting_;
};

}  // namespace

Exported export_model(const model::Model& model, const UnitSystem& units, const ExportOptions& options) {
  return Exporter(model, units, options).run();
}

}  // namespace howship::sbml
