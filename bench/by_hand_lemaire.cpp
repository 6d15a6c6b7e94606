#include "by_hand.hpp"

namespace howship::bench {

void lemaire_by_hand(double time, const double* y, double* out) {
  const double R = y[0];
  const double B = y[1];
  const double C = y[2];
  const double pth = time >= 20.0 && time < 80.0 ? 1e3 : 0.0;
  const double tgf = (C + 0.05 * 5e-3) / (C + 5e-3);
  const double bound = (pth + 250.0) / (pth + 86.0 * 3.0 / 0.02);
  const double rank =
      5.8e-4 / 0.017 * 3e6 * bound * B / (1.0 + 5.8e-4 * 10.0 / 0.017 + 0.01 / (10.0 * 0.35) * (2e5 * R / bound));
  const double matured = 0.05 * 0.7 * R / tgf;
  out[0] = 7e-4 * tgf - matured;
  out[1] = matured - 0.189 * B;
  out[2] = 2.1e-3 * rank - 0.7 * tgf * C;
}

}  // namespace howship::bench
