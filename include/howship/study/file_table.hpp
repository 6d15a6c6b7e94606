#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "howship/study/study.hpp"

namespace howship::study {

/// A table of a TOML file, read key by key by the floors above, with the diagnostics of studies: whatever is wrong
/// becomes a fault and an empty answer; finish() reports the keys that nobody asked for. Tables of one file share it.
class FileTable {
 public:
  /// The whole file. A text that is no TOML is a fault and an empty table.
  /// @param file    the name to show in messages
  /// @param units   and faults must outlive every table of the file
  static FileTable parse(const std::string& text, const std::string& file, const UnitSystem& units,
                         Diagnostics& faults);

  struct Text {
    std::string text;
    SourceLocation where;  ///< of its first character
  };
  /// What is wanted of a number.
  enum class Sign { any, positive };

  bool has(const std::string& key);
  SourceLocation where() const;
  SourceLocation where(const std::string& key) const;  ///< of the key's value; of the table where it has none

  std::optional<Text> text(const std::string& key);
  std::optional<double> number(const std::string& key, Sign sign = Sign::any);
  std::optional<std::variant<double, Text>> number_or_text(const std::string& key);
  std::optional<bool> flag(const std::string& key);
  /// A text such as "28 day" of the given dimension.
  std::optional<Quantity> quantity(const std::string& key, const Dimension& dimension, const char* example);
  /// The same with any dimension.
  std::optional<Quantity> quantity(const std::string& key, const char* example);
  std::optional<Unit> unit(const std::string& key);
  std::vector<Text> texts(const std::string& key);
  std::optional<FileTable> table(const std::string& key);
  std::vector<FileTable> tables(const std::string& key);

  void require(const std::string& key, const char* example);
  void finish();
  void fault(const SourceLocation& where, std::string message, std::string hint = {}) const;
  const SourceText& source() const;

 private:
  struct File;
  struct Reader;
  FileTable(std::shared_ptr<File> file, std::shared_ptr<Reader> reader);

  std::shared_ptr<File> file_;
  std::shared_ptr<Reader> reader_;
};

/// The dimension of days.
Dimension time_dimension();

}  // namespace howship::study
