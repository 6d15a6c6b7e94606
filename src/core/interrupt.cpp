#include "howship/core/interrupt.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace howship {
namespace {

// A signal handler can reach nothing but an object of static storage; arms side by side ask from threads of their own.
std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int signal) {
  if (interrupted.exchange(true)) std::_Exit(128 + signal);  // a second Ctrl-C means now
}

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted = false;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGUSR1, on_signal);
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGUSR1, SIG_DFL);
}

bool InterruptGuard::requested() const {
  return interrupted;
}

}  // namespace howship
