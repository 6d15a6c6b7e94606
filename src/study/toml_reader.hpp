#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/units.hpp"
#include "howship/study/study.hpp"

namespace howship::study {

/// What every reader of a file shares.
struct ReadingContext {
  const SourceText* source = nullptr;
  const UnitSystem* units = nullptr;
  Diagnostics* faults = nullptr;

  void fault(const SourceLocation& where, std::string message, std::string hint = {}) const {
    faults->add(source->diagnostic(where, std::move(message), std::move(hint)));
  }
};

/// Parses TOML. A syntax error becomes a fault and an empty table.
toml::table parse_toml(const std::string& text, const ReadingContext& context);

/// What a value must lie within. Bounds that are not finite do not bind.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;  ///< the lower bound itself is out
};
inline constexpr Range kPositive{0.0, std::numeric_limits<double>::infinity(), true};
inline constexpr Range kNonNegative{0.0, std::numeric_limits<double>::infinity(), false};

/// Reads one table key by key. Whatever is wrong becomes a fault and an empty answer; finish() reports the keys that
/// nobody asked for.
class TableReader {
 public:
  /// @param path  of the table in the file, "vertebra"; empty for the whole file
  TableReader(const toml::table& table, std::string path, const ReadingContext& context);

  bool has(const std::string& key);
  SourceLocation where() const { return where_; }
  SourceLocation where(const std::string& key) const;
  const toml::node* node(const std::string& key);  ///< and marks the key as known

  std::optional<std::string> text(const std::string& key);
  std::optional<double> number(const std::string& key, Range range = {});
  std::optional<std::int64_t> integer(const std::string& key, std::int64_t low, std::int64_t high);
  /// A text such as "28 day" of the given dimension; the number inside must lie in the range (in the base unit).
  std::optional<Quantity> quantity(const std::string& key, const Dimension& dimension, const char* example,
                                   Range range = {});
  /// The same with any dimension.
  std::optional<Quantity> quantity(const std::string& key, const char* example);
  struct Item {
    std::string text;
    SourceLocation where;
  };
  std::vector<Item> texts(const std::string& key);
  std::vector<Quantity> quantities(const std::string& key, const Dimension& dimension, const char* example,
                                   Range range = {});
  /// Three lengths, such as ["20 mm", "0.5 mm", "0.5 mm"]. Nothing after a fault.
  std::optional<std::array<double, 3>> three_lengths(const std::string& key, const char* example, Range range = {});
  const toml::table* table(const std::string& key);
  std::vector<const toml::table*> tables(const std::string& key);

  /// Where a node stands, or "--set section.key" if it came from the command line.
  SourceLocation location(const toml::node& node, const std::string& key) const;
  std::string path(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  const ReadingContext& context() const { return *context_; }
  /// That a key is missing is said by finish(), and only where none looks like it.
  void require(const std::string& key, const char* example);
  /// Reports unknown keys. Whether there are none.
  bool finish();

 private:
  std::optional<Quantity> parse_quantity(const toml::node& node, const std::string& key, const char* example,
                                         const Dimension* expected);
  bool in_range(const Quantity& quantity, Range range, const SourceLocation& where, const std::string& key);
  bool same_dimension(const Quantity& quantity, const Dimension& dimension, const SourceLocation& where,
                      const std::string& key, const char* example);

  const toml::table* table_;
  std::string path_;
  const ReadingContext* context_;
  SourceLocation where_;
  std::vector<std::string> known_;
  std::vector<std::pair<std::string, std::string>> missing_;  ///< keys, and how they are written
};

Dimension time_dimension();
Dimension length_dimension();
Dimension mass_dimension();
Dimension clearance_dimension();

}  // namespace howship::study
