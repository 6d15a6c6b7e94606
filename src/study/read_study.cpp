#include "howship/study/read_study.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/study/schedule.hpp"

#include "overrides.hpp"
#include "sections.hpp"

namespace howship::study {
namespace {

// An id names a folder, so it is a plain name.
bool is_plain_name(const std::string& id) {
  return !id.empty() && id.size() <= 80 && id.front() != '.' && id.front() != '-' &&
         std::all_of(id.begin(), id.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; });
}

std::string read_id(TableReader& reader, const std::string& otherwise) {
  std::string id = reader.text("id").value_or(otherwise);
  if (!is_plain_name(id)) {
    reader.context().fault(reader.where("id"), fmt::format("'{}' cannot be an id: it names a folder", id),
                           "use letters, digits, '_', '-' and '.'");
  }
  return id;
}

std::vector<std::string> names(const std::vector<TableReader::Item>& items,
                               std::map<std::string, SourceLocation>& places) {
  std::vector<std::string> out;
  for (const auto& item : items) {
    if (std::find(out.begin(), out.end(), item.text) != out.end()) continue;
    out.push_back(item.text);
    places.emplace(item.text, item.where);
  }
  return out;
}

// A model file beside the study, or beside the user for --set: its text joins the study under the file's name.
std::optional<std::string> take_model_file(TableReader& reader, const TableReader::Item& item,
                                           const std::filesystem::path& beside, Study& study) {
  const bool from_here = item.where.file.starts_with("--set ");
  const std::filesystem::path file = (from_here ? std::filesystem::path() : beside) / item.text;
  std::string id = file.stem().string();
  try {
    const std::string text = read_text(file);
    const auto [known, is_new] = study.inline_models.emplace(id, text);
    if (is_new) study.inline_files[id] = file.lexically_normal().string();
    if (is_new || known->second == text) return id;
    reader.context().fault(item.where, fmt::format("there are two model files named '{}.toml'", id),
                           "a file's name is the model's id: give each its own");
  } catch (const InputError& error) {
    reader.context().fault(item.where, error.diagnostics().front().message, error.diagnostics().front().hint);
  }
  return std::nullopt;
}

// The models of a study or an arm: ids, and files, which are recognised by ".toml".
std::vector<std::string> read_models(TableReader& reader, const std::filesystem::path& beside, Study& study) {
  std::vector<TableReader::Item> items;
  for (TableReader::Item& item : reader.texts("models")) {
    if (item.text.ends_with(".toml")) {
      const auto id = take_model_file(reader, item, beside, study);
      if (!id) continue;
      item.text = *id;
    }
    items.push_back(std::move(item));
  }
  return names(items, study.model_places);
}

std::vector<ParameterValue> read_parameters(TableReader& parent) {
  std::vector<ParameterValue> values;
  const toml::table* table = parent.table("parameters");
  if (table == nullptr) return values;
  TableReader reader(*table, parent.path("parameters"), parent.context());
  for (const auto& [key, node] : *table) {
    const std::string id(key.str());
    if (node.is_string()) {
      if (const auto value = reader.quantity(id, "1.2 1/day"))
        values.push_back({id, value->value, value->unit, reader.where(id)});
    } else if (const auto number = reader.number(id)) {
      values.push_back({id, *number, std::nullopt, reader.where(id)});
    }
  }
  return values;
}

Solver read_solver(TableReader& reader) {
  Solver solver;
  solver.relative_tolerance = reader.number("relative_tolerance", {1e-12, 0.1}).value_or(solver.relative_tolerance);
  if (const auto step = reader.quantity("max_step", time_dimension(), "1 day", kNonNegative))
    solver.max_step = step->base();
  constexpr double kShortest = 1e-9;  // day; a study would never end
  if (solver.max_step > 0.0 && solver.max_step < kShortest) {
    reader.context().fault(
        reader.where("max_step"),
        fmt::format("solver.max_step is {:g} day, and must be at least {:g} day", solver.max_step, kShortest),
        "write \"0 day\" for no limit");
  }
  solver.max_order = static_cast<int>(reader.integer("max_order", 1, 5).value_or(solver.max_order));
  reader.finish();
  return solver;
}

Output read_output(TableReader& reader, Study& study) {
  Output output;
  const double end = study.duration;
  if (const auto every = reader.quantity("every", time_dimension(), "7 day", kPositive)) output.every = every->base();
  const Range within{0.0, end > 0.0 ? end : kPositive.high};
  for (const Quantity& time : reader.quantities("frames", time_dimension(), "180 day", within))
    output.frames.push_back(time.base());
  const auto frames_every = reader.quantity("frames_every", time_dimension(), "91 day", kPositive);
  const auto too_many = [&](const std::string& key, double every) {
    if (end / every <= static_cast<double>(kMostEvents)) return false;
    reader.context().fault(reader.where(key), fmt::format("{} gives more than {} times", reader.path(key), kMostEvents),
                           "use a longer interval");
    return true;
  };
  if (too_many("every", output.every)) output.every = end;
  if (frames_every && reader.has("frames")) {
    reader.context().fault(reader.where("frames_every"), "output.frames and output.frames_every are both given",
                           "keep one of the two");
  } else if (frames_every && !too_many("frames_every", frames_every->base())) {
    output.frames = output_times(frames_every->base(), end);
  }
  std::sort(output.frames.begin(), output.frames.end());
  output.frames.erase(std::unique(output.frames.begin(), output.frames.end()), output.frames.end());
  if (reader.has("states")) {
    output.states.emplace();
    for (const Quantity& time : reader.quantities("states", time_dimension(), "365 day", within))
      output.states->push_back(time.base());
    std::sort(output.states->begin(), output.states->end());
  }
  output.default_fields = !reader.has("fields");
  output.fields = names(reader.texts("fields"), output.field_places);
  output.charts = names(reader.texts("charts"), output.chart_places);
  reader.finish();
  if (std::holds_alternative<SingleVoxel>(study.vertebra) && !output.frames.empty()) {
    reader.context().fault(reader.where(frames_every ? "frames_every" : "frames"), "a single voxel has no frames",
                           "take this line out");
  }
  return output;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// An arm's folder must not meet what the run folder itself holds, nor another arm's where case does not count.
void check_arm_id(TableReader& reader, const std::string& id, std::map<std::string, std::string>& seen) {
  const SourceLocation where = reader.where("id");
  for (const std::string name :
       {"run.json", "resolved.toml", "citations.bib", "pictures", "patients.csv", "patients_given.csv"}) {
    if (lower(id) == name || lower(id) == name + ".part") {
      reader.context().fault(where, fmt::format("an arm cannot have the id '{}': the run folder holds '{}'", id, name),
                             "give the arm another id");
    }
  }
  const auto [other, is_new] = seen.emplace(lower(id), id);
  if (is_new) return;
  reader.context().fault(where,
                         other->second == id
                             ? fmt::format("there are two arms '{}'", id)
                             : fmt::format("the arms '{}' and '{}' differ only in case", other->second, id),
                         "give each its own id");
}

Arm read_arm(TableReader& reader, const DataFolder& data, const std::filesystem::path& beside, Study& study) {
  Arm arm;
  arm.where = reader.where();
  reader.require("id", "id = \"untreated\"");
  arm.id = read_id(reader, "arm");
  arm.title = reader.text("title").value_or(arm.id);
  arm.models = read_models(reader, beside, study);
  arm.parameters = read_parameters(reader);
  arm.doses = read_doses(reader, data);
  arm.patient = read_patient(reader);
  reader.finish();
  return arm;
}

void read_inline(TableReader& reader, Study& study) {
  if (const toml::table* models = reader.table("models")) {
    TableReader texts(*models, reader.path("models"), reader.context());
    for (const auto& [key, node] : *models) {
      const std::string id(key.str());
      // A file that was named, which can only be by --set here, goes before what the study carries.
      if (const auto text = texts.text(id)) study.inline_models.emplace(id, *text);
    }
  }
  study.inline_citations = reader.text("citations");
  reader.finish();
}

void read_arms(TableReader& root, const DataFolder& data, const std::filesystem::path& beside, Study& study) {
  std::map<std::string, std::string> seen;
  for (const toml::table* table : root.tables("arms")) {
    TableReader reader(*table, "arms", root.context());
    study.arms.push_back(read_arm(reader, data, beside, study));
    check_arm_id(reader, study.arms.back().id, seen);
  }
  if (study.arms.empty() && !root.has("arms")) study.arms.push_back({"untreated", "untreated", {}, {}, {}, {}, {}});
  if (study.arms.empty() && root.has("arms")) root.context().fault(root.where("arms"), "a study has at least one arm");
}

// Sections that are absent are read from nothing, so that their defaults stand in one place.
TableReader section(TableReader& root, const std::string& name) {
  static const toml::table kEmpty;
  const toml::table* table = root.table(name);
  return {table != nullptr ? *table : kEmpty, name, root.context()};
}

}  // namespace

Study read_study(const std::string& text, const std::string& file, const std::vector<std::string>& overrides,
                 const DataFolder& data, const UnitSystem& units, Diagnostics& faults, Branches branches) {
  Study study;
  study.source = SourceText(file, text);
  const ReadingContext context{&study.source, &units, &faults};
  toml::table table = parse_toml(text, context);
  if (!faults.empty()) return study;
  apply_overrides(table, overrides, context);

  TableReader root(table, "", context);
  const std::filesystem::path path(file);
  study.id = read_id(root, path.stem().string());
  study.title = root.text("title").value_or(study.id);
  if (root.has("branch") && branches == Branches::followed) {
    TableReader branch = section(root, "branch");
    read_branch(branch, path.parent_path(), data, study);
  } else {
    root.require("models", "models = [\"vicious_cycle\"]");
    root.require("vertebra", "[vertebra] with built_in = \"L3\", or ct = \"...\", or voxel = { bvtv = 0.15 }");
  }
  if (root.has("models")) study.models = read_models(root, path.parent_path(), study);
  if (root.has("models") && root.node("models")->is_array() && root.node("models")->as_array()->empty())
    context.fault(root.where("models"), "models is empty: name at least one", "write models = [\"vicious_cycle\"]");
  if (const auto duration = root.quantity("duration", time_dimension(), "730 day", kPositive))
    study.duration = duration->base();
  root.require("duration", "duration = \"730 day\"");
  if (study.branch && study.duration > 0.0 && study.duration <= study.branch->day) {
    context.fault(root.where("duration"),
                  fmt::format("the study ends on day {:g}, and begins on day {:g}, where it branches", study.duration,
                              study.branch->day),
                  "duration counts from the first day of the run that is left");
  }
  for (ParameterValue& value : read_parameters(root)) study.parameters.push_back(std::move(value));
  if (root.has("patient") || !study.branch) study.patient = read_patient(root);

  if (root.has("vertebra")) {
    TableReader vertebra = section(root, "vertebra");
    study.vertebra_where = vertebra.where();
    study.vertebra = read_vertebra(vertebra, data, path.parent_path());
  }
  if (const toml::table* lesion = root.table("lesion")) {
    TableReader reader(*lesion, "lesion", context);
    study.lesion = read_lesion(reader);
    if (std::holds_alternative<SingleVoxel>(study.vertebra)) {
      context.fault(reader.where(), "a single voxel has no place for a [lesion]",
                    "write voxel = { bvtv = 0.15, lesion = 1 }");
    }
  }
  if (root.has("solver") || !study.branch) {
    TableReader solver = section(root, "solver");
    study.solver = read_solver(solver);
  }
  if (root.has("output") || !study.branch) {
    TableReader output = section(root, "output");
    study.output = read_output(output, study);
  }
  read_arms(root, data, path.parent_path(), study);
  if (const toml::table* compare = root.table("compare")) {
    TableReader reader(*compare, "compare", context);
    study.compare = read_compare(reader, study);
  }
  if (const toml::table* inlined = root.table("inline")) {
    TableReader reader(*inlined, "inline", context);
    read_inline(reader, study);
  }
  root.finish();
  return study;
}

}  // namespace howship::study
