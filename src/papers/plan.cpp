#include "plan.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/files.hpp"
#include "howship/papers/reproduce.hpp"
#include "howship/study/arm_courses.hpp"
#include "howship/study/file_table.hpp"
#include "howship/study/read_study.hpp"

namespace howship::papers {
namespace {

// Everything that has a value over time.
std::vector<std::string> measurable(const model::Model& model) {
  std::vector<std::string> ids;
  for (const auto& s : model.species) ids.push_back(s.id);
  for (const auto& q : model.quantities) ids.push_back(q.id);
  for (const auto& o : model.observables) ids.push_back(o.id);
  return ids;
}

// The keys of a BibTeX file.
std::vector<std::string> keys_of(const std::string& bibtex) {
  std::vector<std::string> keys;
  for (std::size_t at = bibtex.find('@'); at != std::string::npos; at = bibtex.find('@', at + 1)) {
    const std::size_t open = bibtex.find('{', at);
    const std::size_t comma = bibtex.find(',', at);
    if (open != std::string::npos && comma != std::string::npos && open < comma)
      keys.push_back(bibtex.substr(open + 1, comma - open - 1));
  }
  return keys;
}

Dimension dimension_of(Take take, Dimension quantity) {
  switch (take) {
    case Take::time_of_maximum:
    case Take::time_of_minimum:
    case Take::period:
    case Take::crossing:
    case Take::time_below:
      return study::time_dimension();
    case Take::integral:
      return quantity * study::time_dimension();
    default:
      return quantity;
  }
}

class Planner {
 public:
  Planner(const study::DataFolder& data, const UnitSystem& units) : data_(data), units_(units) {}

  PlannedPaper plan(const std::filesystem::path& folder, bool with_figures) {
    const std::filesystem::path file = folder / "expected.toml";
    PlannedPaper planned;
    planned.paper = read_paper(read_text(file), file, units_, faults_);
    source_ = &planned.paper.source;
    check_key(planned.paper);
    studies_ = &planned.studies;
    for (const Claim& claim : planned.paper.claims) {
      if (auto placed = place(claim)) planned.claims.push_back(std::move(*placed));
    }
    for (const Figure& figure : planned.paper.figures) place(figure, planned.paper.folder, with_figures);
    faults_.raise_if_any();
    return planned;
  }

 private:
  void fault(const SourceLocation& where, std::string message, std::string hint = {}) {
    faults_.add(source_->diagnostic(where, std::move(message), std::move(hint)));
  }

  void check_key(const Paper& paper) {
    folder_ = paper.folder;
    std::error_code error;
    if (paper.key.empty() || !std::filesystem::is_regular_file(data_.references(), error)) return;
    const std::vector<std::string> keys = keys_of(read_text(data_.references()));
    if (std::find(keys.begin(), keys.end(), paper.key) != keys.end()) return;
    fault({source_->file, 0, 0}, fmt::format("paper = \"{}\" is no key of papers/references.bib", paper.key),
          did_you_mean(paper.key, keys));
  }

  /// Reads a study when it is first named. Null if it cannot be used, which has then been reported.
  PlannedStudy* study(const std::string& name, const SourceLocation& where) {
    auto [found, is_new] = studies_->try_emplace(name);
    PlannedStudy& planned = found->second;
    if (!is_new) return planned.usable ? &planned : nullptr;
    const std::filesystem::path file = folder_ / name;
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
      std::vector<std::string> known = study::DataFolder::ids(folder_);
      for (std::string& id : known) id += ".toml";
      known.erase(std::remove(known.begin(), known.end(), "expected.toml"), known.end());
      fault(where, fmt::format("there is no study '{}' in {}", name, folder_.string()), did_you_mean(name, known));
      return nullptr;
    }
    Diagnostics own;  // read_study gives up early where something is wrong already
    planned.study = study::read_study(read_text(file), file.string(), {}, data_, units_, own);
    if (planned.study.branch)
      own.add(planned.study.source.diagnostic(planned.study.branch->where,
                                              "a paper's study begins on day 0, not with a branch",
                                              "give the study the whole course"));
    if (!planned.study.models.empty()) {
      const model::Library library = study::library_of(planned.study, data_.models());
      for (study::PreparedArm& arm : study::prepare_arms(planned.study, library, units_, own))
        planned.arms.push_back({std::move(arm), {}, {}});
    }
    planned.usable = own.empty();
    for (const Diagnostic& diagnostic : own.list()) faults_.add(diagnostic);
    return planned.usable ? &planned : nullptr;
  }

