#include "sbml/circles.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace howship::sbml {
namespace {

/// Symbols that a formula names, functions and their arguments left out.
void collect(const ASTNode* formula, const Symbols& symbols, const std::set<std::string>& locals,
             std::vector<const Symbol*>& out) {
  std::vector<const ASTNode*> open{formula};
  while (!open.empty()) {
    const ASTNode* node = open.back();
    open.pop_back();
    if (node == nullptr || node->getType() == AST_FUNCTION_RATE_OF) continue;
    if (node->getType() == AST_NAME && !locals.contains(node->getName())) {
      if (const Symbol* symbol = symbols.find(node->getName())) out.push_back(symbol);
    }
    for (unsigned int i = 0; i < node->getNumChildren(); ++i) open.push_back(node->getChild(i));
  }
}

/// What must be known before a symbol's value is, at time zero.
std::vector<const Symbol*> needed(const Symbol& symbol, const Symbols& symbols) {
  std::vector<const Symbol*> out;
  if (symbol.is_assigned()) {
    collect(symbol.rule->getMath(), symbols, {}, out);
  } else if (symbol.initial != nullptr) {
    collect(symbol.initial->getMath(), symbols, {}, out);
  } else if (const auto* reaction = dynamic_cast<const Reaction*>(symbol.element)) {
    const KineticLaw* law = reaction->getKineticLaw();
    if (law == nullptr) return out;
    std::set<std::string> locals;
    for (unsigned int i = 0; i < law->getNumParameters(); ++i) locals.insert(law->getParameter(i)->getId());
    for (unsigned int i = 0; i < law->getNumLocalParameters(); ++i) locals.insert(law->getLocalParameter(i)->getId());
    collect(law->getMath(), symbols, locals, out);
  }
  return out;
}

}  // namespace

std::vector<Circle> circles(const Symbols& symbols) {
  enum class Mark { open, done };
  struct Frame {
    const Symbol* symbol;
    std::vector<const Symbol*> needs;
    std::size_t next = 0;
  };
  std::map<const Symbol*, Mark> marks;
  for (const Symbol* start : symbols.all()) {
    if (marks.contains(start)) continue;
    std::vector<Frame> path{{start, needed(*start, symbols)}};
    marks[start] = Mark::open;
    while (!path.empty()) {
      Frame& frame = path.back();
      if (frame.next == frame.needs.size()) {
        marks[frame.symbol] = Mark::done;
        path.pop_back();
        continue;
      }
      const Symbol* need = frame.needs[frame.next++];
      const auto mark = marks.find(need);
      if (mark == marks.end()) {
        marks[need] = Mark::open;
        path.push_back({need, needed(*need, symbols)});
      } else if (mark->second == Mark::open) {
        Circle circle;
        circle.element = need->rule != nullptr      ? static_cast<const SBase*>(need->rule)
                         : need->initial != nullptr ? need->initial
                                                    : need->element;
        const auto begin = std::find_if(path.begin(), path.end(), [need](const Frame& f) { return f.symbol == need; });
        for (auto it = begin; it != path.end(); ++it) circle.ids.push_back(it->symbol->id);
        circle.ids.push_back(need->id);
        return {circle};
      }
    }
  }
  return {};
}

}  // namespace howship::sbml
