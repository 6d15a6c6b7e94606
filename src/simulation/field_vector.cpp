#include "simulation/field_vector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace howship::simulation {
namespace {

using Operation = FieldSpace::Operation;
using Kind = Operation::Kind;

struct Content {
  FieldSpace* space;
  Buffer<double> values;
};

Content& content(N_Vector v) {
  return *static_cast<Content*>(v->content);
}
FieldSpace& space(N_Vector v) {
  return *content(v).space;
}

N_Vector clone(N_Vector v) {
  // CVODE 6.4 writes through a null vector when memory runs out; an exception ends the run cleanly instead.
  return space(v).create_raw();
}

void destroy(N_Vector v) {
  if (v == nullptr) return;
  space(v).flush();  // nothing pending may refer to memory that is gone
  space(v).forget(v);
  delete static_cast<Content*>(v->content);
  v->content = nullptr;
  N_VFreeEmpty(v);
}

void add(N_Vector any, Kind kind, double a, N_Vector x, double b, N_Vector y, N_Vector z) {
  Operation operation;
  operation.kind = kind;
  operation.a = a;
  operation.b = b;
  operation.x = x == nullptr ? nullptr : FieldSpace::raw(x);
  operation.y = y == nullptr ? nullptr : FieldSpace::raw(y);
  operation.z = FieldSpace::raw(z);
  space(any).add(operation);
}

void linear_sum(double a, N_Vector x, double b, N_Vector y, N_Vector z) {
  add(z, Kind::linear_sum, a, x, b, y, z);
}
void scale(double c, N_Vector x, N_Vector z) {
  add(z, Kind::linear_sum, c, x, 0.0, x, z);
}
void constant(double c, N_Vector z) {
  add(z, Kind::constant, c, nullptr, 0.0, nullptr, z);
}
void product(N_Vector x, N_Vector y, N_Vector z) {
  add(z, Kind::product, 0.0, x, 0.0, y, z);
}
void divide(N_Vector x, N_Vector y, N_Vector z) {
  add(z, Kind::divide, 0.0, x, 0.0, y, z);
}
void absolute(N_Vector x, N_Vector z) {
  add(z, Kind::absolute, 0.0, x, 0.0, nullptr, z);
}
void inverse(N_Vector x, N_Vector z) {
  add(z, Kind::inverse, 0.0, x, 0.0, nullptr, z);
}
void add_constant(N_Vector x, double b, N_Vector z) {
  add(z, Kind::add_constant, b, x, 0.0, nullptr, z);
}

// More terms than one operation holds are taken in groups.
int linear_combination(int count, double* factors, N_Vector* inputs, N_Vector z) {
  for (int begin = 0; begin < count; begin += Operation::kMost - 1) {
    Operation operation;
    operation.kind = Kind::combine;
    operation.z = FieldSpace::raw(z);
    const auto push = [&operation](double factor, N_Vector input) {
      operation.factors[operation.count] = factor;
      operation.inputs[operation.count] = FieldSpace::raw(input);
      ++operation.count;
    };
    if (begin > 0) push(1.0, z);
    for (int i = begin; i < std::min(count, begin + Operation::kMost - 1); ++i) push(factors[i], inputs[i]);
    space(z).add(operation);
  }
  return 0;
}

int scale_add_multi(int count, double* factors, N_Vector x, N_Vector* y, N_Vector* z) {
  for (int begin = 0; begin < count; begin += Operation::kMost) {
    Operation operation;
    operation.kind = Kind::add_multiple;
    operation.x = FieldSpace::raw(x);
    for (int i = begin; i < std::min(count, begin + Operation::kMost); ++i, ++operation.count) {
      operation.factors[operation.count] = factors[i];
      operation.inputs[operation.count] = FieldSpace::raw(y[i]);
      operation.outputs[operation.count] = FieldSpace::raw(z[i]);
    }
    space(x).add(operation);
  }
  return 0;
}

// CVODE hears a number about a vector through here.
template <class Compute>
double told(N_Vector x, Compute&& compute) {
  Transcript* transcript = space(x).transcript();
  return transcript == nullptr ? compute() : transcript->answer(compute);
}

double weighted_norm(N_Vector x, N_Vector w) {
  return told(x, [&] { return space(x).norm(x, w); });
}

// The largest value over all ranks; view makes of any extremum a largest.
double extremum(N_Vector x, double (*view)(double)) {
  const double* data = space(x).values(x);
  double result = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < space(x).layout().size(); ++i) result = std::max(result, view(data[i]));
  space(x).ranks().largest({&result, 1});
  return result;
}
double maximum_norm(N_Vector x) {
  return told(x, [&] { return std::max(0.0, extremum(x, [](double v) { return std::abs(v); })); });
}
double minimum(N_Vector x) {
  return told(x, [&] { return -extremum(x, [](double v) { return -v; }); });
}

