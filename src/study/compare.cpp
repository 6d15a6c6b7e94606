#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "howship/study/arm_courses.hpp"
#include "howship/study/comparison.hpp"
#include "howship/study/measure.hpp"
#include "howship/study/place.hpp"
#include "howship/study/prepare.hpp"

#include "plan.hpp"
#include "read_outs.hpp"
#include "run_tables.hpp"

namespace howship::study {
namespace {

/// What is compared, by name, with everything that the study leaves open filled in.
struct Wanted {
  struct Item {
    std::string id;
    bool marker = false, value = false, lesion = false;
    SourceLocation where;
  };
  std::vector<Item> items;
  std::vector<CompareLevel> below, sizes;
  std::vector<double> at;
  double from = 0.0, to = 0.0, end = 0.0;  ///< end: of the study
  std::size_t control = 0;

  std::set<double> days() const {
    std::set<double> all(at.begin(), at.end());
    all.erase(all.upper_bound(end), all.end());
    all.insert({from, to});
    return all;
  }
};

std::vector<std::string> names_of(const std::vector<PreparedArm>& arms) {
  std::vector<std::string> names;
  for (const PreparedArm& arm : arms) {
    const ReadOuts read_outs(*arm.model);
    for (const output::Column& column : read_outs.columns()) {
      if (std::find(names.begin(), names.end(), column.name) == names.end()) names.push_back(column.name);
    }
  }
  return names;
}

/// Checks [compare] against the models of the arms.
class Planner {
 public:
  Planner(const Study& study, const std::vector<PreparedArm>& arms, Diagnostics& faults)
      : study_(study), arms_(arms), faults_(faults), names_(names_of(arms)) {}

  Wanted plan() {
    const Compare given = study_.compare.value_or(Compare{});
    wanted_.from = given.from.value_or(study_.branch ? study_.branch->day : 0.0);
    wanted_.to = given.to.value_or(study_.duration);
    wanted_.end = study_.duration;
    wanted_.at = given.at.empty() ? std::vector{wanted_.to} : given.at;
    wanted_.below = given.below;
    wanted_.sizes = given.sizes;
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      if (arms_[a].id == given.control) wanted_.control = a;
    }
    for (const CompareName& name : given.markers) item(name).marker = true;
    for (const CompareName& name : given.values) item(name).value = true;
    for (const CompareName& name : given.lesions) item(name).lesion = true;
    check_levels(given.below, given.markers, "below", "markers");
    check_levels(given.sizes, given.lesions, "sizes", "lesions");
    if (wanted_.items.empty() && given.markers.empty() && given.values.empty() && given.lesions.empty()) take_all();
    return wanted_;
  }

  /// Names are checked whenever a study is run, days only for a comparison.
  void check_days() {
    const Compare given = study_.compare.value_or(Compare{});
    const std::string end = fmt::format("the study ends on day {:g}", study_.duration);
    if (wanted_.to > study_.duration)
      fault(given.to_where, fmt::format("the comparison ends on day {:g}", wanted_.to), end);
    if (wanted_.from >= wanted_.to && !given.to)
      fault(given.from_where, fmt::format("the comparison begins on day {:g}", wanted_.from), end);
  }

 private:
  void fault(const SourceLocation& where, std::string message, std::string hint) {
    faults_.add(study_.source.diagnostic(where, std::move(message), std::move(hint)));
  }

  Wanted::Item& item(const CompareName& name) {
    const auto found =
        std::find_if(wanted_.items.begin(), wanted_.items.end(), [&](const auto& i) { return i.id == name.id; });
    if (found != wanted_.items.end()) return *found;
    if (std::find(names_.begin(), names_.end(), name.id) == names_.end())
      fault(name.where, fmt::format("no arm has a species or observable '{}'", name.id), did_you_mean(name.id, names_));
    wanted_.items.push_back({name.id, false, false, false, name.where});
    return wanted_.items.back();
  }

