#include <algorithm>
#include <cmath>

#include "by_hand.hpp"
#include "vicious_cycle_constants.hpp"

namespace howship::bench {

using namespace vicious_cycle;

namespace {

constexpr double kGivenBvtv = 0.15;

}  // namespace

void vicious_cycle_by_hand(double, const double* y, double* out) {
  const double OBp = y[0], OBa = y[1], OCp = y[2], OCa = y[3], BVTV = y[4], mineral = y[5];
  const double tumour = y[6], PTHrP = y[7], surface_drug = y[8], matrix_drug = y[9];
  const double depot = y[10], denosumab = y[11], tissue = y[12], target = y[13];
  const double zoledronate = y[14], zoledronate_tissue = y[15];

  // bone surface
  constexpr double scale = 1.0 / (martin(1.0 - bvtv_ref) * (bvtv_ref / (bvtv_ref + bvtv_edge)));
  const double surface = martin(1.0 - BVTV) * scale * BVTV / (BVTV + bvtv_edge);

  // denosumab
  const double total = denosumab / V1_den;
  const double excess = total - target - Kss_den;
  const double root = std::sqrt(excess * excess + 4.0 * Kss_den * total);
  const double free = excess > 0.0 ? 0.5 * (excess + root) : 2.0 * Kss_den * total / (root - excess);
  const double bound_share = free / (Kss_den + free);
  const double internalised = kint_den * V1_den * target * bound_share;
  const double distributed = Q_den * (free - tissue / V2_den);

  // signals
  const double TGFb = alpha_TGFb * OCa / D_TGFb;
  const double PTH = b_PTH / D_PTH + PTHrP;
  const double OPG_production = b_OPG * OBa * K_Pr / (PTH + K_Pr);
  const double OPG = OPG_production * OPG_max / (OPG_production + D_OPG * OPG_max);
  const double capacity = RL_max * OBp * PTH / (PTH + K_Pa);
  const double binding = 1.0 + Ka_O * OPG + Ka_R * RANK + chi_den * Ka_den * free / MW_den;
  const double psi = std::pow(kGivenBvtv / std::max(BVTV, bvtv_edge), psi_exponent);
  const double stimulus = mech_share * std::min(1.0, mech_gain * std::max(0.0, psi - 1.0)) * (1.0 - tumour);
  const double disuse = k_mech * std::max(0.0, 1.0 - psi) * (1.0 - tumour);
  const double RANKL = capacity / binding * (b_RL + disuse) / (b_RL + D_RL * capacity);
  const double complex = Ka_R * RANKL * RANK;
  const double activation = (1.0 - phi0) * complex / (complex + Kd_RR) + phi0 * occupancy_ref;
  const double survival = (1.0 + e_surv) / (1.0 + e_surv * activation / occupancy_ref);

  // zoledronic acid
  const double effect_root = 1.0 + std::pow((surface_drug + matrix_drug + Z_zero) / Z_half, g_zol) - effect_zero;
  const double plasma = zoledronate / V1_zol;
  const double surface_release = k_surface * OCa / OCa_ref * surface_drug;
  const double matrix_release = k_matrix * OCa / OCa_ref * matrix_drug;

  const double differentiation = D_OBp * OBp * K_Tp / (TGFb + K_Tp);
  const double osteoclasts = d_Cp * activation * OCp;
  const double formation = surface * k_form * OBa;
  const double resorption = surface * k_res * OCa;
  const double drive = TGFb / (TGFb + K_Tn);

  out[0] = D_OBu * TGFb / (TGFb + K_Tu) * (1.0 + stimulus) - differentiation;
  out[1] = differentiation - A_OBa * OBa - k_OB * tumour * OBa;
  out[2] = (d_Cp * occupancy_ref + a_Cp) * OCp_ref - a_Cp * OCp - osteoclasts;
  out[3] = osteoclasts - A_OCa * TGFb / (TGFb + K_Tc) * survival * effect_root * effect_root * OCa;
  out[4] = formation - resorption;
  out[5] = m_prim * formation - mineral / BVTV * resorption + kappa * (m_max * BVTV - mineral);
  out[6] = (rho0 + rhoT * drive) * std::max(tumour - n_least, 0.0) * (1.0 - tumour);
  out[7] = b_PTHrP * drive * tumour - D_PTH * PTHrP;
  out[8] = CL_bone * plasma - surface_release;
  out[9] = phi_matrix * surface_release - matrix_release;
  out[10] = -ka_den * depot;
  out[11] = ka_den * depot - CL_den * free - internalised - distributed;
  out[12] = distributed;
  out[13] = R0_den * kdeg_den - (kdeg_den + (kint_den - kdeg_den) * bound_share) * target;
  const double exchanged = Q_zol * (plasma - zoledronate_tissue / V2_zol);
  out[14] = -CL_renal * plasma - CL_bone * plasma - exchanged;
  out[15] = exchanged;
}

}  // namespace howship::bench
