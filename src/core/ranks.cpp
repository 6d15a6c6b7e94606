#include "howship/core/ranks.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <thread>

#include <fmt/format.h>

// The C interface is enough; the C++ one was withdrawn from the standard.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include "howship/core/stopwatch.hpp"

#include "core/shared_fault.hpp"

namespace howship {
namespace {

constexpr int kTag = 1;

const char* first_of(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name)) return value;
  }
  return nullptr;
}

const char* launched_count() {
  return first_of({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"});
}
bool has_launcher() {
  return launched_count() != nullptr || std::getenv("PMIX_RANK") != nullptr;
}

// MPI counts in int.
template <class Value, class Transfer>
void in_pieces(std::span<Value> values, Transfer&& transfer) {
  constexpr std::size_t kPiece = std::size_t{1} << 28U;
  for (std::size_t begin = 0; begin < values.size(); begin += kPiece) {
    const std::size_t count = std::min(kPiece, values.size() - begin);
    transfer(values.data() + begin, static_cast<int>(count));
  }
}

}  // namespace

struct Ranks::Mpi {
  // The end is agreed upon apart from everything else, since a rank may be anywhere when another fails.
  MPI_Comm work = MPI_COMM_NULL, end = MPI_COMM_NULL;

  Mpi() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &work);
    MPI_Comm_dup(MPI_COMM_WORLD, &end);
  }
  ~Mpi() {
    MPI_Comm_free(&work);
    MPI_Comm_free(&end);
    MPI_Finalize();
  }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;
};

Ranks::Ranks() = default;
Ranks::~Ranks() = default;
Ranks::Ranks(Ranks&&) noexcept = default;

int Ranks::launched_rank() {
  const char* rank = first_of({"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"});
  return rank == nullptr ? 0 : std::max(0, std::atoi(rank));
}

Ranks Ranks::launched() {
  Ranks ranks;
  if (!has_launcher()) return ranks;
  ranks.mpi_ = std::make_unique<Mpi>();
  MPI_Comm_rank(ranks.mpi_->work, &ranks.rank_);
  MPI_Comm_size(ranks.mpi_->work, &ranks.count_);
  const char* said = launched_count();
  if ((said != nullptr && std::atoi(said) != ranks.count_) || ranks.rank_ != launched_rank()) {
    throw InputError(
        fmt::format("the launcher started {} processes, and MPI sees {}", said == nullptr ? "?" : said, ranks.count_),
        "take the mpirun of the MPI that Howship was built with (Debian: openmpi-bin)");
  }
  ranks.share_processors();
  return ranks;
}

// Ranks that may run on the same processors share them.
void Ranks::share_processors() {
  MPI_Comm machine = MPI_COMM_NULL;
  MPI_Comm_split_type(mpi_->work, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &machine);
  MPI_Comm_size(machine, &on_this_machine_);
  cpu_set_t mine;
  CPU_ZERO(&mine);
  if (::sched_getaffinity(0, sizeof(mine), &mine) == 0) {
    std::vector<cpu_set_t> all(static_cast<std::size_t>(on_this_machine_));
    MPI_Allgather(&mine, sizeof(mine), MPI_BYTE, all.data(), sizeof(mine), MPI_BYTE, machine);
    const auto same = std::count_if(all.begin(), all.end(),
                                    [&mine](const cpu_set_t& other) { return CPU_EQUAL(&mine, &other) != 0; });
    threads_.count = std::max(1, CPU_COUNT(&mine) / static_cast<int>(same));
  }
  MPI_Comm_free(&machine);
}

void Ranks::largest(std::span<double> values) {
  if (alone()) return;
  const TimeOfScope waiting(traffic_.seconds_waiting);
  ++traffic_.meetings;
  traffic_.gathered_bytes += values.size_bytes();
  MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE, MPI_MAX, mpi_->work);
}

bool Ranks::any(bool here) {
  double value = here ? 1.0 : 0.0;
  largest({&value, 1});
  return value != 0.0;
}

void Ranks::gather(std::span<const double> mine, std::span<const int> counts, std::span<double> everything) {
  if (alone()) {
    std::copy(mine.begin(), mine.end(), everything.begin());
    return;
  }
  const TimeOfScope waiting(traffic_.seconds_waiting);
  ++traffic_.meetings;
  traffic_.gathered_bytes += mine.size_bytes();
  std::vector<int> places(counts.size(), 0);
  for (std::size_t r = 1; r < counts.size(); ++r) places[r] = places[r - 1] + counts[r - 1];
  MPI_Allgatherv(mine.data(), static_cast<int>(mine.size()), MPI_DOUBLE, everything.data(), counts.data(),
                 places.data(), MPI_DOUBLE, mpi_->work);
}

