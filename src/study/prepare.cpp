#include "howship/study/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "howship/study/schedule.hpp"

#include "read_outs.hpp"
#include "regimen.hpp"

namespace howship::study {
namespace {

// Arms share models and parameters, so the same fault can be met in each; the user wants it once.
class FaultsOnce {
 public:
  explicit FaultsOnce(Diagnostics& faults) : faults_(&faults) {}
  void add(Diagnostic diagnostic) {
    ++met_;
    // Without the hint, which may list the names of a larger model.
    const std::string key = fmt::format("{}:{}:{}:{}", diagnostic.where.file, diagnostic.where.line,
                                        diagnostic.where.column, diagnostic.message);
    if (seen_.insert(key).second) faults_->add(std::move(diagnostic));
  }
  std::size_t met() const { return met_; }

 private:
  Diagnostics* faults_;
  std::set<std::string> seen_;
  std::size_t met_ = 0;
};

template <class Items>
std::vector<std::string> ids_of(const Items& items) {
  std::vector<std::string> ids;
  for (const auto& item : items) ids.push_back(item.id);
  return ids;
}

class Preparer {
 public:
  Preparer(const Study& study, const model::Library& library, const UnitSystem& units, Diagnostics& faults)
      : study_(study), library_(library), units_(units), faults_(faults) {}

  std::vector<PreparedArm> all() {
    std::vector<PreparedArm> prepared;
    for (const Arm& arm : study_.arms) {
      const std::size_t before = faults_.met();
      PreparedArm result = prepare(arm);
      if (result.model && faults_.met() == before) prepared.push_back(std::move(result));
    }
    check_shared_names();
    return prepared;
  }

 private:
  void fault(const SourceLocation& where, std::string message, std::string hint = {}) {
    faults_.add(study_.source.diagnostic(where, std::move(message), std::move(hint)));
  }

  PreparedArm prepare(const Arm& arm) {
    PreparedArm prepared;
    prepared.id = arm.id;
    prepared.title = arm.title;
    prepared.patient = study_.patient;
    if (arm.patient.weight) prepared.patient.weight = arm.patient.weight;
    if (arm.patient.creatinine_clearance) prepared.patient.creatinine_clearance = arm.patient.creatinine_clearance;
    prepared.models = study_.models;
    for (const std::string& id : arm.models) {
      if (std::find(prepared.models.begin(), prepared.models.end(), id) == prepared.models.end())
        prepared.models.push_back(id);
    }
    prepared.model = build(prepared.models);
    if (!prepared.model) return prepared;
    const model::Model& model = *prepared.model;
    check_given(model, prepared.models);
    prepared.parameters = model.parameter_values();
    for (const ParameterValue& value : study_.parameters) set_parameter(model, value, prepared.parameters);
    for (const ParameterValue& value : arm.parameters) {
      if (model.find_parameter(value.id) == nullptr) no_parameter(value, ids_of(model.parameters));
      set_parameter(model, value, prepared.parameters);
    }
    check_delays(prepared);
    for (const DoseRule& rule : arm.doses) add_doses(arm, rule, prepared);
    settle_times(prepared);
    choose_fields(model, prepared);
    return prepared;
  }

  std::shared_ptr<const model::Model> build(const std::vector<std::string>& ids) {
    if (const auto known = built_.find(ids); known != built_.end()) return known->second;
    bool found = !ids.empty();
    for (const std::string& id : ids) {
      if (library_.contains(id)) continue;
      found = false;
      const auto place = study_.model_places.find(id);
      fault(place != study_.model_places.end() ? place->second : SourceLocation{},
            fmt::format("there is no model '{}'", id), did_you_mean(id, library_.ids()));
    }
    std::shared_ptr<const model::Model> model;
    if (found) {
      try {
        model = std::make_shared<const model::Model>(model::build_model(library_, ids, units_));
      } catch (const InputError& error) {
        for (const Diagnostic& diagnostic : error.diagnostics()) faults_.add(diagnostic);
      }
    }
    return built_[ids] = model;
  }

  void check_given(const model::Model& model, const std::vector<std::string>& ids) {
    const auto place = study_.model_places.find(ids.back());
    for (const Diagnostic& unknown : unknown_given(model))
      fault(place != study_.model_places.end() ? place->second : SourceLocation{}, unknown.message, unknown.hint);
  }

