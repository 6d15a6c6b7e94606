#include <algorithm>

#include <fmt/format.h>

#include "howship/core/files.hpp"

#include "sections.hpp"

namespace howship::study {
namespace {

// The dose itself: what, how much, how often. A regimen file holds this, an arm's own doses too.
void read_dose(TableReader& reader, DoseRule& rule) {
  reader.require("drug", "drug = \"denosumab\"");
  reader.require("amount", "amount = \"120 mg\"");
  rule.drug = reader.text("drug").value_or("");
  rule.drug_where = reader.where("drug");
  if (const auto amount = reader.quantity("amount", "120 mg")) {
    rule.amount = *amount;
    if (!(amount->value > 0.0))
      reader.context().fault(reader.where("amount"),
                             fmt::format("the amount {:g} of a dose is not positive", amount->value));
  }
  rule.amount_where = reader.where("amount");
  if (auto every = reader.quantity("every", time_dimension(), "28 day", kPositive)) rule.every = std::move(every);
}

void read_times(TableReader& reader, DoseRule& rule) {
  reader.require("start", "start = \"180 day\"");
  if (const auto start = reader.quantity("start", time_dimension(), "180 day", kNonNegative)) rule.start = *start;
  if (auto until = reader.quantity("until", time_dimension(), "730 day", kNonNegative)) rule.until = std::move(until);
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

std::vector<DoseRule> read_doses(TableReader& arm, const DataFolder& data) {
  std::vector<DoseRule> rules;
  for (const toml::table* table : arm.tables("regimens")) {
    TableReader reader(*table, arm.path("regimens"), arm.context());
    DoseRule rule;
    reader.require("use", "use = \"denosumab_120mg_q4w\"");
    if (const auto name = reader.text("use")) read_regimen(*name, reader.where("use"), data, arm.context(), rule);
    read_times(reader, rule);
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
    read_times(reader, rule);
    reader.finish();
    rule.where = reader.where();
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace howship::study
