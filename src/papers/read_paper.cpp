#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/papers/paper.hpp"
#include "howship/study/file_table.hpp"

namespace howship::papers {
namespace {

using study::FileTable;

template <class Value, std::size_t N>
using Words = std::array<std::pair<const char*, Value>, N>;

constexpr Words<Take, 13> kTakes{{{"initial", Take::initial},
                                  {"final", Take::final},
                                  {"value", Take::value},
                                  {"max", Take::maximum},
                                  {"min", Take::minimum},
                                  {"time_of_max", Take::time_of_maximum},
                                  {"time_of_min", Take::time_of_minimum},
                                  {"mean", Take::mean},
                                  {"integral", Take::integral},
                                  {"period", Take::period},
                                  {"amplitude", Take::amplitude},
                                  {"crossing", Take::crossing},
                                  {"time_below", Take::time_below}}};
constexpr Words<Basis, kBases> kBasisWords{{{"published", Basis::published},
                                            {"recomputed", Basis::recomputed},
                                            {"closed form", Basis::closed_form},
                                            {"fitted", Basis::fitted}}};
constexpr Words<Direction, 2> kDirections{{{"up", Direction::up}, {"down", Direction::down}}};

template <class Value, std::size_t N>
std::string word_for(const Words<Value, N>& words, Value value) {
  return std::find_if(words.begin(), words.end(), [value](const auto& w) { return w.second == value; })->first;
}

// One of a few words; anything else is a fault.
template <class Value, std::size_t N>
std::optional<Value> one_of(FileTable& table, const std::string& key, const Words<Value, N>& words) {
  const auto text = table.text(key);
  if (!text) return std::nullopt;
  std::vector<std::string> known;
  for (const auto& [word, value] : words) {
    if (text->text == word) return value;
    known.emplace_back(word);
  }
  std::string all;
  for (const std::string& word : known) all += (all.empty() ? "" : ", ") + word;
  table.fault(text->where, fmt::format("{} cannot be '{}'", key, text->text), "it is one of " + all);
  return std::nullopt;
}

bool has_level(Take take) {
  return take == Take::crossing || take == Take::time_below;
}

std::optional<double> day(FileTable& table, const std::string& key, SourceLocation& where) {
  const auto time = table.quantity(key, study::time_dimension(), "100 day");
  if (!time) return std::nullopt;
  where = table.where(key);
  if (time->base() >= 0.0) return time->base();
  table.fault(where, fmt::format("{} lies before the study begins", key));
  return std::nullopt;
}

// The keys that say what is measured; those that are absent stay as they are, or are inherited.
void read_measurement(FileTable& table, Measurement& m) {
  m.where = table.where();
  const auto word = [&table](const char* key, std::string& value, SourceLocation& where) {
    const auto found = table.text(key);
    if (!found) return;
    value = found->text;
    where = found->where;
  };
  word("study", m.study, m.study_where);
  word("arm", m.arm, m.arm_where);
  word("of", m.of, m.of_where);
  const auto take = one_of(table, "take", kTakes);
  m.take = take.value_or(Take::value);
  const auto time = [&table](const char* key, std::optional<double>& value, SourceLocation& where) {
    if (const auto found = day(table, key, where)) value = found;
  };
  time("at", m.at, m.at_where);
  time("from", m.from, m.from_where);
  time("to", m.to, m.to_where);
  if (const auto level = table.quantity("level", "0.5 pM")) {
    m.level = level;
    m.level_where = table.where("level");
  }
  m.direction = one_of(table, "direction", kDirections).value_or(m.direction);
  if (m.from && m.to && !(*m.from < *m.to)) table.fault(m.to_where, "the window ends before it begins");
  const bool take_is_clear = take || !table.has("take");
  if (take_is_clear && m.take == Take::value && !m.at && !table.has("at")) {
    table.fault(m.where, "take = \"value\" needs the time: at is missing",
                "write at = \"100 day\", or take another thing: max, final, mean, ...");
  }
  if (has_level(m.take)) table.require("level", "level = \"0.5 pM\"");
  const auto only_for = [&](const char* key, Take wanted) {
    if (table.has(key) && take_is_clear && m.take != wanted)
      table.fault(table.where(key), fmt::format("{} has no meaning for take = \"{}\"", key, to_text(m.take)),
                  fmt::format("it belongs to take = \"{}\"", to_text(wanted)));
  };
  const bool has_window = m.take != Take::value && m.take != Take::initial && m.take != Take::final;
  for (const char* key : {"from", "to"}) {
    if (take_is_clear && !has_window && table.has(key))
      table.fault(table.where(key), fmt::format("{} has no meaning for take = \"{}\"", key, to_text(m.take)),
                  "it is taken at one time; a window belongs to max, mean, period, ...");
  }
  if (!has_window) m.from = m.to = std::nullopt;  // of an inherited window
  only_for("at", Take::value);
  if (table.has("level") && take_is_clear && !has_level(m.take))
    table.fault(table.where("level"), fmt::format("level has no meaning for take = \"{}\"", to_text(m.take)),
                "it belongs to take = \"crossing\" and \"time_below\"");
  only_for("direction", Take::crossing);
}

void read_tolerance(FileTable& table, Claim& claim, bool is_known) {
  const auto relative = table.number("tolerance", FileTable::Sign::positive);
  const auto absolute = table.number("tolerance_absolute", FileTable::Sign::positive);
  const bool has_relative = table.has("tolerance");
  const bool has_absolute = table.has("tolerance_absolute");
  if (has_relative == has_absolute) {
    table.fault(has_relative ? table.where("tolerance_absolute") : table.where(),
                has_relative ? "tolerance and tolerance_absolute are both given" : "the tolerance is missing",
                "write tolerance = 1e-6 (relative), or tolerance_absolute = 0.01 (in the unit)");
  }
  if (relative && *relative > 1.0)
    table.fault(table.where("tolerance"), "a relative tolerance above 1 says nothing",
                "tolerance is relative; write tolerance_absolute for one in the unit");
  claim.tolerance = absolute.value_or(relative.value_or(0.0));
  claim.tolerance_is_absolute = has_absolute;
  const double* number = is_known ? std::get_if<double>(&claim.expected) : nullptr;
  if (has_relative && number != nullptr && *number == 0.0)
    table.fault(table.where("tolerance"), "nothing is close to 0 in relative terms", "write tolerance_absolute");
}

void read_expected(FileTable& table, Claim& claim) {
  table.require("expected", "expected = 395.81, or a formula of the model's parameters");
  table.require("unit", "unit = \"pM\"");
  const auto expected = table.number_or_text("expected");
  const bool is_known = expected.has_value();
  if (is_known) {
    if (const double* number = std::get_if<double>(&*expected)) {
      claim.expected = *number;
    } else {
      const auto& text = std::get<FileTable::Text>(*expected);
      claim.expected = Formula{text.text, text.where};
    }
  }
  if (const auto unit = table.unit("unit")) claim.unit = *unit;
  claim.unit_where = table.where("unit");
  read_tolerance(table, claim, is_known);
  table.require("basis", "basis = \"published\", \"recomputed\" or \"closed form\"");
  claim.basis = one_of(table, "basis", kBasisWords).value_or(Basis::published);
  table.require("source", "source = \"where the value comes from\"");
  if (const auto source = table.text("source")) claim.source = source->text;
}

void read_met(FileTable& table, Claim& claim) {
  const bool met = table.flag("met").value_or(true);
  const auto why = table.text("why");
  if (met && why) table.fault(why->where, "why explains a claim that cannot be met", "write met = false above it");
  if (!met && (!why || why->text.empty()))
    table.fault(table.where("met"), "a claim that cannot be met needs a reason", "write why = \"...\"");
  if (!met && why) claim.why = why->text;
}

// Nothing if not even what is measured can be told.
std::optional<Claim> read_claim(FileTable& table, std::set<std::string>& ids, const Diagnostics& faults) {
  const std::size_t before = faults.list().size();
  Claim claim;
  claim.where = table.where();
  table.require("id", "id = \"osteoblast_peak\"");
  if (const auto id = table.text("id")) {
    claim.id = id->text;
    const bool plain = !id->text.empty() && std::all_of(id->text.begin(), id->text.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
    });
    if (!plain)
      table.fault(id->where, fmt::format("'{}' cannot be an id", id->text), "use letters, digits, '_', '-' and '.'");
    if (!ids.insert(id->text).second) table.fault(id->where, fmt::format("there are two claims '{}'", id->text));
  }
  table.require("text", "text = \"what the paper says, in a sentence\"");
  if (const auto text = table.text("text")) claim.text = text->text;
  const std::size_t before_measured = faults.list().size();
  table.require("of", "of = \"the id of a species, quantity or observable\"");
  table.require("take", "take = \"max\"");
  read_measurement(table, claim.measurement);
  if (auto relative = table.table("relative_to")) {
    claim.relative_to = claim.measurement;
    read_measurement(*relative, *claim.relative_to);
    relative->finish();
  }
  const bool measurable = faults.list().size() == before_measured;
  read_expected(table, claim);
  read_met(table, claim);
  table.finish();
  claim.complete = faults.list().size() == before;
  return measurable ? std::optional(claim) : std::nullopt;
}

Panel read_panel(FileTable& table) {
  Panel panel;
  panel.where = table.where();
  table.require("y", "y = [\"OC\"]");
  for (const FileTable::Text& y : table.texts("y")) {
    panel.y.push_back(y.text);
    panel.y_where.push_back(y.where);
  }
  if (table.has("y") && panel.y.empty()) table.fault(table.where("y"), "a panel draws at least one thing");
  if (const auto title = table.text("title")) panel.title = title->text;
  table.require("unit", "unit = \"cell\"");
  if (const auto unit = table.unit("unit")) panel.unit = *unit;
  panel.logarithmic = table.flag("log").value_or(false);
  table.finish();
  return panel;
}

Figure read_figure(FileTable& table, const UnitSystem& units, std::set<std::string>& files) {
  Figure figure;
  figure.where = table.where();
  table.require("file", "file = \"course.png\"");
  if (const auto file = table.text("file")) {
    figure.file = file->text;
    const bool plain = file->text.size() > 4 && file->text.ends_with(".png") && file->text.front() != '.' &&
                       file->text.find('/') == std::string::npos;
    if (!plain)
      table.fault(file->where, fmt::format("'{}' cannot be a figure's file", file->text),
                  "a name such as course.png, without a folder");
    if (!files.insert(file->text).second) table.fault(file->where, fmt::format("two figures go to '{}'", file->text));
  }
  if (const auto title = table.text("title")) figure.title = title->text;
  if (const auto study = table.text("study")) {
    figure.study = study->text;
    figure.study_where = study->where;
  }
  for (const FileTable::Text& arm : table.texts("arms")) {
    figure.arms.push_back(arm.text);
    figure.arms_where.push_back(arm.where);
  }
  figure.time_unit = units.parse("day");
  if (const auto unit = table.unit("time_unit")) {
    if (unit->dimension == study::time_dimension())
      figure.time_unit = *unit;
    else
      table.fault(table.where("time_unit"), fmt::format("time_unit is '{}', which is no time", unit->text));
  }
  SourceLocation unused;
  figure.from = day(table, "from", unused);
  figure.to = day(table, "to", unused);
  if (figure.from && figure.to && !(*figure.from < *figure.to))
    table.fault(table.where("to"), "the figure ends before it begins");
  table.require("panels", "panels = [{ title = \"osteoclasts\", y = [\"OC\"], unit = \"cell\" }]");
  for (FileTable& panel : table.tables("panels")) figure.panels.push_back(read_panel(panel));
  table.finish();
  return figure;
}

}  // namespace