  // What the study says for all arms need only mean something in one of them: overlays bring names of their own.
  void check_shared_names() {
    std::set<std::string> parameters, fields, columns;
    for (const auto& [ids, model] : built_) {
      if (!model) return;  // it might have had the name
      for (const std::string& id : ids_of(model->parameters)) parameters.insert(id);
      for (const auto& list : {ids_of(model->species), ids_of(model->quantities), ids_of(model->observables)})
        fields.insert(list.begin(), list.end());
      const ReadOuts tables(*model);
      for (const output::Column& column : tables.columns()) columns.insert(column.name);
    }
    for (const std::string& name : study_.output.charts) {
      const auto place = study_.output.chart_places.find(name);
      // A branch has the charts of the run that it leaves, whose other arms may have had columns of their own.
      if (columns.contains(name) || place == study_.output.chart_places.end()) continue;
      fault(place->second,
            fields.contains(name)
                ? fmt::format("'{}' is not in the tables, so it has no chart", name)
                : fmt::format("there is nothing named '{}' in the model that a chart could show", name),
            fields.contains(name) ? "tables hold species and observables: make it an observable"
                                  : did_you_mean(name, {columns.begin(), columns.end()}));
    }
    for (const ParameterValue& value : study_.parameters) {
      if (!value.inherited && !parameters.contains(value.id))
        no_parameter(value, {parameters.begin(), parameters.end()});
    }
    if (study_.output.default_fields) return;
    for (const std::string& name : study_.output.fields) {
      if (!fields.contains(name) && !parameters.contains(name))
        fault(field_place(name), fmt::format("there is nothing named '{}' in the model that a frame could show", name),
              did_you_mean(name, {fields.begin(), fields.end()}));
    }
  }

  void no_parameter(const ParameterValue& value, const std::vector<std::string>& known) {
    fault(value.where, fmt::format("there is no parameter '{}' in the model", value.id), did_you_mean(value.id, known));
  }

  SourceLocation field_place(const std::string& name) const {
    const auto place = study_.output.field_places.find(name);
    return place != study_.output.field_places.end() ? place->second : SourceLocation{};
  }

  void set_parameter(const model::Model& model, const ParameterValue& value, std::vector<double>& parameters) {
    const model::Parameter* found = model.find_parameter(value.id);
    if (found == nullptr) return;
    try {
      parameters[static_cast<std::size_t>(found - model.parameters.data())] =
          checked_value(*found, value.value, value.unit.value_or(found->unit));
    } catch (const InputError& error) {
      fault(value.where, error.diagnostics().front().message, error.diagnostics().front().hint);
    }
  }

  // The model's own values have been checked; those of the study may make a delay negative.
  void check_delays(const PreparedArm& arm) {
    for (const model::Event& event : arm.model->events) {
      const auto delay = model::known_delay(*arm.model, event, arm.parameters);
      if (!delay || *delay >= 0.0) continue;
      faults_.add({event.origin.where,
                   fmt::format("arm {}: with its parameters the delay of event '{}' is {} day, and must be zero or "
                               "positive",
                               arm.id, event.id, *delay),
                   fmt::format("the delay is {}", event.delay_text),
                   {}});
    }
  }

  void add_doses(const Arm& arm, const DoseRule& rule, PreparedArm& prepared) {
    const model::Model& model = *prepared.model;
    const model::Drug* drug = model.find_drug(rule.drug);
    if (drug == nullptr) {
      if (rule.drug.empty()) return;  // reported where it was read
      const std::string overlay = "drugs/" + rule.drug;
      fault(rule.drug_where, fmt::format("arm {}: the model has no drug '{}'", arm.id, rule.drug),
            library_.contains(overlay) ? fmt::format("add models = [\"{}\"] to the arm", overlay)
                                       : did_you_mean(rule.drug, ids_of(model.drugs)));
      return;
    }
    if (!amounts_fit(rule, *drug)) return;
    const model::Species& species = model.species[drug->species];
    if (species.scope != model::Scope::systemic) {
      fault(rule.drug_where, fmt::format("a dose of {} enters '{}', which is local", drug->id, species.id),
            "a dose enters a systemic species");
      return;
    }
    double arrives = 0.0;
    try {
      arrives = bioavailability(model, *drug, prepared.parameters);
    } catch (const InputError& error) {
      fault(rule.drug_where, error.diagnostics().front().message, error.diagnostics().front().hint);
      return;
    }
    if (!(study_.duration > 0.0)) return;  // reported where it was read
    const int gate = rule.hold ? add_gate(arm, *rule.hold, prepared) : -1;
    const double until = std::min(rule.until ? rule.until->base() : study_.duration, study_.duration);
    try {
      Diagnostics own;
      std::vector<RuleDose> doses = doses_of(rule, until, study_.source, own);
      for (const Diagnostic& diagnostic : own.list()) faults_.add(diagnostic);
      leave_past_out(doses, drug->id, prepared);
      if (doses.empty() && own.empty()) {
        fault(rule.where,
              fmt::format("arm {}: no dose of {} falls into the study, which ends on day {:g}", arm.id, drug->id,
                          study_.duration),
              "'until' and the end of the study are excluded");
      }
      for (const RuleDose& dose : doses) add_dose(rule, dose, *drug, species.slot, arrives, gate, prepared);
    } catch (const InputError& error) {
      fault(rule.where, error.diagnostics().front().message, error.diagnostics().front().hint);
    }
  }

