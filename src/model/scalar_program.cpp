#include "howship/model/scalar_program.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <Eigen/Core>

#include "model/operators.hpp"

namespace howship::model {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// `count` equal operations; results go to consecutive slots, operands are lists of slots: all a, all b, all c.
struct Batch {
  Op op = Op::constant;
  std::uint32_t to = 0, count = 0, operands = 0;
};

struct Placed {
  NodeId node = 0;
  std::uint32_t slot = 0;
};

bool is_costly(Op op) {
  return op == Op::power || op == Op::exponential || op == Op::logarithm;
}

constexpr std::uint32_t kWidth = 8;
using Lanes = Eigen::Array<double, kWidth, 1>;

// exp(b ln a) is right to |b ln a| ulp and, done for eight at once, much cheaper than pow; where a is not positive
// pow's own rules hold.
void powers(const double* table, const std::uint32_t* a, const std::uint32_t* b, std::uint32_t count, double* to) {
  if (count == 1) {
    to[0] = std::pow(table[a[0]], table[b[0]]);
    return;
  }
  for (std::uint32_t first = 0; first < count; first += kWidth) {
    const std::uint32_t width = std::min(kWidth, count - first);
    Lanes base = Lanes::Ones();
    Lanes exponent = Lanes::Zero();
    bool positive = true;
    for (std::uint32_t l = 0; l < width; ++l) {
      base[l] = table[a[first + l]];
      exponent[l] = table[b[first + l]];
      positive = positive && base[l] > 0.0;
    }
    const Lanes result = (exponent * base.log()).exp();
    for (std::uint32_t l = 0; l < width; ++l)
      to[first + l] = positive || base[l] > 0.0 ? result[l] : std::pow(base[l], exponent[l]);
  }
}

template <class One, class Eight>
void costly(const double* table, const std::uint32_t* a, std::uint32_t count, double* to, One&& one, Eight&& eight) {
  std::uint32_t first = 0;
  for (; first + 2 < count; first += kWidth) {
    const std::uint32_t width = std::min(kWidth, count - first);
    Lanes x = Lanes::Ones();
    for (std::uint32_t l = 0; l < width; ++l) x[l] = table[a[first + l]];
    const Lanes result = eight(x);
    for (std::uint32_t l = 0; l < width; ++l) to[first + l] = result[l];
  }
  for (; first < count; ++first) to[first] = one(table[a[first]]);
}

}  // namespace

struct ScalarProgram::Code {
  std::size_t size = 0, states = 0;  ///< of the table; slot 0 is time, then come the states
  std::vector<std::uint32_t> output_slots;
  std::vector<Batch> batches;
  std::vector<std::uint32_t> operands;
  // What depends on parameters alone: nodes in order, and those of them that batches and outputs read.
  std::vector<Node> parameter_nodes;
  std::vector<Placed> kept;  ///< node: index into parameter_nodes
};

namespace {

template <class Code>
class Scheduler {
 public:
  Scheduler(const Graph& graph, std::span<const NodeId> outputs, Code& code)
      : graph_(graph), needed_(graph.reachable(outputs)), slot_(graph.size(), kNone), code_(code) {
    place_leaves();
    place_parameters(outputs);
    schedule();
    for (const NodeId output : outputs) code_.output_slots.push_back(slot_[output]);
    code_.size = next_;
  }

 private:
  static std::array<NodeId, 3> operands_of(const Node& node) { return {node.a, node.b, node.c}; }

