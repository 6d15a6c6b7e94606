#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/files.hpp"
#include "howship/study/prepare.hpp"
#include "howship/study/read_study.hpp"

#include "wanted_arm.hpp"

namespace howship::calibration {
namespace {

std::vector<std::string> measurable(const model::Model& model) {
  std::vector<std::string> ids;
  for (const auto& s : model.species) ids.push_back(s.id);
  for (const auto& q : model.quantities) ids.push_back(q.id);
  for (const auto& o : model.observables) ids.push_back(o.id);
  return ids;
}

class Loader {
 public:
  Loader(const study::DataFolder& data, const UnitSystem& units) : data_(data), units_(units) {}

  Problem load(const std::filesystem::path& file) {
    const std::string text = read_text(file);
    problem_.file = read_fit_file(text, file, units_, faults_);
    problem_.digests[file.filename().string()] = digest(text);
    for (const StudyEntry& entry : problem_.file.studies) load_study(entry);
    for (const SeriesEntry& entry : problem_.file.series) load_series(entry);
    faults_.raise_if_any();
    for (const ParameterEntry& entry : problem_.file.parameters) load_parameter(entry);
    faults_.raise_if_any();
    for (const Wanted& wanted : wanted_) problem_.arms.push_back(compile_arm(wanted, problem_));
    return std::move(problem_);
  }

 private:
  void fault(const SourceLocation& where, std::string message, std::string hint = {}) {
    faults_.add(problem_.file.source.diagnostic(where, std::move(message), std::move(hint)));
  }

  std::filesystem::path beside(const std::string& name) const { return problem_.file.folder / name; }

  void load_study(const StudyEntry& entry) {
    std::error_code error;
    const std::filesystem::path path = beside(entry.file);
    if (entry.file.empty()) return;
    if (!std::filesystem::is_regular_file(path, error)) {
      fault(entry.file_where, fmt::format("there is no study '{}'", path.string()));
      return;
    }
    const std::string text = read_text(path);
    problem_.digests[entry.file] = digest(text);
    Diagnostics own;
    LoadedStudy loaded;
    loaded.study = study::read_study(text, path.string(), entry.set, data_, units_, own);
    if (own.empty()) {
      if (!std::holds_alternative<study::SingleVoxel>(loaded.study.vertebra))
        fault(entry.file_where, fmt::format("study '{}' has space in it, and a fit runs without", entry.id),
              "give it [vertebra] voxel = { bvtv = 0.15 }");
      if (loaded.study.branch)
        own.add(loaded.study.source.diagnostic(loaded.study.branch->where, "a fit begins on day 0, not with a branch",
                                               "give the study the whole course"));
      const model::Library library = study::library_of(loaded.study, data_.models());
      loaded.arms = study::prepare_arms(loaded.study, library, units_, own);
    }
    for (const Diagnostic& diagnostic : own.list()) faults_.add(diagnostic);
    if (!own.empty() || !std::holds_alternative<study::SingleVoxel>(loaded.study.vertebra)) return;
    loaded.place = std::make_shared<const study::Place>(study::build_place(loaded.study));
    studies_.emplace(entry.id, std::move(loaded));
  }

  LoadedStudy* study_of(const SeriesEntry& entry) {
    if (entry.study.empty() && problem_.file.studies.size() == 1) {
      return studies_.empty() ? nullptr : &studies_.begin()->second;
    }
    std::vector<std::string> known;
    for (const StudyEntry& study : problem_.file.studies) known.push_back(study.id);
    if (entry.study.empty()) {
      fault(entry.where, "there are several studies: say which",
            fmt::format("study = one of {}", fmt::join(known, ", ")));
      return nullptr;
    }
    if (std::find(known.begin(), known.end(), entry.study) == known.end()) {
      fault(entry.study_where, fmt::format("there is no study '{}'", entry.study), did_you_mean(entry.study, known));
      return nullptr;
    }
    const auto found = studies_.find(entry.study);
    return found != studies_.end() ? &found->second : nullptr;
  }