  // The observables of all models; of one without any, its species.
  void take_all() {
    const auto add = [this](const auto& list) {
      for (const auto& one : list) {
        Wanted::Item& all = item({one.id, {}});
        all.marker = all.value = true;
      }
    };
    for (const PreparedArm& arm : arms_) add(arm.model->observables);
    if (!wanted_.items.empty()) return;
    for (const PreparedArm& arm : arms_) add(arm.model->species);
  }

  // A level in a unit of its own belongs to what is measured in such a unit.
  void check_levels(const std::vector<CompareLevel>& levels, const std::vector<CompareName>& names, const char* key,
                    const char* of) {
    for (const CompareLevel& level : levels) {
      if (level.of_baseline) continue;
      const bool fits = std::any_of(names.begin(), names.end(), [&](const CompareName& name) {
        const auto unit = unit_of(name.id);
        return !unit || unit->dimension == level.level.unit.dimension;
      });
      if (!fits)
        fault(level.where,
              fmt::format("compare.{}: none of the {} is measured in '{}'", key, of, level.level.unit.text),
              "write \"50 %\" for a share of the value at the beginning");
    }
  }

  std::optional<Unit> unit_of(const std::string& id) const {
    for (const PreparedArm& arm : arms_) {
      if (auto unit = arm.model->find_unit(id)) return unit;
    }
    return std::nullopt;
  }

  const Study& study_;
  const std::vector<PreparedArm>& arms_;
  Diagnostics& faults_;
  std::vector<std::string> names_;
  Wanted wanted_;
};

/// Of each arm what it did; nothing if it could not be solved.
using Courses = std::vector<std::optional<ArmCourses>>;

/// Measures one quantity in all arms.
class Measurer {
 public:
  Measurer(const Wanted& wanted, const std::vector<PreparedArm>& arms, const Courses& courses,
           const std::string& time_unit)
      : wanted_(wanted), arms_(arms), courses_(courses), time_unit_(time_unit) {}

  ComparedQuantity measured(const Wanted::Item& item) {
    id_ = item.id;
    find_unit();
    quantity_ = {id_, title_, unit_.text, {}};
    if (item.marker) add_marker();
    if (item.value) add_values();
    if (item.lesion) add_lesion();
    return quantity_;
  }

 private:
  // What one measure is of one arm: base units.
  using Of = std::function<Measured(const Course& course)>;

  void find_unit() {
    for (const PreparedArm& arm : arms_) {
      const auto unit = arm.model->find_unit(id_);
      if (!unit) continue;
      unit_ = *unit;
      title_ = id_;
      for (const auto& s : arm.model->species) {
        if (s.id == id_ && !s.title.empty()) title_ = s.title;
      }
      for (const auto& o : arm.model->observables) {
        if (o.id == id_ && !o.title.empty()) title_ = o.title;
      }
      return;
    }
  }

  // Rows hold days as the schedule or a table has them, which may differ by rounding.
  static double row_day(const Course& course, double day) {
    const double near = 1e-9 * std::max(1.0, day);
    const auto row = std::lower_bound(course.days.begin(), course.days.end(), day - near);
    return row != course.days.end() && *row <= day + near ? *row : day;
  }

  Taking taking(const Course& course, Take take) const {
    Taking t;
    t.take = take;
    t.from = row_day(course, wanted_.from);
    t.to = t.at = row_day(course, wanted_.to);
    return t;
  }

  // The value at the beginning, before a dose that is given then.
  Measured baseline(const Course& course) const {
    const double day = row_day(course, wanted_.from);
    const auto row = std::lower_bound(course.days.begin(), course.days.end(), day);
    if (row == course.days.end() || *row != day) return {std::nullopt, day, "no row at the beginning"};
    const double value = course.values[static_cast<std::size_t>(row - course.days.begin())];
    if (!std::isfinite(value)) return {std::nullopt, wanted_.from, "not finite at the beginning"};
    return {value, wanted_.from, {}};
  }

