#include "howship/output/csv_file.hpp"

#include <cerrno>
#include <cstring>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::output {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

void add_csv_number(std::string& line, double value) {
  fmt::format_to(std::back_inserter(line), "{:.10g}", value + 0.0);  // + 0.0 writes -0 as 0
}

CsvFile::CsvFile(std::filesystem::path path, const std::string& header, Opening opening) : path_(std::move(path)) {
  if (opening == Opening::again) {
    reopen(header + '\n');
    return;
  }
  file_.reset(std::fopen(path_.c_str(), "wb"));
  if (!file_) throw OutputError(fmt::format("cannot write '{}': {}", path_.string(), std::strerror(errno)));
  append(header + '\n');
}

void CsvFile::reopen(const std::string& header) {
  file_.reset(std::fopen(path_.c_str(), "r+b"));
  if (!file_) throw InputError(fmt::format("cannot go on with '{}': {}", path_.string(), std::strerror(errno)));
  std::string found(header.size(), '\0');
  found.resize(std::fread(found.data(), 1, found.size(), file_.get()));
  if (found != header)
    throw InputError(fmt::format("'{}' is not the table that this run began: its columns differ", path_.string()));
  std::fseek(file_.get(), 0, SEEK_END);
  whole_ = std::ftell(file_.get());
}

void CsvFile::exchange(simulation::Archive& archive) {
  // What a checkpoint counts on must outlast a power cut too.
  if (!archive.reading() && ::fsync(::fileno(file_.get())) != 0)
    throw OutputError(fmt::format("cannot write '{}': {}", path_.string(), std::strerror(errno)));
  const long long found = whole_;
  archive.number("tables/" + path_.filename().string(), whole_);
  if (!archive.reading()) return;
  if (whole_ > found) {
    throw InputError(fmt::format("'{}' has {} bytes, but had {} when the checkpoint was written; it was changed since",
                                 path_.string(), found, whole_));
  }
  if (::ftruncate(::fileno(file_.get()), whole_) != 0)
    throw OutputError(fmt::format("cannot cut '{}': {}", path_.string(), std::strerror(errno)));
  std::fseek(file_.get(), 0, SEEK_END);
}

void CsvFile::append(std::string_view rows) {
  if (!file_) throw OutputError(fmt::format("cannot write '{}' any more", path_.string()));
  const bool written = std::fwrite(rows.data(), 1, rows.size(), file_.get()) == rows.size();
  if (written && std::fflush(file_.get()) == 0) {
    whole_ += static_cast<long long>(rows.size());
    return;
  }
  const int reason = errno;
  // Half a row would read as a row of wrong numbers. Cutting a file needs no space, so it works on a full disk too.
  const int descriptor = ::dup(::fileno(file_.get()));
  file_.reset();
  if (descriptor >= 0) {
    if (::ftruncate(descriptor, whole_) != 0) errno = 0;
    ::close(descriptor);
  }
  throw OutputError(fmt::format("cannot write '{}': {}", path_.string(), std::strerror(reason)));
}

}  // namespace howship::output
