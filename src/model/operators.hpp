#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "howship/model/expression.hpp"

namespace howship::model {

/// What each operation means, for one value of any floating-point type.
template <class Real>
Real apply(Op op, Real a, Real b, Real c) {
  const auto truth = [](bool value) { return value ? Real{1} : Real{0}; };
  switch (op) {
    case Op::add:
      return a + b;
    case Op::subtract:
      return a - b;
    case Op::multiply:
      return a * b;
    case Op::divide:
      return a / b;
    case Op::power:
      return std::pow(a, b);
    case Op::maximum:
      return a < b || b != b ? b : a;  // a NaN on either side shows
    case Op::minimum:
      return b < a || b != b ? b : a;
    case Op::less:
      return truth(a < b);
    case Op::less_equal:
      return truth(a <= b);
    case Op::equal:
      return truth(a == b);
    case Op::logical_and:
      return truth(a != 0 && b != 0);
    case Op::logical_or:
      return truth(a != 0 || b != 0);
    case Op::negate:
      return -a;
    case Op::logical_not:
      return truth(a == 0);
    case Op::exponential:
      return std::exp(a);
    case Op::logarithm:
      return std::log(a);
    case Op::square_root:
      return std::sqrt(a);
    case Op::absolute:
      return std::abs(a);
    case Op::floor:
      return std::floor(a);
    case Op::ceiling:
      return std::ceil(a);
    case Op::sine:
      return std::sin(a);
    case Op::cosine:
      return std::cos(a);
    case Op::tangent:
      return std::tan(a);
    case Op::arcsine:
      return std::asin(a);
    case Op::arccosine:
      return std::acos(a);
    case Op::arctangent:
      return std::atan(a);
    case Op::hyperbolic_sine:
      return std::sinh(a);
    case Op::hyperbolic_cosine:
      return std::cosh(a);
    case Op::hyperbolic_tangent:
      return std::tanh(a);
    case Op::area_hyperbolic_sine:
      return std::asinh(a);
    case Op::area_hyperbolic_cosine:
      return std::acosh(a);
    case Op::area_hyperbolic_tangent:
      return std::atanh(a);
    case Op::factorial:
      return a >= 0 && a == std::floor(a) ? std::round(std::tgamma(a + 1)) : std::numeric_limits<Real>::quiet_NaN();
    case Op::select:
      return a != 0 ? b : c;
    default:
      return std::numeric_limits<Real>::quiet_NaN();
  }
}

}  // namespace howship::model
