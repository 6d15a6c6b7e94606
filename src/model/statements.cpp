#include "model/statements.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "howship/core/toml_text.hpp"

namespace howship::model {
namespace {

class Reader {
 public:
  Reader(std::string id, std::string file, const std::string& text, Diagnostics& diagnostics)
      : text_(text), diagnostics_(diagnostics) {
    out_.id = std::move(id);
    out_.file = std::move(file);
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '\n') line_starts_.push_back(i + 1);
    }
    line_starts_.push_back(text_.size() + 1);
  }

  Statements run() {
    toml::table root;
    if (auto unfit = unfit_for_toml(text_, out_.file); unfit && !text_.starts_with('<')) {
      out_.complete = false;
      diagnostics_.add(std::move(*unfit));
      return std::move(out_);
    }
    try {
      root = toml::parse(std::string_view(text_), std::string_view(out_.file));
    } catch (const toml::parse_error& error) {
      gap(location(error.source()), fmt::format("this is not TOML: {}", error.description()),
          text_.starts_with('<') ? "it looks like SBML; 'howship import FILE -o model.toml' makes a model file of it"
                                 : "see models/README.md for the language");
      return std::move(out_);
    }
    allow(root,
          {"id", "title", "units", "time_unit", "event_order", "extends", "cites", "species", "parameters",
           "quantities", "processes", "observables", "modify", "without", "dose", "events"},
          "a model file");
    out_.title = string(root, "title", true).value;
    const Text id = string(root, "id", true);
    const std::string expected = out_.id.substr(out_.id.rfind('/') == std::string::npos ? 0 : out_.id.rfind('/') + 1);
    if (!id.value.empty() && id.value != expected && id.value != out_.id) {
      fault(id.where, fmt::format("the id '{}' is not the file's name", id.value),
            fmt::format("write id = \"{}\"", expected));
    }
    units(root);
    event_order(root);
    out_.extends = strings(root, "extends");
    out_.without = strings(root, "without");
    for (const Text& key : strings(root, "cites")) out_.cites.push_back(key.value);
    section(root, "species", [this](const toml::key& key, const toml::node& node) { species(key, node); });
    section(root, "parameters", [this](const toml::key& key, const toml::node& node) { parameter(key, node); });
    section(root, "quantities", [this](const toml::key& key, const toml::node& node) { quantity(key, node); });
    section(root, "processes", [this](const toml::key& key, const toml::node& node) { process(key, node); });
    section(root, "observables", [this](const toml::key& key, const toml::node& node) { observable(key, node); });
    section(root, "modify", [this](const toml::key& key, const toml::node& node) { modification(key, node); });
    section(root, "dose", [this](const toml::key& key, const toml::node& node) { dose(key, node); });
    section(root, "events", [this](const toml::key& key, const toml::node& node) { event(key, node); });
    return std::move(out_);
  }

