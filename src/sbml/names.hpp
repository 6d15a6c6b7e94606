#pragma once

#include <set>
#include <string>

namespace howship::sbml {

/// Names of the model text: each is given once.
class Names {
 public:
  /// An id of the document. Must be called for all of them before a name is made up.
  /// @returns the id itself, or one like it where the language gives the id another meaning
  std::string take(const std::string& id);
  /// A name that nothing else has, as close to the wish as can be.
  std::string make(const std::string& wish);

 private:
  std::set<std::string> taken_;
};

}  // namespace howship::sbml
