#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "howship/core/files.hpp"

#include "model/overlays.hpp"
#include "model/substitution.hpp"

namespace howship::model {
namespace {

class Builder {
 public:
  Builder(JoinedFiles& joined, const UnitSystem& units)
      : joined_(joined),
        units_(units),
        names_(joined.names()),
        resolve_(model_, units,
                 [this](const std::string& name, std::size_t position) { return lookup(name, position); }) {}

  Model build() {
    joined_.raise_if_incomplete();  // what follows would only repeat what is wrong
    joined_.join();
    settings();
    declare();
    processes();
    model_.rate_reductions = model_.reductions.size();
    species_formulas();
    for (auto& [name, entry] : names_) {
      if (entry.kind == Entry::Kind::quantity && !entry.removed) force(name, entry);
    }
    observables();
    doses();
    events();
    joined_.raise_if_any();
    sum_rates();
    replace_rates();
    initial_values();
    joined_.raise_if_any();
    order_quantities();
    model_.files = joined_.sources();
    model_.title = model_.files.empty() ? "" : model_.files.back().title;
    return std::move(model_);
  }

 private:
  void fault(const SourceLocation& where, std::string message, std::string hint = {}) {
    joined_.fault(where, std::move(message), std::move(hint));
  }

  static SourceLocation at(const Text& text, std::size_t position) {
    SourceLocation where = text.where;
    for (std::size_t i = 0; i < position && i < text.value.size(); ++i) {
      if (text.value[i] == '\n') {
        ++where.line;
        where.column = 1;
      } else {
        ++where.column;
      }
    }
    return where;
  }

  /// Nothing if the text is no unit; that is reported, and fits any dimension from then on.
  std::optional<Unit> unit(const std::string& text, const SourceLocation& where) {
    if (!model_.units_checked) return Unit{text, {}, 1.0};
    try {
      return units_.parse(text);
    } catch (const UnitError& error) {
      fault(where, error.what(), error.hint());
      return std::nullopt;
    }
  }

  std::vector<std::string> known_names() const {
    std::vector<std::string> out;
    for (const auto& [name, entry] : names_) {
      if (!entry.removed && entry.kind != Entry::Kind::process && entry.kind != Entry::Kind::observable &&
          entry.kind != Entry::Kind::event)
        out.push_back(name);
    }
    return out;
  }

  /// What holds for the whole model. Whether units are checked: all files must say the same, or numbers of one would
  /// mean something else in the other.
  void settings() {
    const auto& files = joined_.files();
    for (const auto& file : files) {
      model_.random_event_order = model_.random_event_order || file->random_event_order;
      if (file->units_checked == files.front()->units_checked) continue;
      const bool first = files.front()->units_checked;
      fault(first ? file->units_where : files.front()->units_where,
            fmt::format("'{}' has its units checked and '{}' has not; they cannot be joined",
                        first ? files.front()->id : file->id, first ? file->id : files.front()->id),
            "give both units that can be checked, or write units = \"unchecked\" in both");
      return;
    }
    if (files.empty() || files.front()->units_checked) return;
    model_.units_checked = false;
    model_.time_unit = files.front()->time_unit;
    resolve_.leave_units_unchecked();
  }

