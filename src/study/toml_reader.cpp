#include "toml_reader.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

#include "howship/core/toml_text.hpp"

namespace howship::study {
namespace {

std::string kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date";
  }
}

}  // namespace

SourceText::SourceText(std::string file_name, const std::string& text) : file(std::move(file_name)) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
}

Diagnostic SourceText::diagnostic(const SourceLocation& where, std::string message, std::string hint) const {
  Diagnostic diagnostic{where, std::move(message), std::move(hint), {}};
  const auto line = static_cast<std::size_t>(where.line);
  if (where.file == file && line > 0 && line <= lines.size())
    diagnostic.excerpt = excerpt_of(lines[line - 1], where.column);
  return diagnostic;
}

Dimension time_dimension() {
  Dimension dimension;
  dimension.exponents[Dimension::time] = 1.0;
  return dimension;
}

Dimension mass_dimension() {
  Dimension dimension;
  dimension.exponents[Dimension::mass] = 1.0;
  return dimension;
}

Dimension clearance_dimension() {
  Dimension dimension;
  dimension.exponents[Dimension::length] = 3.0;
  dimension.exponents[Dimension::time] = -1.0;
  return dimension;
}

Dimension length_dimension() {
  Dimension dimension;
  dimension.exponents[Dimension::length] = 1.0;
  return dimension;
}

toml::table parse_toml(const std::string& text, const ReadingContext& context) {
  if (auto unfit = unfit_for_toml(text, context.source->file)) {
    context.faults->add(std::move(*unfit));
    return {};
  }
  try {
    return toml::parse(text, context.source->file);
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    context.fault({context.source->file, static_cast<int>(begin.line), static_cast<int>(begin.column)},
                  "not valid TOML: " + std::string(error.description()));
    return {};
  }
}

TableReader::TableReader(const toml::table& table, std::string path, const ReadingContext& context)
    : table_(&table), path_(std::move(path)), context_(&context), where_(location(table, "")) {}

SourceLocation TableReader::location(const toml::node& node, const std::string& key) const {
  const auto& begin = node.source().begin;
  if (begin.line > 0) return {context_->source->file, static_cast<int>(begin.line), static_cast<int>(begin.column)};
  const std::string full = key.empty() ? path_ : path(key);
  if (full.empty()) return {context_->source->file, 0, 0};
  return {"--set " + full, 0, 0};
}

SourceLocation TableReader::where(const std::string& key) const {
  const toml::node* node = table_->get(key);
  return node != nullptr ? location(*node, key) : where_;
}

const toml::node* TableReader::node(const std::string& key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  return table_->get(key);
}

bool TableReader::has(const std::string& key) {
  return node(key) != nullptr;
}

std::optional<std::string> TableReader::text(const std::string& key) {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (auto value = found->value_exact<std::string>()) return value;
  context_->fault(location(*found, key), fmt::format("{} is {}, and a text was expected", path(key), kind_of(*found)),
                  fmt::format("write {} = \"...\"", key));
  return std::nullopt;
}

bool TableReader::in_range(const Quantity& quantity, Range range, const SourceLocation& where, const std::string& key) {
  const double value = quantity.base();
  if (!std::isfinite(value)) {
    context_->fault(where, fmt::format("{} is {}, which is no finite number", path(key), value));
    return false;
  }
  const bool above = range.low_open ? value > range.low : value >= range.low;
  if (above && value <= range.high) return true;
  // In the unit that was written.
  const auto text = [&quantity](double bound) { return fmt::format("{:g}", bound / quantity.unit.scale); };
  std::string wanted = (range.low_open ? "above " : "at least ") + text(range.low);
  if (std::isfinite(range.high)) wanted += " and at most " + text(range.high);
  context_->fault(where, fmt::format("{} is {}, and must be {}", path(key),
                                     with_unit(fmt::format("{:g}", quantity.value), quantity.unit),
                                     with_unit(wanted, quantity.unit)));
  return false;
}