N_Vector_ID identity(N_Vector) {
  return SUNDIALS_NVEC_CUSTOM;
}
sunindextype length(N_Vector v) {
  return static_cast<sunindextype>(space(v).layout().unknowns());
}
double* array_pointer(N_Vector v) {
  return space(v).values(v);
}

}  // namespace

FieldSpace::FieldSpace(SUNContext context, Layout layout, std::vector<double> typical, WorkerTeam& team, Ranks& ranks)
    : context_(context), layout_(layout), typical_(std::move(typical)), team_(team), ranks_(ranks) {
  // 4 kB per vector and chunk: what one prediction touches then fits into a first-level cache.
  constexpr std::size_t kChunkValues = 512;
  chunk_blocks_ = std::max<std::size_t>(1, kChunkValues / std::max<std::size_t>(1, layout_.block_size()));
  chunks_ = (layout_.blocks + chunk_blocks_ - 1) / chunk_blocks_;
  shifts_.assign(layout_.locals, 0.0);
}

N_Vector FieldSpace::create_raw() {
  auto values = std::make_unique<Content>(Content{this, Buffer<double>(layout_.size())});
  N_Vector v = N_VNewEmpty(context_);
  if (v == nullptr) throw std::bad_alloc();
  v->content = values.release();
  v->ops->nvgetvectorid = identity;
  v->ops->nvclone = clone;
  v->ops->nvdestroy = destroy;
  v->ops->nvgetlength = length;
  v->ops->nvgetarraypointer = array_pointer;
  v->ops->nvlinearsum = linear_sum;
  v->ops->nvconst = constant;
  v->ops->nvprod = product;
  v->ops->nvdiv = divide;
  v->ops->nvscale = scale;
  v->ops->nvabs = absolute;
  v->ops->nvinv = inverse;
  v->ops->nvaddconst = add_constant;
  v->ops->nvmaxnorm = maximum_norm;
  v->ops->nvwrmsnorm = weighted_norm;
  v->ops->nvmin = minimum;
  v->ops->nvlinearcombination = linear_combination;
  v->ops->nvscaleaddmulti = scale_add_multi;
  ++vectors_created_;
  if (listing_) list_.push_back(v);
  return v;
}

double* FieldSpace::values(N_Vector vector) {
  flush();
  return raw(vector);
}

double* FieldSpace::raw(N_Vector vector) {
  return content(vector).values.data();
}

void FieldSpace::set_weights(N_Vector y, N_Vector weights, double relative_tolerance,
                             const std::vector<double>& shifts) {
  if (std::any_of(pending_.begin(), pending_.end(), [](const auto& op) { return op.kind == Kind::weights; })) flush();
  std::copy(shifts.begin(), shifts.end(), shifts_.begin());
  add_constant(y, relative_tolerance, weights);
  pending_.back().kind = Kind::weights;
}

double FieldSpace::combine(double worst_voxel, double systemic) const {
  return std::sqrt((worst_voxel + systemic) /
                   static_cast<double>(std::max<std::size_t>(1, layout_.locals + layout_.systemics)));
}

double FieldSpace::norm(N_Vector x, N_Vector w) {
  const double* a = raw(x);
  const double* b = raw(w);
  struct alignas(64) Worst {
    std::array<double, model::Program::kBlock> largest{}, sum{};
  };
  std::vector<Worst> worst(team_.count());
  const std::size_t lanes = layout_.lanes;
  sweep([&](std::size_t block, std::size_t thread) {
    std::array<double, model::Program::kBlock> squares{};
    const std::size_t begin = block * layout_.block_size();
    for (std::size_t s = 0; s < layout_.locals; ++s) {
      const double* xs = a + begin + s * lanes;
      const double* ws = b + begin + s * lanes;
      for (std::size_t l = 0; l < lanes; ++l) squares[l] += xs[l] * ws[l] * (xs[l] * ws[l]);
    }
    Worst& mine = worst[thread];
    for (std::size_t l = 0; l < lanes; ++l) {
      mine.largest[l] = squares[l] > mine.largest[l] ? squares[l] : mine.largest[l];
      mine.sum[l] += 0.0 * squares[l];  // stays 0 unless a term is not finite, which a maximum would lose
    }
  });
  std::array<double, 2> found{};  // the largest, and whether anything is not finite
  for (const Worst& mine : worst) {
    for (std::size_t l = 0; l < lanes; ++l) {
      if (std::isfinite(mine.sum[l])) {
        found[0] = std::max(found[0], mine.largest[l]);
      } else {
        found[1] = 1.0;
      }
    }
  }
  ranks_.largest(found);
  if (found[1] != 0.0) return std::numeric_limits<double>::quiet_NaN();
  double systemic = 0.0;
  for (std::size_t i = layout_.tail(); i < layout_.size(); ++i) systemic += a[i] * b[i] * (a[i] * b[i]);
  return combine(found[0], systemic);
}

