#include "howship/model/program.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include <Eigen/Core>

#include "model/operators.hpp"

namespace howship::model {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// One operation; operands and destination are slots: of the scalar table, or of the pointer table of a block. Two
/// arithmetic operations of which the second alone reads the first are one instruction, and what is between them never
/// leaves the processor's registers: to = second(op(a, b), c).
struct Instruction {
  enum class Second : std::uint8_t { none, add, subtract, subtract_from, multiply, divide, divide_into };
  Op op = Op::constant;
  Second second = Second::none;
  std::uint8_t pair = 0;  ///< index of the kernel of both
  std::uint32_t to = 0, a = 0, b = 0, c = 0;
};
using Second = Instruction::Second;

// Arithmetic by the pair, for W lanes. A product and a sum may be rounded together here (the compiler's choice), so a
// field and a single point may differ in the last digit.
constexpr std::array kFirst{Op::add, Op::subtract, Op::multiply, Op::divide};
constexpr std::array kSecond{Second::add,      Second::subtract, Second::subtract_from,
                             Second::multiply, Second::divide,   Second::divide_into};

using PairKernel = void (*)(double* to, const double* a, const double* b, const double* c);

template <int W, Op first, Second second>
void run_pair(double* to_lanes, const double* a_lanes, const double* b_lanes, const double* c_lanes) {
  using Lanes = Eigen::Array<double, W, 1>;
  const Eigen::Map<const Lanes> a(a_lanes);
  const Eigen::Map<const Lanes> b(b_lanes);
  const Eigen::Map<const Lanes> c(c_lanes);
  Eigen::Map<Lanes> to(to_lanes);
  const auto finish = [&](const auto& between) {
    if constexpr (second == Second::add) to = between + c;
    if constexpr (second == Second::subtract) to = between - c;
    if constexpr (second == Second::subtract_from) to = c - between;
    if constexpr (second == Second::multiply) to = between * c;
    if constexpr (second == Second::divide) to = between / c;
    if constexpr (second == Second::divide_into) to = c / between;
  };
  if constexpr (first == Op::add) finish(a + b);
  if constexpr (first == Op::subtract) finish(a - b);
  if constexpr (first == Op::multiply) finish(a * b);
  if constexpr (first == Op::divide) finish(a / b);
}

template <int W, std::size_t... I>
constexpr std::array<PairKernel, sizeof...(I)> pair_kernels(std::index_sequence<I...>) {
  return {run_pair<W, kFirst[I / kSecond.size()], kSecond[I % kSecond.size()]>...};
}
template <int W>
constexpr auto kPairs = pair_kernels<W>(std::make_index_sequence<kFirst.size() * kSecond.size()>());

bool is_arithmetic(Op op) {
  return std::find(kFirst.begin(), kFirst.end(), op) != kFirst.end();
}

std::size_t pair_index(const Instruction& step) {
  const auto first = static_cast<std::size_t>(std::find(kFirst.begin(), kFirst.end(), step.op) - kFirst.begin());
  return first * kSecond.size() + static_cast<std::size_t>(step.second) - 1;
}

struct Leaf {
  Op op = Op::constant;
  std::uint32_t index = 0;
  std::uint32_t slot = 0;
};

struct ScalarConstant {
  std::uint32_t slot = 0;
  double value = 0.0;
};

struct Broadcast {
  std::uint32_t scalar = 0;  ///< slot of the scalar table
  std::uint32_t slot = 0;    ///< slot of the pointer table
};

/// An output that is not written by an instruction of its own.
struct Copy {
  std::uint32_t output = 0;
  std::uint32_t slot = 0;
};

template <int W>
void execute(const std::vector<Instruction>& code, double* const* slots) {
  using Lanes = Eigen::Array<double, W, 1>;
  using In = Eigen::Map<const Lanes>;
  using Out = Eigen::Map<Lanes>;
  for (const Instruction& step : code) {
    if (step.second != Second::none) {
      kPairs<W>[step.pair](slots[step.to], slots[step.a], slots[step.b], slots[step.c]);
      continue;
    }
    Out to(slots[step.to]);
    const In a(slots[step.a]);
    const In b(slots[step.b]);
    switch (step.op) {
      case Op::add:
        to = a + b;
        break;
      case Op::subtract:
        to = a - b;
        break;
      case Op::multiply:
        to = a * b;
        break;
      case Op::divide:
        to = a / b;
        break;
      case Op::power:  // exp(b ln a) is twice as fast as pow and right to |b ln a| ulp; the sign rules are pow's
        if ((a > 0.0).all()) {
          to = (b * a.log()).exp();
        } else {
          to = a.pow(b);
        }
        break;
      case Op::maximum:
        to = (a < b || b != b).select(b, a);
        break;
      case Op::minimum:
        to = (b < a || b != b).select(b, a);
        break;
      case Op::less:
        to = (a < b).template cast<double>();
        break;
      case Op::less_equal:
        to = (a <= b).template cast<double>();
        break;
      case Op::equal:
        to = (a == b).template cast<double>();
        break;
      case Op::logical_and:
        to = (a != 0.0 && b != 0.0).template cast<double>();
        break;
      case Op::logical_or:
        to = (a != 0.0 || b != 0.0).template cast<double>();
        break;
      case Op::negate:
        to = -a;
        break;
      case Op::logical_not:
        to = (a == 0.0).template cast<double>();
        break;
      case Op::exponential:
        to = a.exp();
        break;
      case Op::logarithm:
        to = a.log();
        break;
      case Op::square_root:
        to = a.sqrt();
        break;
      case Op::absolute:
        to = a.abs();
        break;
      case Op::select:
        to = (a != 0.0).select(b, In(slots[step.c]));
        break;
      default:  // rare in rates: one lane at a time
        for (int lane = 0; lane < W; ++lane) to[lane] = apply<double>(step.op, a[lane], b[lane], 0.0);
    }
  }
}

}  // namespace