std::string to_text(Take take) {
  return word_for(kTakes, take);
}

std::string to_text(Basis basis) {
  return word_for(kBasisWords, basis);
}

Paper read_paper(const std::string& text, const std::filesystem::path& file, const UnitSystem& units,
                 Diagnostics& faults) {
  Paper paper;
  paper.folder = file.parent_path();
  std::error_code error;
  paper.name = std::filesystem::weakly_canonical(file, error).parent_path().filename().string();
  FileTable root = FileTable::parse(text, file.string(), units, faults);
  paper.source = root.source();
  if (!faults.empty()) return paper;
  root.require("paper", "paper = \"Komarova2003\", a key of papers/references.bib");
  if (const auto key = root.text("paper")) paper.key = key->text;
  root.require("title", "title = \"what the paper is about\"");
  if (const auto title = root.text("title")) paper.title = title->text;
  root.require("claim", "[[claim]] before each claim");
  std::set<std::string> ids, files;
  for (FileTable& table : root.tables("claim")) {
    if (auto claim = read_claim(table, ids, faults)) paper.claims.push_back(std::move(*claim));
  }
  for (FileTable& table : root.tables("figure")) {
    const std::size_t before = faults.list().size();
    Figure figure = read_figure(table, units, files);
    if (faults.list().size() == before) paper.figures.push_back(std::move(figure));
  }
  root.finish();
  return paper;
}

}  // namespace howship::papers
