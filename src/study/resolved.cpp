#include <algorithm>

#include <fmt/format.h>

#include "howship/study/read_study.hpp"

namespace howship::study {
namespace {

// A TOML basic string; also over several lines.
std::string quoted(const std::string& text, bool lines = false) {
  std::string out = lines ? "\"\"\"\n" : "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    const bool is_break = c == '\n' && lines;
    if ((code < 0x20 && !is_break) || code == 0x7f) {
      out += fmt::format("\\u{:04x}", code);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + (lines ? "\"\"\"" : "\"");
}

// A whole file as it stands, where TOML allows it.
std::string block(const std::string& text) {
  const bool plain = text.find("'''") == std::string::npos && !text.ends_with('\'') &&
                     std::none_of(text.begin(), text.end(),
                                  [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; });
  return plain ? "'''\n" + text + "'''" : quoted(text, true);
}

template <class List, class Format>
std::string list(const List& items, Format format) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + format(item);
  return "[" + out + "]";
}

std::string texts(const std::vector<std::string>& items) {
  return list(items, [](const std::string& item) { return quoted(item); });
}

// A float keeps its point or exponent, so that it stays a float.
std::string number(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string sized(double value, const char* unit) {
  return quoted(fmt::format("{} {}", value, unit));
}
std::string sized(const Quantity& quantity) {
  return quoted(fmt::format("{} {}", quantity.value, quantity.unit.text));
}

std::string parameter_table(const std::vector<ParameterValue>& values) {
  std::string out;
  for (const ParameterValue& value : values) {
    out += fmt::format("{} = {}\n", value.id, value.unit ? sized({value.value, *value.unit}) : number(value.value));
  }
  return out;
}

template <class Fields, class Struct>
std::string field_table(const Fields& fields, const Struct& values) {
  std::string out;
  for (const auto& field : fields) {
    const double value = values.*field.member;
    out += fmt::format("{} = {}\n", field.name, field.unit == "1" ? number(value) : sized(value, "mm"));
  }
  return out;
}

std::string vertebra_table(const BuiltInVertebra& built_in) {
  return fmt::format("built_in = {}\nvoxel_size = {}\nseed = {}\n", quoted(built_in.level),
                     sized(built_in.options.voxel, "mm"), built_in.options.seed) +
         field_table(vertebra::built_in_fields(), built_in.options) + "\n[vertebra.shape]\n" +
         field_table(vertebra::shape_fields(), built_in.shape);
}

std::string vertebra_table(const CtVertebra& ct) {
  const vertebra::CtOptions& options = ct.options;
  std::string out = fmt::format("ct = {}\nmask = {}\n", quoted(options.image.string()),
                                list(options.masks, [](const auto& mask) { return quoted(mask.string()); }));
  if (!options.series.empty()) out += fmt::format("series = {}\n", quoted(options.series));
  if (options.calibration) {
    out += fmt::format("calibration = {{ slope = {}, intercept = {} }}\n", number(options.calibration->slope),
                       number(options.calibration->intercept));
  }
  out += fmt::format("density_of_bone = {}\nmin_bvtv = {}\nmax_bvtv = {}\n", sized(options.density_of_bone, "mg/cm^3"),
                     number(options.min_bvtv), number(options.max_bvtv));
  if (options.rules.empty()) return out;
  out += "\n[vertebra.labels]\n";
  for (const auto& rule : options.rules) {
    out += fmt::format("{} = {}\n", rule.label,
                       quoted(rule.region ? std::string(vertebra::to_text(*rule.region)) : "skip"));
  }
  return out;
}

std::string vertebra_table(const Block& block) {
  std::string sizes;
  for (const int count : block.count) sizes += (sizes.empty() ? "" : ", ") + sized(count * block.voxel, "mm");
  return fmt::format("block = [{}]\nvoxel_size = {}\nbvtv = {}\n", sizes, sized(block.voxel, "mm"), number(block.bvtv));
}

std::string vertebra_table(const SingleVoxel& voxel) {
  return fmt::format("voxel = {{ bvtv = {}, lesion = {} }}\n", number(voxel.bvtv), number(voxel.lesion));
}

std::string lesion_table(const Lesion& lesion) {
  const std::string where = lesion.centre
                                ? "centre = " + list(*lesion.centre, [](double value) { return sized(value, "mm"); })
                                : "site = " + quoted(lesion.site);
  return fmt::format("\n[lesion]\n{}\nradius = {}\nedge = {}\n", where, sized(lesion.radius, "mm"),
                     sized(lesion.edge, "mm"));
}

std::string branch_table(const Branch& branch) {
  return fmt::format("\n[branch]\nrun = {}\narm = {}\nday = {}\ndigest = {}\n", quoted(branch.run.string()),
                     quoted(branch.arm), sized(branch.day, "day"), quoted(branch.digest));
}

std::string patient_line(const Body& body) {
  std::string inside;
  if (body.weight) inside += "weight = " + sized(*body.weight);
  if (body.creatinine_clearance)
    inside += (inside.empty() ? "" : ", ") + ("creatinine_clearance = " + sized(*body.creatinine_clearance));
  return inside.empty() ? "" : "patient = { " + inside + " }\n";
}

std::string hold_line(const HoldRule& hold) {
  std::string line =
      fmt::format("hold = {{ of = {}, {} = {}", quoted(hold.of), hold.above ? "above" : "below", sized(hold.level));
  if (hold.resume) line += fmt::format(", {} = {}", hold.above ? "resume_below" : "resume_above", sized(*hold.resume));
  return line + " }\n";
}

std::string dose_table(const DoseRule& rule) {
  std::string out = fmt::format("\n[[arms.doses]]\ndrug = {}\namount = {}\nstart = {}\n", quoted(rule.drug),
                                sized(rule.amount.amount), sized(rule.start));
  if (rule.every) out += fmt::format("every = {}\n", sized(*rule.every));
  if (rule.until) out += fmt::format("until = {}\n", sized(*rule.until));
  if (rule.infusion) out += fmt::format("infusion = {}\n", sized(*rule.infusion));
  if (!rule.amount.by_clearance.empty()) {
    out += "by_creatinine_clearance = " +
           list(rule.amount.by_clearance,
                [](const ClearanceRow& row) {
                  return fmt::format("{{ {} = {}, amount = {} }}", row.above ? "above" : "from", sized(row.clearance),
                                     sized(row.amount));
                }) +
           "\n";
  }
  if (rule.loading) {
    std::string inside;
    if (rule.loading->amount) inside += "amount = " + sized(*rule.loading->amount);
    if (!rule.loading->after.empty())
      inside += (inside.empty() ? "" : ", ") +
                ("after = " + list(rule.loading->after, [](const Quantity& after) { return sized(after); }));
    out += "loading = { " + inside + " }\n";
  }
  if (!rule.missed.empty())
    out += "missed = " + list(rule.missed, [](const MissedDose& miss) { return std::to_string(miss.dose); }) + "\n";
  if (!rule.delayed.empty()) {
    out +=
        "delayed = " +
        list(rule.delayed,
             [](const DoseDelay& delay) {
               return fmt::format("{{ dose = {}, by = {}, shifts = {} }}", delay.dose, sized(delay.by), delay.shifts);
             }) +
        "\n";
  }
  if (rule.hold) out += hold_line(*rule.hold);
  return out;
}

std::string arm_table(const Arm& arm) {
  std::string out = fmt::format("\n[[arms]]\nid = {}\ntitle = {}\nmodels = {}\n", quoted(arm.id), quoted(arm.title),
                                texts(arm.models)) +
                    patient_line(arm.patient);
  if (!arm.parameters.empty()) out += "\n[arms.parameters]\n" + parameter_table(arm.parameters);
  for (const DoseRule& rule : arm.doses) out += dose_table(rule);
  return out;
}

std::string compare_table(const Compare& compare) {
  const auto day = [](double value) { return sized(value, "day"); };
  const auto names = [](const std::vector<CompareName>& all) {
    return list(all, [](const CompareName& name) { return quoted(name.id); });
  };
  const auto levels = [](const std::vector<CompareLevel>& all) {
    return list(all, [](const CompareLevel& level) { return sized(level.level); });
  };
  std::string out = "\n[compare]\n";
  if (!compare.control.empty()) out += "control = " + quoted(compare.control) + "\n";
  if (compare.from) out += "from = " + day(*compare.from) + "\n";
  if (compare.to) out += "to = " + day(*compare.to) + "\n";
  if (!compare.markers.empty()) out += "markers = " + names(compare.markers) + "\n";
  if (!compare.below.empty()) out += "below = " + levels(compare.below) + "\n";
  if (!compare.values.empty()) out += "values = " + names(compare.values) + "\n";
  if (!compare.at.empty()) out += "at = " + list(compare.at, day) + "\n";
  if (!compare.lesions.empty()) out += "lesions = " + names(compare.lesions) + "\n";
  if (!compare.sizes.empty()) out += "sizes = " + levels(compare.sizes) + "\n";
  return out;
}

}  // namespace

std::string resolved_text(const Study& study, const std::map<std::string, std::string>& models,
                          const std::string& citations) {
  std::string out = fmt::format(
      "# Everything that was in force in a run; 'howship run' on this file repeats it.\nid = {}\ntitle = {}\nmodels = "
      "{}\nduration = {}\n",
      quoted(study.id), quoted(study.title), texts(study.models), sized(study.duration, "day"));
  out += patient_line(study.patient);
  if (!study.parameters.empty()) out += "\n[parameters]\n" + parameter_table(study.parameters);
  out += "\n[vertebra]\n" + std::visit([](const auto& vertebra) { return vertebra_table(vertebra); }, study.vertebra);
  if (study.lesion) out += lesion_table(*study.lesion);
  if (study.branch) out += branch_table(*study.branch);
  out +=
      fmt::format("\n[solver]\nrelative_tolerance = {}\nmax_step = {}\nmax_order = {}\n",
                  number(study.solver.relative_tolerance), sized(study.solver.max_step, "day"), study.solver.max_order);
  out += fmt::format("\n[output]\nevery = {}\n", sized(study.output.every, "day"));
  if (!study.output.frames.empty())
    out += "frames = " + list(study.output.frames, [](double time) { return sized(time, "day"); }) + "\n";
  if (study.output.states)
    out += "states = " + list(*study.output.states, [](double time) { return sized(time, "day"); }) + "\n";
  if (!study.output.charts.empty()) out += "charts = " + texts(study.output.charts) + "\n";
  if (!study.output.default_fields) out += "fields = " + texts(study.output.fields) + "\n";
  for (const Arm& arm : study.arms) out += arm_table(arm);
  if (study.compare) out += compare_table(*study.compare);
  out += "\n[inline]\ncitations = " + block(citations) + "\n\n[inline.models]\n";
  for (const auto& [id, text] : models) out += quoted(id) + " = " + block(text) + "\n";
  return out;
}

}  // namespace howship::study