struct Program::Code {
  std::vector<NodeId> outputs;
  std::vector<Stage> stages;

  // Scalar table: constants, parameters, time-stage leaves and results.
  std::size_t scalar_slots = 0;
  std::vector<ScalarConstant> constants;
  std::vector<Leaf> parameter_leaves, time_leaves;
  std::vector<Instruction> parameter_code, time_code;
  std::vector<std::uint32_t> output_scalar;  ///< per output, or kNone

  // Pointer table of a block: inputs, then broadcast scalars, then registers, then outputs.
  std::vector<Leaf> inputs;
  std::vector<Broadcast> broadcasts;
  std::uint32_t first_register = 0, registers = 0, first_output = 0, slots = 0;
  std::vector<Instruction> voxel_code;
  std::vector<Copy> copies;
};

struct Program::Workspace::Registers {
  int lanes = 0;
  std::vector<double> scalars;
  std::vector<double, Eigen::aligned_allocator<double>> memory;  ///< broadcasts, then registers
  std::vector<double*> slots;
};

namespace {

/// Turns expressions into code. Registers are handed out in node order and freed at their last use.
class Compiler {
 public:
  explicit Compiler(const Graph& graph) : graph_(graph) {}

  template <class Code>
  void run(Code& code) {
    const std::vector<bool> needed = graph_.reachable(code.outputs);
    scalar_.assign(graph_.size(), kNone);
    slot_.assign(graph_.size(), kNone);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (needed[id] && graph_[id].stage != Stage::voxel) place_scalar(code, id);
    }
    place_voxel_leaves(code, needed);
    allocate(code, needed);
    for (std::size_t o = 0; o < code.outputs.size(); ++o) {
      code.stages.push_back(graph_[code.outputs[o]].stage);
      code.output_scalar.push_back(scalar_[code.outputs[o]]);
    }
  }

