#pragma once

#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <sbml/SBMLTypes.h>

namespace howship::sbml {

/// A formula that cannot be written in the model language.
class MathError : public std::runtime_error {
 public:
  MathError(const std::string& message, std::string hint, bool unsupported = false)
      : std::runtime_error(message), hint_(std::move(hint)), unsupported_(unsupported) {}
  const std::string& hint() const { return hint_; }
  bool unsupported() const { return unsupported_; }  ///< valid SBML, but not solved here

 private:
  std::string hint_;
  bool unsupported_;
};

/// Text of the model language and how firmly it holds together.
struct Rendered {
  enum Level { atom, power, product, sum, comparison, logic };
  std::string text;
  Level level = atom;
};

/// What names of a formula stand for: of local parameters, of arguments of a function, or of the model.
using Locals = std::map<std::string, Rendered>;

/// Writes MathML as text of the model language; function definitions are written out where they are called.
class MathText {
 public:
  /// @param name_of  the formula that a symbol of the model stands for; throws MathError for an unknown one
  /// @param rate_of  the formula for the rate of a symbol
  /// @param part_named  takes a part of a formula that is too long or nested too deep for one text, and names it
  MathText(const Model& model, std::function<Rendered(const std::string&)> name_of,
           std::function<Rendered(const std::string&)> rate_of,
           std::function<std::string(const std::string&)> part_named);

  /// @throws MathError
  Rendered operator()(const ASTNode& node, const Locals& locals = {});

 private:
  Rendered render(const ASTNode& node, const Locals& locals);
  Rendered name(const ASTNode& node, const Locals& locals) const;
  Rendered definition(const ASTNode& node, const Locals& locals);
  Rendered call(const char* function, const ASTNode& node, const Locals& locals);
  Rendered chain(const ASTNode& node, const char* sign, const Locals& locals);
  Rendered many(const ASTNode& node, const char* sign, Rendered::Level level, const char* empty, const Locals& locals);
  Rendered joined(std::span<const Rendered> parts, const char* sign, Rendered::Level level);
  Rendered piecewise(const ASTNode& node, const Locals& locals);
  Rendered rate(const ASTNode& node, const Locals& locals) const;
  std::vector<Rendered> children(const ASTNode& node, const Locals& locals);

  std::map<std::string, const FunctionDefinition*> definitions_;
  std::function<Rendered(const std::string&)> name_of_, rate_of_;
  std::function<std::string(const std::string&)> part_named_;
  std::vector<std::string> open_;  ///< function definitions being written out
  int depth_ = 0;
  std::size_t nodes_ = 0;  ///< written for the formula at hand
};

/// In parentheses unless it holds together at least as firmly as `loosest`.
std::string wrapped(const Rendered& part, Rendered::Level loosest);

/// A number so that it reads back exactly.
Rendered number_text(double value);

/// Names of the functions of the language: nothing else may be called so.
bool is_function_name(const std::string& name);

}  // namespace howship::sbml
