#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "howship/core/error.hpp"
#include "howship/core/worker_team.hpp"

namespace howship {

/// The processes that share one run ("ranks", in the language of MPI), numbered from 0. A process that no launcher
/// (mpirun, srun) started is alone: then every operation below does nothing, and MPI is not even initialised.
/// Operations that all ranks must call, in the same order, say "all ranks". One thread only.
class Ranks {
 public:
  /// Alone.
  Ranks();
  /// Those that a launcher started with this one. Initialises MPI, and ends it when the object goes; once per process.
  /// @throws InputError if the launcher belongs to another MPI
  static Ranks launched();
  /// The number of this process among those, known without MPI: 0 if alone.
  static int launched_rank();
  ~Ranks();
  Ranks(Ranks&&) noexcept;

  int rank() const { return rank_; }
  int count() const { return count_; }
  bool first() const { return rank_ == 0; }
  bool alone() const { return count_ == 1; }
  /// How many of them run on this machine.
  int on_this_machine() const { return on_this_machine_; }
  /// This rank's share of the processors that it may run on.
  Threads threads() const { return threads_; }

  /// Each value becomes the largest over all ranks. None may be NaN. All ranks.
  void largest(std::span<double> values);
  /// Whether it is true on any rank. All ranks.
  bool any(bool here);
  /// Lines up what each rank has, in order of ranks. All ranks.
  /// @param counts  how much each rank has  @param everything  as much as all have
  void gather(std::span<const double> mine, std::span<const int> counts, std::span<double> everything);
  /// Everyone gets the values of one rank. All ranks.
  void broadcast(std::span<double> values, int from);
  void broadcast(std::string& text, int from);

  /// Returns when the other rank has taken it.
  void send(int to, std::span<const std::byte> bytes);
  void receive(int from, std::span<std::byte> bytes);

  /// Does the work, and if it throws on any rank, throws that (of the first such rank) on all. All ranks; the work
  /// itself must not call what all ranks must call.
  template <class Work>
  void together(Work&& work) {
    std::exception_ptr fault;
    try {
      work();
    } catch (...) {
      fault = std::current_exception();
    }
    agree(fault);
  }

  /// Messages on their way while other work goes on.
  class Messages {
   public:
    explicit Messages(Ranks& ranks);
    ~Messages();
    Messages(Messages&&) noexcept;
    /// What is given must stay until wait() returns.
    void send(int to, std::span<const double> values);
    void receive(int from, std::span<double> values);
    /// Helps them along; cheap.
    void progress();
    void wait();

   private:
    struct Requests;
    Ranks& ranks_;
    std::unique_ptr<Requests> requests_;
  };

  /// What this rank sent, and what it waited for.
  struct Traffic {
    std::uint64_t message_bytes = 0, gathered_bytes = 0;
    long messages = 0, meetings = 0;  ///< meetings: what all ranks called
    double seconds_waiting = 0.0;
  };
  const Traffic& traffic() const { return traffic_; }

  struct End {
    ExitCode code = ExitCode::ok;
    bool speaks = true;  ///< whether this rank is to print why
  };
  /// The end of the run, good or bad. All ranks; a rank that fails while another cannot come says why and ends all.
  End finish(ExitCode code, const std::string& message);

 private:
  struct Mpi;
  void agree(const std::exception_ptr& fault);
  void share_processors();

  int rank_ = 0, count_ = 1, on_this_machine_ = 1;
  Threads threads_ = Threads::available();
  Traffic traffic_;
  std::unique_ptr<Mpi> mpi_;  ///< null: alone
};

}  // namespace howship
