#include "arms_at_work.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "talk.hpp"

namespace howship::study {

void ArmsAtWork::all() {
  const int workers = std::min<int>(run_.options.arms_at_once, static_cast<int>(arms_.size()));
  const Threads threads{std::max(1, run_.options.threads.count / std::max(1, workers))};
  {
    std::vector<std::jthread> beside;
    for (int w = 1; w < workers; ++w) beside.emplace_back([this, threads] { work(threads, true); });
    work(threads, run_.options.quiet || !run_.ranks.first());
  }
  if (end_) std::rethrow_exception(end_);
  if (!failures_.empty()) throw NumericalError(failures());
}

void ArmsAtWork::work(Threads threads, bool silent) {
  ProgressLine progress(silent);
  try {
    for (std::size_t i = next_++; i < arms_.size() && !halt_; i = next_++) {
      if (is_complete(i)) {
        tidy_up(arms_[i].arm.id);  // whoever wrote that it is may have been killed before this
      } else {
        one(i, {threads, progress, halt_});
      }
    }
  } catch (...) {
    const std::lock_guard lock(desk_);
    if (!halt_.exchange(true)) end_ = std::current_exception();
  }
}

void ArmsAtWork::one(std::size_t i, const Workplace& workplace) {
  const std::string& id = arms_[i].arm.id;
  {
    const std::lock_guard lock(desk_);
    record_.arm_begins(i);
  }
  try {
    const ArmEnd end = run_arm(arms_[i], run_, workplace, from_checkpoint_);
    const std::lock_guard lock(desk_);
    record_.arm_ends(i, arms_[i], end.statistics, end.held, end.ledgers);
    tidy_up(id);
    const std::size_t held = end.held.size();
    say(run_.options,
        fmt::format("{:<18} done after {}{}", id, duration_text(watch_.seconds()),
                    held > 0 ? fmt::format("; {} dose{} held", held, held == 1 ? " was" : "s were") : ""));
  } catch (const NumericalError& error) {
    workplace.progress.end();
    const std::lock_guard lock(desk_);
    record_.arm_fails(i);
    say(run_.options, fmt::format("{:<18} failed after {}", id, duration_text(watch_.seconds())));
    failures_[i] = fmt::format("arm {}: {}", id, error.what());
  }
}

bool ArmsAtWork::is_complete(std::size_t i) {
  const std::lock_guard lock(desk_);
  return record_.is_complete(i);
}

// An arm that is complete needs no checkpoint.
void ArmsAtWork::tidy_up(const std::string& arm) const {
  if (!run_.ranks.first()) return;
  std::error_code ignored;
  for (const char* name : {"checkpoint.h5", "checkpoint.h5.part"})
    std::filesystem::remove(run_.folder / arm / name, ignored);
}

std::string ArmsAtWork::failures() const {
  std::string text;
  for (const auto& [i, failure] : failures_) text += (text.empty() ? "" : "\n") + failure;
  return text;
}

}  // namespace howship::study
