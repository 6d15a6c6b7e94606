#include "howship/study/file_table.hpp"

#include <fmt/format.h>

#include "toml_reader.hpp"

namespace howship::study {
namespace {

// A text's first character stands behind its quotation mark, or its three.
SourceLocation inside_quotes(SourceLocation where, const SourceText& source) {
  const auto line = static_cast<std::size_t>(where.line);
  if (line == 0 || line > source.lines.size()) return where;
  const std::string_view rest = std::string_view(source.lines[line - 1])
                                    .substr(std::min<std::size_t>(where.column - 1, source.lines[line - 1].size()));
  where.column += rest.starts_with("\"\"\"") || rest.starts_with("'''") ? 3 : 1;
  return where;
}

}  // namespace

struct FileTable::File {
  SourceText source;
  ReadingContext context;
  toml::table root;
};

struct FileTable::Reader : TableReader {
  using TableReader::TableReader;
};

FileTable::FileTable(std::shared_ptr<File> file, std::shared_ptr<Reader> reader)
    : file_(std::move(file)), reader_(std::move(reader)) {}

FileTable FileTable::parse(const std::string& text, const std::string& file, const UnitSystem& units,
                           Diagnostics& faults) {
  auto shared = std::make_shared<File>();
  shared->source = SourceText(file, text);
  shared->context = {&shared->source, &units, &faults};
  shared->root = parse_toml(text, shared->context);
  auto reader = std::make_shared<Reader>(shared->root, "", shared->context);
  return {std::move(shared), std::move(reader)};
}

bool FileTable::has(const std::string& key) {
  return reader_->has(key);
}

SourceLocation FileTable::where() const {
  return reader_->where();
}

SourceLocation FileTable::where(const std::string& key) const {
  return reader_->where(key);
}

std::optional<FileTable::Text> FileTable::text(const std::string& key) {
  const auto found = reader_->text(key);
  if (!found) return std::nullopt;
  return Text{*found, inside_quotes(reader_->where(key), file_->source)};
}

std::optional<double> FileTable::number(const std::string& key, Sign sign) {
  return reader_->number(key, sign == Sign::positive ? kPositive : Range{});
}

std::optional<std::variant<double, FileTable::Text>> FileTable::number_or_text(const std::string& key) {
  const toml::node* node = reader_->node(key);
  if (node != nullptr && node->is_string()) return *text(key);
  if (const auto value = number(key)) return *value;
  return std::nullopt;
}

std::optional<bool> FileTable::flag(const std::string& key) {
  const toml::node* node = reader_->node(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<bool>();
  if (!value) fault(where(key), fmt::format("{} must be true or false", reader_->path(key)));
  return value;
}

std::optional<Quantity> FileTable::quantity(const std::string& key, const Dimension& dimension, const char* example) {
  return reader_->quantity(key, dimension, example);
}

std::optional<Quantity> FileTable::quantity(const std::string& key, const char* example) {
  return reader_->quantity(key, example);
}

std::optional<Unit> FileTable::unit(const std::string& key) {
  const auto found = text(key);
  if (!found) return std::nullopt;
  try {
    return file_->context.units->parse(found->text);
  } catch (const UnitError& error) {
    fault(found->where, fmt::format("{}: {}", reader_->path(key), error.what()), error.hint());
    return std::nullopt;
  }
}

std::vector<FileTable::Text> FileTable::texts(const std::string& key) {
  std::vector<Text> found;
  for (const TableReader::Item& item : reader_->texts(key))
    found.push_back({item.text, inside_quotes(item.where, file_->source)});
  return found;
}

std::optional<FileTable> FileTable::table(const std::string& key) {
  const toml::table* found = reader_->table(key);
  if (found == nullptr) return std::nullopt;
  return FileTable(file_, std::make_shared<Reader>(*found, reader_->path(key), file_->context));
}

std::vector<FileTable> FileTable::tables(const std::string& key) {
  std::vector<FileTable> all;
  for (const toml::table* found : reader_->tables(key))
    all.push_back(FileTable(file_, std::make_shared<Reader>(*found, reader_->path(key), file_->context)));
  return all;
}

void FileTable::require(const std::string& key, const char* example) {
  reader_->require(key, example);
}

void FileTable::finish() {
  reader_->finish();
}

void FileTable::fault(const SourceLocation& where, std::string message, std::string hint) const {
  file_->context.fault(where, std::move(message), std::move(hint));
}

const SourceText& FileTable::source() const {
  return file_->source;
}

}  // namespace howship::study