std::optional<double> TableReader::number(const std::string& key, Range range) {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) {
    context_->fault(location(*found, key),
                    fmt::format("{} is {}, and a number was expected", path(key), kind_of(*found)));
    return std::nullopt;
  }
  const double value = *found->value<double>();
  if (!in_range({value, Unit{}}, range, location(*found, key), key)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> TableReader::integer(const std::string& key, std::int64_t low, std::int64_t high) {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto value = found->value_exact<std::int64_t>();
  if (value && *value >= low && *value <= high) return value;
  context_->fault(location(*found, key), fmt::format("{} must be a whole number from {} to {}", path(key), low, high));
  return std::nullopt;
}

std::optional<Quantity> TableReader::parse_quantity(const toml::node& node, const std::string& key, const char* example,
                                                    const Dimension* expected) {
  const SourceLocation where = location(node, key);
  const auto text = node.value_exact<std::string>();
  if (!text) {
    context_->fault(where, fmt::format("{} is {}, and a value with its unit was expected", path(key), kind_of(node)),
                    fmt::format("write it as \"{}\"", example));
    return std::nullopt;
  }
  try {
    return context_->units->parse_quantity(*text, expected);
  } catch (const UnitError& error) {
    context_->fault(where, fmt::format("{}: {}", path(key), error.what()), error.hint());
    return std::nullopt;
  }
}

bool TableReader::same_dimension(const Quantity& quantity, const Dimension& dimension, const SourceLocation& where,
                                 const std::string& key, const char* example) {
  if (quantity.unit.dimension == dimension) return true;
  const Unit wanted = context_->units->parse_quantity(example).unit;
  context_->fault(where,
                  fmt::format("{} is {}, and {} was expected", path(key),
                              quantity.unit.text == "1" ? "a pure number" : "in " + quantity.unit.text,
                              wanted.text == "1" ? "a pure number" : wanted.text),
                  fmt::format("write it as \"{}\"", example));
  return false;
}

std::optional<Quantity> TableReader::quantity(const std::string& key, const char* example) {
  const toml::node* found = node(key);
  return found == nullptr ? std::nullopt : parse_quantity(*found, key, example, nullptr);
}

std::optional<Quantity> TableReader::quantity(const std::string& key, const Dimension& dimension, const char* example,
                                              Range range) {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  auto value = parse_quantity(*found, key, example, &dimension);
  if (!value || !same_dimension(*value, dimension, where(key), key, example)) return std::nullopt;
  if (!in_range(*value, range, where(key), key)) return std::nullopt;
  return value;
}

std::vector<TableReader::Item> TableReader::texts(const std::string& key) {
  std::vector<Item> items;
  const toml::node* found = node(key);
  if (found == nullptr) return items;
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    context_->fault(location(*found, key),
                    fmt::format("{} is {}, and a list of texts was expected", path(key), kind_of(*found)),
                    fmt::format("write {} = [\"...\"]", key));
    return items;
  }
  for (const toml::node& item : *array) {
    if (const auto value = item.value_exact<std::string>()) {
      items.push_back({*value, location(item, key)});
    } else {
      context_->fault(location(item, key),
                      fmt::format("{} holds {}, and texts were expected", path(key), kind_of(item)));
    }
  }
  return items;
}

std::vector<Quantity> TableReader::quantities(const std::string& key, const Dimension& dimension, const char* example,
                                              Range range) {
  std::vector<Quantity> values;
  const toml::node* found = node(key);
  if (found == nullptr) return values;
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    context_->fault(location(*found, key), fmt::format("{} is {}, and a list was expected", path(key), kind_of(*found)),
                    fmt::format("write {} = [\"{}\"]", key, example));
    return values;
  }
  for (const toml::node& item : *array) {
    const auto value = parse_quantity(item, key, example, &dimension);
    const SourceLocation place = location(item, key);
    if (value && same_dimension(*value, dimension, place, key, example) && in_range(*value, range, place, key)) {
      values.push_back(*value);
    }
  }
  return values;
}

std::optional<std::array<double, 3>> TableReader::three_lengths(const std::string& key, const char* example,
                                                                Range range) {
  const toml::node* found = node(key);
  const toml::array* list = found != nullptr ? found->as_array() : nullptr;
  const std::vector<Quantity> values = quantities(key, length_dimension(), example, range);
  if (list != nullptr && list->size() != 3) {
    context_->fault(location(*found, key), fmt::format("{} needs three lengths, and has {}", path(key), list->size()),
                    fmt::format("write {} = [\"{}\", \"0.5 mm\", \"0.5 mm\"]", key, example));
  }
  if (list == nullptr || list->size() != 3 || values.size() != 3) return std::nullopt;
  return std::array<double, 3>{values[0].base(), values[1].base(), values[2].base()};
}

const toml::table* TableReader::table(const std::string& key) {
  const toml::node* found = node(key);
  if (found == nullptr) return nullptr;
  if (const toml::table* table = found->as_table()) return table;
  context_->fault(location(*found, key), fmt::format("{} is {}, and a table was expected", path(key), kind_of(*found)),
                  fmt::format("write [{}] and its keys below", path(key)));
  return nullptr;
}

std::vector<const toml::table*> TableReader::tables(const std::string& key) {
  std::vector<const toml::table*> found_tables;
  const toml::node* found = node(key);
  if (found == nullptr) return found_tables;
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    context_->fault(location(*found, key),
                    fmt::format("{} is {}, and a list of tables was expected", path(key), kind_of(*found)),
                    fmt::format("write [[{}]] before each", path(key)));
    return found_tables;
  }
  for (const toml::node& item : *array) {
    if (const toml::table* table = item.as_table()) {
      found_tables.push_back(table);
    } else {
      context_->fault(location(item, key),
                      fmt::format("{} holds {}, and tables were expected", path(key), kind_of(item)));
    }
  }
  return found_tables;
}

void TableReader::require(const std::string& key, const char* example) {
  if (!has(key)) missing_.emplace_back(key, example);
}

bool TableReader::finish() {
  bool all_known = true;
  for (const auto& [key, value] : *table_) {
    const std::string name(key.str());
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const auto& begin = key.source().begin;
    const SourceLocation place = begin.line > 0 ? SourceLocation{context_->source->file, static_cast<int>(begin.line),
                                                                 static_cast<int>(begin.column)}
                                                : location(value, name);
    context_->fault(place, fmt::format("unknown key '{}'", path(name)), did_you_mean(name, known_));
    all_known = false;
    const auto meant = closest(name, known_);
    std::erase_if(missing_, [&meant](const auto& missing) { return missing.first == meant; });
  }
  for (const auto& [key, example] : missing_)
    context_->fault(where_, fmt::format("{} is missing", path(key)), fmt::format("write {}", example));
  return all_known;
}

}  // namespace howship::study
