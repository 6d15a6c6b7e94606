#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "howship/simulation/archive.hpp"

namespace howship::output {

/// Texts that say what a checkpoint belongs to: digests of the study, the vertebra and the program.
using CheckpointLabels = std::map<std::string, std::string>;

/// A state on its way into an HDF5 file, each array under its name with a checksum (Fletcher 32). The file appears, in
/// place of an earlier one, when commit() has brought the last byte to the disk; until then it is FILE.part.
class CheckpointWriter final : public simulation::Archive {
 public:
  /// @throws OutputError if the file cannot be created
  CheckpointWriter(std::filesystem::path path, const CheckpointLabels& labels);
  ~CheckpointWriter() override;

  bool reading() const override { return false; }
  void exchange(const std::string& name, std::span<double> values) override;
  void exchange(const std::string& name, std::span<float> values) override;
  void exchange(const std::string& name, std::vector<double>& values) override;
  using Archive::exchange;

  void commit();

 private:
  struct File;
  std::filesystem::path path_, aside_;
  std::unique_ptr<File> file_;
};

/// A state from such a file.
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

 private:
  struct File;
  std::filesystem::path path_;
  std::unique_ptr<File> file_;
  CheckpointLabels labels_;
};

}  // namespace howship::output