 private:
  SourceLocation location(const toml::source_region& region) const {
    return {out_.file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
  }

  /// A fault after which the file's other statements cannot be judged.
  void gap(const SourceLocation& where, std::string message, std::string hint = {}) {
    out_.complete = false;
    fault(where, std::move(message), std::move(hint));
  }

  void fault(const SourceLocation& where, std::string message, std::string hint = {}) {
    diagnostics_.add(where, std::move(message), std::move(hint), excerpt_of(line_at(where.line), where.column));
  }

  /// As line_of, without a search through the text: that would cost a long file the square of its length.
  std::string_view line_at(int line) const {
    if (line < 1 || static_cast<std::size_t>(line) >= line_starts_.size()) return {};
    const std::size_t start = line_starts_[static_cast<std::size_t>(line) - 1];
    return std::string_view(text_).substr(start, line_starts_[static_cast<std::size_t>(line)] - start - 1);
  }

  // Where a string's first character stands: after one quote, or after three and perhaps a line break.
  SourceLocation content(const toml::node& node) const {
    SourceLocation where = location(node.source());
    const std::string_view line = line_at(where.line);
    const auto column = static_cast<std::size_t>(std::max(where.column, 1) - 1);
    const std::string_view at = column < line.size() ? line.substr(column) : std::string_view{};
    if (at.starts_with("\"\"\"") || at.starts_with("'''")) {
      if (at.size() == 3) return {where.file, where.line + 1, 1};
      where.column += 3;
    } else {
      where.column += 1;
    }
    return where;
  }

  void allow(const toml::table& table, std::initializer_list<const char*> keys, const std::string& what) {
    const std::vector<std::string> known(keys.begin(), keys.end());
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
        fault(location(key.source()), fmt::format("{} has no key '{}'", what, key.str()),
              did_you_mean(key.str(), known));
      }
    }
  }

  template <class Each>
  void section(const toml::table& root, const char* name, Each&& each) {
    const toml::node* node = root.get(name);
    if (node == nullptr) return;
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      gap(location(node->source()), fmt::format("'{}' must be a table", name),
          fmt::format("write [{}] and entries below it", name));
      return;
    }
    // toml++ sorts keys; the author's order is the order of the lines.
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (auto&& [key, value] : *table) entries.emplace_back(&key, &value);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      const auto& p = a.first->source().begin;
      const auto& q = b.first->source().begin;
      return p.line != q.line ? p.line < q.line : p.column < q.column;
    });
    for (const auto& [key, value] : entries) {
      if (std::string_view(name) != "modify" && !is_identifier(key->str())) {
        fault(location(key->source()), fmt::format("'{}' cannot be a name", key->str()),
              "names have letters, digits and _, and begin with a letter");
      } else if (std::string_view(name) != "modify" && is_reserved(key->str())) {
        fault(location(key->source()), fmt::format("the name '{}' has a meaning of its own in formulas", key->str()),
              "choose another name");
      } else {
        each(*key, *value);
      }
    }
  }

  const toml::table* table_of(const toml::node& node, const std::string& what) {
    const toml::table* table = node.as_table();
    if (table == nullptr)
      gap(location(node.source()), fmt::format("{} must be a table", what), "write it as { key = value, ... }");
    return table;
  }

  Text string(const toml::table& table, const char* key, bool required, const SourceLocation& owner = {}) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      if (required)
        fault(owner.line > 0 ? owner : SourceLocation{out_.file, 1, 1}, fmt::format("'{}' is missing", key));
      return {};
    }
    const auto value = node->value_exact<std::string>();
    if (!value) {
      fault(location(node->source()), fmt::format("'{}' must be a text in quotes", key));
      return {};
    }
    return {*value, content(*node)};
  }

  // A formula may be written as a bare number too.
  Text formula(const toml::node& node, const std::string& what) {
    if (const auto text = node.value_exact<std::string>()) return {*text, content(node)};
    if (const auto whole = node.value_exact<std::int64_t>())
      return {fmt::format("{}", *whole), location(node.source())};
    if (const auto number = node.value_exact<double>(); number && std::isfinite(*number))
      return {fmt::format("{}", *number), location(node.source())};
    gap(location(node.source()), fmt::format("{} must be a formula in quotes or a number", what));
    return {};
  }

  Text required_formula(const toml::table& table, const char* key, const SourceLocation& owner) {
    const toml::node* node = table.get(key);
    if (node != nullptr) return formula(*node, fmt::format("'{}'", key));
    gap(owner, fmt::format("'{}' is missing", key));
    return {};
  }

  std::vector<Text> strings(const toml::table& table, const char* key) {
    std::vector<Text> out;
    const toml::node* node = table.get(key);
    if (node == nullptr) return out;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
      fault(location(node->source()), fmt::format("'{}' must be a list", key),
            fmt::format("write {} = [\"...\"]", key));
      return out;
    }
    for (const toml::node& item : *list) {
      if (const auto text = item.value_exact<std::string>()) {
        out.push_back({*text, content(item)});
      } else {
        gap(location(item.source()), fmt::format("'{}' holds something that is not a text in quotes", key));
      }
    }
    return out;
  }

  std::optional<double> number(const toml::node& node, const std::string& what) {
    std::optional<double> value;
    if (const auto whole = node.value_exact<std::int64_t>()) value = static_cast<double>(*whole);
    if (const auto real = node.value_exact<double>()) value = *real;
    if (!value) {
      fault(location(node.source()), fmt::format("{} must be a number", what));
    } else if (!std::isfinite(*value)) {
      fault(location(node.source()), fmt::format("{} is not finite", what));
      value.reset();
    }
    return value;
  }

  /// An end of a range; a range may be open (inf) where nobody stated one.
  double bound(const toml::node& node, const std::string& what) {
    const auto real = node.value_exact<double>();
    return real && std::isinf(*real) ? *real : number(node, what).value_or(0.0);
  }

  std::optional<double> required_number(const toml::table& table, const char* key, const SourceLocation& owner,
                                        const std::string& hint) {
    const toml::node* node = table.get(key);
    if (node != nullptr) return number(*node, fmt::format("'{}'", key));
    fault(owner, fmt::format("'{}' is missing", key), hint);
    return std::nullopt;
  }

  void unit(const toml::table& table, const SourceLocation& owner, std::string& text, SourceLocation& where) {
    const Text found = string(table, "unit", true, owner);
    text = found.value;
    where = found.where.line > 0 ? found.where : owner;
  }

  void units(const toml::table& root) {
    if (root.contains("units")) {
      const Text units = string(root, "units", true);
      out_.units_where = units.where;
      out_.units_checked = units.value != "unchecked";
      if (!units.value.empty() && units.value != "unchecked" && units.value != "checked") {
        fault(units.where, fmt::format("'units' cannot be '{}'", units.value),
              "\"unchecked\" takes every number as it is written; leave it out to have dimensions checked");
      }
    }
    if (!root.contains("time_unit")) return;
    const Text time = string(root, "time_unit", true);
    out_.time_unit = time.value;
    if (out_.units_checked && time.value != "day")
      fault(time.where, "time is in days where units are checked",
            "leave 'time_unit' out, or write units = \"unchecked\"");
  }

  void event_order(const toml::table& root) {
    if (!root.contains("event_order")) return;
    const Text order = string(root, "event_order", true);
    out_.random_event_order = order.value == "random";
    if (!order.value.empty() && order.value != "random" && order.value != "file")
      fault(order.where, fmt::format("'event_order' cannot be '{}'", order.value),
            "\"file\" lets equal events happen in the file's order, \"random\" in a drawn one");
  }

  void species(const toml::key& key, const toml::node& node) {
    const SourceLocation where = location(key.source());
    const toml::table* table = table_of(node, fmt::format("species '{}'", key.str()));
    if (table == nullptr) return;
    allow(*table, {"title", "scope", "unit", "initial", "typical", "diffusion"}, "a species");
    SpeciesStatement s;
    s.id = key.str();
    s.where = where;
    s.title = string(*table, "title", true, where).value;
    const Text scope = string(*table, "scope", true, where);
    s.scope = scope.value;
    if (!scope.value.empty() && scope.value != "local" && scope.value != "systemic") {
      fault(scope.where, fmt::format("unknown scope '{}'", scope.value),
            "\"local\" is one value per voxel, \"systemic\" one per patient");
      s.scope = "local";
    }
    unit(*table, where, s.unit, s.unit_where);
    s.initial = required_formula(*table, "initial", where);
    s.typical = required_number(*table, "typical", where,
                                "the size above which the species needs relative accuracy, in its unit")
                    .value_or(1.0);
    if (s.typical <= 0.0) fault(where, fmt::format("'typical' of {} must be positive", s.id));
    if (const toml::node* diffusion = table->get("diffusion")) s.diffusion = formula(*diffusion, "'diffusion'");
    out_.species.push_back(std::move(s));
  }

  void parameter(const toml::key& key, const toml::node& node) {
    const SourceLocation where = location(key.source());
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      gap(where, fmt::format("parameter '{}' is a bare value", key.str()),
          "write { value = 1.0, unit = \"1/day\", range = [0, 10], source = \"...\" }");
      return;
    }
    allow(*table, {"title", "value", "unit", "range", "source"}, "a parameter");
    ParameterStatement p;
    p.id = key.str();
    p.where = where;
    p.title = string(*table, "title", false).value;
    unit(*table, where, p.unit, p.unit_where);
    const Text source = string(*table, "source", true, where);
    p.source = source.value;
    if (source.where.line > 0 && p.source.size() < 4)
      fault(source.where, fmt::format("'source' of {} says nothing", p.id),
            "name a publication, or write \"assumed: \" and why");
    if (p.source == "assumed" || p.source == "assumed:")
      fault(source.where, fmt::format("'{}' is assumed without a reason", p.id), "write \"assumed: \" and why");
    const auto value = required_number(*table, "value", where, {});
    const toml::array* range = table->get("range") != nullptr ? table->get("range")->as_array() : nullptr;
    if (range == nullptr || range->size() != 2) {
      fault(where, fmt::format("'range' of {} is missing", p.id),
            "write range = [smallest, largest] in the parameter's unit");
    } else {
      p.low = bound(*range->get(0), "the smallest value");
      p.high = bound(*range->get(1), "the largest value");
      if (p.low > p.high) fault(location(range->source()), fmt::format("the range of {} is upside down", p.id));
      if (value && (*value < p.low || *value > p.high)) {
        fault(location(table->get("value")->source()),
              fmt::format("{} = {} lies outside its range [{}, {}]", p.id, *value, p.low, p.high));
      }
    }
    p.value = value.value_or(0.0);
    out_.parameters.push_back(std::move(p));
  }

  void quantity(const toml::key& key, const toml::node& node) {
    QuantityStatement q;
    q.id = key.str();
    q.where = location(key.source());
    if (const toml::table* table = node.as_table()) {
      allow(*table, {"formula", "unit", "title"}, "a quantity");
      q.title = string(*table, "title", false).value;
      q.formula = required_formula(*table, "formula", q.where);
      if (table->contains("unit")) {
        std::string text;
        unit(*table, q.where, text, q.unit_where);
        q.unit = text;
      }
    } else {
      q.formula = formula(node, fmt::format("quantity '{}'", q.id));
    }
    out_.quantities.push_back(std::move(q));
  }

  void process(const toml::key& key, const toml::node& node) {
    ProcessStatement p;
    p.id = key.str();
    p.where = location(key.source());
    const toml::table* table = table_of(node, fmt::format("process '{}'", p.id));
    if (table == nullptr) return;
    allow(*table, {"title", "rate", "changes", "source"}, "a process");
    p.title = string(*table, "title", true, p.where).value;
    p.source = string(*table, "source", false).value;
    p.rate = required_formula(*table, "rate", p.where);
    const toml::table* changes = table->get("changes") != nullptr ? table->get("changes")->as_table() : nullptr;
    if (changes == nullptr || changes->empty()) {
      fault(p.where, fmt::format("process '{}' changes nothing", p.id), "write changes = { SPECIES = 1 }");
    } else {
      for (const auto& [species, coefficient] : *changes) {
        p.changes.push_back(
            {std::string(species.str()), formula(coefficient, "a coefficient"), location(species.source())});
      }
    }
    out_.processes.push_back(std::move(p));
  }

  void observable(const toml::key& key, const toml::node& node) {
    ObservableStatement o;
    o.id = key.str();
    o.where = location(key.source());
    const toml::table* table = table_of(node, fmt::format("observable '{}'", o.id));
    if (table == nullptr) return;
    allow(*table, {"title", "formula", "unit", "conserved"}, "an observable");
    o.title = string(*table, "title", true, o.where).value;
    o.formula = required_formula(*table, "formula", o.where);
    unit(*table, o.where, o.unit, o.unit_where);
    o.conserved = boolean(*table, "conserved", false);
    out_.observables.push_back(std::move(o));
  }

  void modification(const toml::key& key, const toml::node& node) {
    const SourceLocation where = location(key.source());
    const toml::table* table = table_of(node, fmt::format("the modification of '{}'", key.str()));
    if (table == nullptr) return;
    allow(*table, {"multiply", "add", "replace", "value", "initial", "diffusion", "source"}, "a modification");
    using Kind = ModificationStatement::Kind;
    for (const auto& [name, kind] : {std::pair{"multiply", Kind::multiply},
                                     {"add", Kind::add},
                                     {"replace", Kind::replace},
                                     {"value", Kind::value},
                                     {"initial", Kind::initial},
                                     {"diffusion", Kind::diffusion}}) {
      const toml::node* entry = table->get(name);
      if (entry == nullptr) continue;
      ModificationStatement m;
      m.target = key.str();
      m.kind = kind;
      m.where = where;
      if (kind == Kind::value) {
        m.value = number(*entry, "'value'").value_or(0.0);
      } else {
        m.formula = formula(*entry, fmt::format("'{}'", name));
      }
      if (kind == Kind::value || kind == Kind::initial || kind == Kind::diffusion)
        m.source = string(*table, "source", true, where).value;
      out_.modifications.push_back(std::move(m));
    }
    if (table->empty())
      fault(where, fmt::format("the modification of '{}' says nothing", key.str()),
            "use multiply, add, replace or value; initial or diffusion of a species");
  }

  void dose(const toml::key& key, const toml::node& node) {
    DoseStatement d;
    d.id = key.str();
    d.where = location(key.source());
    const toml::table* table = table_of(node, fmt::format("the dose of '{}'", d.id));
    if (table == nullptr) return;
    allow(*table, {"title", "enters", "bioavailability"}, "a dose");
    d.title = string(*table, "title", true, d.where).value;
    d.enters = string(*table, "enters", true, d.where);
    d.bioavailability = required_formula(*table, "bioavailability", d.where);
    out_.doses.push_back(std::move(d));
  }

  bool boolean(const toml::table& table, const char* key, bool otherwise) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return otherwise;
    const auto value = node->value_exact<bool>();
    if (!value) fault(location(node->source()), fmt::format("'{}' must be true or false", key));
    return value.value_or(otherwise);
  }

  void event(const toml::key& key, const toml::node& node) {
    EventStatement e;
    e.id = key.str();
    e.where = location(key.source());
    const toml::table* table = table_of(node, fmt::format("event '{}'", e.id));
    if (table == nullptr) return;
    allow(*table, {"title", "when", "at_start", "delay", "priority", "persistent", "values_at", "set"}, "an event");
    e.title = string(*table, "title", true, e.where).value;
    e.when = required_formula(*table, "when", e.where);
    e.at_start = boolean(*table, "at_start", true);
    e.persistent = boolean(*table, "persistent", true);
    if (table->contains("values_at")) {
      const Text at = string(*table, "values_at", true, e.where);
      e.values_at_trigger = at.value == "trigger";
      if (!at.value.empty() && at.value != "trigger" && at.value != "execution")
        fault(at.where, fmt::format("'values_at' cannot be '{}'", at.value),
              "\"trigger\" is when the condition turns true, \"execution\" after the delay");
    }
    if (const toml::node* delay = table->get("delay")) e.delay = formula(*delay, "'delay'");
    if (const toml::node* priority = table->get("priority")) e.priority = formula(*priority, "'priority'");
    if (const toml::node* set = table->get("set")) {
      const toml::table* values = table_of(*set, fmt::format("'set' of event '{}'", e.id));
      if (values == nullptr) return;
      for (const auto& [species, value] : *values)
        e.set.push_back({std::string(species.str()), formula(value, "a new value"), location(species.source())});
    }
    if (e.set.empty())
      fault(e.where, fmt::format("event '{}' sets nothing", e.id), "write set = { SPECIES = \"...\" }");
    out_.events.push_back(std::move(e));
  }

  const std::string& text_;
  std::vector<std::size_t> line_starts_{0};  ///< and one past the end
  Diagnostics& diagnostics_;
  Statements out_;
};

}  // namespace

