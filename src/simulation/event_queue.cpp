#include "simulation/event_queue.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/error.hpp"

namespace howship::simulation {
namespace {

constexpr std::size_t kCondition = 0, kDelay = 1, kPriority = 2, kValues = 3;

}  // namespace

EventQueue::EventQueue(const model::Kinetics& kinetics, std::span<const double> parameters)
    : model_(kinetics.model()),
      conditions_(kinetics.events().conditions),
      program_(kinetics.events().all),
      conditions_workspace_(conditions_.workspace(model::Program::kSmall, parameters)),
      workspace_(program_.workspace(model::Program::kSmall, parameters)),
      outputs_(program_.output_count()),
      no_reductions_(kinetics.model().reductions.size(), 0.0) {
  std::size_t next = 0;
  for (const model::Event& event : model_.events) {
    first_.push_back(next);
    next += kValues + event.set.size();
  }
  reset();
}

void EventQueue::reset() {
  holds_.clear();
  for (const model::Event& event : model_.events) holds_.push_back(event.at_start);
  pending_.clear();
  triggered_ = 0;
  draws_ = 0;
  crowded_ = 0;
  last_ = 0.0;
}

void EventQueue::take_up(double time, std::span<const double> systemic) {
  if (model_.events.empty()) return;
  evaluate(time, systemic);
  for (std::size_t e = 0; e < model_.events.size(); ++e) holds_[e] = outputs_[first_[e] + kCondition] != 0.0;
}

void EventQueue::evaluate(double time, std::span<const double> systemic) {
  program_.prepare(workspace_, {time, systemic, no_reductions_});
  program_.scalars(workspace_, outputs_);
}

std::vector<double> EventQueue::values_of(std::size_t event) const {
  const auto begin = outputs_.begin() + static_cast<std::ptrdiff_t>(first_[event] + kValues);
  return {begin, begin + static_cast<std::ptrdiff_t>(model_.events[event].set.size())};
}

void EventQueue::look(double time, std::span<const double> systemic) {
  evaluate(time, systemic);
  for (std::size_t e = 0; e < model_.events.size(); ++e) {
    const model::Event& event = model_.events[e];
    const bool now = outputs_[first_[e] + kCondition] != 0.0;
    if (!now && !event.persistent) std::erase_if(pending_, [e](const Pending& p) { return p.event == e; });
    if (now && !holds_[e]) {
      const double delay = event.delay ? outputs_[first_[e] + kDelay] : 0.0;
      if (!(delay >= 0.0)) {
        throw NumericalError(fmt::format("the delay of event '{}' is {} on day {:.6g}; it must be zero or positive",
                                         event.id, delay, time));
      }
      pending_.push_back(
          {e, time + delay, triggered_++, event.values_at_trigger ? values_of(e) : std::vector<double>{}});
    }
    holds_[e] = now;
  }
}

// A number as good as random that depends on how many were drawn before (Steele, Lea and Flood 2014, SplitMix64).
std::uint64_t EventQueue::draw(std::uint64_t below) {
  std::uint64_t x = ++draws_ * 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return (x ^ (x >> 31U)) % below;
}

std::optional<std::size_t> EventQueue::next_due(double time) {
  std::optional<std::size_t> best;
  std::uint64_t equal = 1;  ///< of those seen so far that share the highest priority
  const auto priority = [&](const Pending& p) {
    return model_.events[p.event].priority ? outputs_[first_[p.event] + kPriority] : 0.0;
  };
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (pending_[i].time > time) continue;
    if (!best || priority(pending_[i]) > priority(pending_[*best])) {
      best = i;
      equal = 1;
    } else if (model_.random_event_order && priority(pending_[i]) == priority(pending_[*best]) && draw(++equal) == 0) {
      best = i;
    }
  }
  return best;
}

bool EventQueue::due(double time, std::span<const double> systemic) {
  if (model_.events.empty()) return false;
  look(time, systemic);
  return std::any_of(pending_.begin(), pending_.end(), [time](const Pending& p) { return p.time <= time; });
}

bool EventQueue::update(double time, std::span<double> systemic) {
  if (model_.events.empty()) return false;
  constexpr std::size_t kMost = 10'000;
  // A ball that bounces ever lower never gets past an instant either.
  if (time - last_ > 1e-9 * std::max(1.0, time)) crowded_ = 0;
  bool any = false;
  look(time, systemic);
  for (;; ++crowded_) {
    const auto next = next_due(time);
    if (!next) return any;
    last_ = time;
    const Pending pending = pending_[*next];
    const model::Event& event = model_.events[pending.event];
    if (crowded_ == kMost) {
      throw NumericalError(
          fmt::format("event '{}' and others keep following each other on day {:.6g}; look at the "
                      "conditions that they make true for each other",
                      event.id, time));
    }
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(*next));
    const std::vector<double> values = event.values_at_trigger ? pending.values : values_of(pending.event);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const model::Species& species = model_.species[event.set[i].species];
      if (!std::isfinite(values[i])) {
        throw NumericalError(fmt::format("event '{}' sets {} to {} on day {:.6g}; its formula is {}", event.id,
                                         species.id, values[i], time, event.set[i].text));
      }
      systemic[species.slot] = values[i];
      any = true;
    }
    look(time, systemic);
  }
}

std::optional<double> EventQueue::next_time() const {
  std::optional<double> next;
  for (const Pending& pending : pending_) next = std::min(next.value_or(pending.time), pending.time);
  return next;
}

void EventQueue::exchange(Archive& archive) {
  if (model_.events.empty()) return;
  std::vector<double> holds(holds_.begin(), holds_.end());
  archive.exchange("events/holds", std::span(holds));
  archive.number("events/triggered", triggered_);
  archive.number("events/crowded", crowded_);
  archive.number("events/last", last_);
  archive.number("events/draws", draws_);
  std::size_t waiting = pending_.size();
  archive.number("events/waiting", waiting);
  pending_.resize(waiting);
  for (std::size_t i = 0; i < waiting; ++i) {
    Pending& pending = pending_[i];
    const std::string name = fmt::format("events/waiting_{}/", i);
    archive.number(name + "event", pending.event);
    archive.number(name + "time", pending.time);
    archive.number(name + "order", pending.order);
    archive.exchange(name + "values", pending.values);
    if (pending.event >= model_.events.size())
      throw InputError("the checkpoint holds an event that the model does not");
  }
  for (std::size_t e = 0; e < holds.size(); ++e) holds_[e] = holds[e] != 0.0;
}

void EventQueue::signs(double time, std::span<const double> systemic, double* out) {
  if (model_.events.empty()) return;
  conditions_.prepare(conditions_workspace_, {time, systemic, no_reductions_});
  conditions_.scalars(conditions_workspace_, std::span(outputs_).first(model_.events.size()));
  for (std::size_t e = 0; e < model_.events.size(); ++e) out[e] = outputs_[e] != 0.0 ? 1.0 : -1.0;
}

}  // namespace howship::simulation
