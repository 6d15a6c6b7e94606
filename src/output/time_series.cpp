#include "howship/output/time_series.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
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

TimeSeriesWriter::TimeSeriesWriter(std::filesystem::path path, std::span<const Column> columns,
                                   const std::string& time_unit)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb")), columns_(columns.size()) {
  if (!file_) throw OutputError(fmt::format("cannot write '{}': {}", path_.string(), std::strerror(errno)));
  std::string header = csv_field(fmt::format("time [{}]", time_unit));
  for (const Column& column : columns) header += ',' + csv_field(fmt::format("{} [{}]", column.name, column.unit));
  append(header + '\n');
}

void TimeSeriesWriter::row(double time, std::span<const double> values) {
  if (values.size() != columns_) throw std::logic_error("TimeSeriesWriter: a row of the wrong length");
  std::string line = fmt::format("{:.10g}", time);
  for (const double value : values) line += fmt::format(",{:.10g}", value + 0.0);  // + 0.0 writes -0 as 0
  append(line + '\n');
}

void TimeSeriesWriter::append(const std::string& line) {
  const bool written = std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size();
  if (written && std::fflush(file_.get()) == 0) {
    whole_ += static_cast<long long>(line.size());
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
