#include "howship/simulation/archive.hpp"

#include <algorithm>
#include <stdexcept>

namespace howship::simulation {
namespace {

template <class Value>
void exchange_whole(Archive& archive, const std::string& name, std::span<Value> values, const Archive::Part& part) {
  if (!part.is_whole()) throw std::logic_error("this archive takes whole arrays only");
  if (part.rows == 1 || part.stride == part.length) {
    archive.exchange(name, values.first(part.rows * part.length));
    return;
  }
  std::vector<Value> rows(part.rows * part.length);
  for (std::size_t row = 0; row < part.rows && !archive.reading(); ++row)
    std::copy_n(values.data() + row * part.stride, part.length, rows.data() + row * part.length);
  archive.exchange(name, std::span<Value>(rows));
  for (std::size_t row = 0; row < part.rows && archive.reading(); ++row)
    std::copy_n(rows.data() + row * part.length, part.length, values.data() + row * part.stride);
}

}  // namespace

void Archive::exchange_part(const std::string& name, std::span<double> values, const Part& part) {
  exchange_whole(*this, name, values, part);
}

void Archive::exchange_part(const std::string& name, std::span<float> values, const Part& part) {
  exchange_whole(*this, name, values, part);
}

}  // namespace howship::simulation
