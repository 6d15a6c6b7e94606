#include "howship/core/interrupt.hpp"

#include <csignal>
#include <cstdlib>

namespace howship {
namespace {

// A signal handler can reach nothing but an object of static storage.
volatile std::sig_atomic_t interrupted = 0;

void on_signal(int signal) {
  if (interrupted != 0) std::_Exit(128 + signal);  // a second Ctrl-C means now
  interrupted = 1;
}

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted = 0;
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
  return interrupted != 0;
}

}  // namespace howship
