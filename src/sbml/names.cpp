#include "sbml/names.hpp"

#include "howship/model/names.hpp"

#include "sbml/math_text.hpp"

namespace howship::sbml {

std::string Names::make(const std::string& wish) {
  // Underscores behind such a name would never make it free.
  std::string name = wish == "given" || wish.starts_with("given_") ? "the_" + wish : wish;
  while (model::is_reserved(name) || is_function_name(name) || taken_.contains(name)) name += "_";
  taken_.insert(name);
  return name;
}

std::string Names::take(const std::string& id) {
  return make(id);
}

}  // namespace howship::sbml