 private:
  template <class Code>
  void place_scalar(Code& code, NodeId id) {
    const Node& node = graph_[id];
    const auto slot = static_cast<std::uint32_t>(code.scalar_slots++);
    scalar_[id] = slot;
    if (node.op == Op::constant) {
      code.constants.push_back({slot, node.value});
    } else if (operand_count(node.op) == 0) {
      (node.op == Op::parameter ? code.parameter_leaves : code.time_leaves).push_back({node.op, node.index, slot});
    } else {
      (node.stage == Stage::parameter ? code.parameter_code : code.time_code)
          .push_back(instruction(node, slot, scalar_));
    }
  }

  template <class Code>
  void place_voxel_leaves(Code& code, const std::vector<bool>& needed) {
    std::vector<bool> spread(graph_.size(), false);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Node& node = graph_[id];
      if (!needed[id] || node.stage != Stage::voxel) continue;
      const int count = operand_count(node.op);
      if (count == 0) {
        slot_[id] = static_cast<std::uint32_t>(code.inputs.size());
        code.inputs.push_back({node.op, node.index, slot_[id]});
      }
      if (count > 0) spread[node.a] = true;
      if (count > 1) spread[node.b] = true;
      if (count > 2) spread[node.c] = true;
    }
    for (const NodeId output : code.outputs) spread[output] = true;
    auto next = static_cast<std::uint32_t>(code.inputs.size());
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!spread[id] || scalar_[id] == kNone) continue;
      slot_[id] = next;
      code.broadcasts.push_back({scalar_[id], next++});
    }
    code.first_register = next;
  }

  /// Finds arithmetic that only another arithmetic operation reads: absorbed_[first] is the second, taken_[second] the
  /// first.
  template <class Code>
  void pair_up(const Code& code, const std::vector<bool>& needed) {
    std::vector<std::uint32_t> uses(graph_.size(), 0);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!needed[id] || graph_[id].stage != Stage::voxel) continue;
      for (const NodeId operand : operands(id)) ++uses[operand];
    }
    for (const NodeId output : code.outputs) uses[output] += 2;
    absorbed_.assign(graph_.size(), kNone);
    taken_.assign(graph_.size(), kNone);
    const auto can_be_first = [&](NodeId id) {
      const Node& node = graph_[id];
      return node.stage == Stage::voxel && is_arithmetic(node.op) && uses[id] == 1 && taken_[id] == kNone;
    };
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Node& node = graph_[id];
      if (!needed[id] || node.stage != Stage::voxel || !is_arithmetic(node.op)) continue;
      const NodeId first = can_be_first(node.a) ? node.a : node.b;
      if (!can_be_first(first)) continue;
      taken_[id] = first;
      absorbed_[first] = id;
    }
  }

  /// The nodes that the instruction of a node reads.
  std::vector<NodeId> operands(NodeId id) const {
    const Node& node = graph_[id];
    const int count = operand_count(node.op);
    std::vector<NodeId> all;
    if (count > 0) all.push_back(node.a);
    if (count > 1) all.push_back(node.b);
    if (count > 2) all.push_back(node.c);
    return all;
  }
  std::vector<NodeId> paired_operands(NodeId id) const {
    if (taken_[id] == kNone) return operands(id);
    const NodeId first = taken_[id];
    return {graph_[first].a, graph_[first].b, other_operand(id)};
  }
  NodeId other_operand(NodeId id) const {
    const Node& node = graph_[id];
    return node.a == taken_[id] ? node.b : node.a;
  }

  Instruction paired_instruction(NodeId id, std::uint32_t to) const {
    const Node& node = graph_[id];
    if (taken_[id] == kNone) return instruction(node, to, slot_);
    const Node& first = graph_[taken_[id]];
    const bool left = node.a == taken_[id];
    Instruction step{first.op, Second::none, 0, to, slot_[first.a], slot_[first.b], slot_[other_operand(id)]};
    if (node.op == Op::add) step.second = Second::add;
    if (node.op == Op::subtract) step.second = left ? Second::subtract : Second::subtract_from;
    if (node.op == Op::multiply) step.second = Second::multiply;
    if (node.op == Op::divide) step.second = left ? Second::divide : Second::divide_into;
    step.pair = static_cast<std::uint8_t>(pair_index(step));
    return step;
  }

  template <class Code>
  void allocate(Code& code, const std::vector<bool>& needed) {
    pair_up(code, needed);
    std::vector<NodeId> last_use(graph_.size(), 0);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!needed[id] || graph_[id].stage != Stage::voxel || absorbed_[id] != kNone) continue;
      for (const NodeId operand : paired_operands(id)) last_use[operand] = id;
    }
    // Output slots come last, and where they begin is known only when all registers are handed out: they are marked
    // until then.
    constexpr std::uint32_t kOutputMark = 1U << 31U;
    std::vector<bool> written(code.outputs.size(), false);
    std::vector<std::uint32_t> output_of(graph_.size(), kNone);
    for (std::uint32_t o = 0; o < code.outputs.size(); ++o) {
      const Node& node = graph_[code.outputs[o]];
      if (node.stage == Stage::voxel && operand_count(node.op) > 0 && output_of[code.outputs[o]] == kNone) {
        output_of[code.outputs[o]] = o;
        written[o] = true;
      }
    }
    std::vector<std::uint32_t> free_registers;
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Node& node = graph_[id];
      const int count = operand_count(node.op);
      if (!needed[id] || node.stage != Stage::voxel || count == 0 || absorbed_[id] != kNone) continue;
      std::uint32_t target = 0;
      if (output_of[id] != kNone) {
        target = kOutputMark + output_of[id];
      } else if (!free_registers.empty()) {
        target = free_registers.back();
        free_registers.pop_back();
      } else {
        target = code.first_register + code.registers++;
      }
      slot_[id] = target;
      code.voxel_code.push_back(paired_instruction(id, target));
      const auto release = [&](NodeId operand) {
        const std::uint32_t slot = slot_[operand];
        const bool is_register = slot >= code.first_register && slot < kOutputMark;
        if (is_register && last_use[operand] == id &&
            std::find(free_registers.begin(), free_registers.end(), slot) == free_registers.end()) {
          free_registers.push_back(slot);
        }
      };
      for (const NodeId operand : paired_operands(id)) release(operand);
    }
    code.first_output = code.first_register + code.registers;
    code.slots = code.first_output + static_cast<std::uint32_t>(code.outputs.size());
    const auto settle = [&](std::uint32_t& slot) {
      if (slot != kNone && slot >= kOutputMark) slot = slot - kOutputMark + code.first_output;
    };
    for (Instruction& step : code.voxel_code) {
      settle(step.to);
      settle(step.a);
      settle(step.b);
      settle(step.c);
    }
    for (std::uint32_t o = 0; o < code.outputs.size(); ++o) {
      if (written[o]) continue;
      std::uint32_t from = slot_[code.outputs[o]];
      settle(from);
      code.copies.push_back({o, from});
    }
  }

  static Instruction instruction(const Node& node, std::uint32_t to, const std::vector<std::uint32_t>& slot) {
    const int count = operand_count(node.op);
    const std::uint32_t a = slot[node.a];
    return {node.op, Second::none, 0, to, a, count > 1 ? slot[node.b] : a, count > 2 ? slot[node.c] : a};
  }

  const Graph& graph_;
  std::vector<std::uint32_t> scalar_, slot_;
  std::vector<NodeId> absorbed_, taken_;
};

