#include "howship/papers/reproduce.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/core/stopwatch.hpp"
#include "howship/output/budget.hpp"
#include "howship/study/arm_courses.hpp"
#include "howship/study/prepare.hpp"

#include "plan.hpp"

namespace howship::papers {
namespace {

namespace fs = std::filesystem;

using Courses = std::map<const PlannedArm*, study::ArmCourses>;

void require_memory(const study::Study& study, const model::Kinetics& kinetics) {
  const double lattice = study::lattice_estimate(study.vertebra);
  constexpr double kActive = 0.2;  // the built-in vertebrae fill about a fifth of their box
  output::require_memory(
      simulation::Simulation::memory_estimate(kinetics, static_cast<std::size_t>(std::ceil(kActive * lattice))),
      fmt::format("'{}'", study.id));
}

// One study: each arm that anything is wanted of.
void run_study(const PlannedStudy& planned, const Reproduction& options, Report& report, Courses& courses) {
  std::map<const model::Model*, std::shared_ptr<const model::Kinetics>> kinetics;
  std::optional<study::Place> place;
  for (const PlannedArm& arm : planned.arms) {
    if (arm.wanted.empty()) continue;
    auto& code = kinetics[arm.arm.model.get()];
    if (!code) code = std::make_shared<const model::Kinetics>(arm.arm.model);
    if (!place) {
      require_memory(planned.study, *code);
      place = study::build_place(planned.study);
    }
    ++report.arms;
    try {
      courses.emplace(&arm, study::run_courses(arm.arm, code, planned.study, *place, {arm.wanted, arm.days},
                                               {options.threads, options.interrupt, options.progress}));
    } catch (const NumericalError& error) {
      if (options.progress != nullptr) options.progress->end();
      report.failures.push_back(fmt::format("{}, arm {}: {}", planned.study.id, arm.arm.id, error.what()));
    }
  }
  if (place) ++report.studies;
}

Measured measured(const Placed& placed, const Courses& courses) {
  const auto found = courses.find(placed.arm);
  if (found == courses.end())
    return {std::nullopt, placed.taking.to, fmt::format("arm {} could not be solved", placed.arm->arm.id)};
  return study::measure(found->second.course(placed.measurement->of), placed.taking);
}

Verdict verdict_of(const Result& result) {
  const bool close = result.difference && std::abs(*result.difference) <= result.claim.tolerance;
  if (result.claim.expects_to_be_met()) return close ? Verdict::holds : Verdict::fails;
  return close ? Verdict::met_after_all : Verdict::not_met;
}

Result judge(const PlannedClaim& planned, const Courses& courses) {
  const Claim& claim = *planned.claim;
  Result result{claim, {}, {}, {}, Verdict::fails, {}};
  const Measured own = measured(planned.measured, courses);
  result.why_not = own.why_not;
  std::optional<double> value = own.value;
  if (planned.relative_to) {
    const Measured other = measured(*planned.relative_to, courses);
    if (result.why_not.empty() && !other.value) result.why_not = other.why_not;
    if (other.value && *other.value == 0.0) result.why_not = "what it is relative to is 0";
    if (value) value = other.value && *other.value != 0.0 ? std::optional(*value / *other.value) : std::nullopt;
  }
  const double scale = claim.unit.scale;
  if (value) result.value = *value / scale;
  if (planned.expected) {
    result.expected = (*planned.expected)(planned.measured.arm->arm.parameters, own.day) / scale;
  } else {
    result.expected = std::get<double>(claim.expected);
  }
  if (result.value) {
    const double difference = *result.value - *result.expected;
    result.difference = claim.tolerance_is_absolute ? difference : difference / std::abs(*result.expected);
  }
  // An arm that could not be solved explains nothing.
  result.verdict = courses.contains(planned.measured.arm) ? verdict_of(result) : Verdict::fails;
  return result;
}

std::string title_of(const model::Model& model, const std::string& id) {
  std::string title = id;
  const auto look = [&](const auto& list) {
    for (const auto& item : list) {
      if (item.id == id && !item.title.empty()) title = item.title;
    }
  };
  look(model.species);
  look(model.quantities);
  look(model.observables);
  return title;
}

Curve curve_of(const Figure& figure, const Panel& panel, const std::string& y, const PlannedArm& arm,
               const study::ArmCourses& courses) {
  Curve curve{y, title_of(*arm.arm.model, y), arm.arm.id, arm.arm.title, {}, {}};
  const std::vector<double>& values = courses.values.at(y);
  for (std::size_t i = 0; i < courses.days.size(); ++i) {
    const double day = courses.days[i];
    if (day < figure.from.value_or(0.0) || day > figure.to.value_or(day)) continue;
    curve.times.push_back(day / figure.time_unit.scale);
    curve.values.push_back(values[i] / panel.unit.scale);
  }
  return curve;
}

DrawnFigure draw(const Figure& figure, const std::string& title, const PlannedStudy& study, const Courses& courses) {
  DrawnFigure drawn{figure.file, figure.title.empty() ? title : figure.title, figure.time_unit.text, {}};
  for (const Panel& panel : figure.panels) {
    DrawnPanel out{panel.title.empty() ? panel.y.front() : panel.title, panel.unit.text, panel.logarithmic, {}};
    for (const std::string& y : panel.y) {
      for (const PlannedArm& arm : study.arms) {
        const bool wanted =
            figure.arms.empty() || std::find(figure.arms.begin(), figure.arms.end(), arm.arm.id) != figure.arms.end();
        const auto found = courses.find(&arm);
        if (!wanted || found == courses.end() || !found->second.values.contains(y)) continue;
        out.curves.push_back(curve_of(figure, panel, y, arm, found->second));
      }
    }
    drawn.panels.push_back(std::move(out));
  }
  return drawn;
}

void add_digests(const PlannedPaper& planned, Report& report) {
  report.digests["expected.toml"] = file_digest(planned.paper.folder / "expected.toml");
  for (const auto& [name, study] : planned.studies) {
    report.digests[name] = file_digest(planned.paper.folder / name);
    for (const PlannedArm& arm : study.arms) {
      if (arm.wanted.empty()) continue;
      for (const model::SourceFile& file : arm.arm.model->files) report.digests["model " + file.id] = digest(file.text);
    }
  }
}

}  // namespace

std::string to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::fails:
      return "fails";
    case Verdict::not_met:
      return "not met (explained)";
    default:
      return "met after all";
  }
}

std::size_t Report::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(), [verdict](const Result& r) { return r.verdict == verdict; }));
}

Report reproduce(const fs::path& folder, const study::DataFolder& data, const UnitSystem& units,
                 const Reproduction& options) {
  const Stopwatch watch;
  PlannedPaper planned = plan_paper(folder, data, units, options.figures);
  Report report;
  report.name = planned.paper.name;
  report.key = planned.paper.key;
  report.title = planned.paper.title;
  add_digests(planned, report);
  Courses courses;
  for (const auto& [name, study] : planned.studies) run_study(study, options, report, courses);
  for (const PlannedClaim& claim : planned.claims) report.results.push_back(judge(claim, courses));
  if (options.figures) {
    for (const Figure& figure : planned.paper.figures)
      report.figures.push_back(draw(figure, report.title, planned.studies.at(figure.study), courses));
  }
  report.seconds = watch.seconds();
  return report;
}

}  // namespace howship::papers