bool is_identifier(std::string_view text) {
  if (text.empty() || (std::isalpha(static_cast<unsigned char>(text[0])) == 0 && text[0] != '_')) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool is_reserved(std::string_view id) {
  static const std::vector<std::string_view> kReserved{"time",     "pi",       "exponentiale", "avogadro", "true",
                                                       "false",    "infinity", "inf",          "nan",      "notanumber",
                                                       "integral", "mean",     "given"};
  const std::vector<std::string>& regions = region_names();
  return std::find(kReserved.begin(), kReserved.end(), id) != kReserved.end() || id.starts_with("given_") ||
         std::find(regions.begin(), regions.end(), id) != regions.end();
}

std::string line_of(std::string_view text, int line) {
  if (line < 1) return {};
  std::size_t start = 0;
  for (int i = 1; i < line; ++i) {
    start = text.find('\n', start);
    if (start == std::string_view::npos) return {};
    ++start;
  }
  std::size_t end = text.find('\n', start);
  if (end == std::string_view::npos) end = text.size();
  if (end > start && text[end - 1] == '\r') --end;
  return std::string(text.substr(start, end - start));
}

Statements read_statements(const std::string& id, const std::string& file, const std::string& text,
                           Diagnostics& diagnostics) {
  return Reader(id, file, text, diagnostics).run();
}

}  // namespace howship::model
