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

CsvFile::CsvFile(std::filesystem::path path, const std::string& header)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb")) {
  if (!file_) throw OutputError(fmt::format("cannot write '{}': {}", path_.string(), std::strerror(errno)));
  append(header + '\n');
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
