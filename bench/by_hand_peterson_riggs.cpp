#include <algorithm>
#include <cmath>

#include "by_hand.hpp"

namespace howship::bench {
namespace {

constexpr double kPerHour = 24.0;     // 1/day
constexpr double kHour = 1.0 / 24.0;  // day
constexpr double kPmol = 1e6;         // amol
constexpr double kMmol = 1e15;        // amol
constexpr double kMillimolar = 1e9;   // amol/mm^3
constexpr double kLitre = 1e6;        // mm^3
constexpr double kMl = 1e3;           // mm^3

// health
constexpr double volume = 14.0 * kLitre, PTH_0 = 53.9 * kPmol, PTH_gland_0 = 0.5, calcitriol_0 = 1260.0 * kPmol;
constexpr double calcium_0 = 32.9 * kMmol, gut_calcium_0 = 1.58471 * kMmol, absorption_0 = 0.5;
constexpr double bone_calcium_fast_0 = 100.0 * kMmol, bone_calcium_slow_0 = 24900.0 * kMmol;
constexpr double OC_0 = 0.00115398, ROB_0 = 0.00104122, OB_0 = 0.00501324, fast_share = 0.797629;
constexpr double RANKL_0 = 0.4, RANK_0 = 10.0, OPG_0 = 4.0, RUNX2_0 = 10.0, CREB_0 = 10.0, TGFb_0 = 0.228142;
constexpr double TGFb_store_ratio = 1000.0, GFR_0 = 5.9998800023999515 * kLitre * kPerHour;

// RANK, RANKL, osteoprotegerin
constexpr double OPG_on = 6.24e-6 * kPerHour, OPG_off = 0.112013 * kPerHour;
constexpr double RANK_on = 6.24e-6 * kPerHour, RANK_off = 0.112013 * kPerHour, RANK_loss_k = 0.00323667 * kPerHour;
constexpr double RANK_TGFb_power = 0.151825, RANKL_loss_k = 0.00293273 * kPerHour, RANKL_OB_power = 0.173833;
constexpr double RANKL_PTH_max = 1.30721, OPG_loss_k = 15.8885 * kPerHour, OPG_PTH_50 = 3.85;

// osteoclasts
constexpr double OC_k = 0.029166666666666664 * kPerHour, OC_form_min = 0.388267, OC_form_max = 3.15667;
constexpr double OC_form_power = 8.53065, OC_TGFb_share = 0.878215, OC_TGFb_max = 1.9746, OC_TGFb_power = 1.0168;
constexpr double OC_loss_max = 3.80338, OC_loss_min = 0.469779, OC_loss_power = 3.09023;

// osteoblasts
constexpr double OB_loss_k = 0.000605516 * kPerHour;
constexpr double ROB_TGFb_share = 0.883824, ROB_TGFb_max = 3.9745, ROB_TGFb_power = 1.80968;
constexpr double OB_TGFb_share = 0.000244818, OB_TGFb_max = 0.251636, OB_TGFb_power = 0.122313;
constexpr double OB_death_TGFb_max = 3.11842, OB_death_TGFb_min = 0.764028, OB_death_TGFb_power = 2.92375;
constexpr double OB_death_estrogen_power = 1.16832e-5, slow_ratio = 0.313186;
constexpr double RUNX2_death_factor = 1.01, RUNX2_death_max = 0.638114, RUNX2_death_power = 3.81644;
constexpr double BCL2_threshold = 105.0, BCL2_offset = 90.0;
constexpr double RUNX2_k = 0.693 * kPerHour, RUNX2_loss_min = 0.125 * kPerHour, RUNX2_loss_max = 5.0 * kPerHour;
constexpr double CREB_k = 0.00279513 * kPerHour, CREB_min = 0.5, CREB_max = 3.39745, BCL2_k = 0.693 * kPerHour;

// TGF-beta
constexpr double TGFb_release_k = 2.98449e-5 * kPerHour, TGFb_release_power = 0.919131, TGFb_OC_power = 0.593891;
constexpr double TGFb_OB_power = 0.0111319;

// calcium, phosphate, PTH, calcitriol
constexpr double calcium_turnover = 3.6666666666666665 * kMmol * kPerHour, release_OC_share = 0.107763;
constexpr double release_OC_max = 0.543488 * kPerHour, release_OC_power = 1.6971, release_RANK_power = 0.603754;
constexpr double uptake_share = 0.114376, bone_exchange_k = 2.44437e-5 * kPerHour;
constexpr double hydroxyapatite_time = 3.60609 * kHour, phosphate_per_calcium = 0.464, filtered_share = 0.3;
constexpr double reabsorption_offset = 0.149997 * kMmol * kPerHour, reabsorption_50 = 1.57322 * kMillimolar;
constexpr double reabsorption_PTH_max = 1.06147, excretion_calcitriol_max = 2.0, excretion_calcitriol_50 = 90.0;
constexpr double reabsorption_estrogen_min = 0.923737;
constexpr double gland_k = 0.01 * kPerHour, gland_slope = 0.03, gland_calcitriol = 90.0, gland_calcium_power = 0.9;
constexpr double capacity_k = 0.0001604 * kPerHour, capacity_max = 4.1029, capacity_min = 0.9;
constexpr double capacity_power = 12.5033, PTH_loss_k = 7.142857142857143 * kPerHour;
constexpr double secretion_max = 6249.09 * kPmol * kPerHour, secretion_min = 96.25 * kPmol * kPerHour;
constexpr double secretion_0 = 385.0 * kPmol * kPerHour, secretion_power = 11.7387;
constexpr double hydroxylase_synthesis = 6.3 * kPmol * kPerHour * kPerHour, hydroxylase_k = 0.05 * kPerHour;
constexpr double hydroxylase_PTH_50 = 1.54865, hydroxylase_PTH_power = 0.111241;
constexpr double hydroxylase_phosphate_0 = 1.52493, hydroxylase_phosphate_50 = 1.3021 * kMillimolar;
constexpr double hydroxylase_phosphate_power = 8.25229, hydroxylase_phosphate_ref = 1.2 * kMillimolar;
constexpr double calcitriol_loss_k = 0.1 * kPerHour, calcium_intake = 1.0022916666666666 * kMmol * kPerHour;
constexpr double intake_share = 0.909359, intake_50 = 0.75;
constexpr double gut_active_k = 0.9 * kMmol * kPerHour, gut_active_0 = 0.105929 * kMmol * kPerHour;
constexpr double gut_active_50 = 0.75 * kMmol, gut_passive_k = 0.0495 * kPerHour;
constexpr double induction_min = 0.003 * kPerHour, induction_max = 0.037 * kPerHour, induction_50 = 90.0;
constexpr double phosphate_intake = 0.4375 * kMmol * kPerHour, phosphate_intake_share = 0.7;
constexpr double gut_phosphate_k = 0.365 * kPerHour, phosphate_in_clearance = 51.8 * kLitre * kPerHour;
constexpr double phosphate_out_k = 0.019268 * kPerHour, phosphate_filtered_share = 0.88;
constexpr double phosphate_threshold = 1.142 * kMillimolar;

// BMD and oestrogen; ageing is off
constexpr double BMD_spine_k = 0.000397 * kPerHour, BMD_spine_denosumab_k = 0.000145 * kPerHour;
constexpr double BMD_femoral_neck_k = 5.651e-6 * kPerHour, BMD_OB_power = 0.0793, BMD_spine_OC_power = 0.14;
constexpr double BMD_spine_denosumab_OC_power = 0.0679, BMD_femoral_neck_OC_power = 0.3101;
constexpr double TGFb_estrogen_power = 0.0374, TGFb_release_estrogen_power = 0.045273, ROB_estrogen_power = 0.16;

// denosumab
constexpr double ka_den = 0.00592 * kPerHour, V1_den = 2340.0 * kMl, V2_den = 1324.0 * kMl;
constexpr double Q_den = 18.67 * kMl * kPerHour, CL_den = 2.75 * kMl * kPerHour, Vmax_den = 3110e-6 * kPerHour;
constexpr double Km_den = 188e-9, MW_den = 150e-12, k_den = 2e-6 * kPerHour;

constexpr double OB_fast_0 = OB_0 * fast_share, RANK_RANKL_0 = RANK_on * RANK_0 * RANKL_0 / RANK_off;
constexpr double TGFb_latent_0 = TGFb_store_ratio * TGFb_0, calcium_conc_0 = calcium_0 / volume;

/// A Hill term that gives `in_health` where x is 1 and approaches `most` above `least`.
double rising(double hill, double least, double gain, double in_health) {
  return least + gain * hill / (hill + gain / (in_health - least) - 1.0);
}
double falling(double hill, double most, double least, double in_health) {
  return most - (most - least) * hill / (hill + (most - least) / (most - in_health) - 1.0);
}

const double phosphate_ref_hill =
    std::pow(hydroxylase_phosphate_ref / hydroxylase_phosphate_50, hydroxylase_phosphate_power);
const double PTH_hill_0 = std::pow(PTH_0 / volume / hydroxylase_PTH_50, hydroxylase_PTH_power);

}  // namespace

void peterson_riggs_by_hand(double, const double* y, double* out) {
  const double PTH = y[0], gland = y[1], capacity = y[2], hydroxylase = y[3], calcitriol = y[4], calcium = y[5];
  const double phosphate = y[7], cell_phosphate = y[8], gut_calcium = y[9], gut_phosphate = y[10], absorption = y[11];
  const double bone_fast = y[12], bone_slow = y[13], hydroxyapatite = y[14], OC = y[15], ROB = y[16];
  const double OB_fast = y[17], OB_slow = y[18], RANKL = y[19], RANK = y[20], OPG = y[21], RANK_RANKL = y[22];
  const double OPG_RANKL = y[23], RUNX2 = y[24], CREB = y[25], BCL2 = y[26], TGFb_latent = y[27], TGFb = y[28];
  const double estrogen = y[29], GFR = y[30], depot = y[34], denosumab = y[35], tissue = y[36];

  // relative to health, and concentrations
  const double ob = (OB_fast + OB_slow) / OB_0, oc = OC / OC_0, rob = ROB / ROB_0, tgf = TGFb / TGFb_0;
  const double rr = RANK_RANKL / RANK_RANKL_0, pth = PTH / PTH_0, ca = calcium / calcium_0;
  const double PTH_conc = PTH / volume, calcitriol_conc = calcitriol / volume, calcium_conc = calcium / volume;
  const double phosphate_conc = phosphate / volume;

  // osteoclasts
  const double OC_form = rising(std::pow(rr, OC_form_power), OC_form_min, OC_form_max, 1.0);
  const double OC_TGFb = rising(std::pow(tgf, OC_TGFb_power), OC_TGFb_share * TGFb_0, OC_TGFb_max, TGFb_0);
  const double OC_loss = falling(std::pow(rr, OC_loss_power), OC_loss_max, OC_loss_min, 1.0);

  // osteoblasts
  const double ROB_TGFb = rising(std::pow(tgf, ROB_TGFb_power), ROB_TGFb_share * TGFb_0, ROB_TGFb_max, TGFb_0);
  const double OB_TGFb = rising(std::pow(tgf, OB_TGFb_power), OB_TGFb_share * TGFb_0, OB_TGFb_max, TGFb_0);
  const double differentiation = OB_loss_k * OB_0 * TGFb_0 / ROB_0 / OB_TGFb * ROB;
  const double OB_death_TGFb = falling(std::pow(tgf, OB_death_TGFb_power), OB_death_TGFb_max, OB_death_TGFb_min, 1.0);
  const double RUNX2_effective = BCL2 > BCL2_threshold ? BCL2 - BCL2_offset : RUNX2_0;
  const double RUNX2_hill = std::pow(RUNX2_effective / RUNX2_0, RUNX2_death_power);
  const double RUNX2_most = RUNX2_death_factor * RUNX2_death_max;
  const double RUNX2_saves = RUNX2_most * RUNX2_hill / (RUNX2_hill + RUNX2_most / (RUNX2_death_factor - 1.0) - 1.0);
  const double OB_death =
      OB_loss_k * (RUNX2_death_factor * OB_death_TGFb / std::pow(estrogen, OB_death_estrogen_power) - RUNX2_saves);
  const double OB_slow_loss = OB_death * slow_ratio;
  const double OB_fast_loss = (OB_loss_k * OB_0 + OB_slow_loss * OB_fast_0 - OB_slow_loss * OB_0) / OB_fast_0;

  // TGF-beta
  const double TGFb_release = TGFb_release_k * std::pow(TGFb_latent / TGFb_latent_0, TGFb_release_power) * TGFb_latent *
                              std::pow(oc, TGFb_OC_power) * std::pow(estrogen, TGFb_release_estrogen_power);
  const double TGFb_storage =
      TGFb_release_k * TGFb_latent_0 * std::pow(ob, TGFb_OB_power) * std::pow(estrogen, -TGFb_estrogen_power);

  // RANKL, RANK, osteoprotegerin, denosumab
  const double RANKL_OB = std::pow(ob, RANKL_OB_power);
  const double RANKL_PTH = RANKL_PTH_max * pth / ((RANKL_PTH_max - 1.0) * RANKL_OB + pth);
  constexpr double RANK_synthesis = RANK_loss_k * RANK_0 + RANK_on * RANK_0 * RANKL_0 - RANK_off * RANK_RANKL_0;
  const double RANK_bound = RANK_on * RANK * RANKL - RANK_off * RANK_RANKL;
  const double OPG_bound = OPG_on * OPG * RANKL - OPG_off * OPG_RANKL;
  const double drug = denosumab / V1_den;
  const double distributed = Q_den * (drug - tissue / V2_den);

  // calcium
  const double release_hill = std::pow(oc, release_OC_power);
  const double release_OC = release_OC_max * release_hill /
                            (release_hill + release_OC_max * bone_calcium_fast_0 / calcium_turnover - 1.0) *
                            bone_calcium_fast_0 * release_OC_share * std::pow(rr / oc, release_RANK_power);
  const double release = calcium_turnover * (1.0 - release_OC_share) + release_OC;
  const double uptake = calcium_turnover * ca * (1.0 - uptake_share + uptake_share * hydroxyapatite);
  const double reabsorption_estrogen = 1.0 - (1.0 - reabsorption_estrogen_min) / (1.0 - 0.1) * (1.0 - estrogen);
  const double reabsorption_max = reabsorption_estrogen *
                                  (filtered_share * GFR * calcium_conc_0 - reabsorption_offset) *
                                  (reabsorption_50 + calcium_conc_0) / calcium_conc_0;
  const double reabsorption = reabsorption_max * calcium_conc / (reabsorption_50 + calcium_conc) *
                              reabsorption_PTH_max * pth / (pth + reabsorption_PTH_max - 1.0);
  const double excretion_share =
      2.0 - excretion_calcitriol_max * calcitriol_conc / (calcitriol_conc + excretion_calcitriol_50);
  const double excretion = std::max(0.0, excretion_share * (filtered_share * GFR * calcium_conc - reabsorption));
  constexpr double gut_active_ref = (gut_active_k - gut_active_0) * gut_calcium_0 / gut_active_0;
  const double from_gut = gut_active_k * gut_calcium / (gut_calcium + gut_active_ref) * gut_calcium *
                              (absorption / absorption_0) / (gut_calcium + gut_active_50) +
                          gut_passive_k * gut_calcium;
  const double intake = absorption / intake_50;
  const double intake_hill = intake * intake * intake * intake;
  const double induction = calcitriol_conc / (induction_50 + calcitriol_conc);
  const double matured = bone_exchange_k * bone_calcium_slow_0 / bone_calcium_fast_0 * bone_fast;
  const double mobilised = bone_exchange_k * bone_slow;

  // phosphate
  const double phosphate_from_gut = gut_phosphate_k * gut_phosphate;
  const double phosphate_lost = std::max(0.0, phosphate_filtered_share * GFR * (phosphate_conc - phosphate_threshold));
  const double phosphate_into_cells = phosphate_in_clearance * phosphate_conc - phosphate_out_k * cell_phosphate;

  // PTH and calcitriol
  const double secretion = falling(std::pow(ca, secretion_power), secretion_max, secretion_min, secretion_0);
  const double drive =
      std::tanh(gland_slope * (calcitriol_conc - gland_calcitriol * std::pow(ca, -gland_calcium_power)));
  const double target = falling(std::pow(calcitriol / calcitriol_0, capacity_power), capacity_max, capacity_min, 1.0);
  double by_phosphate = 1.0;
  if (phosphate_conc > hydroxylase_phosphate_ref) {
    const double hill = std::pow(phosphate_conc / hydroxylase_phosphate_50, hydroxylase_phosphate_power);
    by_phosphate = hydroxylase_phosphate_0 -
                   (hydroxylase_phosphate_0 - 1.0) * (1.0 + 1.0 / phosphate_ref_hill) * hill / (1.0 + hill);
  }
  const double PTH_hill = std::pow(PTH_conc / hydroxylase_PTH_50, hydroxylase_PTH_power);
  const double by_PTH = (1.0 + 1.0 / PTH_hill_0) * PTH_hill / (1.0 + PTH_hill);

  const double ob_bmd = std::pow(ob, BMD_OB_power);

  out[0] = secretion * gland / PTH_gland_0 * capacity - PTH_loss_k * PTH;
  out[1] = gland_k * (0.85 * (1.0 - drive) + 0.15) * (1.0 - gland) - gland_k * (0.85 * (1.0 + drive) + 0.15) * gland;
  out[2] = capacity_k * (target - capacity);
  out[3] = hydroxylase_synthesis * by_PTH * by_phosphate - hydroxylase_k * hydroxylase;
  out[4] = hydroxylase - calcitriol_loss_k * calcitriol;
  out[5] = release - uptake - excretion + from_gut;
  out[6] = excretion;
  out[7] = phosphate_per_calcium * (release - uptake) + phosphate_from_gut - phosphate_lost - phosphate_into_cells;
  out[8] = phosphate_into_cells;
  out[9] = calcium_intake * intake_share * intake_hill / (intake_hill + 1.0) - from_gut;
  out[10] = phosphate_intake * phosphate_intake_share - phosphate_from_gut;
  out[11] = (induction_min + (induction_max - induction_min) * induction) * (1.0 - absorption) -
            (induction_max - (induction_max - induction_min) * induction) * absorption;
  out[12] = uptake - release - matured + mobilised;
  out[13] = matured - mobilised;
  out[14] = (ob - hydroxyapatite) / hydroxyapatite_time;
  out[15] = OC_k * TGFb_0 * OC_form * OC_0 - OC_k * OC_TGFb * OC_loss * OC;
  out[16] = OB_loss_k * OB_0 / TGFb_0 * ROB_TGFb * std::pow(estrogen, -ROB_estrogen_power) - differentiation;
  out[17] = differentiation * fast_share * OB_fast_loss / OB_death - OB_fast_loss * OB_fast;
  out[18] = differentiation * (1.0 - fast_share) * slow_ratio - OB_slow_loss * OB_slow;
  out[19] = RANKL_loss_k * RANKL_0 * RANKL_OB * RANKL_PTH - RANKL_loss_k * RANKL - RANK_bound - OPG_bound -
            k_den * drug / MW_den * RANKL;
  out[20] = RANK_synthesis * std::pow(tgf, RANK_TGFb_power) - RANK_loss_k * RANK - RANK_bound;
  out[21] = OPG_loss_k * OPG_0 * rob * (PTH_conc + OPG_PTH_50 * rob) / (2.0 * PTH_conc) - OPG_loss_k * OPG - OPG_bound;
  out[22] = RANK_bound;
  out[23] = OPG_bound;
  out[24] = RUNX2_k * RUNX2_0 -
            (RUNX2_loss_min + RUNX2_loss_max * pth / (pth + RUNX2_loss_max / (RUNX2_k - RUNX2_loss_min) - 1.0)) * RUNX2;
  out[25] = CREB_k * CREB_0 * (CREB_min + CREB_max * pth / (pth + CREB_max / (1.0 - CREB_min) - 1.0)) - CREB_k * CREB;
  out[26] = BCL2_k * RUNX2 * CREB - BCL2_k * BCL2;
  out[27] = TGFb_storage - TGFb_release;
  out[28] = TGFb_release - TGFb_store_ratio * TGFb_release_k * TGFb;
  out[29] = 0.0;
  out[30] = 0.0;
  out[31] = BMD_spine_k * (ob_bmd - std::pow(oc, BMD_spine_OC_power) * y[31]);
  out[32] = BMD_spine_denosumab_k * (ob_bmd - std::pow(oc, BMD_spine_denosumab_OC_power) * y[32]);
  out[33] = BMD_femoral_neck_k * (ob_bmd - std::pow(oc, BMD_femoral_neck_OC_power) * y[33]);
  out[34] = -ka_den * depot;
  out[35] = ka_den * depot - CL_den * drug - Vmax_den * drug / (Km_den + drug) - distributed;
  out[36] = distributed;
}

}  // namespace howship::bench