  /// Leaves for species and parameters, in the order of the files.
  void declare() {
    for (const auto& file : joined_.files()) {
      for (const SpeciesStatement& s : file->species) {
        Entry& entry = names_.at(s.id);
        if (entry.file != file.get() || entry.removed) continue;
        Species species;
        species.id = s.id;
        species.title = s.title;
        species.scope = s.scope == "systemic" ? Scope::systemic : Scope::local;
        const auto known = unit(s.unit, s.unit_where);
        species.unit = known.value_or(Unit{});
        species.typical = s.typical * species.unit.scale;
        species.origin = {s.where, file->id};
        auto& slots = species.scope == Scope::local ? model_.local : model_.systemic;
        species.slot = slots.size();
        species.node = model_.graph.leaf(species.scope == Scope::local ? Op::local : Op::systemic,
                                         static_cast<std::uint32_t>(species.slot));
        slots.push_back(model_.species.size());
        entry.slot = model_.species.size();
        entry.value = {species.node, species.unit.dimension, !known || !model_.units_checked};
        entry.state = Entry::State::done;
        model_.species.push_back(std::move(species));
      }
      for (const ParameterStatement& p : file->parameters) {
        Entry& entry = names_.at(p.id);
        if (entry.file != file.get() || entry.removed) continue;
        Parameter parameter;
        parameter.id = p.id;
        parameter.title = p.title;
        parameter.text = p.id;
        const auto known = unit(p.unit, p.unit_where);
        parameter.unit = known.value_or(Unit{});
        entry.value.any = !known || !model_.units_checked;
        const double scale = parameter.unit.scale;
        parameter.value = p.value * scale;
        parameter.low = p.low * scale;
        parameter.high = p.high * scale;
        parameter.source = p.source;
        parameter.origin = {p.where, file->id};
        for (const auto& [from, m] : entry.modifications) {
          if (m->kind != ModificationStatement::Kind::value) continue;
          parameter.value = m->value * scale;
          parameter.source = m->source;
        }
        parameter.node = model_.graph.leaf(Op::parameter, static_cast<std::uint32_t>(model_.parameters.size()));
        entry.slot = model_.parameters.size();
        model_.parameters.push_back(std::move(parameter));
      }
    }
  }

  // ---- resolving names and formulas ----

  Typed lookup(const std::string& name, std::size_t position) {
    if (name.starts_with("given_")) return given(name.substr(6));
    const auto found = names_.find(name);
    if (found == names_.end())
      throw FormulaError(fmt::format("unknown name '{}'", name), position, did_you_mean(name, known_names()));
    Entry& entry = found->second;
    if (entry.removed)
      throw FormulaError(fmt::format("'{}' is used here but left out by {}", name, entry.removed_by), position,
                         "leave out what uses it too");
    if (entry.kind == Entry::Kind::observable)
      throw FormulaError(fmt::format("'{}' is an observable, and nothing may depend on one", name), position,
                         "make it a quantity");
    if (entry.kind == Entry::Kind::event)
      throw FormulaError(fmt::format("'{}' is an event and has no value", name), position, "use its condition");
    return force(name, entry);
  }

  Typed given(const std::string& name) {
    const auto found = std::find(model_.given.begin(), model_.given.end(), name);
    const auto index = static_cast<std::uint32_t>(found - model_.given.begin());
    if (found == model_.given.end()) model_.given.push_back(name);
    Dimension dimension;
    if (name == "x" || name == "y" || name == "z") dimension.exponents[Dimension::length] = 1.0;
    return {model_.graph.leaf(Op::given, index), dimension, false};
  }

  /// Thrown when something a formula needs has already been reported as faulty.
  struct Reported {};

  Typed force(const std::string& name, Entry& entry) {
    switch (entry.state) {
      case Entry::State::done:
        return entry.value;
      case Entry::State::failed:
        return {model_.graph.constant(1.0), {}, true};
      case Entry::State::in_progress: {
        std::string chain;
        const auto start = std::find(chain_.begin(), chain_.end(), name);
        for (auto it = start; it != chain_.end(); ++it) chain += *it + " → ";
        fault(entry.where, fmt::format("quantities go round in a circle: {}{}", chain, name),
              "one of them must be a species with an equation of its own");
        throw Reported{};
      }
      case Entry::State::fresh:
        break;
    }
    if (chain_.size() > kDeepestChain) {
      fault(entry.where,
            fmt::format("'{}' stands at the end of more than {} quantities that use each other", name, kDeepestChain));
      throw Reported{};
    }
    entry.state = Entry::State::in_progress;
    chain_.push_back(name);
    try {
      entry.value = entry.kind == Entry::Kind::parameter ? parameter_value(entry) : formula_value(entry);
      entry.state = Entry::State::done;
    } catch (const Reported&) {
      entry.state = Entry::State::failed;
      entry.value = {model_.graph.constant(1.0), {}, true};
    }
    chain_.pop_back();
    return entry.value;
  }

