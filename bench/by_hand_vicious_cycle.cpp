#include <algorithm>
#include <cmath>

#include "by_hand.hpp"

namespace howship::bench {
namespace {

constexpr double kLitre = 1e6;           // mm^3
constexpr double kNanogramPerMl = 1e-9;  // mg/mm^3
constexpr double kGivenBvtv = 0.15;

// remodelling
constexpr double OBa_ref = 5e-4, OCa_ref = 1e-4, occupancy_ref = 0.04055426438716656;
constexpr double D_OBu = 7e-4, D_OBp = 0.16569631297603, A_OBa = 0.211072625806496;
constexpr double D_OCp = 2.1e-3, A_OCa = 5.64874468409633, a_Cp = 0.002, r_Cp = 10.0, e_surv = 1.431, phi0 = 0.02;
constexpr double alpha_TGFb = 1.0, D_TGFb = 1.0;
constexpr double K_Tu = 5.63278809675429e-4, K_Tp = 1.75426051821094e-4, K_Tc = 5.63278809675429e-4;
constexpr double b_PTH = 250.0, D_PTH = 86.0, K_Pa = 150.0, K_Pr = 0.2225814277099542;
constexpr double OPG_max = 2e8, D_OPG = 0.35, b_OPG = 162490033.7835679;
constexpr double RL_max = 2703476.379131062, b_RL = 168.4195714712206, D_RL = 10.132471014805027;
constexpr double Ka_O = 1e-3, Ka_R = 0.03411764705882353, RANK = 10.0, Kd_RR = 5.67971833061048;
constexpr double k_form = 0.20, k_res = 1.00, bvtv_ref = 0.15, bvtv_edge = 1e-4;
constexpr double Sv_1 = 32.2, Sv_2 = -93.9, Sv_3 = 134.0, Sv_4 = -101.0, Sv_5 = 28.8;
constexpr double psi_exponent = 2.58, mech_gain = 0.625, mech_share = 0.2, k_mech = 600.0;
constexpr double m_prim = 0.121, m_max = 0.442, kappa = 0.007;
constexpr double d_Cp = a_Cp * r_Cp / occupancy_ref, OCp_ref = D_OCp / d_Cp;

// tumour
constexpr double n_least = 1e-7, rho0 = 0.004, rhoT = 0.03, K_Tn = 5e-4, b_PTHrP = 1.2e4, k_OB = 0.35;

// denosumab
constexpr double ka_den = 0.256721177985165, CL_den = 3.25e3 * 24.0;
constexpr double V1_den = 2.546 * kLitre, V2_den = 2.078 * kLitre, Q_den = 0.3277 * kLitre;
constexpr double Kss_den = 208.0 * kNanogramPerMl, kint_den = 0.03845, kdeg_den = 0.00116 * 24.0;
constexpr double R0_den = 699.0 * kNanogramPerMl, MW_den = 149e-12, Ka_den = 0.333, chi_den = 1.0;

// zoledronic acid
constexpr double V1_zol = 6.0 * kLitre, V2_zol = 10.0 * kLitre, Q_zol = 20.0 * kLitre;
constexpr double CL_renal = 99.4 * kLitre, CL_bone = 162.0 * kLitre, k_surface = 0.00906, phi_matrix = 0.49;
constexpr double k_matrix = 7.8e-5, Z_half = 0.978, g_zol = 0.4027, Z_zero = 1e-10;

constexpr double martin(double porosity) {
  return porosity * (Sv_1 + porosity * (Sv_2 + porosity * (Sv_3 + porosity * (Sv_4 + porosity * Sv_5))));
}

const double effect_zero = std::pow(Z_zero / Z_half, g_zol);

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
