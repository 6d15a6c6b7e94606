#include "howship/model/expression.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "model/operators.hpp"

namespace howship::model {
namespace {

bool commutes(Op op) {
  return op == Op::add || op == Op::multiply || op == Op::equal || op == Op::logical_and || op == Op::logical_or;
}

Stage leaf_stage(Op op) {
  switch (op) {
    case Op::constant:
    case Op::parameter:
      return Stage::parameter;
    case Op::time:
    case Op::systemic:
    case Op::reduction:
      return Stage::time;
    default:
      return Stage::voxel;
  }
}

}  // namespace

int operand_count(Op op) {
  if (op <= Op::given) return 0;
  if (op <= Op::logical_or) return 2;
  return op == Op::select ? 3 : 1;
}

std::size_t Graph::KeyHash::operator()(const Key& key) const {
  std::size_t hash = static_cast<std::size_t>(key.op);
  for (const std::uint64_t part :
       {std::uint64_t{key.a}, std::uint64_t{key.b}, std::uint64_t{key.c}, std::uint64_t{key.index}, key.bits}) {
    hash = (hash ^ part) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 29U;
  }
  return hash;
}

NodeId Graph::intern(Node node) {
  const Key key{node.op, node.a, node.b, node.c, node.index, std::bit_cast<std::uint64_t>(node.value)};
  const auto [place, is_new] = index_.try_emplace(key, static_cast<NodeId>(nodes_.size()));
  if (is_new) {
    node.stage = leaf_stage(node.op);
    const int count = operand_count(node.op);
    if (count > 0) {
      node.stage = nodes_[node.a].stage;
      if (count > 1) node.stage = std::max(node.stage, nodes_[node.b].stage);
      if (count > 2) node.stage = std::max(node.stage, nodes_[node.c].stage);
    }
    nodes_.push_back(node);
  }
  return place->second;
}

bool Graph::is_constant(NodeId id, double value) const {
  return nodes_[id].op == Op::constant && nodes_[id].value == value;
}

NodeId Graph::constant(double value) {
  if (value == 0.0) value = 0.0;  // one zero, not two
  Node node;
  node.value = value;
  return intern(node);
}

NodeId Graph::leaf(Op op, std::uint32_t index) {
  Node node;
  node.op = op;
  node.index = index;
  return intern(node);
}

NodeId Graph::unary(Op op, NodeId a) {
  if (nodes_[a].op == Op::constant) {
    const double folded = apply<double>(op, nodes_[a].value, 0.0, 0.0);
    if (std::isfinite(folded)) return constant(folded);
  }
  if (op == Op::negate) {
    if (nodes_[a].op == Op::negate) return nodes_[a].a;
    if (nodes_[a].op == Op::subtract) return binary(Op::subtract, nodes_[a].b, nodes_[a].a);
  }
  Node node;
  node.op = op;
  node.a = a;
  return intern(node);
}

NodeId Graph::binary(Op op, NodeId a, NodeId b) {
  if (nodes_[a].op == Op::constant && nodes_[b].op == Op::constant) {
    const double folded = apply<double>(op, nodes_[a].value, nodes_[b].value, 0.0);
    if (std::isfinite(folded)) return constant(folded);
  }
  const auto negated = [&](NodeId id) { return nodes_[id].op == Op::negate; };
  switch (op) {
    case Op::add:
      if (is_constant(a, 0.0)) return b;
      if (is_constant(b, 0.0)) return a;
      if (negated(b)) return binary(Op::subtract, a, nodes_[b].a);
      if (negated(a)) return binary(Op::subtract, b, nodes_[a].a);
      break;
    case Op::subtract:
      if (a == b) return constant(0.0);
      if (is_constant(b, 0.0)) return a;
      if (is_constant(a, 0.0)) return unary(Op::negate, b);
      if (negated(b)) return binary(Op::add, a, nodes_[b].a);
      break;
    case Op::multiply:
      if (is_constant(a, 0.0) || is_constant(b, 0.0)) return constant(0.0);
      if (is_constant(a, 1.0)) return b;
      if (is_constant(b, 1.0)) return a;
      if (is_constant(a, -1.0)) return unary(Op::negate, b);
      if (is_constant(b, -1.0)) return unary(Op::negate, a);
      if (negated(a)) return unary(Op::negate, binary(Op::multiply, nodes_[a].a, b));
      if (negated(b)) return unary(Op::negate, binary(Op::multiply, a, nodes_[b].a));
      break;
    case Op::divide:
      // 0/x vanishes only where x is known not to.
      if (is_constant(a, 0.0) && nodes_[b].op == Op::constant && nodes_[b].value != 0.0) return a;
      if (is_constant(b, 1.0)) return a;
      if (negated(a)) return unary(Op::negate, binary(Op::divide, nodes_[a].a, b));
      break;
    case Op::power:
      if (is_constant(b, 0.0)) return constant(1.0);
      if (is_constant(b, 1.0)) return a;
      if (is_constant(b, 2.0)) return binary(Op::multiply, a, a);
      if (is_constant(b, 3.0)) return binary(Op::multiply, a, binary(Op::multiply, a, a));
      if (is_constant(b, 4.0)) {
        const NodeId square = binary(Op::multiply, a, a);
        return binary(Op::multiply, square, square);
      }
      if (is_constant(b, -1.0)) return binary(Op::divide, constant(1.0), a);
      if (is_constant(b, 0.5)) return unary(Op::square_root, a);
      break;
    case Op::maximum:
    case Op::minimum:
      if (a == b) return a;
      break;
    default:
      break;
  }
  if (commutes(op) && b < a) std::swap(a, b);
  Node node;
  node.op = op;
  node.a = a;
  node.b = b;
  return intern(node);
}

NodeId Graph::select(NodeId condition, NodeId yes, NodeId no) {
  if (nodes_[condition].op == Op::constant) return nodes_[condition].value != 0.0 ? yes : no;
  if (yes == no) return yes;
  Node node;
  node.op = Op::select;
  node.a = condition;
  node.b = yes;
  node.c = no;
  return intern(node);
}

std::vector<bool> Graph::reachable(std::span<const NodeId> roots) const {
  std::vector<bool> seen(nodes_.size(), false);
  for (const NodeId root : roots) seen[root] = true;
  for (std::size_t id = nodes_.size(); id-- > 0;) {
    if (!seen[id]) continue;
    const Node& node = nodes_[id];
    const int count = operand_count(node.op);
    if (count > 0) seen[node.a] = true;
    if (count > 1) seen[node.b] = true;
    if (count > 2) seen[node.c] = true;
  }
  return seen;
}

bool Graph::depends_on(NodeId root, Op leaf_kind) const {
  const std::vector<NodeId> found = leaves(root);
  return std::any_of(found.begin(), found.end(), [&](NodeId id) { return nodes_[id].op == leaf_kind; });
}

std::vector<NodeId> Graph::below(NodeId root) const {
  std::vector<NodeId> found{root};
  std::unordered_set<NodeId> seen{root};
  for (std::size_t next = 0; next < found.size(); ++next) {
    const Node& node = nodes_[found[next]];
    const std::array<NodeId, 3> operands{node.a, node.b, node.c};
    for (int i = 0; i < operand_count(node.op); ++i) {
      if (seen.insert(operands[static_cast<std::size_t>(i)]).second)
        found.push_back(operands[static_cast<std::size_t>(i)]);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<NodeId> Graph::leaves(NodeId root) const {
  std::vector<NodeId> found = below(root);
  std::erase_if(found, [this](NodeId id) { return operand_count(nodes_[id].op) > 0; });
  return found;
}

std::vector<NodeId> Graph::replaced(std::span<const NodeId> roots,
                                    std::span<const std::pair<NodeId, NodeId>> leaf_and_replacement) {
  const std::vector<bool> seen = reachable(roots);
  std::vector<NodeId> now(seen.size());
  for (NodeId id = 0; id < now.size(); ++id) now[id] = id;
  for (const auto& [leaf, replacement] : leaf_and_replacement) now[leaf] = replacement;
  for (NodeId id = 0; id < now.size(); ++id) {
    const Node node = nodes_[id];  // a copy: the vector grows below
    const int count = operand_count(node.op);
    if (!seen[id] || count == 0) continue;
    if (count == 1) now[id] = unary(node.op, now[node.a]);
    if (count == 2) now[id] = binary(node.op, now[node.a], now[node.b]);
    if (count == 3) now[id] = select(now[node.a], now[node.b], now[node.c]);
  }
  std::vector<NodeId> out;
  for (const NodeId root : roots) out.push_back(now[root]);
  return out;
}

// Where a positive part is cut off its slope is zero, whatever it is multiplied by, and that may be infinite there: the
// slope of the root in sqrt(max(x, 0)) below zero. So the factor goes into the branch that counts.
template <class Scale>
NodeId Graph::scaled(NodeId slope, const Scale& scale) {
  const Node node = nodes_[slope];  // a copy: the vector grows below
  const NodeId zero = constant(0.0);
  if (node.op != Op::select || (node.b != zero && node.c != zero)) return scale(slope);
  return select(node.a, node.b == zero ? zero : scaled(node.b, scale), node.c == zero ? zero : scaled(node.c, scale));
}

NodeId Graph::derivative(NodeId root, NodeId leaf) {
  // Only what lies below the root is looked at: the graph may be that of ten thousand species.
  const std::vector<NodeId> ids = below(root);
  const NodeId zero = constant(0.0);
  const NodeId one = constant(1.0);
  if (!std::binary_search(ids.begin(), ids.end(), leaf)) return zero;
  std::vector<NodeId> slopes(ids.size(), zero);
  const auto slope = [&](NodeId id) -> NodeId& {
    return slopes[static_cast<std::size_t>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin())];
  };
  for (const NodeId id : ids) {
    if (id == leaf) {
      slope(id) = one;
      continue;
    }
    const Node node = nodes_[id];  // a copy: the vector grows below
    const int count = operand_count(node.op);
    const NodeId da = count > 0 ? slope(node.a) : zero;
    const NodeId db = count > 1 ? slope(node.b) : zero;
    const NodeId dc = count > 2 ? slope(node.c) : zero;
    if (da == zero && db == zero && dc == zero) continue;
    const NodeId a = node.a;
    const NodeId b = node.b;
    NodeId d = zero;
    switch (node.op) {
      case Op::add:
        d = add(da, db);
        break;
      case Op::subtract:
        d = subtract(da, db);
        break;
      case Op::multiply:
        d = add(scaled(da, [&](NodeId x) { return multiply(x, b); }),
                scaled(db, [&](NodeId x) { return multiply(a, x); }));
        break;
      case Op::divide:  // (a/b)' = (a' - (a/b) b') / b keeps the quotient that is needed anyway
        d = db == zero ? scaled(da, [&](NodeId x) { return divide(x, b); }) : divide(subtract(da, multiply(id, db)), b);
        break;
      case Op::power:
        if (db == zero) {
          const NodeId factor = multiply(b, binary(Op::power, a, subtract(b, one)));
          d = scaled(da, [&](NodeId x) { return multiply(factor, x); });
        } else {
          const NodeId grown = multiply(db, unary(Op::logarithm, a));
          d = multiply(id, add(grown, divide(multiply(b, da), a)));
        }
        break;
      case Op::maximum:
        d = select(binary(Op::less, a, b), db, da);
        break;
      case Op::minimum:
        d = select(binary(Op::less, b, a), db, da);
        break;
      case Op::negate:
        d = scaled(da, [&](NodeId x) { return unary(Op::negate, x); });
        break;
      case Op::exponential:
        d = multiply(id, da);
        break;
      case Op::logarithm:
        d = divide(da, a);
        break;
      case Op::square_root:
        d = scaled(da, [&](NodeId x) { return divide(x, multiply(constant(2.0), id)); });
        break;
      case Op::absolute:
        d = select(binary(Op::less, a, zero), unary(Op::negate, da), da);
        break;
      case Op::sine:
        d = multiply(unary(Op::cosine, a), da);
        break;
      case Op::cosine:
        d = unary(Op::negate, multiply(unary(Op::sine, a), da));
        break;
      case Op::tangent:
        d = multiply(add(one, multiply(id, id)), da);
        break;
      case Op::arcsine:
        d = divide(da, unary(Op::square_root, subtract(one, multiply(a, a))));
        break;
      case Op::arccosine:
        d = unary(Op::negate, divide(da, unary(Op::square_root, subtract(one, multiply(a, a)))));
        break;
      case Op::arctangent:
        d = divide(da, add(one, multiply(a, a)));
        break;
      case Op::hyperbolic_sine:
        d = multiply(unary(Op::hyperbolic_cosine, a), da);
        break;
      case Op::hyperbolic_cosine:
        d = multiply(unary(Op::hyperbolic_sine, a), da);
        break;
      case Op::hyperbolic_tangent:
        d = multiply(subtract(one, multiply(id, id)), da);
        break;
      case Op::area_hyperbolic_sine:
        d = divide(da, unary(Op::square_root, add(multiply(a, a), one)));
        break;
      case Op::area_hyperbolic_cosine:
        d = divide(da, multiply(unary(Op::square_root, subtract(a, one)), unary(Op::square_root, add(a, one))));
        break;
      case Op::area_hyperbolic_tangent:
        d = divide(da, subtract(one, multiply(a, a)));
        break;
      case Op::select:
        d = select(a, db, dc);
        break;
      default:
        break;  // steps: zero almost everywhere
    }
    slope(id) = d;
  }
  return slopes.back();
}

long double evaluate(const Graph& graph, NodeId root, const Environment& environment) {
  const std::vector<bool> seen = graph.reachable({&root, 1});
  std::vector<long double> value(static_cast<std::size_t>(root) + 1, 0.0L);
  for (NodeId id = 0; id <= root; ++id) {
    if (!seen[id]) continue;
    const Node& node = graph[id];
    switch (node.op) {
      case Op::constant:
        value[id] = node.value;
        break;
      case Op::parameter:
        value[id] = environment.parameters.at(node.index);
        break;
      case Op::time:
        value[id] = environment.time;
        break;
      case Op::systemic:
        value[id] = environment.systemic.at(node.index);
        break;
      case Op::reduction:
        value[id] = environment.reductions.at(node.index);
        break;
      case Op::local:
        value[id] = environment.local.at(node.index);
        break;
      case Op::given:
        value[id] = environment.given.at(node.index);
        break;
      default:
        value[id] = apply<long double>(node.op, value[node.a], value[node.b], value[node.c]);
    }
  }
  return value[root];
}

}  // namespace howship::model