void run_scalar_code(const std::vector<Instruction>& code, std::vector<double>& table) {
  for (const Instruction& step : code)
    table[step.to] = apply<double>(step.op, table[step.a], table[step.b], table[step.c]);
}

}  // namespace

Program::Program(const Graph& graph, std::vector<NodeId> outputs) {
  auto code = std::make_unique<Code>();
  code->outputs = std::move(outputs);
  Compiler(graph).run(*code);
  code_ = std::move(code);
}

Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

std::size_t Program::output_count() const {
  return code_->outputs.size();
}
Stage Program::stage(std::size_t output) const {
  return code_->stages.at(output);
}
std::size_t Program::instruction_count() const {
  return code_->voxel_code.size();
}

Program::Workspace::Workspace(std::unique_ptr<Registers> registers) : registers_(std::move(registers)) {}
Program::Workspace::~Workspace() = default;
Program::Workspace::Workspace(Workspace&&) noexcept = default;
Program::Workspace& Program::Workspace::operator=(Workspace&&) noexcept = default;

Program::Workspace Program::workspace(int lanes, std::span<const double> parameters) const {
  if (lanes != kBlock && lanes != kSmall) throw std::logic_error("Program::workspace: lanes must be kBlock or kSmall");
  auto registers = std::make_unique<Workspace::Registers>();
  registers->lanes = lanes;
  registers->scalars.assign(code_->scalar_slots, 0.0);
  for (const auto& [slot, value] : code_->constants) registers->scalars[slot] = value;
  for (const Leaf& leaf : code_->parameter_leaves) registers->scalars[leaf.slot] = parameters[leaf.index];
  run_scalar_code(code_->parameter_code, registers->scalars);

  registers->slots.assign(code_->slots, nullptr);
  registers->memory.assign((code_->broadcasts.size() + code_->registers) * static_cast<std::size_t>(lanes), 0.0);
  double* next = registers->memory.data();
  for (const Broadcast& broadcast : code_->broadcasts) {
    registers->slots[broadcast.slot] = next;
    next += lanes;
  }
  for (std::uint32_t r = 0; r < code_->registers; ++r) {
    registers->slots[code_->first_register + r] = next;
    next += lanes;
  }
  return Workspace(std::move(registers));
}

