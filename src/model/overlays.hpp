#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "howship/core/diagnostics.hpp"
#include "howship/model/library.hpp"

#include "model/resolver.hpp"
#include "model/statements.hpp"

namespace howship::model {

/// Files that extend files: no honest model goes deeper.
inline constexpr int kDeepestChain = 200;

/// What a name stands for, from which file, and what overlays do to it.
struct Entry {
  enum class Kind { species, parameter, quantity, process, observable, event };
  Kind kind = Kind::species;
  std::size_t statement = 0;
  const Statements* file = nullptr;
  SourceLocation where;
  std::vector<std::pair<const Statements*, const ModificationStatement*>> modifications;
  bool removed = false;
  std::string removed_by;

  enum class State { fresh, in_progress, done, failed };
  State state = State::fresh;
  Typed value;
  std::size_t slot = 0;  ///< index in the Model's list of its kind
};

/// Model files joined: the base, what it extends, and overlays. Knows what each name stands for and what overlays do to
/// it; formulas are still text.
class JoinedFiles {
 public:
  explicit JoinedFiles(const Library& library) : library_(library) {}

  /// Reads a model of the library and everything it extends; each file counts once.
  void gather(const std::string& id);
  void gather_text(const std::string& id, const std::string& file, const std::string& text);
  /// Enters all names, then applies `modify` and `without`. @throws InputError if two files are no parts of one model
  void join();

  void fault(const SourceLocation& where, std::string message, std::string hint = {});
  /// Throws InputError if there were faults.
  void raise_if_any() { diagnostics_.raise_if_any(); }
  /// Throws only if a file could not be read well enough to judge the rest.
  void raise_if_incomplete() {
    if (!complete_) diagnostics_.raise_if_any();
  }

  const std::vector<std::unique_ptr<Statements>>& files() const { return files_; }  ///< a file after what it extends
  const std::vector<SourceFile>& sources() const { return sources_; }
  std::map<std::string, Entry>& names() { return names_; }

 private:
  void enter(const Statements& file);
  void report_clashes();
  std::string way_to(const Statements& file) const;
  void modify(const Statements& file);
  void remove(const Statements& file);

  const Library& library_;
  Diagnostics diagnostics_;
  bool complete_ = true;
  std::vector<std::unique_ptr<Statements>> files_;
  std::vector<SourceFile> sources_;
  std::set<std::string> open_;                ///< being read: a file met again extends itself
  std::map<std::string, std::string> texts_;  ///< whole files by the name shown in messages
  std::map<std::string, Entry> names_;

  struct Clash {
    const Statements* first = nullptr;
    const Statements* second = nullptr;
    std::vector<std::pair<std::string, SourceLocation>> names;  ///< where the second file sets them
  };
  std::vector<Clash> clashes_;
  std::map<std::string, std::string> extended_by_;  ///< by whom a file was asked for first; absent: by the user
};

}  // namespace howship::model