  PlannedArm* arm(PlannedStudy& study, const std::string& id, const SourceLocation& where) {
    std::vector<std::string> known;
    for (const PlannedArm& arm : study.arms) known.push_back(arm.arm.id);
    if (id.empty() && study.arms.size() == 1) return &study.arms.front();
    if (id.empty()) {
      fault(where, fmt::format("the study '{}' has several arms: say which", study.study.id),
            fmt::format("write arm = \"{}\"; there are {}", known.front(), fmt::join(known, ", ")));
      return nullptr;
    }
    if (PlannedArm* found = find_arm(study, id)) return found;
    fault(where, fmt::format("the study '{}' has no arm '{}'", study.study.id, id), did_you_mean(id, known));
    return nullptr;
  }

  bool known_name(const PlannedArm& arm, const std::string& id, const SourceLocation& where) {
    const model::Model& model = *arm.arm.model;
    if (model.find_node(id)) return true;
    fault(where, fmt::format("the model of arm '{}' has no species, quantity or observable '{}'", arm.arm.id, id),
          did_you_mean(id, measurable(model)));
    return false;
  }

  std::optional<double> day_of(const PlannedArm& arm, double day, const SourceLocation& where) {
    const double exact = study::snapped(arm.arm, day);
    if (exact <= arm.arm.schedule.end) return exact;
    fault(where, fmt::format("day {:g} lies past the end of the study, day {:g}", day, arm.arm.schedule.end));
    return std::nullopt;
  }

  std::optional<Placed> place(const Measurement& m, const SourceLocation& fallback) {
    const auto where = [&fallback](const SourceLocation& own) { return own.line > 0 ? own : fallback; };
    PlannedStudy* study_found = study(m.study, where(m.study_where));
    if (study_found == nullptr) return std::nullopt;
    PlannedArm* arm_found = arm(*study_found, m.arm, where(m.arm_where));
    if (arm_found == nullptr || !known_name(*arm_found, m.of, where(m.of_where))) return std::nullopt;
    const study::PreparedArm& prepared = arm_found->arm;
    const Unit unit = *prepared.model->find_unit(m.of);
    Placed placed{&m, study_found, arm_found, {}, dimension_of(m.take, unit.dimension)};
    placed.taking.take = m.take;
    placed.taking.direction = m.direction;
    const auto from = day_of(*arm_found, m.from.value_or(0.0), where(m.from_where));
    const auto to = day_of(*arm_found, m.to.value_or(prepared.schedule.end), where(m.to_where));
    const auto at = day_of(*arm_found, m.take == Take::value ? *m.at : 0.0, where(m.at_where));
    if (!from || !to || !at) return std::nullopt;
    placed.taking.from = *from;
    placed.taking.to = *to;
    placed.taking.at = *at;
    if (m.take == Take::crossing || m.take == Take::time_below) {
      if (!(m.level->unit.dimension == unit.dimension)) {
        fault(where(m.level_where), fmt::format("{} is measured in {}, and a level of it cannot be in '{}'", m.of,
                                                unit.text, m.level->unit.text));
        return std::nullopt;
      }
      placed.taking.level = m.level->base();
    }
    arm_found->wanted.insert(m.of);
    arm_found->days.insert({*from, *to, *at});
    return placed;
  }

  std::optional<PlannedClaim> place(const Claim& claim) {
    auto measured = place(claim.measurement, claim.where);
    std::optional<Placed> relative;
    if (claim.relative_to) {
      relative = place(*claim.relative_to, claim.relative_to->where);
      if (!relative) return std::nullopt;
    }
    if (!measured || !claim.complete) return std::nullopt;
    const Dimension dimension = relative ? measured->dimension / relative->dimension : measured->dimension;
    PlannedClaim planned{&claim, *measured, relative, std::nullopt};
    if (!(claim.unit.dimension == dimension)) {
      fault(claim.unit_where, fmt::format("claim {}: {} is in {}, and '{}' is no unit of that", claim.id, what(claim),
                                          to_text(dimension), claim.unit.text));
    }
    if (const auto* formula = std::get_if<Formula>(&claim.expected)) {
      planned.expected = closed_form(*formula, *measured->arm->arm.model);
      if (planned.expected && !planned.expected->fits(dimension)) {
        fault(formula->where, fmt::format("claim {}: the formula is in {}, and {} is in {}", claim.id,
                                          to_text(planned.expected->dimension()), what(claim), to_text(dimension)));
      }
    }
    return planned;
  }