  void place_leaves() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!needed_[id]) continue;
      const Node& node = graph_[id];
      if (node.stage == Stage::voxel || node.op == Op::reduction)
        throw std::logic_error("ScalarProgram: an expression that needs tissue");
      if (node.op == Op::systemic) {
        slot_[id] = 1 + node.index;
        code_.states = std::max<std::size_t>(code_.states, node.index + 1);
      }
      if (node.op == Op::time) slot_[id] = 0;
    }
    next_ = static_cast<std::uint32_t>(1 + code_.states);
  }

  // The nodes of the parameter stage become a little program of their own, run once.
  void place_parameters(std::span<const NodeId> outputs) {
    std::vector<bool> read(graph_.size(), false);
    for (const NodeId output : outputs) read[output] = true;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!needed_[id] || graph_[id].stage != Stage::time) continue;
      for (int i = 0; i < operand_count(graph_[id].op); ++i) read[operands_of(graph_[id])[i]] = true;
    }
    std::vector<NodeId> place(graph_.size(), 0);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!needed_[id] || graph_[id].stage != Stage::parameter) continue;
      Node node = graph_[id];
      const int count = operand_count(node.op);
      if (count > 0) node.a = place[node.a];
      if (count > 1) node.b = place[node.b];
      if (count > 2) node.c = place[node.c];
      place[id] = static_cast<NodeId>(code_.parameter_nodes.size());
      code_.parameter_nodes.push_back(node);
      if (!read[id]) continue;
      slot_[id] = next_;
      code_.kept.push_back({place[id], next_++});
    }
  }

  // Cheap operations first, so that costly ones gather into large batches; among equals the kind with most that are
  // ready.
  void schedule() {
    std::vector<std::uint32_t> waits(graph_.size(), 0);
    std::vector<std::vector<NodeId>> users(graph_.size());
    std::array<std::vector<NodeId>, 256> ready;
    std::size_t left = 0;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Node& node = graph_[id];
      if (!needed_[id] || node.stage != Stage::time || operand_count(node.op) == 0) continue;
      ++left;
      for (int i = 0; i < operand_count(node.op); ++i) {
        const NodeId operand = operands_of(node)[i];
        if (slot_[operand] != kNone) continue;
        ++waits[id];
        users[operand].push_back(id);
      }
      if (waits[id] == 0) ready[static_cast<std::size_t>(node.op)].push_back(id);
    }
    while (left > 0) {
      std::size_t best = ready.size();
      for (std::size_t op = 0; op < ready.size(); ++op) {
        if (ready[op].empty()) continue;
        if (best == ready.size()) {
          best = op;
          continue;
        }
        const bool costly = is_costly(static_cast<Op>(op));
        const bool best_costly = is_costly(static_cast<Op>(best));
        if (costly != best_costly ? best_costly : ready[op].size() > ready[best].size()) best = op;
      }
      const std::vector<NodeId> nodes = std::move(ready[best]);
      ready[best].clear();
      left -= nodes.size();
      add_batch(static_cast<Op>(best), nodes);
      for (const NodeId node : nodes) {
        for (const NodeId user : users[node]) {
          if (--waits[user] == 0) ready[static_cast<std::size_t>(graph_[user].op)].push_back(user);
        }
      }
    }
  }

  void add_batch(Op op, const std::vector<NodeId>& nodes) {
    code_.batches.push_back(
        {op, next_, static_cast<std::uint32_t>(nodes.size()), static_cast<std::uint32_t>(code_.operands.size())});
    for (int i = 0; i < operand_count(op); ++i) {
      for (const NodeId node : nodes) code_.operands.push_back(slot_[operands_of(graph_[node])[i]]);
    }
    for (const NodeId node : nodes) slot_[node] = next_++;
  }

  const Graph& graph_;
  std::vector<bool> needed_;
  std::vector<std::uint32_t> slot_;
  std::uint32_t next_ = 0;
  Code& code_;
};

}  // namespace

ScalarProgram::ScalarProgram(const Graph& graph, std::span<const NodeId> outputs) {
  auto code = std::make_unique<Code>();
  const Scheduler<Code> scheduler(graph, outputs, *code);
  code_ = std::move(code);
}

ScalarProgram::~ScalarProgram() = default;
ScalarProgram::ScalarProgram(ScalarProgram&&) noexcept = default;
ScalarProgram& ScalarProgram::operator=(ScalarProgram&&) noexcept = default;

