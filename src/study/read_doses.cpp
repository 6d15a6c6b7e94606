#include <algorithm>

#include <fmt/format.h>

#include "howship/core/files.hpp"

#include "sections.hpp"

namespace howship::study {
namespace {

using Quantities = std::vector<Quantity>;

std::optional<Quantity> positive_amount(TableReader& reader, const char* key, const char* example) {
  auto amount = reader.quantity(key, example);
  if (amount && !(amount->value > 0.0))
    reader.context().fault(reader.where(key), fmt::format("the amount {:g} of a dose is not positive", amount->value));
  return amount;
}

LoadingDose read_loading(TableReader& reader) {
  LoadingDose loading;
  loading.where = reader.where();
  loading.amount = positive_amount(reader, "amount", "8 mg/kg");
  loading.after = reader.quantities("after", time_dimension(), "7 day", kNonNegative);
  if (!reader.has("amount") && !reader.has("after"))
    reader.context().fault(reader.where(), "a loading dose has an amount, or days after the start, or both",
                           "write loading = { amount = \"8 mg/kg\" }, or { after = [\"7 day\", \"14 day\"] }");
  reader.finish();
  return loading;
}

ClearanceRow read_clearance_row(TableReader& reader) {
  ClearanceRow row;
  row.above = reader.has("above");
  if (reader.has("from") == row.above)
    reader.context().fault(reader.where(), "a row begins at a clearance: from (included) or above (not)",
                           "write { from = \"30 mL/min\", amount = \"3 mg\" }");
  for (const char* key : {"from", "above"}) {
    if (const auto bound = reader.quantity(key, clearance_dimension(), "30 mL/min", kNonNegative))
      row.clearance = *bound;
  }
  reader.require("amount", "amount = \"3 mg\"");
  if (const auto amount = positive_amount(reader, "amount", "3 mg")) row.amount = *amount;
  reader.finish();
  return row;
}

// The dose itself: what, how much, how often. A regimen file holds this, an arm's own doses too.
void read_dose(TableReader& reader, DoseRule& rule) {
  reader.require("drug", "drug = \"denosumab\"");
  reader.require("amount", "amount = \"120 mg\"");
  rule.drug = reader.text("drug").value_or("");
  rule.drug_where = reader.where("drug");
  if (const auto amount = positive_amount(reader, "amount", "120 mg")) rule.amount.amount = *amount;
  rule.amount_where = reader.where("amount");
  if (auto every = reader.quantity("every", time_dimension(), "28 day", kPositive)) rule.every = std::move(every);
  rule.infusion = reader.quantity("infusion", time_dimension(), "15 min", kPositive);
  if (const toml::table* table = reader.table("loading")) {
    TableReader loading(*table, reader.path("loading"), reader.context());
    rule.loading = read_loading(loading);
  }
  for (const toml::table* table : reader.tables("by_creatinine_clearance")) {
    TableReader row(*table, reader.path("by_creatinine_clearance"), reader.context());
    rule.amount.by_clearance.push_back(read_clearance_row(row));
  }
}

std::size_t read_number(TableReader& reader, const char* key) {
  constexpr std::int64_t kMost = 1'000'000;
  return static_cast<std::size_t>(reader.integer(key, 1, kMost).value_or(1));
}

std::vector<MissedDose> read_missed(TableReader& reader) {
  std::vector<MissedDose> missed;
  const toml::node* node = reader.node("missed");
  if (node == nullptr) return missed;
  const toml::array* list = node->as_array();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const auto number = (*list)[i].value_exact<std::int64_t>();
    if (!number || *number < 1) list = nullptr;
    if (list != nullptr)
      missed.push_back({static_cast<std::size_t>(*number), reader.location(*list->get(i), "missed")});
  }
  if (list == nullptr)
    reader.context().fault(reader.where("missed"), "missed is a list of numbers of doses, of which the first is 1",
                           "write missed = [3, 4]");
  return missed;
}

DoseDelay read_delay(TableReader& reader) {
  DoseDelay delay;
  delay.where = reader.where();
  reader.require("dose", "dose = 3");
  reader.require("by", "by = \"14 day\"");
  delay.dose = read_number(reader, "dose");
  if (const auto by = reader.quantity("by", time_dimension(), "14 day", kPositive)) delay.by = *by;
  if (const toml::node* node = reader.node("shifts")) {
    delay.shifts = node->value_exact<bool>().value_or(true);
    if (!node->is_boolean())
      reader.context().fault(reader.where("shifts"), "shifts is true (later doses move along) or false");
  }
  reader.finish();
  return delay;
}

// Nothing where no level can be read: what else is wrong with it would follow from that.
std::optional<HoldRule> read_hold(TableReader& reader) {
  HoldRule hold;
  hold.where = reader.where();
  reader.require("of", "of = \"resorption_relative\"");
  hold.of = reader.text("of").value_or("");
  hold.of_where = reader.where("of");
  hold.above = reader.has("above");
  const bool one_side = reader.has("below") != hold.above;
  const char* level = hold.above ? "above" : "below";
  const char* resume = hold.above ? "resume_below" : "resume_above";
  const auto value = reader.quantity(level, "0.2");
  if (value) hold.level = *value;
  hold.level_where = reader.where(level);
  hold.resume = reader.quantity(resume, "0.4");
  hold.resume_where = reader.where(resume);
  if (!one_side) reader.node("resume_below");  // which of the two would be right is not known
  if (hold.resume && hold.resume->unit.dimension == hold.level.unit.dimension &&
      (hold.above ? hold.resume->base() > hold.level.base() : hold.resume->base() < hold.level.base()))
    reader.context().fault(hold.resume_where, fmt::format("{} lies on the side on which doses are held", resume),
                           fmt::format("it is at least as {} as the level", hold.above ? "low" : "high"));
  // Behind a misspelt key may stand the level.
  if (reader.finish() && !one_side)
    reader.context().fault(hold.where, "doses are held either below a level or above one",
                           "write hold = { of = \"resorption_relative\", below = \"0.2\", resume_above = \"0.4\" }");
  return value ? std::optional(hold) : std::nullopt;
}

// From when to when, and what comes in between.
void read_times(TableReader& reader, const DoseRule* before, DoseRule& rule) {
  reader.require("start", "start = \"180 day\"");
  const toml::node* start = reader.node("start");
  if (start != nullptr && start->is_string() && *start->value_exact<std::string>() == "then") {
    if (before != nullptr && before->until) {
      rule.start = *before->until;
    } else {
      reader.context().fault(reader.where("start"), "start = \"then\" begins where the entry before it ends",
                             "give that one an end: until = \"545 day\", or for = \"365 day\"");
    }
  } else if (const auto day = reader.quantity("start", time_dimension(), "180 day", kNonNegative)) {
    rule.start = *day;
  }
  if (auto until = reader.quantity("until", time_dimension(), "730 day", kNonNegative)) rule.until = std::move(until);
  if (const auto length = reader.quantity("for", time_dimension(), "365 day", kPositive)) {
    if (rule.until) reader.context().fault(reader.where("for"), "until and for are both given", "keep one of the two");
    rule.until = Quantity{rule.start.base() + length->base(), reader.context().units->parse("day")};
  }
  rule.missed = read_missed(reader);
  for (const toml::table* table : reader.tables("delayed")) {
    TableReader delay(*table, reader.path("delayed"), reader.context());
    rule.delayed.push_back(read_delay(delay));
  }
  if (const toml::table* table = reader.table("hold")) {
    TableReader hold(*table, reader.path("hold"), reader.context());
    rule.hold = read_hold(hold);
  }
}

void read_regimen(const std::string& name, const SourceLocation& where, const DataFolder& data,
                  const ReadingContext& context, DoseRule& rule) {
  const std::vector<std::string> known = DataFolder::ids(data.regimens());
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    context.fault(where, fmt::format("there is no regimen '{}' in {}", name, data.regimens().string()),
                  did_you_mean(name, known));
    return;
  }
  const std::filesystem::path file = data.regimens() / (name + ".toml");
  const std::string text = read_text(file);
  const SourceText source(file.string(), text);
  const ReadingContext own{&source, context.units, context.faults};
  const toml::table table = parse_toml(text, own);
  if (table.empty()) return;
  TableReader reader(table, "", own);
  reader.text("id");
  reader.text("title");
  reader.text("source");
  read_dose(reader, rule);
  reader.finish();
}

}  // namespace