void Ranks::broadcast(std::span<double> values, int from) {
  if (alone()) return;
  const TimeOfScope waiting(traffic_.seconds_waiting);
  ++traffic_.meetings;
  in_pieces(values, [&](double* data, int count) { MPI_Bcast(data, count, MPI_DOUBLE, from, mpi_->work); });
}

void Ranks::broadcast(std::string& text, int from) {
  if (alone()) return;
  auto length = static_cast<double>(text.size());
  broadcast({&length, 1}, from);
  text.resize(static_cast<std::size_t>(length));
  in_pieces(std::span(text), [&](char* data, int count) { MPI_Bcast(data, count, MPI_CHAR, from, mpi_->work); });
}

void Ranks::send(int to, std::span<const std::byte> bytes) {
  const TimeOfScope waiting(traffic_.seconds_waiting);
  ++traffic_.messages;
  traffic_.message_bytes += bytes.size();
  in_pieces(bytes, [&](const std::byte* data, int count) { MPI_Send(data, count, MPI_BYTE, to, kTag, mpi_->work); });
}

void Ranks::receive(int from, std::span<std::byte> bytes) {
  const TimeOfScope waiting(traffic_.seconds_waiting);
  in_pieces(bytes, [&](std::byte* data, int count) {
    MPI_Recv(data, count, MPI_BYTE, from, kTag, mpi_->work, MPI_STATUS_IGNORE);
  });
}

void Ranks::agree(const std::exception_ptr& fault) {
  if (alone()) {
    if (fault) std::rethrow_exception(fault);
    return;
  }
  double first = fault ? -rank_ : -count_;
  largest({&first, 1});
  const int from = -static_cast<int>(first);
  if (from == count_) return;
  std::string text = from == rank_ ? fault_to_text(fault) : std::string();
  broadcast(text, from);
  throw_fault(text);
}

struct Ranks::Messages::Requests {
  std::vector<MPI_Request> all;
};

Ranks::Messages::Messages(Ranks& ranks) : ranks_(ranks), requests_(std::make_unique<Requests>()) {}
Ranks::Messages::~Messages() = default;
Ranks::Messages::Messages(Messages&&) noexcept = default;

void Ranks::Messages::send(int to, std::span<const double> values) {
  ++ranks_.traffic_.messages;
  ranks_.traffic_.message_bytes += values.size_bytes();
  in_pieces(values, [&](const double* data, int count) {
    MPI_Isend(data, count, MPI_DOUBLE, to, kTag, ranks_.mpi_->work, &requests_->all.emplace_back());
  });
}

void Ranks::Messages::receive(int from, std::span<double> values) {
  in_pieces(values, [&](double* data, int count) {
    MPI_Irecv(data, count, MPI_DOUBLE, from, kTag, ranks_.mpi_->work, &requests_->all.emplace_back());
  });
}

void Ranks::Messages::progress() {
  if (requests_->all.empty()) return;
  int done = 0;
  MPI_Testall(static_cast<int>(requests_->all.size()), requests_->all.data(), &done, MPI_STATUSES_IGNORE);
  if (done != 0) requests_->all.clear();
}

void Ranks::Messages::wait() {
  if (requests_->all.empty()) return;
  const TimeOfScope waiting(ranks_.traffic_.seconds_waiting);
  MPI_Waitall(static_cast<int>(requests_->all.size()), requests_->all.data(), MPI_STATUSES_IGNORE);
  requests_->all.clear();
}

Ranks::End Ranks::finish(ExitCode code, const std::string& message) {
  if (alone()) return {code, true};
  // Ranks that fail for the same reason arrive within moments of each other; rank 0 has a record to write first.
  constexpr double kPatience = 10.0;  // seconds
  const Stopwatch watch;
  MPI_Request here = MPI_REQUEST_NULL;
  MPI_Ibarrier(mpi_->end, &here);
  for (int done = 0;;) {
    MPI_Test(&here, &done, MPI_STATUS_IGNORE);
    if (done != 0) break;
    if (code != ExitCode::ok && watch.seconds() > kPatience) {
      fmt::print(stderr, "rank {} of {}: {}\n", rank_, count_, message);
      MPI_Abort(MPI_COMM_WORLD, static_cast<int>(code));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  int speaker = code != ExitCode::ok ? rank_ : count_;
  MPI_Allreduce(MPI_IN_PLACE, &speaker, 1, MPI_INT, MPI_MIN, mpi_->end);
  if (speaker == count_) return {ExitCode::ok, first()};
  auto common = static_cast<int>(code);
  MPI_Bcast(&common, 1, MPI_INT, speaker, mpi_->end);
  return {static_cast<ExitCode>(common), rank_ == speaker};
}

}  // namespace howship
