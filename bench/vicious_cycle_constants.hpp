#pragma once

#include <cmath>

namespace howship::bench::vicious_cycle {

inline constexpr double kLitre = 1e6;           // mm^3
inline constexpr double kNanogramPerMl = 1e-9;  // mg/mm^3

// remodelling
inline constexpr double OBa_ref = 5e-4, OCa_ref = 1e-4, occupancy_ref = 0.04055426438716656;
inline constexpr double D_OBu = 7e-4, D_OBp = 0.16569631297603, A_OBa = 0.211072625806496;
inline constexpr double D_OCp = 2.1e-3, A_OCa = 5.64874468409633, a_Cp = 0.002, r_Cp = 10.0, e_surv = 1.431,
                        phi0 = 0.02;
inline constexpr double alpha_TGFb = 1.0, D_TGFb = 1.0;
inline constexpr double K_Tu = 5.63278809675429e-4, K_Tp = 1.75426051821094e-4, K_Tc = 5.63278809675429e-4;
inline constexpr double b_PTH = 250.0, D_PTH = 86.0, K_Pa = 150.0, K_Pr = 0.2225814277099542;
inline constexpr double OPG_max = 2e8, D_OPG = 0.35, b_OPG = 162490033.7835679;
inline constexpr double RL_max = 2703476.379131062, b_RL = 168.4195714712206, D_RL = 10.132471014805027;
inline constexpr double Ka_O = 1e-3, Ka_R = 0.03411764705882353, RANK = 10.0, Kd_RR = 5.67971833061048;
inline constexpr double k_form = 0.20, k_res = 1.00, bvtv_ref = 0.15, bvtv_edge = 1e-4;
inline constexpr double Sv_1 = 32.2, Sv_2 = -93.9, Sv_3 = 134.0, Sv_4 = -101.0, Sv_5 = 28.8;
inline constexpr double psi_exponent = 2.58, mech_gain = 0.625, mech_share = 0.2, k_mech = 600.0;
inline constexpr double m_prim = 0.121, m_max = 0.442, kappa = 0.007;
inline constexpr double d_Cp = a_Cp * r_Cp / occupancy_ref, OCp_ref = D_OCp / d_Cp;

// tumour
inline constexpr double n_least = 1e-7, rho0 = 0.004, rhoT = 0.03, K_Tn = 5e-4, b_PTHrP = 1.2e4, k_OB = 0.35;

// denosumab
inline constexpr double ka_den = 0.256721177985165, CL_den = 3.25e3 * 24.0;
inline constexpr double V1_den = 2.546 * kLitre, V2_den = 2.078 * kLitre, Q_den = 0.3277 * kLitre;
inline constexpr double Kss_den = 208.0 * kNanogramPerMl, kint_den = 0.03845, kdeg_den = 0.00116 * 24.0;
inline constexpr double R0_den = 699.0 * kNanogramPerMl, MW_den = 149e-12, Ka_den = 0.333, chi_den = 1.0;

// zoledronic acid
inline constexpr double V1_zol = 6.0 * kLitre, V2_zol = 10.0 * kLitre, Q_zol = 20.0 * kLitre;
inline constexpr double CL_renal = 99.4 * kLitre, CL_bone = 162.0 * kLitre, k_surface = 0.00906, phi_matrix = 0.49;
inline constexpr double k_matrix = 7.8e-5, Z_half = 0.978, g_zol = 0.4027, Z_zero = 1e-10;

constexpr double martin(double porosity) {
  return porosity * (Sv_1 + porosity * (Sv_2 + porosity * (Sv_3 + porosity * (Sv_4 + porosity * Sv_5))));
}

inline const double effect_zero = std::pow(Z_zero / Z_half, g_zol);

}  // namespace howship::bench::vicious_cycle
