#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace howship {

/// What the program returns to the shell.
enum class ExitCode : int { ok = 0, input = 1, numerical = 2, interrupted = 3, unsupported = 4 };

/// A place in a text file. Lines and columns count from 1; 0 means unknown.
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;

  friend bool operator==(const SourceLocation&, const SourceLocation&) = default;
};

/// One fault in what the user gave us: what, where, and what to do about it.
struct Diagnostic {
  SourceLocation where;
  std::string message;
  std::string hint;     ///< what to do; may be empty
  std::string excerpt;  ///< the source line, for the caret; may be empty
};

/// "file:line:column: error: message", the source line, a caret, the hint. Several lines, no trailing newline.
std::string to_text(const Diagnostic& diagnostic);

/// The user's input cannot be used. Carries every fault found; nothing has been written. Exit code 1.
class InputError : public std::runtime_error {
 public:
  static constexpr std::size_t kShown = 10;  ///< so many faults what() tells, and how many more there are

  explicit InputError(const std::string& message, const std::string& hint = {});
  /// @param more  faults that were counted only
  explicit InputError(std::vector<Diagnostic> diagnostics, std::size_t more = 0);

  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// The input is well formed but asks for something that is not solved here, and is refused by name. Exit code 4.
class UnsupportedError : public InputError {
 public:
  using InputError::InputError;
};

/// The equations could not be solved. Exit code 2.
class NumericalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A result cannot be written: the disk is full, the folder is not ours. Exit code 1.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user asked to stop (SIGINT, SIGTERM). Exit code 3.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace howship
