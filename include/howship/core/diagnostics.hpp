#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "howship/core/error.hpp"

namespace howship {

/// Collects every fault of an input before giving up, so that the user sees them all at once. So many that nobody would
/// read them are counted only.
class Diagnostics {
 public:
  static constexpr std::size_t kMost = 500;

  void add(Diagnostic diagnostic) {
    if (list_.size() < kMost) {
      list_.push_back(std::move(diagnostic));
    } else {
      ++left_out_;
    }
  }
  void add(SourceLocation where, std::string message, std::string hint = {}, std::string excerpt = {}) {
    add({std::move(where), std::move(message), std::move(hint), std::move(excerpt)});
  }
  bool empty() const { return list_.empty(); }
  const std::vector<Diagnostic>& list() const { return list_; }

  /// Throws InputError with all faults, ordered by file, line and column, if there are any.
  void raise_if_any();

 private:
  std::vector<Diagnostic> list_;
  std::size_t left_out_ = 0;
};

/// What is kept of a source line to show a fault in it. Nothing of a place so far to the right that nobody would write
/// there: thousands of faults in one line of megabytes would otherwise fill the memory.
std::string excerpt_of(std::string_view line, int column);

/// "a → b → c": names that lead to each other, the middle of a long list left out.
std::string joined_by_arrows(const std::vector<std::string>& names);

/// The candidate closest to a misspelt name, if one is close enough (Damerau-Levenshtein distance, case ignored).
std::optional<std::string> closest(std::string_view name, const std::vector<std::string>& candidates);

/// "did you mean 'BVTV'?", or "expected one of a, b, c" when nothing is close and the list is short, or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace howship