  // Doses before a branch belong to the run that it leaves.
  void leave_past_out(std::vector<RuleDose>& doses, const std::string& drug, PreparedArm& prepared) const {
    if (!study_.branch) return;
    const std::size_t past =
        std::erase_if(doses, [this](const RuleDose& dose) { return dose.time < study_.branch->day; });
    if (past == 0) return;
    prepared.notes.push_back(
        fmt::format("arm {}: {} dose{} of {} before day {:g} are left out; the run that it goes "
                    "on from says what was given until then",
                    prepared.id, past, past == 1 ? "" : "s", drug, study_.branch->day));
  }

  bool amounts_fit(const DoseRule& rule, const model::Drug& drug) {
    std::vector<const Quantity*> amounts{&rule.amount.amount};
    for (const ClearanceRow& row : rule.amount.by_clearance) amounts.push_back(&row.amount);
    if (rule.loading && rule.loading->amount) amounts.push_back(&*rule.loading->amount);
    for (const Quantity* amount : amounts) {
      if (!(amount->value > 0.0)) return false;  // reported where it was read
      if (amount->unit.dimension == drug.amount || is_per_mass(*amount, drug.amount)) continue;
      fault(rule.amount_where, fmt::format("a dose of {} is measured in {}, and '{}' is no such unit", drug.id,
                                           to_text(drug.amount), amount->unit.text));
      return false;
    }
    return true;
  }

  void add_dose(const DoseRule& rule, const RuleDose& dose, const model::Drug& drug, std::size_t slot, double arrives,
                int gate, PreparedArm& prepared) {
    const bool is_loading =
        rule.loading && rule.loading->amount && (dose.is_extra || (dose.is_first && rule.loading->after.empty()));
    const DoseAmount stated = is_loading ? DoseAmount{*rule.loading->amount, {}} : rule.amount;
    double amount = 0.0;
    std::string text;
    try {
      amount = amount_of(stated, drug.amount, prepared.patient);
      const Quantity& said = stated_amount(stated, prepared.patient);
      text = with_unit(fmt::format("{}", said.value), said.unit);
    } catch (const InputError& error) {
      fault(rule.amount_where, fmt::format("arm {}: {}", prepared.id, error.diagnostics().front().message),
            error.diagnostics().front().hint);
      return;
    }
    prepared.schedule.doses.push_back(
        {dose.time, slot, amount * arrives, drug.id + " " + text, rule.infusion ? rule.infusion->base() : 0.0, gate});
    prepared.given.push_back({&drug, amount, stated});
    prepared.doses.push_back({dose.time, drug.id, text});
  }

  // The index of the rule; -1 after a fault.
  int add_gate(const Arm& arm, const HoldRule& hold, PreparedArm& prepared) {
    const model::Model& model = *prepared.model;
    const auto node = model.find_node(hold.of);
    const auto unit = model.find_unit(hold.of);
    if (!node || !unit) {
      if (hold.of.empty()) return -1;  // reported where it was read
      std::vector<std::string> known;
      for (const auto& list : {ids_of(model.observables), ids_of(model.species), ids_of(model.quantities)})
        known.insert(known.end(), list.begin(), list.end());
      fault(hold.of_where,
            fmt::format("arm {}: the model has no species, quantity or observable '{}'", arm.id, hold.of),
            did_you_mean(hold.of, known));
      return -1;
    }
    const auto fits = [&](const Quantity& level, const SourceLocation& where) {
      if (level.unit.dimension == unit->dimension) return;
      fault(where, fmt::format("{} is measured in {}, and a level of it cannot be in '{}'", hold.of, unit->text,
                               level.unit.text));
    };
    fits(hold.level, hold.level_where);
    if (hold.resume) fits(*hold.resume, hold.resume_where);
    prepared.gates.push_back({hold.of, *node, hold.above, hold.level.base(),
                              hold.resume ? std::optional(hold.resume->base()) : std::nullopt});
    return static_cast<int>(prepared.gates.size()) - 1;
  }