Body read_patient(TableReader& parent) {
  Body body;
  const toml::table* table = parent.table("patient");
  if (table == nullptr) return body;
  TableReader reader(*table, parent.path("patient"), parent.context());
  body.weight = reader.quantity("weight", mass_dimension(), "70 kg", kWeight);
  body.creatinine_clearance = reader.quantity("creatinine_clearance", clearance_dimension(), "60 mL/min", kClearance);
  reader.finish();
  return body;
}

std::vector<DoseRule> read_doses(TableReader& arm, const DataFolder& data) {
  std::vector<DoseRule> rules;
  for (const toml::table* table : arm.tables("regimens")) {
    TableReader reader(*table, arm.path("regimens"), arm.context());
    DoseRule rule;
    reader.require("use", "use = \"denosumab_120mg_q4w\"");
    if (const auto name = reader.text("use")) read_regimen(*name, reader.where("use"), data, arm.context(), rule);
    if (auto infusion = reader.quantity("infusion", time_dimension(), "15 min", kPositive))
      rule.infusion = std::move(infusion);
    read_times(reader, rules.empty() ? nullptr : &rules.back(), rule);
    reader.finish();
    rule.where = reader.where();
    // The study file is where the user will look first, whatever is wrong with the drug.
    rule.drug_where = rule.amount_where = reader.where("use");
    rules.push_back(std::move(rule));
  }
  for (const toml::table* table : arm.tables("doses")) {
    TableReader reader(*table, arm.path("doses"), arm.context());
    DoseRule rule;
    read_dose(reader, rule);
    read_times(reader, rules.empty() ? nullptr : &rules.back(), rule);
    reader.finish();
    rule.where = reader.where();
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace howship::study
