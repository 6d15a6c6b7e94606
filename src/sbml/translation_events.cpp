#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sbml/document.hpp"
#include "sbml/toml.hpp"
#include "sbml/translation.hpp"

namespace howship::sbml {

void Translation::events() {
  for (unsigned int i = 0; i < model_.getNumEvents(); ++i) event(*model_.getEvent(i));
}

void Translation::event(const Event& event) {
  if (!event.isSetTrigger() || !event.getTrigger()->isSetMath()) return;  // never happens
  const Trigger& trigger = *event.getTrigger();
  const bool is_level_3 = event.getLevel() > 2;
  std::map<std::string, Rendered> values;  // by the document's id
  for (unsigned int i = 0; i < event.getNumEventAssignments(); ++i) {
    const EventAssignment& set = *event.getEventAssignment(i);
    if (!set.isSetMath()) continue;
    const Symbol* symbol = symbols_.find(set.getVariable());
    if (symbol == nullptr || symbol->role != Symbol::Role::state) {
      fault(set, fmt::format("'{}' is nothing that an event can set", set.getVariable()));
      continue;
    }
    values[symbol->id] = formula(set.getMath(), set);
  }
  if (values.empty()) return;
  std::vector<std::string> sets;
  for (const auto& [id, value] : values) {
    const Symbol& symbol = *symbols_.find(id);
    std::string text = value.text;
    // The size is that before the event, even where the event changes it too.
    if (symbol.keeps_amount) {
      text = product(value, size_of(*symbol.compartment));
      if (symbol.set_late) {
        unsupported(event,
                    fmt::format("sets the concentration of '{}' with a delay, to a value from before it, in a "
                                "compartment whose size changes by an event or a rule",
                                id),
                    "let the species be an amount");
      }
    }
    sets.push_back(fmt::format("{} = {}", symbol.state, in_quotes(text)));
  }
  const std::string wish = event.isSetId() ? event.getId() : "event";
  std::string text = fmt::format(
      "[events.{}]\ntitle = {}\nwhen = {}\nat_start = {}\npersistent = {}\nvalues_at = {}\n",
      stated(symbols_.names().make(wish), event), title_of(event, wish),
      in_quotes(formula(trigger.getMath(), event).text), !is_level_3 || trigger.getInitialValue(),
      !is_level_3 || trigger.getPersistent(),
      in_quotes(!event.isSetUseValuesFromTriggerTime() || event.getUseValuesFromTriggerTime() ? "trigger"
                                                                                              : "execution"));
  if (event.isSetDelay() && event.getDelay()->isSetMath())
    text += fmt::format("delay = {}\n", in_quotes(formula(event.getDelay()->getMath(), event).text));
  if (event.isSetPriority() && event.getPriority()->isSetMath())
    text += fmt::format("priority = {}\n", in_quotes(formula(event.getPriority()->getMath(), event).text));
  events_ += text + fmt::format("set = {{ {} }}\n\n", fmt::join(sets, ", "));
}

}  // namespace howship::sbml
