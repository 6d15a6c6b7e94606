#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "howship/core/ranks.hpp"
#include "howship/core/worker_team.hpp"

#include "simulation/buffer.hpp"
#include "simulation/layout.hpp"
#include "simulation/vector_space.hpp"

namespace howship::simulation {

/// The vectors of one integration. CVODE asks for many elementwise operations in a row (a prediction at order 5 alone
/// makes 15), and memory traffic is what they cost. So operations are noted down and carried out together, chunk by
/// chunk while a chunk is in cache, when somebody needs the values: a norm, or a sweep of the solver. Where ranks share
/// the voxels each has its part of a vector and all systemic unknowns; norms and extrema are those of the whole.
class FieldSpace final : public VectorSpace {
 public:
  /// @param typical  one size per local species, then one per systemic unknown: what relative accuracy refers to
  FieldSpace(SUNContext context, Layout layout, std::vector<double> typical, WorkerTeam& team, Ranks& ranks);

  const Layout& layout() const { return layout_; }
  Ranks& ranks() const { return ranks_; }

  N_Vector create_raw() override;

  /// The values of a vector; carries out what is pending first.
  double* values(N_Vector vector) override;
  /// The same without carrying out anything: for use inside sweep().
  static double* raw(N_Vector vector);

  /// weights = 1 / (rtol (|y + shift| + typical)), with one shift per local species, or none
  void set_weights(N_Vector y, N_Vector weights, double relative_tolerance, const std::vector<double>& shifts = {});

  /// The largest, over voxels, root mean square of x*w over the voxel's species and the systemic unknowns: a small
  /// lesion is not diluted by healthy bone, and a uniform field takes the steps of a single voxel.
  double norm(N_Vector x, N_Vector w) override;
  bool converse_through(Transcript& transcript) override {
    transcript_ = &transcript;
    return true;
  }
  void begin_list() override { listing_ = true; }
  void end_list() override { listing_ = false; }
  std::vector<N_Vector> listed() const override { return list_; }
  void forget(N_Vector vector) { std::erase(list_, vector); }
  Transcript* transcript() const { return transcript_; }
  /// The square sum over the systemic unknowns and the largest one over voxels, made into that norm.
  double combine(double worst_voxel, double systemic) const;

  /// Carries out what is pending, and body(block, thread) for each block right behind it, while it is in cache.
  template <class Body>
  void sweep(Body&& body) {
    run_tail();
    sweep_chunks(0, chunks_, body, [] {});
    pending_.clear();
    settled_ = 0;
  }
  /// The same, at first where the body needs nothing of other ranks, then, when it has come, for the rest.
  /// @param halo  what is on its way: inner_begin() and inner_end() in blocks, progress(), end()
  template <class Incoming, class Body>
  void sweep(Incoming& halo, Body&& body) {
    run_tail();
    const std::size_t begin = (halo.inner_begin() + chunk_blocks_ - 1) / chunk_blocks_;
    const std::size_t end = halo.inner_end() == layout_.blocks ? chunks_ : halo.inner_end() / chunk_blocks_;
    const std::size_t inner = std::min(begin, end);
    sweep_chunks(inner, end, body, [&halo] { halo.progress(); });
    halo.end();
    sweep_chunks(0, inner, body, [] {});
    sweep_chunks(end, chunks_, body, [] {});
    pending_.clear();
    settled_ = 0;
  }
  /// Carries out what is pending for the systemic unknowns alone; voxels wait for a sweep.
  void settle_tail() { run_tail(); }
  void flush() {
    if (!pending_.empty()) sweep([](std::size_t, std::size_t) {});
  }

  std::size_t chunks() const { return chunks_; }
  std::size_t chunk_begin(std::size_t chunk) const { return std::min(chunk * chunk_blocks_, layout_.blocks); }
  std::size_t vectors_created() const { return vectors_created_; }

  struct Operation {
    enum class Kind {
      linear_sum,
      product,
      divide,
      absolute,
      inverse,
      add_constant,
      constant,
      combine,
      add_multiple,
      weights
    };
    static constexpr int kMost = 8;
    Kind kind = Kind::constant;
    int count = 0;
    double a = 0.0, b = 0.0;
    const double* x = nullptr;
    const double* y = nullptr;
    double* z = nullptr;
    std::array<double, kMost> factors{};
    std::array<const double*, kMost> inputs{};
    std::array<double*, kMost> outputs{};
  };
  void add(const Operation& operation) {
    if (transcript_ == nullptr || !transcript_->replaying()) pending_.push_back(operation);
  }

 private:
  // progress() is called now and then, by the thread that called.
  template <class Body, class Progress>
  void sweep_chunks(std::size_t first, std::size_t last, Body&& body, Progress&& progress) {
    team_.for_blocks(last - first, [&](std::size_t i, std::size_t thread) {
      const std::size_t chunk = first + i;
      run_chunk(chunk);
      const std::size_t end = chunk_begin(chunk + 1);
      for (std::size_t block = chunk_begin(chunk); block < end; ++block) body(block, thread);
      if (thread == 0) progress();
    });
  }
  void run_tail();
  void run_chunk(std::size_t chunk);
  void run(const Operation& operation, std::size_t begin, std::size_t end) const;
  static void combine_terms(const Operation& operation, std::size_t begin, std::size_t end);
  void run_weights(const Operation& operation, std::size_t first_block, std::size_t last_block) const;

  SUNContext context_;
  Layout layout_;
  std::vector<double> typical_, shifts_;
  WorkerTeam& team_;
  Ranks& ranks_;
  std::size_t chunk_blocks_ = 1, chunks_ = 0;
  std::vector<Operation> pending_;
  std::size_t settled_ = 0;  ///< of the pending ones: how many the systemic unknowns have behind them
  std::size_t vectors_created_ = 0;
  Transcript* transcript_ = nullptr;
  std::vector<N_Vector> list_;
  bool listing_ = false;
};

}  // namespace howship::simulation