  void settle_times(PreparedArm& prepared) {
    if (!(study_.duration > 0.0)) return;
    const double begin = study_.branch ? study_.branch->day : 0.0;
    std::vector<double> rows = output_times(study_.output.every, study_.duration);
    std::vector<double> frames = study_.output.frames;
    for (auto* times : {&rows, &frames}) std::erase_if(*times, [begin](double time) { return time < begin; });
    if (rows.front() != begin) rows.insert(rows.begin(), begin);
    const std::vector<double> states = study_.output.states.value_or(std::vector{study_.duration});
    std::vector<double> all = rows;
    all.insert(all.end(), frames.begin(), frames.end());
    all.insert(all.end(), states.begin(), states.end());
    for (const auto& dose : prepared.schedule.doses) all.push_back(dose.time);
    const Clock clock(all);
    const auto settled = [&](std::vector<double> times) {
      for (double& time : times) time = clock.exact(time);
      times.erase(std::unique(times.begin(), times.end()), times.end());
      return times;
    };
    prepared.rows = settled(std::move(rows));
    prepared.frames = settled(std::move(frames));
    prepared.states = settled(states);
    for (auto& dose : prepared.schedule.doses) dose.time = clock.exact(dose.time);
    for (auto& dose : prepared.doses) dose.time = clock.exact(dose.time);
    std::stable_sort(prepared.doses.begin(), prepared.doses.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
    std::set<double> outputs;
    for (const auto* times : {&prepared.rows, &prepared.frames, &prepared.states})
      outputs.insert(times->begin(), times->end());
    prepared.schedule.outputs.assign(outputs.begin(), outputs.end());
    prepared.schedule.end = prepared.rows.back();
  }

  void choose_fields(const model::Model& model, PreparedArm& prepared) {
    static const std::vector<std::string> kUsual{"BMD", "BVTV", "tumour", "OCa", "RANKL"};
    for (const std::string& name : study_.output.default_fields ? kUsual : study_.output.fields) {
      const auto node = model.find_node(name);
      if (!node) continue;
      if (model.graph[*node].stage == model::Stage::voxel) {
        prepared.fields.push_back({name, title_of(model, name), model.find_unit(name).value_or(Unit{}), *node});
      } else if (!study_.output.default_fields) {
        fault(field_place(name), fmt::format("'{}' is one number for the vertebra, not a field", name),
              "a frame shows what differs from voxel to voxel; tables hold the numbers");
      }
    }
  }

  static std::string title_of(const model::Model& model, const std::string& id) {
    const auto look = [&id](const auto& list) {
      const auto found = std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.id == id; });
      return found != list.end() ? found->title : std::string();
    };
    for (const std::string& title :
         {look(model.species), look(model.observables), look(model.quantities), look(model.parameters)}) {
      if (!title.empty()) return title;
    }
    return id;
  }

  const Study& study_;
  const model::Library& library_;
  const UnitSystem& units_;
  FaultsOnce faults_;
  std::map<std::vector<std::string>, std::shared_ptr<const model::Model>> built_;  // null: could not be built
};

}  // namespace

model::Library library_of(const Study& study, const std::filesystem::path& models) {
  model::Library library(models);
  for (const auto& [id, text] : study.inline_models) {
    const auto file = study.inline_files.find(id);
    library.add(id, text, file != study.inline_files.end() ? file->second : std::string());
  }
  return library;
}

const std::vector<std::string>& given_names() {
  static const std::vector<std::string> kNames{"bvtv", "lesion", "x", "y", "z"};
  return kNames;
}

std::vector<Diagnostic> unknown_given(const model::Model& model) {
  const auto& known = given_names();
  std::vector<Diagnostic> unknown;
  for (const std::string& name : model.given) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    unknown.push_back({{},
                       fmt::format("the model reads given.{}, which a vertebra does not give", name),
                       fmt::format("a vertebra gives: {}", fmt::join(known, ", ")),
                       {}});
  }
  return unknown;
}

std::vector<PreparedArm> prepare_arms(const Study& study, const model::Library& library, const UnitSystem& units,
                                      Diagnostics& faults) {
  return Preparer(study, library, units, faults).all();
}

}  // namespace howship::study
