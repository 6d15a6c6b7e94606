#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "howship/model/model.hpp"

namespace howship::model {

/// Set in the index of a species' leaf, it stands for the species' rate until all rates are known: rateOf(x).
inline constexpr std::uint32_t kRateFlag = 0x80000000U;

/// Leaves replaced by expressions in which leaves are replaced again, to the bottom. Each node is worked on once,
/// however many roots share it.
class Substitution {
 public:
  /// @param replacement  of a leaf; nothing if it stays. Called once per leaf, with its id and a copy of it
  Substitution(Graph& graph, std::function<std::optional<NodeId>(NodeId, const Node&)> replacement)
      : graph_(graph), replacement_(std::move(replacement)) {}

  /// The root with everything replaced; nothing if a leaf's replacement leads back to the leaf.
  std::optional<NodeId> operator()(NodeId root);
  /// After nothing was returned: the leaves that lead to each other.
  const std::vector<NodeId>& circle() const { return circle_; }

 private:
  Graph& graph_;
  std::function<std::optional<NodeId>(NodeId, const Node&)> replacement_;
  std::unordered_map<NodeId, NodeId> done_;
  std::vector<NodeId> circle_;
};

}  // namespace howship::model
