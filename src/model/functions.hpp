#pragma once

#include <span>
#include <string_view>

#include "howship/model/expression.hpp"

namespace howship::model {

/// A function of the language that is no operator of the graph but built from operators.
struct Function {
  std::string_view name;
  int operands = 1;
  bool same_dimension = false;  ///< operands share a dimension; otherwise all are pure numbers
  NodeId (*build)(Graph& graph, std::span<const NodeId> operands) = nullptr;
};

/// Nothing if there is no such function.
const Function* find_function(std::string_view name);

}  // namespace howship::model
