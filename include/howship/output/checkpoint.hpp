#pragma once

#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "howship/core/ranks.hpp"
#include "howship/simulation/archive.hpp"

namespace howship::output {

/// Texts that say what a checkpoint belongs to: digests of the study, the vertebra and the program.
using CheckpointLabels = std::map<std::string, std::string>;

/// A state on its way into an HDF5 file, each array under its name with a checksum (Fletcher 32). The file appears, in
/// place of an earlier one, when commit() has brought the last byte to the disk; until then it is FILE.part.
/// Where ranks share the state the first one writes, and is sent the parts of the others one after another, so that it
/// never holds more than two; what fails there is thrown by commit(), on all.
class CheckpointWriter final : public simulation::Archive {
 public:
  /// @param ranks  null: alone; else all do the same  @throws OutputError if the file cannot be created
  CheckpointWriter(std::filesystem::path path, const CheckpointLabels& labels, Ranks* ranks = nullptr);
  ~CheckpointWriter() override;

  bool reading() const override { return false; }
  void exchange(const std::string& name, std::span<double> values) override;
  void exchange(const std::string& name, std::span<float> values) override;
  void exchange(const std::string& name, std::vector<double>& values) override;
  void exchange_part(const std::string& name, std::span<double> values, const Part& part) override;
  void exchange_part(const std::string& name, std::span<float> values, const Part& part) override;
  using Archive::exchange;

  void commit();

 private:
  struct File;
  void create(const CheckpointLabels& labels);
  void rename();
  template <class Value>
  void put(const std::string& name, std::span<Value> values);
  template <class Value>
  void put_parts(const std::string& name, std::span<Value> values, const Part& part);
  template <class Work>
  void attempt(Work&& work);

  std::filesystem::path path_, aside_;
  Ranks* ranks_;
  std::unique_ptr<File> file_;
  std::exception_ptr fault_;  ///< the first one, where ranks are
};

/// A state from such a file; every rank reads its own part.
class CheckpointReader final : public simulation::Archive {
 public:
  /// @throws InputError if the file is missing, damaged or no checkpoint
  explicit CheckpointReader(std::filesystem::path path);
  ~CheckpointReader() override;
  CheckpointReader(CheckpointReader&&) noexcept;

  const CheckpointLabels& labels() const { return labels_; }
  bool contains(const std::string& name) const;
  bool reading() const override { return true; }
  void exchange(const std::string& name, std::span<double> values) override;
  void exchange(const std::string& name, std::span<float> values) override;
  void exchange(const std::string& name, std::vector<double>& values) override;
  void exchange_part(const std::string& name, std::span<double> values, const Part& part) override;
  void exchange_part(const std::string& name, std::span<float> values, const Part& part) override;
  using Archive::exchange;

 private:
  struct File;
  std::filesystem::path path_;
  std::unique_ptr<File> file_;
  CheckpointLabels labels_;
};

}  // namespace howship::output
