#include "by_hand_field.hpp"

#include <algorithm>
#include <cmath>

#include "vicious_cycle_constants.hpp"

namespace howship::bench {

using namespace vicious_cycle;

void vicious_cycle_field_by_hand(const FieldScalars& scalars, std::size_t count, std::size_t stride, const double* y,
                                 const double* given_bvtv, double* out) {
  constexpr double scale = 1.0 / (martin(1.0 - bvtv_ref) * (bvtv_ref / (bvtv_ref + bvtv_edge)));
  const double ligand = chi_den * Ka_den * scalars.free_denosumab / MW_den;
  const double uptake = CL_bone * scalars.zoledronate_plasma;
  const double no_drug = effect_zero;
#pragma omp simd
  for (std::size_t v = 0; v < count; ++v) {
    const double OBp = y[v], OBa = y[stride + v], OCp = y[2 * stride + v], OCa = y[3 * stride + v];
    const double BVTV = y[4 * stride + v], mineral = y[5 * stride + v], tumour = y[6 * stride + v];
    const double PTHrP = y[7 * stride + v], surface_drug = y[8 * stride + v], matrix_drug = y[9 * stride + v];

    const double surface = martin(1.0 - BVTV) * scale * BVTV / (BVTV + bvtv_edge);
    const double TGFb = alpha_TGFb * OCa / D_TGFb;
    const double PTH = b_PTH / D_PTH + PTHrP;
    const double OPG_production = b_OPG * OBa * K_Pr / (PTH + K_Pr);
    const double OPG = OPG_production * OPG_max / (OPG_production + D_OPG * OPG_max);
    const double capacity = RL_max * OBp * PTH / (PTH + K_Pa);
    const double binding = 1.0 + Ka_O * OPG + Ka_R * RANK + ligand;
    const double psi = std::pow(given_bvtv[v] / std::max(BVTV, bvtv_edge), psi_exponent);
    const double stimulus = mech_share * std::min(1.0, mech_gain * std::max(0.0, psi - 1.0)) * (1.0 - tumour);
    const double disuse = k_mech * std::max(0.0, 1.0 - psi) * (1.0 - tumour);
    const double RANKL = capacity / binding * (b_RL + disuse) / (b_RL + D_RL * capacity);
    const double complex = Ka_R * RANKL * RANK;
    const double activation = (1.0 - phi0) * complex / (complex + Kd_RR) + phi0 * occupancy_ref;
    const double survival = (1.0 + e_surv) / (1.0 + e_surv * activation / occupancy_ref);
    const double effect_root = 1.0 + std::pow((surface_drug + matrix_drug + Z_zero) / Z_half, g_zol) - no_drug;
    const double surface_release = k_surface * OCa / OCa_ref * surface_drug;
    const double matrix_release = k_matrix * OCa / OCa_ref * matrix_drug;
    const double differentiation = D_OBp * OBp * K_Tp / (TGFb + K_Tp);
    const double osteoclasts = d_Cp * activation * OCp;
    const double formation = surface * k_form * OBa;
    const double resorption = surface * k_res * OCa;
    const double drive = TGFb / (TGFb + K_Tn);

    out[v] = D_OBu * TGFb / (TGFb + K_Tu) * (1.0 + stimulus) - differentiation;
    out[stride + v] = differentiation - A_OBa * OBa - k_OB * tumour * OBa;
    out[2 * stride + v] = (d_Cp * occupancy_ref + a_Cp) * OCp_ref - a_Cp * OCp - osteoclasts;
    out[3 * stride + v] = osteoclasts - A_OCa * TGFb / (TGFb + K_Tc) * survival * effect_root * effect_root * OCa;
    out[4 * stride + v] = formation - resorption;
    out[5 * stride + v] = m_prim * formation - mineral / BVTV * resorption + kappa * (m_max * BVTV - mineral);
    out[6 * stride + v] = (rho0 + rhoT * drive) * std::max(tumour - n_least, 0.0) * (1.0 - tumour);
    out[7 * stride + v] = b_PTHrP * drive * tumour - D_PTH * PTHrP;
    out[8 * stride + v] = uptake - surface_release;
    out[9 * stride + v] = phi_matrix * surface_release - matrix_release;
  }
}

}  // namespace howship::bench