  Typed parameter_value(Entry& entry) {
    Parameter& p = model_.parameters[entry.slot];
    std::string text = p.id;
    const Typed value = modified({p.node, p.unit.dimension, entry.value.any}, entry, text);
    p.text = text;
    return value;
  }

  Typed formula_value(Entry& entry) {
    if (entry.kind == Entry::Kind::process) {
      const ProcessStatement& s = entry.file->processes[entry.statement];
      std::string text = s.rate.value;
      const Typed rate = modified(base_formula(s.rate, entry, text), entry, text);
      texts_of_[s.id] = text;
      return rate;
    }
    const QuantityStatement& s = entry.file->quantities[entry.statement];
    Quantity quantity;
    quantity.id = s.id;
    quantity.title = s.title;
    quantity.text = s.formula.value;
    quantity.origin = {s.where, entry.file->id};
    const Typed value = modified(base_formula(s.formula, entry, quantity.text), entry, quantity.text);
    quantity.node = value.node;
    quantity.stage = model_.graph[value.node].stage;
    quantity.unit = {to_text(value.dimension), value.dimension, 1.0};
    if (s.unit) {
      const auto known = unit(*s.unit, s.unit_where);
      const Unit declared = known.value_or(Unit{});
      if (known && !value.any && !(declared.dimension == value.dimension)) {
        fault(s.unit_where,
              fmt::format("'{}' is declared in {}, but its formula is in {}", s.id, *s.unit, to_text(value.dimension)));
      }
      quantity.unit = declared;
    }
    model_.quantities.push_back(std::move(quantity));
    return value;
  }

  /// The statement's own formula, or the one that replaces it.
  Typed base_formula(const Text& own, const Entry& entry, std::string& text) {
    for (const auto& [from, m] : entry.modifications) {
      if (m->kind != ModificationStatement::Kind::replace) continue;
      text = m->formula.value;
      return formula(m->formula);
    }
    return formula(own);
  }

  /// (base + everything added) * everything multiplied: the order of overlays does not matter.
  Typed modified(Typed value, const Entry& entry, std::string& text) {
    Graph& graph = model_.graph;
    for (const auto& [from, m] : entry.modifications) {
      if (m->kind != ModificationStatement::Kind::add) continue;
      const Typed more = formula(m->formula);
      if (!more.any && !value.any && !(more.dimension == value.dimension)) {
        fault(m->formula.where, fmt::format("what {} adds to '{}' is in {}, but '{}' is in {}", from->id, m->target,
                                            to_text(more.dimension), m->target, to_text(value.dimension)));
        continue;
      }
      value.node = graph.add(value.node, more.node);
      text += fmt::format(" + {}", m->formula.value);
    }
    for (const auto& [from, m] : entry.modifications) {
      if (m->kind != ModificationStatement::Kind::multiply) continue;
      const Typed factor = formula(m->formula);
      if (!factor.any && !factor.dimension.is_none()) {
        fault(m->formula.where, fmt::format("the factor that {} puts on '{}' is in {}, but must be a pure number",
                                            from->id, m->target, to_text(factor.dimension)));
        continue;
      }
      value.node = graph.multiply(value.node, factor.node);
      text = fmt::format("({})*({})", text, m->formula.value);
    }
    return value;
  }

  /// @throws Reported after adding the fault
  Typed formula(const Text& text) {
    try {
      return resolve_(parse_formula(text.value));
    } catch (const FormulaError& error) {
      fault(at(text, error.position()), error.what(), error.hint());
    } catch (const Reported&) {
    }
    throw Reported{};
  }

  std::optional<Typed> try_formula(const Text& text) {
    try {
      return formula(text);
    } catch (const Reported&) {
      return std::nullopt;
    }
  }

  // ---- the parts of the model ----

  void processes() {
    for (const auto& file : joined_.files()) {
      for (const ProcessStatement& s : file->processes) {
        Entry& entry = names_.at(s.id);
        if (entry.file != file.get() || entry.removed) continue;
        const Typed rate = force(s.id, entry);
        add_process(s, *file, rate);
      }
    }
  }