  static std::string what(const Claim& claim) {
    const std::string taken = fmt::format("\"{}\" of {}", to_text(claim.measurement.take), claim.measurement.of);
    return claim.relative_to ? taken + " relative to another" : taken;
  }

  std::optional<model::ClosedForm> closed_form(const Formula& formula, const model::Model& model) {
    try {
      return model::ClosedForm(model, units_, formula.text);
    } catch (const InputError& error) {
      const Diagnostic& first = error.diagnostics().front();
      SourceLocation where = formula.where;
      if (formula.text.find('\n') == std::string::npos) where.column += first.where.column - 1;
      fault(where, first.message, first.hint);
      return std::nullopt;
    }
  }

  void place(const Figure& figure, const std::filesystem::path& folder, bool wanted) {
    folder_ = folder;
    PlannedStudy* planned = study(figure.study, figure.study_where.line > 0 ? figure.study_where : figure.where);
    if (planned == nullptr) return;
    std::vector<PlannedArm*> arms;
    for (std::size_t a = 0; a < figure.arms.size(); ++a) {
      if (PlannedArm* found = arm(*planned, figure.arms[a], figure.arms_where[a])) arms.push_back(found);
    }
    if (figure.arms.empty()) {
      for (PlannedArm& each : planned->arms) arms.push_back(&each);
    }
    if (arms.empty()) return;
    for (const Panel& panel : figure.panels) {
      for (std::size_t i = 0; i < panel.y.size(); ++i) place(panel, i, arms, wanted);
    }
    for (PlannedArm* each : arms) {
      if (wanted)
        each->days.insert(
            {figure.from.value_or(0.0), std::min(figure.to.value_or(each->arm.schedule.end), each->arm.schedule.end)});
    }
  }

  // Overlays bring names of their own: one arm that has the name is enough.
  void place(const Panel& panel, std::size_t i, const std::vector<PlannedArm*>& arms, bool wanted) {
    const std::string& id = panel.y[i];
    bool found = false;
    for (PlannedArm* each : arms) {
      if (!each->arm.model->find_node(id)) continue;
      found = true;
      const Unit unit = *each->arm.model->find_unit(id);
      if (!(unit.dimension == panel.unit.dimension)) {
        fault(panel.y_where[i],
              fmt::format("{} is measured in {}, and the panel is in '{}'", id, unit.text, panel.unit.text));
        return;
      }
      if (wanted) each->wanted.insert(id);
    }
    if (!found) known_name(*arms.front(), id, panel.y_where[i]);
  }

  const study::DataFolder& data_;
  const UnitSystem& units_;
  Diagnostics faults_;
  const study::SourceText* source_ = nullptr;
  std::filesystem::path folder_;
  std::map<std::string, PlannedStudy>* studies_ = nullptr;
};

}  // namespace

PlannedArm* find_arm(PlannedStudy& study, const std::string& id) {
  const auto found = std::find_if(study.arms.begin(), study.arms.end(), [&](const auto& a) { return a.arm.id == id; });
  return found != study.arms.end() ? &*found : nullptr;
}

std::string check_paper(const std::filesystem::path& folder, const study::DataFolder& data, const UnitSystem& units) {
  const PlannedPaper planned = plan_paper(folder, data, units, true);
  std::size_t arms = 0;
  for (const auto& [name, study] : planned.studies)
    arms += static_cast<std::size_t>(
        std::count_if(study.arms.begin(), study.arms.end(), [](const PlannedArm& arm) { return !arm.wanted.empty(); }));
  return fmt::format("{}: {} claims, {} figures, {} studies with {} arms to run; names, times and units are right",
                     planned.paper.name, planned.claims.size(), planned.paper.figures.size(), planned.studies.size(),
                     arms);
}

PlannedPaper plan_paper(const std::filesystem::path& folder, const study::DataFolder& data, const UnitSystem& units,
                        bool with_figures) {
  return Planner(data, units).plan(folder, with_figures);
}

}  // namespace howship::papers
