#pragma once

namespace howship {

/// While this lives, SIGINT, SIGTERM and SIGUSR1 set a flag instead of ending the process. The last is for launchers:
/// mpirun passes it on as it is, and gives a process that it ends itself no time to save anything.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool requested() const;
};

}  // namespace howship
