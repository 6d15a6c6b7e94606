#include "simulation/point_space.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "simulation/buffer.hpp"

namespace howship::simulation {
namespace {

constexpr std::size_t kWidth = PointSpace::kWidth;

struct Content {
  double* data;
  std::size_t padded;
  PointSpace* space;
  Buffer<double> values;
};

Content& content(N_Vector v) {
  return *static_cast<Content*>(v->content);
}
double* data(N_Vector v) {
  return content(v).data;
}

// The loops are declared free of dependences because an output is either disjoint from an input or the same array.
template <class Body>
void for_eights(std::size_t padded, Body&& body) {
  for (std::size_t first = 0; first < padded; first += kWidth) {
#pragma omp simd
    for (std::size_t i = first; i < first + kWidth; ++i) body(i);
  }
}

N_Vector clone(N_Vector v) {
  return content(v).space->create_raw();
}
void destroy(N_Vector v) {
  if (v == nullptr) return;
  delete static_cast<Content*>(v->content);
  v->content = nullptr;
  N_VFreeEmpty(v);
}

void linear_sum(double a, N_Vector x, double b, N_Vector y, N_Vector z) {
  const double* from_x = data(x);
  const double* from_y = data(y);
  double* to = data(z);
  for_eights(content(z).padded, [&](std::size_t i) { to[i] = a * from_x[i] + b * from_y[i]; });
}
void scale(double c, N_Vector x, N_Vector z) {
  const double* from = data(x);
  double* to = data(z);
  for_eights(content(z).padded, [&](std::size_t i) { to[i] = c * from[i]; });
}
void constant(double c, N_Vector z) {
  std::fill_n(data(z), content(z).padded, c);
}
void product(N_Vector x, N_Vector y, N_Vector z) {
  const double* from_x = data(x);
  const double* from_y = data(y);
  double* to = data(z);
  for_eights(content(z).padded, [&](std::size_t i) { to[i] = from_x[i] * from_y[i]; });
}
// Division by what lies beyond the end would leave numbers there that are not finite.
void divide(N_Vector x, N_Vector y, N_Vector z) {
  for (std::size_t i = 0; i < content(z).space->size(); ++i) data(z)[i] = data(x)[i] / data(y)[i];
}
void inverse(N_Vector x, N_Vector z) {
  for (std::size_t i = 0; i < content(z).space->size(); ++i) data(z)[i] = 1.0 / data(x)[i];
}
void absolute(N_Vector x, N_Vector z) {
  const double* from = data(x);
  double* to = data(z);
  for_eights(content(z).padded, [&](std::size_t i) { to[i] = std::abs(from[i]); });
}
void add_constant(N_Vector x, double b, N_Vector z) {
  const double* from = data(x);
  double* to = data(z);
  for_eights(content(z).padded, [&](std::size_t i) { to[i] = from[i] + b; });
}

int linear_combination(int count, double* factors, N_Vector* inputs, N_Vector z) {
  double* to = data(z);
  for_eights(content(z).padded, [&](std::size_t i) {
    double sum = factors[0] * data(inputs[0])[i];
    for (int k = 1; k < count; ++k) sum += factors[k] * data(inputs[k])[i];
    to[i] = sum;
  });
  return 0;
}
int scale_add_multi(int count, double* factors, N_Vector x, N_Vector* y, N_Vector* z) {
  for (int k = 0; k < count; ++k) linear_sum(factors[k], x, 1.0, y[k], z[k]);
  return 0;
}
int scale_vector_array(int count, double* factors, N_Vector* x, N_Vector* z) {
  for (int k = 0; k < count; ++k) scale(factors[k], x[k], z[k]);
  return 0;
}

double weighted_norm(N_Vector x, N_Vector w) {
  return content(x).space->norm(x, w);
}
double maximum_norm(N_Vector x) {
  double result = 0.0;
  for (std::size_t i = 0; i < content(x).space->size(); ++i) result = std::max(result, std::abs(data(x)[i]));
  return result;
}
double minimum(N_Vector x) {
  double result = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < content(x).space->size(); ++i) result = std::min(result, data(x)[i]);
  return result;
}

N_Vector_ID identity(N_Vector) {
  return SUNDIALS_NVEC_CUSTOM;
}
sunindextype length(N_Vector v) {
  return static_cast<sunindextype>(content(v).space->size());
}
double* array_pointer(N_Vector v) {
  return data(v);
}

}  // namespace

PointSpace::PointSpace(SUNContext context, std::vector<double> typical)
    : context_(context), typical_(std::move(typical)) {}

N_Vector PointSpace::create_raw() {
  auto made = std::make_unique<Content>(Content{nullptr, padded(), this, Buffer<double>(padded())});
  made->data = made->values.data();
  N_Vector v = N_VNewEmpty(context_);
  if (v == nullptr) throw std::bad_alloc();
  v->content = made.release();
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
  v->ops->nvscalevectorarray = scale_vector_array;
  return v;
}

double* PointSpace::raw(N_Vector vector) {
  return data(vector);
}

const PointSpace* PointSpace::of(N_Vector vector) {
  return content(vector).space;
}

void PointSpace::set_weights(N_Vector y, N_Vector weights, double relative_tolerance) const {
  const double* from = data(y);
  double* to = data(weights);
  for (std::size_t i = 0; i < size(); ++i) to[i] = 1.0 / (relative_tolerance * (std::abs(from[i]) + typical_[i]));
}

double PointSpace::norm(N_Vector x, N_Vector w) {
  const double* a = data(x);
  const double* b = data(w);
  double sum = 0.0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < size(); ++i) sum += a[i] * b[i] * (a[i] * b[i]);
  return std::sqrt(sum / static_cast<double>(std::max<std::size_t>(1, size())));
}

}  // namespace howship::simulation