  // Relative to the value at the beginning.
  Measured relative(const Course& course, const Measured& measured, double neutral) const {
    Measured start = baseline(course);
    if (!measured.value) return measured;
    if (!start.value) return start;
    if (*start.value == 0.0) return {std::nullopt, measured.day, "0 at the beginning"};
    return {100.0 * (*measured.value / *start.value - neutral), measured.day, {}};
  }

  void add(const std::string& name, const std::string& unit, double scale, const Of& of) {
    ComparedMeasure measure{name, unit, {}, {}};
    for (std::size_t a = 0; a < arms_.size(); ++a) {
      Measured one{std::nullopt, 0.0, {}};
      if (!courses_[a]) {
        one.why_not = "not solved";
      } else if (!courses_[a]->values.contains(id_)) {
        one.why_not = "not in this arm";
      } else {
        one = of(courses_[a]->course(id_));
      }
      measure.values.push_back(one.value ? std::optional(*one.value / scale) : std::nullopt);
      measure.why_not.push_back(one.value ? "" : one.why_not);
    }
    quantity_.measures.push_back(std::move(measure));
  }

  std::string times_time() const { return unit_.text == "1" ? time_unit_ : unit_.text + " " + time_unit_; }

  void add_marker() {
    add(fmt::format("on {} {:g}", time_unit_, wanted_.from), unit_.text, unit_.scale,
        [this](const Course& c) { return baseline(c); });
    add("area under the curve", times_time(), unit_.scale,
        [this](const Course& c) { return measure(c, taking(c, Take::integral)); });
    add("area of the change", "% " + time_unit_, 1.0, [this](const Course& c) {
      return relative(c, measure(c, taking(c, Take::integral)), wanted_.to - wanted_.from);
    });
    add("nadir", unit_.text, unit_.scale, [this](const Course& c) { return measure(c, taking(c, Take::minimum)); });
    add("change at the nadir", "%", 1.0,
        [this](const Course& c) { return relative(c, measure(c, taking(c, Take::minimum)), 1.0); });
    add("nadir reached on", time_unit_, 1.0,
        [this](const Course& c) { return measure(c, taking(c, Take::time_of_minimum)); });
    for (const CompareLevel& level : wanted_.below) {
      if (!fits(level)) continue;
      add("time below " + to_text(level), time_unit_, 1.0,
          [this, &level](const Course& c) { return at_level(c, level, Take::time_below); });
    }
  }

  void add_values() {
    for (const double day : wanted_.at) {
      const std::string when = fmt::format("on {} {:g}", time_unit_, day);
      const auto value = [this, day](const Course& c) -> Measured {
        if (day > wanted_.end) return {std::nullopt, day, "after the end"};
        Taking t = taking(c, Take::value);
        t.at = row_day(c, day);
        return measure(c, t);
      };
      add(when, unit_.text, unit_.scale, value);
      add("change " + when, "%", 1.0, [this, value](const Course& c) { return relative(c, value(c), 1.0); });
    }
  }

  void add_lesion() {
    add("at the end", unit_.text, unit_.scale, [this](const Course& c) { return measure(c, taking(c, Take::value)); });
    for (const CompareLevel& level : wanted_.sizes) {
      if (!fits(level)) continue;
      add(to_text(level) + " reached on", time_unit_, 1.0,
          [this, &level](const Course& c) { return at_level(c, level, Take::crossing); });
    }
  }

  bool fits(const CompareLevel& level) const {
    return level.of_baseline || level.level.unit.dimension == unit_.dimension;
  }

  static std::string to_text(const CompareLevel& level) {
    return level.of_baseline ? fmt::format("{:g} % of its start", level.level.value)
                             : with_unit(fmt::format("{:g}", level.level.value), level.level.unit);
  }

  Measured at_level(const Course& course, const CompareLevel& level, Take take) const {
    Measured start = baseline(course);
    if (!start.value) return start;
    Taking t = taking(course, take);
    t.level = level.of_baseline ? level.level.base() * *start.value : level.level.base();
    t.direction = Direction::up;
    if (take == Take::crossing && *start.value >= t.level) return {wanted_.from, wanted_.from, {}};
    Measured found = measure(course, t);
    if (take == Take::crossing && !found.value) found.why_not = "not reached";
    return found;
  }