  const study::PreparedArm* arm_of(const LoadedStudy& study, const SeriesEntry& entry) {
    std::vector<std::string> known;
    for (const auto& arm : study.arms) {
      known.push_back(arm.id);
      if (arm.id == entry.arm || (entry.arm.empty() && study.arms.size() == 1)) return &arm;
    }
    if (entry.arm.empty())
      fault(entry.where, "the study has several arms: say which",
            fmt::format("arm = one of {}", fmt::join(known, ", ")));
    else
      fault(entry.arm_where, fmt::format("the study has no arm '{}'", entry.arm), did_you_mean(entry.arm, known));
    return nullptr;
  }

  std::size_t wanted_of(LoadedStudy& study, const study::PreparedArm& arm) {
    for (std::size_t w = 0; w < wanted_.size(); ++w) {
      if (wanted_[w].arm == &arm) return w;
    }
    wanted_.push_back({&study, &arm, {}, {}});
    return wanted_.size() - 1;
  }

  void load_series(const SeriesEntry& entry) {
    std::error_code error;
    const std::filesystem::path path = beside(entry.file);
    ObservationTable table;
    bool readable = false;
    if (!entry.file.empty() && !std::filesystem::is_regular_file(path, error)) {
      fault(entry.file_where, fmt::format("there are no observations '{}'", path.string()));
    } else if (!entry.file.empty()) {
      const std::string text = read_text(path);
      problem_.digests[entry.file] = digest(text);
      const std::size_t before = faults_.list().size();
      table = read_observations(text, path.string(), units_, entry.rows, entry.extreme != Extreme::none,
                                entry.logarithmic, faults_);
      readable = faults_.list().size() == before;
    }
    LoadedStudy* study = study_of(entry);
    const study::PreparedArm* arm = study != nullptr ? arm_of(*study, entry) : nullptr;
    if (arm == nullptr || entry.of.empty()) return;
    const auto node = arm->model->find_node(entry.of);
    if (!node || arm->model->find_parameter(entry.of) != nullptr) {
      fault(entry.of_where,
            fmt::format("the model of arm '{}' has no species, quantity or observable '{}'", arm->id, entry.of),
            did_you_mean(entry.of, measurable(*arm->model)));
      return;
    }
    if (!readable) return;
    const bool is_share = entry.against == Against::ratio || entry.against == Against::change;
    const Dimension dimension = is_share ? Dimension{} : arm->model->find_unit(entry.of)->dimension;
    if (!(table.unit.dimension == dimension)) {
      fault(entry.file_where, fmt::format("{} holds values in {}, and {}{} is measured in {}", entry.file,
                                          table.unit.text, is_share ? to_text(entry.against) + " of " : "", entry.of,
                                          is_share ? "1 or %" : arm->model->find_unit(entry.of)->text));
      return;
    }
    if (entry.against != Against::value && entry.baseline > arm->schedule.end)
      fault(entry.baseline_where, "the baseline lies past the end of the study");
    add_points(entry, table, wanted_of(*study, *arm));
  }

  void add_points(const SeriesEntry& entry, const ObservationTable& table, std::size_t arm) {
    Wanted& wanted = wanted_[arm];
    auto read_out = std::find(wanted.read_outs.begin(), wanted.read_outs.end(), entry.of);
    if (read_out == wanted.read_outs.end()) read_out = wanted.read_outs.insert(read_out, entry.of);
    for (const Observation& row : table.rows) {
      const double day = row.time + entry.shift;
      const double last = row.until + entry.shift;
      if (!(day >= 0.0) || last > wanted.arm->schedule.end * (1.0 + 1e-9)) {
        faults_.add(row.where, fmt::format("day {:g} of the study lies outside it (day 0 to {:g})",
                                           day < 0.0 ? day : last, wanted.arm->schedule.end));
        continue;
      }
      wanted.points.push_back(problem_.points.size());
      problem_.points.push_back({arm, static_cast<std::size_t>(read_out - wanted.read_outs.begin()),
                                 problem_.series.size(), day, entry.baseline, last, row});
    }
    problem_.series.push_back({entry, table.unit});
    SeriesEntry& known = problem_.series.back().entry;
    known.arm = wanted.arm->id;
    known.study = wanted.study->study.id;
  }

