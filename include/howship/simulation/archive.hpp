#pragma once

#include <span>
#include <string>
#include <vector>

namespace howship::simulation {

/// What the state of a simulation is written to, or read from. One sequence of calls serves both ways, so that what is
/// written and what is read cannot drift apart. Values keep every bit.
class Archive {
 public:
  virtual ~Archive() = default;
  virtual bool reading() const = 0;
  /// Writes the values under a name, or fills them with those of that name.
  /// @throws InputError when reading what is not there, has another length or is damaged; OutputError when the disk is
  ///         full
  virtual void exchange(const std::string& name, std::span<double> values) = 0;
  virtual void exchange(const std::string& name, std::span<float> values) = 0;
  /// The same for a list whose length is part of the state.
  virtual void exchange(const std::string& name, std::vector<double>& values) = 0;

  /// How an array lies that ranks may share: it has `rows` rows of `length` values, and of each this rank holds
  /// `count` from `first` on, at [row*stride].
  struct Part {
    std::size_t rows = 1, length = 0, first = 0, count = 0, stride = 0;
    bool is_whole() const { return count == length; }
  };
  /// Exchanges the array as a whole, each rank its part; what is written does not depend on how many there are. All
  /// ranks. An archive that knows of one rank only takes whole arrays.
  virtual void exchange_part(const std::string& name, std::span<double> values, const Part& part);
  virtual void exchange_part(const std::string& name, std::span<float> values, const Part& part);

  /// A number or a flag; whole numbers up to 2^53.
  template <class Number>
  void number(const std::string& name, Number& value) {
    double as_double = static_cast<double>(value);
    exchange(name, std::span(&as_double, 1));
    if (reading()) value = static_cast<Number>(as_double);
  }
};

}  // namespace howship::simulation