  const Wanted& wanted_;
  const std::vector<PreparedArm>& arms_;
  const Courses& courses_;
  const std::string& time_unit_;
  std::string id_, title_;
  Unit unit_;
  ComparedQuantity quantity_;
};

/// A study whose comparison is known to make sense.
struct Ready {
  std::vector<PreparedArm> arms;
  Wanted wanted;
};

Ready prepare(const Study& study, const DataFolder& data, const UnitSystem& units) {
  Diagnostics faults;
  Ready ready{prepare_arms(study, library_of(study, data.models()), units, faults), {}};
  if (faults.empty()) {
    Planner planner(study, ready.arms, faults);
    ready.wanted = planner.plan();
    planner.check_days();
  }
  faults.raise_if_any();
  return ready;
}

Comparison compared(const Study& study, const Ready& ready, const Courses& courses) {
  Comparison comparison;
  comparison.study = study.id;
  comparison.time_unit = ready.arms.front().model->time_unit;
  comparison.control = ready.wanted.control;
  comparison.from = ready.wanted.from;
  comparison.to = ready.wanted.to;
  for (const PreparedArm& arm : ready.arms) comparison.arms.push_back(arm.id);
  Measurer measurer(ready.wanted, ready.arms, courses, comparison.time_unit);
  for (const Wanted::Item& item : ready.wanted.items) comparison.quantities.push_back(measurer.measured(item));
  return comparison;
}

}  // namespace

void check_compare(const Study& study, const std::vector<PreparedArm>& arms, Diagnostics& faults) {
  if (study.compare && !arms.empty()) Planner(study, arms, faults).plan();
}

Comparison compare_study(const Study& study, const DataFolder& data, const UnitSystem& units,
                         const ComparingOptions& options) {
  if (!std::holds_alternative<SingleVoxel>(study.vertebra))
    throw InputError(fmt::format("'{}' is a study in space, whose arms are not run for a table", study.id),
                     fmt::format("howship run {} -o DIR, and then howship compare DIR", study.id));
  if (study.branch)
    throw InputError(fmt::format("'{}' goes on from another run, and is not run for a table", study.id),
                     fmt::format("howship run {} -o DIR, and then howship compare DIR", study.id));
  const Ready ready = prepare(study, data, units);
  const Place place = build_place(study);
  std::vector<std::string> failures;
  Courses courses;
  for (const CompiledArm& compiled : compile_arms(ready.arms)) {
    CourseWish wish;
    for (const Wanted::Item& item : ready.wanted.items) {
      if (compiled.arm.model->find_node(item.id)) wish.ids.insert(item.id);
    }
    for (const double day : ready.wanted.days()) wish.days.insert(snapped(compiled.arm, day));
    try {
      courses.emplace_back(run_courses(compiled.arm, compiled.kinetics, study, place, wish,
                                       {Threads{1}, options.interrupt, options.progress}));
    } catch (const NumericalError& error) {
      if (options.progress != nullptr) options.progress->end();
      failures.push_back(fmt::format("arm {}: {}", compiled.arm.id, error.what()));
      courses.emplace_back(std::nullopt);
    }
  }
  Comparison comparison = compared(study, ready, courses);
  comparison.failures = std::move(failures);
  return comparison;
}

Comparison compare_run(const Study& study, const std::filesystem::path& folder, const DataFolder& data,
                       const UnitSystem& units) {
  require_complete(folder);
  const Ready ready = prepare(study, data, units);
  Courses courses;
  for (const PreparedArm& arm : ready.arms) {
    std::set<std::string> ids;
    for (const Wanted::Item& item : ready.wanted.items) {
      if (arm.model->find_node(item.id)) ids.insert(item.id);
    }
    courses.emplace_back(read_courses(folder / arm.id / "timeseries.csv", arm, ids, ready.wanted.days()));
  }
  return compared(study, ready, courses);
}

}  // namespace howship::study