  void add_process(const ProcessStatement& s, const Statements& file, const Typed& rate) {
    Graph& graph = model_.graph;
    Process process;
    process.id = s.id;
    process.title = s.title;
    process.source = s.source;
    process.text = texts_of_[s.id];
    process.dimension = rate.dimension;
    process.rate = rate.node;
    process.origin = {s.where, file.id};
    std::optional<Scope> scope;
    for (const ChangeStatement& c : s.changes) {
      const auto found = names_.find(c.species);
      if (found == names_.end() || found->second.kind != Entry::Kind::species || found->second.removed) {
        std::vector<std::string> known;
        for (const Species& species : model_.species) known.push_back(species.id);
        fault(c.where, fmt::format("process '{}' changes '{}', which is no species", s.id, c.species),
              did_you_mean(c.species, known));
        continue;
      }
      const Species& species = model_.species[found->second.slot];
      const auto coefficient = try_formula(c.coefficient);
      if (!coefficient) continue;
      Dimension per_day = species.unit.dimension;
      per_day.exponents[Dimension::time] -= 1.0;
      const Dimension change = rate.dimension * coefficient->dimension;
      const bool unit_is_known = !found->second.value.any;
      if (unit_is_known && !rate.any && !coefficient->any && !(change == per_day)) {
        fault(s.rate.where,
              fmt::format("process '{}' changes {} by {}, but its rate of change is in {}", s.id, species.id,
                          to_text(change), to_text(per_day)),
              "rate times coefficient must be the species' unit per day");
      }
      if (scope && *scope != species.scope) {
        fault(c.where, fmt::format("process '{}' changes local and systemic species at once", s.id),
              "write two processes; the systemic one uses integral(...) of the local rate");
      }
      scope = species.scope;
      const NodeId contribution = graph.multiply(coefficient->node, rate.node);
      if (species.scope == Scope::systemic && graph[contribution].stage == Stage::voxel) {
        fault(s.rate.where,
              fmt::format("process '{}' changes the systemic {} but differs from voxel to voxel", s.id, species.id),
              "take integral(...) or mean(...) of the local part");
      }
      if (species.scope == Scope::local && graph.depends_on(contribution, Op::reduction)) {
        fault(s.rate.where, fmt::format("process '{}' makes a local rate depend on a sum over the whole tissue", s.id),
              "let the sum drive a systemic species, and that the local rate");
      }
      check_maxima(contribution, s);
      process.changes.push_back({found->second.slot, coefficient->node, c.coefficient.value});
    }
    process.scope = scope.value_or(Scope::local);
    model_.processes.push_back(std::move(process));
  }

  void check_maxima(NodeId contribution, const ProcessStatement& s) {
    const Graph& graph = model_.graph;
    for (const NodeId id : graph.leaves(contribution)) {
      if (graph[id].op != Op::reduction) continue;
      if (model_.reductions[graph[id].index].kind != Reduction::Kind::maximum) continue;
      fault(s.rate.where,
            fmt::format("process '{}' depends on max(...) over the tissue, which is not differentiable", s.id),
            "use mean(...) or integral(...); max(...) over tissue is for observables");
    }
  }

  void species_formulas() {
    for (const auto& file : joined_.files()) {
      for (const SpeciesStatement& s : file->species) {
        const Entry& entry = names_.at(s.id);
        if (entry.file != file.get() || entry.removed) continue;
        const auto initial = try_formula(s.initial);
        const auto diffusion = s.diffusion ? try_formula(*s.diffusion) : std::nullopt;
        Species& species = model_.species[entry.slot];
        if (initial) {
          if (!entry.value.any && !initial->any && !(initial->dimension == species.unit.dimension)) {
            fault(s.initial.where, fmt::format("the initial value of {} is in {}, but {} is in {}", s.id,
                                               to_text(initial->dimension), s.id, species.unit.text));
          }
          initial_places_[species.id] = &s.initial;
          species.initial = initial->node;
          species.initial_text = s.initial.value;
        }
        if (!diffusion) continue;
        Dimension area_per_day;
        area_per_day.exponents[Dimension::length] = 2.0;
        area_per_day.exponents[Dimension::time] = -1.0;
        if (!diffusion->any && !(diffusion->dimension == area_per_day)) {
          fault(s.diffusion->where, fmt::format("the diffusion coefficient of {} is in {}, but must be in mm^2/day",
                                                s.id, to_text(diffusion->dimension)));
        }
        if (species.scope == Scope::systemic)
          fault(s.diffusion->where, fmt::format("{} is systemic and cannot diffuse", s.id),
                "leave 'diffusion' out, or make it local");
        species.diffusion = diffusion->node;
        species.diffusion_text = s.diffusion->value;
        check_constant(diffusion->node, *s.diffusion, species.scope,
                       fmt::format("the diffusion coefficient of {}", s.id));
      }
    }
  }