std::size_t ScalarProgram::output_count() const {
  return code_->output_slots.size();
}

ScalarProgram::Workspace ScalarProgram::workspace(std::span<const double> parameters) const {
  std::vector<double> values;
  values.reserve(code_->parameter_nodes.size());
  for (const Node& node : code_->parameter_nodes) {
    if (node.op == Op::constant) {
      values.push_back(node.value);
    } else if (node.op == Op::parameter) {
      values.push_back(parameters[node.index]);
    } else {
      const int count = operand_count(node.op);
      values.push_back(
          apply<double>(node.op, values[node.a], count > 1 ? values[node.b] : 0.0, count > 2 ? values[node.c] : 0.0));
    }
  }
  Workspace table(code_->size, 0.0);
  for (const Placed& kept : code_->kept) table[kept.slot] = values[kept.node];
  return table;
}

void ScalarProgram::run(Workspace& workspace, double time, const double* state, double* out) const {
  double* table = workspace.data();
  table[0] = time;
  for (std::size_t i = 0; i < code_->states; ++i) table[1 + i] = state[i];
  for (const Batch& batch : code_->batches) {
    const std::uint32_t* a = code_->operands.data() + batch.operands;
    const std::uint32_t* b = a + batch.count;
    double* to = table + batch.to;
    const std::uint32_t count = batch.count;
    const auto each = [&](auto&& operation) {
      for (std::uint32_t i = 0; i < count; ++i) to[i] = operation(i);
    };
    switch (batch.op) {
      case Op::add:
        each([&](std::uint32_t i) { return table[a[i]] + table[b[i]]; });
        break;
      case Op::subtract:
        each([&](std::uint32_t i) { return table[a[i]] - table[b[i]]; });
        break;
      case Op::multiply:
        each([&](std::uint32_t i) { return table[a[i]] * table[b[i]]; });
        break;
      case Op::divide:
        each([&](std::uint32_t i) { return table[a[i]] / table[b[i]]; });
        break;
      case Op::negate:
        each([&](std::uint32_t i) { return -table[a[i]]; });
        break;
      case Op::power:
        powers(table, a, b, count, to);
        break;
      case Op::exponential:
        costly(
            table, a, count, to, [](double x) { return std::exp(x); }, [](const Lanes& x) { return Lanes(x.exp()); });
        break;
      case Op::logarithm:
        costly(
            table, a, count, to, [](double x) { return std::log(x); }, [](const Lanes& x) { return Lanes(x.log()); });
        break;
      case Op::less:
        each([&](std::uint32_t i) { return table[a[i]] < table[b[i]] ? 1.0 : 0.0; });
        break;
      case Op::less_equal:
        each([&](std::uint32_t i) { return table[a[i]] <= table[b[i]] ? 1.0 : 0.0; });
        break;
      case Op::logical_and:
        each([&](std::uint32_t i) { return table[a[i]] != 0.0 && table[b[i]] != 0.0 ? 1.0 : 0.0; });
        break;
      case Op::logical_or:
        each([&](std::uint32_t i) { return table[a[i]] != 0.0 || table[b[i]] != 0.0 ? 1.0 : 0.0; });
        break;
      case Op::select: {
        const std::uint32_t* c = b + count;
        each([&](std::uint32_t i) { return table[a[i]] != 0.0 ? table[b[i]] : table[c[i]]; });
        break;
      }
      default: {  // rare in rates
        const int operands = operand_count(batch.op);
        const std::uint32_t* c = b + count;
        each([&](std::uint32_t i) {
          return apply<double>(batch.op, table[a[i]], operands > 1 ? table[b[i]] : 0.0,
                               operands > 2 ? table[c[i]] : 0.0);
        });
      }
    }
  }
  const std::uint32_t* slots = code_->output_slots.data();
  for (std::size_t o = 0; o < code_->output_slots.size(); ++o) out[o] = table[slots[o]];
}

}  // namespace howship::model