void FieldSpace::run_tail() {
  for (; settled_ < pending_.size(); ++settled_) {
    const Operation& operation = pending_[settled_];
    if (operation.kind == Kind::weights) {
      for (std::size_t i = 0; i < layout_.systemics; ++i) {
        const std::size_t at = layout_.tail() + i;
        operation.z[at] = 1.0 / (operation.a * (std::abs(operation.x[at]) + typical_[layout_.locals + i]));
      }
    } else {
      run(operation, layout_.tail(), layout_.size());
    }
  }
}

void FieldSpace::run_chunk(std::size_t chunk) {
  const std::size_t first = chunk_begin(chunk);
  const std::size_t last = chunk_begin(chunk + 1);
  for (const Operation& operation : pending_) {
    if (operation.kind == Kind::weights) {
      run_weights(operation, first, last);
    } else {
      run(operation, first * layout_.block_size(), last * layout_.block_size());
    }
  }
}

void FieldSpace::run_weights(const Operation& operation, std::size_t first_block, std::size_t last_block) const {
  const std::size_t lanes = layout_.lanes;
  for (std::size_t block = first_block; block < last_block; ++block) {
    for (std::size_t s = 0; s < layout_.locals; ++s) {
      const std::size_t begin = block * layout_.block_size() + s * lanes;
      const double typical = typical_[s];
      const double shift = shifts_[s];
#pragma omp simd
      for (std::size_t i = begin; i < begin + lanes; ++i) {
        operation.z[i] = 1.0 / (operation.a * (std::abs(operation.x[i] + shift) + typical));
      }
    }
  }
}

// A few values at a time through all terms: the output may be one of the inputs.
void FieldSpace::combine_terms(const Operation& operation, std::size_t begin, std::size_t end) {
  constexpr std::size_t kPiece = 32;
  for (std::size_t first = begin; first < end; first += kPiece) {
    const std::size_t count = std::min(kPiece, end - first);
    std::array<double, kPiece> sums{};
    for (int k = 0; k < operation.count; ++k) {
      const double factor = operation.factors[k];
      const double* in = operation.inputs[k] + first;
      if (count == kPiece) {
#pragma omp simd
        for (std::size_t i = 0; i < kPiece; ++i) sums[i] += factor * in[i];
      } else {
        for (std::size_t i = 0; i < count; ++i) sums[i] += factor * in[i];
      }
    }
    std::copy_n(sums.begin(), count, operation.z + first);
  }
}

// The loops are declared free of dependences because an output is either disjoint from an input or the same array.
void FieldSpace::run(const Operation& operation, std::size_t begin, std::size_t end) const {
  const double a = operation.a;
  const double b = operation.b;
  const double* x = operation.x;
  const double* y = operation.y;
  double* z = operation.z;
  // NOLINTBEGIN(bugprone-branch-clone): clang-tidy does not see into the loops behind the pragmas
  switch (operation.kind) {
    case Kind::linear_sum:
      if (b == 0.0) {
#pragma omp simd
        for (std::size_t i = begin; i < end; ++i) z[i] = a * x[i];
      } else {
#pragma omp simd
        for (std::size_t i = begin; i < end; ++i) z[i] = a * x[i] + b * y[i];
      }
      break;
    case Kind::product:
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) z[i] = x[i] * y[i];
      break;
    case Kind::divide:
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) z[i] = x[i] / y[i];
      break;
    case Kind::absolute:
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) z[i] = std::abs(x[i]);
      break;
    case Kind::inverse:
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) z[i] = 1.0 / x[i];
      break;
    case Kind::add_constant:
#pragma omp simd
      for (std::size_t i = begin; i < end; ++i) z[i] = x[i] + a;
      break;
    case Kind::constant:
      std::fill(z + begin, z + end, a);
      break;
    case Kind::combine:
      combine_terms(operation, begin, end);
      break;
    case Kind::add_multiple:
      for (int k = 0; k < operation.count; ++k) {
        const double factor = operation.factors[k];
        const double* in = operation.inputs[k];
        double* out = operation.outputs[k];
#pragma omp simd
        for (std::size_t i = begin; i < end; ++i) out[i] = factor * x[i] + in[i];
      }
      break;
    case Kind::weights:
      break;  // needs the species; see run_weights
  }
  // NOLINTEND(bugprone-branch-clone)
}

}  // namespace howship::simulation