  const Species& species_of(const Node& leaf) const {
    const std::size_t slot = leaf.index & ~kRateFlag;
    return model_.species[leaf.op == Op::systemic ? model_.systemic[slot] : model_.local[slot]];
  }

  static bool is_species(const Node& leaf) { return leaf.op == Op::systemic || leaf.op == Op::local; }

  std::string chain_of(const std::vector<NodeId>& leaves) const {
    std::string chain;
    for (const NodeId leaf : leaves) chain += species_of(model_.graph[leaf]).id + " → ";
    return chain + species_of(model_.graph[leaves.front()]).id;
  }

  /// rateOf(x), which so far is a leaf that holds a place, becomes the rate of x everywhere.
  void replace_rates() {
    Graph& graph = model_.graph;
    Substitution substitute(graph, [this](NodeId, const Node& leaf) -> std::optional<NodeId> {
      if (!is_species(leaf) || (leaf.index & kRateFlag) == 0) return std::nullopt;
      return model_.rates[static_cast<std::size_t>(&species_of(leaf) - model_.species.data())];
    });
    bool circular = false;
    const auto replace = [&](NodeId& node, const SourceLocation& where) {
      const auto now = substitute(node);
      if (now) {
        node = *now;
      } else if (!circular) {
        circular = true;
        fault(where, fmt::format("rates go round in a circle: {}", chain_of(substitute.circle())),
              "rateOf(x) cannot stand in the rate of x");
      }
    };
    for (std::size_t i = 0; i < model_.species.size(); ++i) {
      replace(model_.rates[i], model_.species[i].origin.where);
      replace(model_.species[i].initial, model_.species[i].origin.where);
    }
    for (Reduction& reduction : model_.reductions) replace(reduction.integrand, {});
    for (Process& process : model_.processes) {
      replace(process.rate, process.origin.where);
      for (Change& change : process.changes) replace(change.coefficient, process.origin.where);
    }
    for (Quantity& quantity : model_.quantities) {
      replace(quantity.node, quantity.origin.where);
      quantity.stage = graph[quantity.node].stage;
    }
    for (Event& event : model_.events) {
      replace(event.when, event.origin.where);
      if (event.delay) replace(*event.delay, event.origin.where);
      if (event.priority) replace(*event.priority, event.origin.where);
      for (Event::Assignment& assignment : event.set) replace(assignment.value, event.origin.where);
    }
    for (Observable& observable : model_.observables) {
      replace(observable.node, observable.origin.where);
      observable.stage = graph[observable.node].stage;
    }
    for (std::size_t i = 0; i < model_.species.size(); ++i) {
      const Species& species = model_.species[i];
      if (species.scope == Scope::local && graph.depends_on(model_.rates[i], Op::reduction)) {
        fault(species.origin.where,
              fmt::format("the rate of {} depends, through rateOf(), on a sum over the whole tissue", species.id));
      }
    }
  }

