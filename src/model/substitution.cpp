#include "model/substitution.hpp"

#include <algorithm>
#include <array>

namespace howship::model {

// The stack is our own: a chain of ten thousand species must not exhaust the program's.
std::optional<NodeId> Substitution::operator()(NodeId root) {
  struct Frame {
    NodeId id;
    std::optional<NodeId> replacement;  ///< of a leaf
    bool entered = false;
  };
  std::vector<Frame> open{{root, std::nullopt}};
  std::unordered_map<NodeId, bool> entered;
  while (!open.empty()) {
    Frame& frame = open.back();
    const NodeId id = frame.id;
    if (done_.contains(id)) {
      open.pop_back();
      continue;
    }
    const Node node = graph_[id];  // a copy: the graph grows below
    const int count = operand_count(node.op);
    std::array<NodeId, 3> below{node.a, node.b, node.c};
    int needed = count;
    if (!frame.entered) {
      frame.entered = true;
      entered[id] = true;
      if (count == 0) frame.replacement = replacement_(id, node);
    }
    if (count == 0) {
      if (!frame.replacement) {
        done_[id] = id;
        open.pop_back();
        continue;
      }
      below[0] = *frame.replacement;
      needed = 1;
    }
    const std::size_t before = open.size();
    for (int i = 0; i < needed; ++i) {
      if (done_.contains(below[i])) continue;
      if (entered.contains(below[i])) {
        circle_.clear();
        const auto start =
            std::find_if(open.begin(), open.end(), [&](const Frame& f) { return f.entered && f.id == below[i]; });
        for (auto it = start; it != open.end(); ++it) {
          if (it->entered && operand_count(graph_[it->id].op) == 0) circle_.push_back(it->id);
        }
        return std::nullopt;
      }
      open.push_back({below[i], std::nullopt});
    }
    if (open.size() > before) continue;
    NodeId now = id;
    if (count == 0) now = done_.at(below[0]);
    if (count == 1) now = graph_.unary(node.op, done_.at(node.a));
    if (count == 2) now = graph_.binary(node.op, done_.at(node.a), done_.at(node.b));
    if (count == 3) now = graph_.select(done_.at(node.a), done_.at(node.b), done_.at(node.c));
    done_[id] = now;
    open.pop_back();
  }
  return done_.at(root);
}

}  // namespace howship::model