void Program::prepare(Workspace& workspace, const Scalars& scalars) const {
  auto& registers = *workspace.registers_;
  for (const Leaf& leaf : code_->time_leaves) {
    double& slot = registers.scalars[leaf.slot];
    if (leaf.op == Op::time) slot = scalars.time;
    if (leaf.op == Op::systemic) slot = scalars.systemic[leaf.index];
    if (leaf.op == Op::reduction) slot = scalars.reductions[leaf.index];
  }
  run_scalar_code(code_->time_code, registers.scalars);
  for (const Broadcast& broadcast : code_->broadcasts) {
    std::fill_n(registers.slots[broadcast.slot], registers.lanes, registers.scalars[broadcast.scalar]);
  }
}

void Program::run(Workspace& workspace, FieldView local, FieldView given, std::size_t first,
                  MutableFieldView out) const {
  auto& registers = *workspace.registers_;
  for (const Leaf& leaf : code_->inputs) {
    const FieldView& from = leaf.op == Op::local ? local : given;
    // Inputs are only ever read: the pointer table has one type for all slots.
    registers.slots[leaf.slot] = const_cast<double*>(from.data) + leaf.index * from.stride + first;
  }
  for (std::uint32_t o = 0; o < code_->outputs.size(); ++o)
    registers.slots[code_->first_output + o] = out.data + o * out.stride;
  if (registers.lanes == kBlock) {
    execute<kBlock>(code_->voxel_code, registers.slots.data());
  } else {
    execute<kSmall>(code_->voxel_code, registers.slots.data());
  }
  for (const Copy& copy : code_->copies)
    std::copy_n(registers.slots[copy.slot], registers.lanes, out.data + copy.output * out.stride);
}

void Program::scalars(const Workspace& workspace, std::span<double> out) const {
  for (std::size_t o = 0; o < code_->outputs.size(); ++o) {
    if (code_->output_scalar[o] == kNone)
      throw std::logic_error("Program::scalars: an output varies from voxel to voxel");
    out[o] = workspace.registers_->scalars[code_->output_scalar[o]];
  }
}

}  // namespace howship::model