  /// Initial values may use each other: what they see is the state at time zero.
  void initial_values() {
    Graph& graph = model_.graph;
    const NodeId zero = graph.constant(0.0);
    Substitution substitute(graph, [this, zero](NodeId, const Node& leaf) -> std::optional<NodeId> {
      if (leaf.op == Op::time) return zero;
      if (!is_species(leaf)) return std::nullopt;
      return species_of(leaf).initial;
    });
    std::vector<NodeId> initial;
    for (const Species& species : model_.species) {
      const Text& text = *initial_places_.at(species.id);
      const auto now = substitute(species.initial);
      if (!now) {
        fault(text.where, fmt::format("initial values go round in a circle: {}", chain_of(substitute.circle())),
              "one of them must be a number");
        return;
      }
      if (graph.depends_on(*now, Op::reduction)) {
        fault(text.where, fmt::format("the initial value of {} depends on a sum over the tissue", species.id),
              "it may use parameters, given fields and other initial values");
      } else if (species.scope == Scope::systemic && graph[*now].stage == Stage::voxel) {
        fault(text.where,
              fmt::format("the initial value of {} is one number and cannot differ from voxel to voxel", species.id));
      }
      initial.push_back(*now);
    }
    for (std::size_t i = 0; i < initial.size(); ++i) model_.species[i].initial = initial[i];
  }

  void check_constant(NodeId node, const Text& text, Scope scope, const std::string& what) {
    const Graph& graph = model_.graph;
    for (const Op op : {Op::time, Op::systemic, Op::reduction, Op::local}) {
      if (graph.depends_on(node, op)) {
        fault(text.where, fmt::format("{} depends on something that changes in time", what),
              "it may use parameters and given fields only");
        return;
      }
    }
    if (scope == Scope::systemic && graph.depends_on(node, Op::given))
      fault(text.where, fmt::format("{} is one number and cannot depend on a given field", what));
  }

  void observables() {
    for (const auto& file : joined_.files()) {
      for (const ObservableStatement& s : file->observables) {
        const Entry& entry = names_.at(s.id);
        if (entry.file != file.get() || entry.removed) continue;
        const auto value = try_formula(s.formula);
        const auto known = unit(s.unit, s.unit_where);
        const Unit declared = known.value_or(Unit{});
        if (!value) continue;
        if (known && !value->any && !(value->dimension == declared.dimension)) {
          fault(s.formula.where, fmt::format("observable '{}' is declared in {}, but its formula is in {}", s.id,
                                             s.unit, to_text(value->dimension)));
        }
        model_.observables.push_back({s.id,
                                      s.title,
                                      s.formula.value,
                                      declared,
                                      value->node,
                                      model_.graph[value->node].stage,
                                      {s.where, file->id}});
      }
    }
  }

  void doses() {
    for (const auto& file : joined_.files()) {
      for (const DoseStatement& s : file->doses) {
        if (const Drug* other = model_.find_drug(s.id)) {
          fault(s.where, fmt::format("the dose of '{}' is set by two overlays, {} and {}", s.id, other->origin.file_id,
                                     file->id));
          continue;
        }
        const auto found = names_.find(s.enters.value);
        if (found == names_.end() || found->second.kind != Entry::Kind::species || found->second.removed) {
          std::vector<std::string> known;
          for (const Species& species : model_.species) known.push_back(species.id);
          fault(s.enters.where, fmt::format("a dose of {} enters '{}', which is no species", s.id, s.enters.value),
                did_you_mean(s.enters.value, known));
          continue;
        }
        const Species& species = model_.species[found->second.slot];
        if (species.scope != Scope::systemic)
          fault(s.enters.where, fmt::format("a dose enters a systemic species, and {} is local", species.id));
        const auto bioavailability = try_formula(s.bioavailability);
        if (!bioavailability) continue;
        if (!bioavailability->any && !bioavailability->dimension.is_none())
          fault(s.bioavailability.where, "a bioavailability must be a pure number");
        if (model_.graph[bioavailability->node].stage != Stage::parameter)
          fault(s.bioavailability.where, "a bioavailability may use parameters only");
        model_.drugs.push_back({s.id,
                                s.title,
                                found->second.slot,
                                bioavailability->node,
                                s.bioavailability.value,
                                species.unit.dimension,
                                {s.where, file->id}});
      }
    }
  }

  void events() {
    for (const auto& file : joined_.files()) {
      for (const EventStatement& s : file->events) {
        const Entry& entry = names_.at(s.id);
        if (entry.file == file.get() && !entry.removed) add_event(s, *file);
      }
    }
  }

