#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "howship/core/units.hpp"
#include "howship/model/model.hpp"

namespace howship::model {

/// Where model files are found: a folder of .toml files, and texts that a study carries itself (resolved.toml does).
/// An id is the path below the folder without ".toml": "bone/remodelling".
class Library {
 public:
  struct Entry {
    std::string text;
    std::string file;
  };

  explicit Library(std::filesystem::path root) : root_(std::move(root)) {}

  /// A text that takes precedence over a file of the same id.
  /// @param file  its name in messages; empty: the id with ".toml"
  void add(const std::string& id, std::string text, const std::string& file = {}) {
    texts_[id] = {std::move(text), file.empty() ? id + ".toml" : file};
  }

  const std::filesystem::path& root() const { return root_; }
  std::vector<std::string> ids() const;  ///< of all models, sorted
  bool contains(const std::string& id) const;
  /// The text of a model and the name to show in messages. @throws InputError with the closest id if there is none
  Entry read(const std::string& id) const;

 private:
  std::filesystem::path root_;
  std::map<std::string, Entry> texts_;
};

/// Reads the models and everything they extend, joins the overlays, parses and checks every formula and its dimension.
/// @param ids  a base model and overlays, in any order; each file counts once
/// @throws InputError with all faults at once
Model build_model(const Library& library, std::span<const std::string> ids, const UnitSystem& units);

/// The same for one file outside the library (howship check FILE); what it extends comes from the library.
Model build_model_file(const Library& library, const std::filesystem::path& file, const UnitSystem& units);

}  // namespace howship::model