  double base(const std::variant<double, study::Quantity>& amount, const model::Parameter& parameter,
              const SourceLocation& where) {
    if (const double* number = std::get_if<double>(&amount)) return *number * parameter.unit.scale;
    const auto& quantity = std::get<study::Quantity>(amount);
    if (!(quantity.unit.dimension == parameter.unit.dimension))
      fault(where, fmt::format("{} is in {}, and '{}' is no such unit", parameter.id, parameter.unit.text,
                               quantity.unit.text));
    return quantity.base();
  }

  void load_parameter(const ParameterEntry& entry) {
    if (entry.id.empty()) return;
    const model::Parameter* found = nullptr;
    double current = 0.0;
    std::vector<std::string> known;
    for (const Wanted& wanted : wanted_) {
      const model::Model& model = *wanted.arm->model;
      for (const auto& p : model.parameters) known.push_back(p.id);
      const model::Parameter* here = model.find_parameter(entry.id);
      if (here == nullptr) continue;
      const study::Arm& arm = *std::find_if(wanted.study->study.arms.begin(), wanted.study->study.arms.end(),
                                            [&](const study::Arm& a) { return a.id == wanted.arm->id; });
      for (const auto& value : arm.parameters) {
        if (value.id == entry.id)
          fault(entry.where, fmt::format("{} is estimated, but arm '{}' sets a value of its own", entry.id, arm.id),
                "leave one of them out");
      }
      if (found != nullptr) continue;
      found = here;
      current = wanted.arm->parameters[static_cast<std::size_t>(here - model.parameters.data())];
    }
    if (found == nullptr) {
      fault(entry.where, fmt::format("no arm with observations has a parameter '{}'", entry.id),
            did_you_mean(entry.id, known));
      return;
    }
    Estimate p;
    p.id = entry.id;
    p.model = found->origin.file_id;
    p.unit = found->unit;
    p.start = entry.start ? base(*entry.start, *found, entry.start_where) : current;
    p.low = entry.low ? base(*entry.low, *found, entry.low_where) : found->low;
    p.high = entry.high ? base(*entry.high, *found, entry.high_where) : found->high;
    p.logarithmic = entry.logarithmic.value_or(p.low > 0.0);
    p.prior = entry.prior;
    const double scale = p.unit.scale;
    if (p.low < found->low || p.high > found->high)
      fault(p.low < found->low ? entry.low_where : entry.high_where,
            fmt::format("the bounds of {} leave its range in the model, {:g} to {}", p.id, found->low / scale,
                        with_unit(fmt::format("{:g}", found->high / scale), p.unit)));
    else if (!(p.low < p.high))
      fault(entry.where, fmt::format("the bounds of {} leave nothing to estimate", p.id));
    else if (!(p.start >= p.low && p.start <= p.high))
      fault(entry.start ? entry.start_where : entry.where,
            fmt::format("{} starts at {}, outside its bounds, {:g} to {:g}", p.id,
                        with_unit(fmt::format("{:g}", p.start / scale), p.unit), p.low / scale, p.high / scale));
    if (p.logarithmic && !(p.low > 0.0))
      fault(entry.scale_where, fmt::format("on a logarithmic scale {} needs a positive lower bound", p.id),
            "low = 1e-3");
    if (p.prior && p.prior->kind == Prior::Kind::lognormal && !(p.low > 0.0))
      fault(entry.prior_where, fmt::format("with a lognormal prior {} needs a positive lower bound", p.id),
            "low = 1e-3");
    problem_.parameters.push_back(std::move(p));
  }

  const study::DataFolder& data_;
  const UnitSystem& units_;
  Diagnostics faults_;
  Problem problem_;
  std::map<std::string, LoadedStudy> studies_;
  std::vector<Wanted> wanted_;
};

}  // namespace

Problem load_problem(const std::filesystem::path& file, const study::DataFolder& data, const UnitSystem& units) {
  return Loader(data, units).load(file);
}

std::string check_fit(const std::filesystem::path& file, const study::DataFolder& data, const UnitSystem& units) {
  const Problem problem = load_problem(file, data, units);
  return fmt::format("{}: {} parameters, {} observations of {} quantities in {} arms; names, times and units are right",
                     problem.file.name, problem.parameters.size(), problem.points.size(), problem.series.size(),
                     problem.arms.size());
}

}  // namespace howship::calibration
