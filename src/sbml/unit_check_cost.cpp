#include "sbml/unit_check_cost.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace howship::sbml {
namespace {

constexpr double kMost = 1e15;  // what is larger need not be told apart

/// Of a formula: what it costs itself, and how often each argument of the definition that it stands in is written.
struct Cost {
  double own = 0.0;
  std::vector<double> uses;

  void add(const Cost& other, double times) {
    own = std::min(own + times * other.own, kMost);
    for (std::size_t i = 0; i < uses.size(); ++i) uses[i] = std::min(uses[i] + times * other.uses[i], kMost);
  }
};

class Estimate {
 public:
  explicit Estimate(const Model& model) : model_(model) {}

  Cost of(const ASTNode& node, const std::vector<std::string>& arguments) {
    constexpr int kDeepest = 1000;
    struct Level {
      int& depth;
      explicit Level(int& d) : depth(++d) {}
      ~Level() { --depth; }
    } level(depth_);
    Cost cost{1.0, std::vector<double>(arguments.size(), 0.0)};
    if (depth_ > kDeepest) cost.own = kMost;
    if (depth_ > kDeepest) return cost;
    const unsigned int count = node.getNumChildren();
    if (node.getType() == AST_NAME) {
      const auto found = std::find(arguments.begin(), arguments.end(), node.getName());
      if (found != arguments.end()) cost.uses[static_cast<std::size_t>(found - arguments.begin())] = 1.0;
    }
    if (node.getType() == AST_FUNCTION && node.getName() != nullptr) {
      const Cost body = of_definition(node.getName());
      cost.own = std::min(cost.own + body.own, kMost);
      for (unsigned int i = 0; i < count && i < body.uses.size(); ++i)
        cost.add(of(*node.getChild(i), arguments), body.uses[i]);
      return cost;
    }
    cost.own += static_cast<double>(count) * static_cast<double>(count);
    for (unsigned int i = 0; i < count; ++i) cost.add(of(*node.getChild(i), arguments), 1.0);
    return cost;
  }

 private:
  Cost of_definition(const std::string& id) {
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    const FunctionDefinition* definition = model_.getFunctionDefinition(id);
    if (definition == nullptr || definition->getBody() == nullptr) return {};
    if (!open_.insert(id).second) return {kMost, std::vector<double>(definition->getNumArguments(), 0.0)};
    std::vector<std::string> arguments;
    for (unsigned int i = 0; i < definition->getNumArguments(); ++i)
      arguments.emplace_back(definition->getArgument(i)->getName());
    Cost cost = of(*definition->getBody(), arguments);
    open_.erase(id);
    return known_[id] = std::move(cost);
  }

  const Model& model_;
  std::map<std::string, Cost> known_;
  std::set<std::string> open_;
  int depth_ = 0;
};

}  // namespace

double unit_check_cost(Model& model) {
  Estimate estimate(model);
  double cost = 0.0;
  const std::unique_ptr<List> elements(model.getAllElements());
  for (unsigned int i = 0; i < elements->getSize(); ++i) {
    const ASTNode* math = static_cast<const SBase*>(elements->get(i))->getMath();
    if (math != nullptr) cost += estimate.of(*math, {}).own;
  }
  return cost < kMost ? cost : std::numeric_limits<double>::infinity();
}

}  // namespace howship::sbml