  void add_event(const EventStatement& s, const Statements& file) {
    Event event;
    event.id = s.id;
    event.title = s.title;
    event.when_text = s.when.value;
    event.at_start = s.at_start;
    event.persistent = s.persistent;
    event.values_at_trigger = s.values_at_trigger;
    event.origin = {s.where, file.id};
    Dimension day;
    day.exponents[Dimension::time] = 1.0;
    const auto part = [&](const Text& text, const std::string& what, const Unit* unit) -> std::optional<NodeId> {
      const auto value = try_formula(text);
      if (!value) return std::nullopt;
      if (unit != nullptr && !value->any && !(value->dimension == unit->dimension)) {
        fault(text.where, fmt::format("{} of event '{}' is in {}, but must be in {}", what, s.id,
                                      to_text(value->dimension), unit->text));
      }
      if (model_.graph[value->node].stage == Stage::voxel || model_.graph.depends_on(value->node, Op::reduction)) {
        fault(text.where, fmt::format("{} of event '{}' looks at tissue", what, s.id),
              "an event may use systemic species, parameters and time");
      }
      return value->node;
    };
    const Unit pure{"1", {}, 1.0};
    const Unit days{"day", day, 1.0};
    event.when = part(s.when, "the condition", &pure).value_or(0);
    if (s.delay) {
      event.delay = part(*s.delay, "the delay", &days);
      event.delay_text = s.delay->value;
    }
    if (s.priority) {
      event.priority = part(*s.priority, "the priority", &pure);
      event.priority_text = s.priority->value;
    }
    for (const EventStatement::Assignment& a : s.set) {
      const auto found = names_.find(a.species);
      const bool is_species =
          found != names_.end() && found->second.kind == Entry::Kind::species && !found->second.removed;
      if (!is_species || model_.species[found->second.slot].scope != Scope::systemic) {
        std::vector<std::string> known;
        for (const std::size_t i : model_.systemic) known.push_back(model_.species[i].id);
        fault(a.where, fmt::format("event '{}' sets '{}', which is no systemic species", s.id, a.species),
              did_you_mean(a.species, known));
        continue;
      }
      const Species& species = model_.species[found->second.slot];
      const Unit* unit = found->second.value.any ? nullptr : &species.unit;
      const auto value = part(a.value, fmt::format("the new {}", species.id), unit);
      if (value) event.set.push_back({found->second.slot, *value, a.value.value});
    }
    model_.events.push_back(std::move(event));
  }

  void sum_rates() {
    Graph& graph = model_.graph;
    model_.rates.assign(model_.species.size(), graph.constant(0.0));
    for (const Process& process : model_.processes) {
      for (const Change& change : process.changes) {
        NodeId& rate = model_.rates[change.species];
        rate = graph.add(rate, graph.multiply(change.coefficient, process.rate));
      }
    }
  }

  /// Quantities were resolved when first needed; report them in the order of the files.
  void order_quantities() {
    std::map<std::string, std::size_t> order;
    for (std::size_t f = 0; f < joined_.files().size(); ++f) order[joined_.files()[f]->id] = f;
    std::stable_sort(model_.quantities.begin(), model_.quantities.end(), [&](const Quantity& a, const Quantity& b) {
      return std::pair(order[a.origin.file_id], a.origin.where.line) <
             std::pair(order[b.origin.file_id], b.origin.where.line);
    });
  }

  JoinedFiles& joined_;
  const UnitSystem& units_;
  std::map<std::string, Entry>& names_;
  Model model_;
  Resolver resolve_;
  std::map<std::string, std::string> texts_of_;        ///< of processes, with modifications
  std::map<std::string, const Text*> initial_places_;  ///< by species
  std::vector<std::string> chain_;
};

}  // namespace

Model build_model(const Library& library, std::span<const std::string> ids, const UnitSystem& units) {
  JoinedFiles joined(library);
  for (const std::string& id : ids) joined.gather(id);
  return Builder(joined, units).build();
}

Model build_model_file(const Library& library, const std::filesystem::path& file, const UnitSystem& units) {
  constexpr std::size_t kLargest = std::size_t{4} << 20U;
  JoinedFiles joined(library);
  joined.gather_text(file.stem().string(), file.string(), read_text(file, kLargest));
  return Builder(joined, units).build();
}

}  // namespace howship::model
